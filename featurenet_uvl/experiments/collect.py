"""Reading of a results folder, finished or not, as the study that a report is made from. Nothing is trained here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TypeVar

from featurenet_uvl.decoding.named import architecture_names
from featurenet_uvl.errors import ReadError, UsageError, first_lines
from featurenet_uvl.experiments.costs import read_costs
from featurenet_uvl.experiments.environment import environment
from featurenet_uvl.experiments.layout import ARCHITECTURES, DIVERSITY, LIMIT, SAMPLES, SIZES, STORE, sample_name
from featurenet_uvl.experiments.manifest import Manifest, read_manifest
from featurenet_uvl.experiments.plan import (
    EQUIVALENT,
    baseline_specs,
    best,
    by_hand_specs,
    from_model_specs,
    named_network,
    named_specs,
    sampled_specs,
    title,
)
from featurenet_uvl.experiments.preset import Preset, SampleSetting
from featurenet_uvl.experiments.preset_file import SUFFIX, load_preset, preset_names
from featurenet_uvl.experiments.samples import read_networks, read_sample
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.sample import Sample
from featurenet_uvl.report.content.study import (
    BaselineStudy,
    DataSet,
    DiversityLimit,
    EquivalenceStudy,
    LongerRow,
    LongerStudy,
    ModelSizes,
    NamedStudy,
    Network,
    SampleStudy,
    Study,
)
from featurenet_uvl.sampling.metrics.distances import Diversity
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.json_values import read_json, to_typed
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec

T = TypeVar("T")

Results = Mapping[str, TrialResult]
"""Results by the hash of the spec."""


def collect(folder: Path) -> Study:
    """Read all results of a folder so far.

    Raises:
        UsageError: No run has begun there.
        ReadError, StoreError, DecodeError: A file of the folder is damaged.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise UsageError(f"{folder}: found no run.json, expected the results folder of an experiment")
    preset = manifest.read_preset(folder)
    reader = _Collector(folder, manifest, preset)
    samples = tuple(reader.sample(setting, name) for name in preset.data_names for setting in preset.samples)
    for sample in samples:
        reader.check_results_known(sample)
    baselines = tuple(
        reader.baseline(name, specs, data) for data in preset.data_names for name, specs in _baselines(preset)
    )
    study = Study(
        preset.name,
        _scale(preset),
        tuple(reader.data_set(protocol) for protocol in preset.protocols),
        samples,
        baselines,
        reader.equivalence(),
        reader.named(),
        reader.longer(samples),
        environment=environment(),
        commands=_commands(manifest, folder),
        notes=tuple(reader.notes),
    )
    return _with_missing(study)


def _baselines(preset: Preset) -> list[tuple[str, tuple[TrialSpec, ...]]]:
    return list(baseline_specs(preset).items())


class _Collector:
    """Reader of one folder, which reads the results of each protocol once."""

    def __init__(self, folder: Path, manifest: Manifest, preset: Preset) -> None:
        self._folder = folder
        self._manifest = manifest
        self._preset = preset
        self._read: dict[str, Results] = {}
        self.notes: list[str] = []
        """What the reader ignored, one sentence each."""

    def _results(self, protocol: Protocol) -> Results:
        path = self._folder / STORE
        if protocol.hash() not in self._read:
            self._read[protocol.hash()] = read_results(path, protocol) if os.path.lexists(path) else {}
        return self._read[protocol.hash()]

    def _dataset(self, name: str) -> Dataset:
        facts = self._manifest.data[name]
        return Dataset(name, "", facts.input_shape, facts.classes, facts.train_count, facts.test_count, facts.hash)

    def data_set(self, protocol: Protocol) -> DataSet:
        facts = self._manifest.data[protocol.data]
        train = (protocol.train_images or facts.train_count) - protocol.validation_images
        test = protocol.test_images or facts.test_count
        return DataSet(protocol, facts.input_shape, facts.classes, train, test, facts.hash)

    def sample(self, setting: SampleSetting, data: str) -> SampleStudy:
        name = sample_name(setting.name, data)
        protocol = self._preset.protocol(data)
        place = self._folder / SAMPLES / name
        facts = self._manifest.samples.get(name)
        drawn = read_sample(self._folder, name, facts)
        decoded = read_networks(self._folder, name, drawn, facts)
        self.notes += [_stray_note(place, decoded.strays)] if decoded.strays else []
        costs, results = read_costs(self._folder, protocol), self._results(protocol)
        networks: list[Network] = []
        for sampled in sampled_specs(setting.name, decoded.networks):
            cost = costs.get(sampled.spec.hash)
            predicted = None if cost is None else cost.predicted_s(protocol, self._dataset(data))
            result = results.get(sampled.spec.hash)
            left_out = ""
            if result is None and predicted is not None and predicted > (setting.max_cpu_s or predicted):
                left_out = f"predicted to take {predicted:.0f} CPU s, more than {setting.max_cpu_s:g}"
            networks.append(
                Network(
                    sampled.spec.name,
                    sampled.architecture.weights(),
                    sampled.architecture,
                    sampled.spec.hash,
                    predicted,
                    left_out,
                    result,
                )
            )
        return SampleStudy(
            setting.name,
            data,
            _model(setting),
            setting.count,
            setting.seed,
            tuple(networks),
            drawn.sampler if drawn else None,
            _of_sample(place / DIVERSITY, _object(place / DIVERSITY, Diversity), drawn),
            _object(place / SIZES, ModelSizes),
            _of_sample(place / LIMIT, _object(place / LIMIT, DiversityLimit), drawn),
        )

    def check_results_known(self, sample: SampleStudy) -> None:
        """Raise ReadError if the store has results of a sample's networks, and the sample is missing.

        A report without them would replace a good one and say that nothing was trained.
        """
        results = self._results(self._preset.protocol(sample.data)).values()
        count = sum(result.name.startswith(f"{sample.name}/") for result in results)
        if count and not sample.networks:
            raise ReadError(
                f"{self._folder / SAMPLES / sample_name(sample.name, sample.data)}: found no networks of this sample, "
                f"while {STORE} has the results of {counted(count, 'network')} of it; bring the folder {SAMPLES} back, "
                "or run the preset again, which draws its samples again"
            )

    def baseline(self, name: str, specs: tuple[TrialSpec, ...], data: str) -> BaselineStudy:
        results = self._results(self._preset.protocol(data))
        runs = tuple(results.get(spec.hash) for spec in specs)
        weights = {run.weights for run in runs if run is not None and run.weights}
        return BaselineStudy(title(name), data, runs, self._same_network(name, data, weights))

    def _same_network(self, name: str, data: str, weights: set[int]) -> Architecture | None:
        """Return the named architecture of a baseline, to draw it; None if none has its name and its weights."""
        facts = self._manifest.data[data]
        if name not in architecture_names():
            return None
        found = named_network(name, facts.input_shape, facts.classes)
        return found if weights <= {found.weights()} else None

    def equivalence(self) -> EquivalenceStudy | None:
        wanted = self._preset.equivalence
        if wanted is None:
            return None
        data = self._manifest.data[wanted.data]
        from_model = from_model_specs(self._preset, data.input_shape, data.classes)
        by_hand = self.baseline(EQUIVALENT, by_hand_specs(self._preset), wanted.data)
        named = self.baseline(EQUIVALENT, from_model, wanted.data)
        return EquivalenceStudy(wanted.data, wanted.margin, by_hand, named)

    def named(self) -> tuple[NamedStudy, ...]:
        protocol = self._preset.named_protocol
        if protocol is None:
            return ()
        data, results = self._manifest.data[protocol.data], self._results(protocol)
        return tuple(
            NamedStudy(
                title(name),
                protocol.data,
                protocol.epochs,
                network.weights(),
                results.get(spec.hash),
                network,
            )
            for name, spec in named_specs(self._preset, data.input_shape, data.classes).items()
            for network in [named_network(name, data.input_shape, data.classes)]
        )

    def longer(self, samples: tuple[SampleStudy, ...]) -> LongerStudy | None:
        wanted, protocol = self._preset.longer, self._preset.longer_protocol
        if wanted is None or protocol is None:
            return None
        base = self._preset.protocol(wanted.data)
        epochs = (base.epochs, *wanted.epochs)
        (sample,) = (s for s in samples if (s.name, s.data) == (wanted.sample, wanted.data))
        if not sample.networks or sample.pending():
            return LongerStudy(wanted.sample, wanted.data, epochs)
        longer, based = self._results(protocol), self._results(base)
        networks = {network.spec_hash: network for network in sample.networks}
        rows = [
            LongerRow(networks[key].name, networks[key].weights, based[key], longer.get(key))
            for key in best({key: based[key] for key in networks if key in based}, wanted.best)
        ]
        for name, specs in _baselines(self._preset):
            key = specs[0].hash
            if key in based:
                rows.append(LongerRow(title(name), based[key].weights, based[key], longer.get(key), True))
        return LongerStudy(wanted.sample, wanted.data, epochs, tuple(rows))


def _model(setting: SampleSetting) -> str:
    bounds = [f"{name} at most {count}" for name, count in sorted(setting.bounds.items())]
    return ", ".join([setting.model, *setting.restrictions, *bounds])


def _object(path: Path, kind: type[T]) -> T | None:
    """Return the content of a JSON file as a dataclass; None if the file is missing or holds null."""
    if not os.path.lexists(path):
        return None
    try:
        content = read_json(path, "numbers")
        return None if content is None else to_typed(kind, content, str(path))
    except ReadError as error:
        raise ReadError([f"{problem}; remove the file and run again" for problem in error.problems]) from error


M = TypeVar("M", Diversity, DiversityLimit)


def _of_sample(path: Path, measured: M | None, sample: Sample | None) -> M | None:
    """Return what was measured on a sample; raise ReadError if the sample is another one. None without a sample."""
    if measured is None or sample is None:
        return None
    if measured.count != len(sample):
        raise ReadError(
            f"{path}: found numbers of {measured.count:,} configurations, expected those of the {len(sample):,} of the "
            "sample; remove the file and run again"
        )
    return measured


def _stray_note(place: Path, strays: tuple[str, ...]) -> str:
    names = ", ".join(first_lines(strays, 3, after=" more"))
    return f"{place / ARCHITECTURES}: ignored {names}, which the sample does not have"


def _scale(preset: Preset) -> str:
    counts = ", ".join(f"{sample.count:,} of {sample.name}" for sample in preset.samples)
    return f"{counts or 'no sample'}, on {', '.join(preset.data_names)}"


def _commands(manifest: Manifest, folder: Path) -> tuple[str, ...]:
    """Return the commands that continue this folder, beginning with the folder to call them in if it is not known."""
    name = manifest.name
    packaged = name in preset_names() and load_preset(name).to_json() == manifest.read_preset(folder).to_json()
    preset = quote(name if packaged else f"{name}{SUFFIX}")
    shown = Path(folder.name) if folder.is_absolute() else folder
    where = quote(shown.as_posix())
    output = "" if shown == Path("results") / name else f" -o {where}"
    needs_data = " --data-dir DIR" if set(manifest.data) - {"digits"} else ""
    commands = (
        f"featurenet-uvl experiments run --preset {preset}{output}{needs_data}",
        f"featurenet-uvl experiments report {where}",
    )
    return (f"# in the folder that holds {where}", *commands) if folder.is_absolute() else commands


def _with_missing(study: Study) -> Study:
    lines = [
        f"{sample.name} on {sample.data}: {sample.pending():,} of {len(sample.networks) or sample.asked:,} networks "
        f"are {'to be trained' if sample.networks else 'to be drawn and trained'}"
        for sample in study.samples
        if sample.pending()
    ]
    studies = list(study.baselines)
    if study.equivalence is not None:
        studies += [study.equivalence.by_hand, study.equivalence.from_model]
    lines += [
        f"{one.name} on {one.data}: {one.runs.count(None)} of {len(one.runs)} runs are to come"
        for one in studies
        if None in one.runs
    ]
    lines += [f"{one.name} from the model: to be trained" for one in study.named if one.result is None]
    if study.longer is not None:
        open_rows = sum(row.longer is None for row in study.longer.rows)
        if not study.longer.rows:
            lines.append("longer training: begins when the base epochs are done")
        elif open_rows:
            lines.append(f"longer training: {open_rows} of {len(study.longer.rows)} networks are to be trained")
    return replace(study, missing=tuple(lines))
