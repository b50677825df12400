"""An experiment from a preset: compile, sample, decode, train, report. The same call again goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from featurenet_uvl.decoding.decoder import decode_solution
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.errors import FeatureNetError, ReadError
from featurenet_uvl.experiments.manifest import Manifest, check_preset, check_sources, read_manifest, sha256
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.files import read_text, write_file
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.report.experiment import Experiment, write_report
from featurenet_uvl.report.table1 import Table1
from featurenet_uvl.sampling.metrics import Diversity, diversity
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request, Stop
from featurenet_uvl.sampling.sample import Sample
from featurenet_uvl.sampling.sample_file import format_sample, parse_sample
from featurenet_uvl.training.data import Dataset, load_dataset
from featurenet_uvl.training.job import Limits, Trainer
from featurenet_uvl.training.keras_trainer import KERAS
from featurenet_uvl.training.local_engine import available_cores
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.trial import TrialResult, TrialSpec
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.pipeline import compile_model

STORE = "trials.sqlite"
MODEL = "model.dimacs"
SAMPLE = "sample.txt"
DIVERSITY = "diversity.json"
ARCHITECTURES = "architectures"
DATA = "data"
BASELINES = {"LeNet-5": "lenet5"}
"""Rows of Table 1 whose networks are written by hand."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a finished experiment has made."""

    folder: Path
    features: int
    clauses: int
    diversity: Diversity
    sample: tuple[TrialResult, ...]
    baselines: tuple[TrialResult, ...]
    table: Table1
    files: tuple[Path, ...]
    """Tables and figures."""


def run_experiment(
    preset: Preset,
    results_dir: Path | None = None,
    *,
    data_dir: Path | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    on_step: Callable[[str], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    trainer: Trainer = KERAS,
) -> RunResult:
    """Runs the whole experiment of a preset.

    Trials that have finished are not run again, and the sample is drawn once.

    Args:
        preset: What to do.
        results_dir: Where everything goes; `results/<preset>` where None.
        data_dir: A folder with `mnist.npz` and `cifar10.npz`.
        workers: How many networks are trained at a time; the preset's number, else one a core, where None.
        retry_failed: Train again what failed or reached its time limit.
        on_step: Called with a line that says what begins.
        on_progress: Called after each trial.
        trainer: What the workers run.

    Raises:
        UsageError: The folder has results of another preset, model or data set.
        FeatureNetError: Whatever a step says: of the model, the data, the sample, the store.
    """
    say = on_step or _nothing
    folder = results_dir or Path("results") / preset.name
    prepared = _prepare(folder, preset, data_dir, say)
    names = ", ".join(BASELINES)
    say(f"training {len(prepared.networks)} networks and {names}")
    specs = [TrialSpec.of_architecture(name, network) for name, network in prepared.networks.items()]
    specs += [TrialSpec.of_baseline(row, name) for row, name in BASELINES.items()]
    results = run_trials(
        specs,
        preset.protocol,
        folder / STORE,
        data=prepared.data,
        workers=preset.workers or available_cores() if workers is None else workers,
        limits=Limits(time_s=preset.time_limit_s),
        on_progress=on_progress,
        retry_failed=retry_failed,
        trainer=trainer,
    )
    say("writing tables and figures")
    return _report(folder, preset, prepared, tuple(results))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is there before the first training."""

    data: Dataset
    cnf: Cnf
    diversity: Diversity
    networks: Mapping[str, Architecture]
    """By their numbers in the sample, such as `007`."""


def _prepare(folder: Path, preset: Preset, data_dir: Path | None, say: Callable[[str], None]) -> _Prepared:
    _make_folder(folder / ARCHITECTURES)
    earlier = read_manifest(folder)
    if earlier is not None:
        check_preset(earlier, preset, folder)
    say(f"data set {preset.protocol.data}")
    data = load_dataset(preset.protocol.data, data_dir, folder / DATA)
    data.check_size("train", preset.protocol.train_images)
    data.check_size("test", preset.protocol.test_images)
    say(f"compiling {Path(preset.model).name}")
    cnf = compile_model(
        preset.model, restrictions=preset.restrictions, bounds=preset.bounds, input_shape=data.input_shape
    )
    manifest = _begin(folder, preset, data, cnf, earlier)
    say(f"sampling {preset.sample_count} configurations of {cnf.variables.feature_count} features")
    sample = _sample(folder, preset, cnf, manifest)
    measured = diversity(sample.selected)
    write_file(folder / DIVERSITY, measured.to_json() + "\n", force=True)
    return _Prepared(data, cnf, measured, _decode(folder, sample, cnf, data))


def _report(folder: Path, preset: Preset, prepared: _Prepared, results: tuple[TrialResult, ...]) -> RunResult:
    count = len(prepared.networks)
    experiment = Experiment(
        preset.sample_name,
        Path(preset.model).name,
        preset.protocol,
        preset.protocol.train_images or prepared.data.train_count,
        preset.protocol.test_images or prepared.data.test_count,
        results[:count],
        dict(zip(BASELINES, results[count:], strict=True)),
    )
    table, files = write_report(experiment, folder)
    return RunResult(
        folder,
        prepared.cnf.variables.feature_count,
        len(prepared.cnf.clauses),
        prepared.diversity,
        results[:count],
        results[count:],
        table,
        files,
    )


def _begin(folder: Path, preset: Preset, data: Dataset, cnf: Cnf, earlier: Manifest | None) -> Manifest:
    """The manifest of this run, written before anything that depends on it; the model goes beside."""
    text = write_dimacs(cnf)
    manifest = Manifest(preset.to_json(), data.hash, sha256(text))
    if earlier is not None:
        check_sources(earlier, manifest, folder)
        manifest = earlier
    manifest.write(folder)
    write_file(folder / MODEL, text, force=True)
    return manifest


def _sample(folder: Path, preset: Preset, cnf: Cnf, manifest: Manifest) -> Sample:
    """The sample of an earlier call where it is as it was written, else a new one."""
    path = folder / SAMPLE
    if manifest.sample_sha256 is not None and path.exists():
        text = read_text(path)
        if sha256(text) != manifest.sample_sha256:
            raise ReadError(
                f"{path}: found another content than the run wrote, expected it unchanged; "
                "remove it to have the sample drawn again"
            )
        return parse_sample(text, str(path))
    sample = draw(cnf, Request(preset.sample_count, preset.sample_seed))
    if sample.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    text = format_sample(sample)
    write_file(path, text, force=True)
    manifest.with_sample(text).write(folder)
    return sample


def _decode(folder: Path, sample: Sample, cnf: Cnf, data: Dataset) -> dict[str, Architecture]:
    """The networks by their numbers, each also written to a file."""
    width = max(3, len(str(len(sample))))
    architectures: dict[str, Architecture] = {}
    for number, row in enumerate(sample.selected, 1):
        name = f"{number:0{width}}"
        network = to_architecture(decode_solution(row, cnf.variables), data.input_shape, data.classes)
        text = json.dumps(network.to_json(), indent=2) + "\n"
        write_file(folder / ARCHITECTURES / f"{name}.json", text, force=True)
        architectures[name] = network
    return architectures


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FeatureNetError(f"{folder}: cannot be made: {error.strerror}") from error


def _nothing(step: str) -> None:
    """Stands for a listener that nobody passed."""
