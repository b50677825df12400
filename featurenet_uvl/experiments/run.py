"""An experiment from a preset, stage by stage. Repeating the call continues it from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from featurenet_uvl.experiments.calibration import calibrate, sizes_of, spread_over_macs
from featurenet_uvl.experiments.collect import collect
from featurenet_uvl.experiments.costs import Estimate, estimate, longer_estimate, time_networks
from featurenet_uvl.experiments.layout import DATA, LOCK, STORE, make_folder, sample_name
from featurenet_uvl.experiments.manifest import DataFacts, Manifest, check_preset, check_same, read_manifest
from featurenet_uvl.experiments.plan import (
    baseline_specs,
    best,
    by_hand_specs,
    from_model_specs,
    longer_specs,
    named_specs,
    sampled_specs,
)
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.experiments.samples import BeginPhase, prepare_sample, read_networks, read_sample
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.write import write_report
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.extras import check_installed
from featurenet_uvl.system.locks import Lock
from featurenet_uvl.system.paths import user_path
from featurenet_uvl.training.cost import TIMER, Cost
from featurenet_uvl.training.data.dataset import Dataset, load_dataset
from featurenet_uvl.training.engines.base import Engine
from featurenet_uvl.training.engines.job import Limits, Trainer
from featurenet_uvl.training.engines.local import LocalEngine, available_cores
from featurenet_uvl.training.keras_trainer import KERAS
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec


@dataclass(frozen=True, slots=True)
class RunResult:
    """The results of an experiment. After a dry run, `study` is None and `files` is empty."""

    folder: Path
    estimates: tuple[Estimate, ...]
    study: Study | None = None
    files: tuple[Path, ...] = ()
    """The report: page, tables, figures and data."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Receives the events of a run."""

    phase: BeginPhase = lambda name, detail: None
    """Called when a phase begins, with its name and its amount or object: `training`, `26 networks on digits`."""
    progress: Callable[[Progress], None] | None = None
    """Called at the start of each timing and training, and after each of its trials."""
    estimates: Callable[[Sequence[Estimate]], None] = lambda estimates: None
    """Called once, before the first training."""


def run_experiment(
    preset: Preset,
    results_dir: Path | None = None,
    *,
    data_dir: Path | None = None,
    workers: int | None = None,
    engine: Engine | None = None,
    retry_failed: bool = False,
    dry_run: bool = False,
    listener: Listener = Listener(),
    trainer: Trainer = KERAS,
    timer: Trainer = TIMER,
) -> RunResult:
    """Run the whole experiment of a preset: samples, costs, base epochs, named architectures, longer training, report.

    Finished trials do not run again, and each sample is drawn once.

    Args:
        preset: The settings of the experiment.
        results_dir: The results folder; `results/<preset>` if None.
        data_dir: A folder with `mnist.npz` and `cifar10.npz`.
        workers: Networks trained at a time; if None, the preset's number, else one per core.
        engine: The place where the networks are trained, instead of `workers` on this machine.
        retry_failed: Train networks again that failed or reached a limit.
        dry_run: Stop before the first training.
        listener: Receives the events of the run.
        trainer: The function that the workers run.
        timer: The function that the workers run to measure costs.

    Raises:
        UsageError: The folder has results of another preset, model or data set.
        StoreError: Another run uses the folder.
        ToolError: A package is missing.
        FeatureNetError: A stage failed because of the model, the data, the sample or the store.
    """
    folder = user_path(results_dir or Path("results") / preset.name)
    engine = engine or LocalEngine(workers or preset.limits.workers or available_cores())
    check_installed("an experiment", *trainer.needs, "matplotlib", "psutil", "scipy")
    engine.check()
    make_folder(folder)
    with Lock(folder / LOCK, folder):  # two runs would draw the same samples and take turns at the store
        preset, data, manifest = _prepare(folder, preset, data_dir, listener.phase)
        stages = _Stages(folder, preset, data, manifest, engine, retry_failed, listener, trainer, timer)
        estimates = stages.estimate(quickly=dry_run)
        listener.estimates(estimates)
        if dry_run:
            return RunResult(folder, tuple(estimates))
        stages.train_base()
        stages.train_named()
        stages.train_longer()
        listener.phase("writing", "page, tables and figures")
        study = collect(folder)
        return RunResult(folder, tuple(estimates), study, write_report(study, folder))


def _prepare(
    folder: Path, preset: Preset, data_dir: Path | None, begin: BeginPhase
) -> tuple[Preset, Mapping[str, Dataset], Manifest]:
    """Load the data sets, draw all samples, and return the preset, the data sets by name, and the manifest.

    The preset that returns names a user's own data by their content.
    """
    earlier = read_manifest(folder)
    if earlier is not None and not preset.sources:
        check_preset(earlier, preset, folder)
    names: dict[str, str] = {}
    data: dict[str, Dataset] = {}
    for protocol in preset.protocols:
        begin("loading", protocol.data)
        loaded = load_dataset(preset.sources.get(protocol.data, protocol.data), data_dir, folder / DATA)
        loaded.check(protocol)
        names[protocol.data], data[loaded.name] = loaded.name, loaded
    preset = preset.with_data_names(names)
    if earlier is not None:
        check_preset(earlier, preset, folder)
    facts = {name: DataFacts.of(dataset) for name, dataset in data.items()}
    if earlier is not None:
        for name in data:
            check_same(folder, f"data set {name}", earlier.data[name].hash, facts[name].hash)
    manifest = earlier or Manifest(preset.name, preset.to_json(), facts)
    manifest.write(folder)
    for dataset in data.values():
        for sample in preset.samples:
            manifest = prepare_sample(folder, sample, dataset, manifest, begin)
    return preset, data, manifest


def _sampled_networks(folder: Path, name: str, manifest: Manifest) -> Mapping[str, Architecture]:
    facts = manifest.samples.get(name)
    return read_networks(folder, name, read_sample(folder, name, facts), facts).networks


class _Stages:
    """The stages of one run. Each stage asks the store for finished trials, and runs the others."""

    def __init__(
        self,
        folder: Path,
        preset: Preset,
        data: Mapping[str, Dataset],
        manifest: Manifest,
        engine: Engine,
        retry_failed: bool,
        listener: Listener,
        trainer: Trainer,
        timer: Trainer,
    ) -> None:
        self._folder = folder
        self._preset = preset
        self._data = data
        self._engine = engine
        self._retry_failed = retry_failed
        self._listener = listener
        self._trainer = trainer
        self._timer = timer
        limits = preset.limits
        self._limits = Limits(limits.time_limit_s, limits.memory_limit_mb, limits.max_weights)
        self._costs: dict[str, Mapping[str, Cost]] = {}
        """Costs by the hash of the spec, for each data set."""
        self._sampled = {
            (sample.name, name): [
                network.spec
                for network in sampled_specs(
                    sample.name, _sampled_networks(folder, sample_name(sample.name, name), manifest)
                )
            ]
            for sample in preset.samples
            for name in data
        }

    def estimate(self, *, quickly: bool) -> list[Estimate]:
        """Time the networks that are not timed yet, and add up the costs of each part.

        Args:
            quickly: Of many networks, time some twenty, and predict the costs of the others.
        """
        estimates: list[Estimate] = []
        for protocol in self._preset.protocols:
            name, data = protocol.data, self._data[protocol.data]
            others = self._others(name)
            named = (
                list(named_specs(self._preset, data.input_shape, data.classes).values()) if self._is_named(name) else []
            )
            networks = [spec for sample in self._preset.samples for spec in self._sampled[sample.name, name]]
            # Runs of a network differ in their seeds only, so one of them is timed for all.
            firsts = {_first(spec): spec for spec in reversed([*others, *named, *networks])}
            specs = list(reversed(firsts.values()))
            sizes = sizes_of(specs) if quickly else {}
            chosen = set(spread_over_macs(sizes))
            timed = [spec for spec in specs if spec.hash in chosen or spec.hash not in sizes]
            self._listener.phase("timing", f"a few steps of {counted(len(timed), 'network')} on {name}")
            measured = time_networks(
                self._folder,
                timed,
                protocol,
                data,
                engine=self._engine,
                limits=self._limits,
                on_progress=self._listener.progress,
                retry_failed=self._retry_failed,
                timer=self._timer,
            )
            found = calibrate(sizes, measured, protocol, data) if len(timed) < len(specs) else None
            measured = measured if found is None else {**found.costs, **measured}
            costs = {
                spec.hash: measured[firsts[_first(spec)].hash]
                for spec in [*others, *named, *networks]
                if firsts[_first(spec)].hash in measured
            }
            self._costs[name] = costs
            if others:
                estimates.append(estimate(f"baselines on {name}", others, costs, protocol, data))
            for sample in self._preset.samples:
                specs, part = self._sampled[sample.name, name], f"{sample.name} on {name}"
                one = estimate(part, specs, costs, protocol, data, sample.max_cpu_s)
                estimates.append(
                    one if found is None else replace(one, timed=found.timed, error=(found.low, found.high))
                )
            if named and self._preset.named_protocol is not None:
                epochs = self._preset.named_protocol
                estimates.append(estimate(f"named architectures on {name}", named, costs, epochs, data))
        longer = longer_estimate(self._preset, estimates)
        return [*estimates, *([longer] if longer else [])]

    def train_base(self) -> None:
        """Train all networks for the base epochs, those of the longest predicted time first, so that no core waits."""
        for protocol in self._preset.protocols:
            specs = [*self._others(protocol.data)]
            for sample in self._preset.samples:
                specs += self._affordable(sample.name, protocol, sample.max_cpu_s)
            self._train(specs, protocol, f"{counted(len(specs), 'network')} on {protocol.data}")

    def train_named(self) -> None:
        """Train the named architectures for a few epochs."""
        protocol = self._preset.named_protocol
        if protocol is None or self._preset.named is None:
            return
        data = self._data[protocol.data]
        specs = list(named_specs(self._preset, data.input_shape, data.classes).values())
        self._train(specs, protocol, ", ".join(spec.name for spec in specs))

    def train_longer(self) -> None:
        """Train the best networks of the base epochs, and the baselines, for more epochs."""
        longer, protocol = self._preset.longer, self._preset.longer_protocol
        if longer is None or protocol is None:
            return
        base = self._preset.protocol(longer.data)
        sampled = {spec.hash: spec for spec in self._sampled[longer.sample, longer.data]}
        results = read_results(self._folder / STORE, base)
        chosen = best({key: results[key] for key in sampled if key in results}, longer.best)
        specs = longer_specs(self._preset, tuple(sampled[key] for key in chosen))
        self._train(
            specs,
            protocol,
            f"the best {len(chosen)} of {longer.sample} and the baselines on {longer.data}",
            growth=protocol.epochs / base.epochs,
        )

    def _is_named(self, data: str) -> bool:
        return self._preset.named is not None and self._preset.named.data == data

    def _others(self, data: str) -> list[TrialSpec]:
        """Return the trials of the baselines and of LeNet-5 from the model, each run once."""
        specs = [spec for runs in baseline_specs(self._preset).values() for spec in runs]
        if self._preset.equivalence is not None and self._preset.equivalence.data == data:
            dataset = self._data[data]
            specs += by_hand_specs(self._preset)
            specs += from_model_specs(self._preset, dataset.input_shape, dataset.classes)
        return list({spec.hash: spec for spec in reversed(specs)}.values())[::-1]

    def _affordable(self, sample: str, protocol: Protocol, max_cpu_s: float | None) -> list[TrialSpec]:
        """Return the trials of a sample whose predicted costs keep the limit."""
        specs = self._sampled[sample, protocol.data]
        return [spec for spec in specs if max_cpu_s is None or (self._predicted_s(spec, protocol) or 0.0) <= max_cpu_s]

    def _predicted_s(self, spec: TrialSpec, protocol: Protocol) -> float | None:
        cost = self._costs[protocol.data].get(spec.hash)
        return None if cost is None else cost.predicted_s(protocol, self._data[protocol.data])

    def _train(self, specs: Sequence[TrialSpec], protocol: Protocol, detail: str, growth: float = 1.0) -> None:
        if not specs:
            return
        epochs = f"{protocol.epochs} epoch{'s' if protocol.epochs > 1 else ''}"
        self._listener.phase("training", f"{detail}, {epochs}")
        time_s = None if self._limits.time_s is None else self._limits.time_s * growth
        run_trials(
            sorted(specs, key=lambda spec: -(self._predicted_s(spec, protocol) or 0.0)),
            protocol,
            self._folder / STORE,
            data=self._data[protocol.data],
            engine=self._engine,
            limits=replace(self._limits, time_s=time_s),
            on_progress=self._listener.progress,
            retry_failed=self._retry_failed,
            trainer=self._trainer,
        )


def _first(spec: TrialSpec) -> tuple[str, str]:
    """Return the key that all runs of one network share."""
    return spec.kind, spec.payload
