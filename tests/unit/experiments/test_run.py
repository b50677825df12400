"""A whole experiment: what it leaves, what a second call does, and what it refuses."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from featurenet_uvl.errors import DataError, ReadError, UsageError
from featurenet_uvl.experiments.preset import Preset, load_preset
from featurenet_uvl.experiments.run import RunResult, run_experiment
from featurenet_uvl.files import read_text
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.sampling.sample_file import parse_sample
from featurenet_uvl.training.pool import Progress
from featurenet_uvl.training.trial import TrialStatus
from featurenet_uvl.training.worker import Trainer
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs

FAKES = Path(__file__).resolve().parents[1] / "training"

WHAT_IS_MADE = {
    "accuracy_distribution.pdf",
    "accuracy_distribution.png",
    "diversity.json",
    "model.dimacs",
    "run.json",
    "sample.txt",
    "table1.csv",
    "table1.md",
    "trials.csv",
}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    monkeypatch.syspath_prepend(str(FAKES))
    from fake_trials import FAKE

    assert isinstance(FAKE, Trainer)
    return FAKE


@pytest.fixture(scope="module")
def small() -> Preset:
    """The smoke preset with few and small networks."""
    smoke = load_preset("smoke")
    return replace(smoke, bounds={"Block": 2, "Cell": 2}, sample_count=4)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.rglob("*") if path.suffix in {".txt", ".md", ".csv", ".json"}
    }


def test_every_step_leaves_its_file(fake: Trainer, small: Preset, tmp_path: Path) -> None:
    steps: list[str] = []
    result = run_experiment(small, tmp_path, trainer=fake, workers=2, on_step=steps.append)
    assert {
        path.name for path in tmp_path.iterdir() if path.is_file() and "trials.sqlite" not in path.name
    } == WHAT_IS_MADE
    cnf = read_dimacs(read_text(tmp_path / "model.dimacs"), "model.dimacs")
    sample = parse_sample(read_text(tmp_path / "sample.txt"), "sample.txt")
    assert len(sample) == 4
    assert sample.names == cnf.variables.feature_names
    networks = [
        Architecture.from_json(json.loads(path.read_text())) for path in sorted((tmp_path / "architectures").iterdir())
    ]
    assert len({network.hash() for network in networks}) == 4
    assert {(network.input_shape, network.classes) for network in networks} == {((16, 16, 1), 10)}
    assert [trial.name for trial in result.sample] == ["001", "002", "003", "004"]
    assert [trial.name for trial in result.baselines] == ["LeNet-5"]
    best = max(trial.test_accuracy or 0 for trial in result.sample)
    assert [(row.name, row.accuracy) for row in result.table.rows] == [
        ("LeNet-5", result.baselines[0].test_accuracy),
        ("Top S1", best),
    ]
    with (tmp_path / "trials.csv").open() as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["001", "002", "003", "004", "LeNet-5"]
    assert [step.split()[0] for step in steps] == ["data", "compiling", "sampling", "training", "writing"]
    caption = result.table.caption
    assert "4 networks sampled from s1.uvl (4 trained)" in caption
    assert "digits: 1,437 training and 360 test images, 6 epochs, batch 32, SGD 0.01, seed 1" in caption


def test_the_same_call_again_trains_nothing_and_changes_nothing(fake: Trainer, small: Preset, tmp_path: Path) -> None:
    first = run_experiment(small, tmp_path, trainer=fake, workers=2)
    before = contents(tmp_path)
    seen: list[Progress] = []
    again = run_experiment(replace(small, workers=1, time_limit_s=9.0), tmp_path, trainer=fake, on_progress=seen.append)
    assert [(progress.done, progress.total) for progress in seen] == [(5, 5)]
    assert again == first
    assert contents(tmp_path) == before
    # What was lost by a kill between two steps is made again, equal.
    (tmp_path / "sample.txt").unlink()
    run_experiment(small, tmp_path, trainer=fake)
    assert contents(tmp_path) == before
    other = run_experiment(small, tmp_path / "elsewhere", trainer=fake, workers=2)
    assert [trial.spec_hash for trial in other.sample] == [trial.spec_hash for trial in first.sample]


def refusal(error: type[Exception], preset: Preset, folder: Path, fake: Trainer) -> str:
    with pytest.raises(error) as caught:
        run_experiment(preset, folder, trainer=fake)
    assert str(caught.value).startswith(str(folder))
    return str(caught.value)


def test_results_of_something_else_are_refused(fake: Trainer, small: Preset, tmp_path: Path) -> None:
    run_experiment(small, tmp_path, trainer=fake)
    before = contents(tmp_path)
    other = replace(small, sample_seed=2, protocol=replace(small.protocol, epochs=1))
    assert refusal(UsageError, other, tmp_path, fake) == (
        f"{tmp_path}: found results of another preset (protocol.epochs 6 there, 1 here; sample.seed 1 there, 2 here), "
        "expected those of smoke; pass another results folder, or remove this one"
    )
    manifest = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**manifest, "model_sha256": "0" * 64}))
    assert "found results of another model (000000000000)" in refusal(UsageError, small, tmp_path, fake)
    (tmp_path / "run.json").write_text("{")
    assert "found no manifest of a run" in refusal(ReadError, small, tmp_path, fake)
    (tmp_path / "run.json").write_text(json.dumps({**manifest, "schema": "x"}))
    assert "found schema 'x'" in refusal(ReadError, small, tmp_path, fake)
    (tmp_path / "run.json").write_bytes(before["run.json"])
    (tmp_path / "sample.txt").write_bytes(before["sample.txt"].replace(b"seed 1", b"seed 9"))
    assert "found another content than the run wrote" in refusal(ReadError, small, tmp_path, fake)
    (tmp_path / "sample.txt").write_bytes(before["sample.txt"])
    assert contents(tmp_path) == before


def test_too_many_images_are_refused_before_any_work(fake: Trainer, small: Preset, tmp_path: Path) -> None:
    preset = replace(small, protocol=replace(small.protocol, train_images=2000))
    with pytest.raises(DataError, match="found 1437 train images, expected at least 2000"):
        run_experiment(preset, tmp_path, trainer=fake)
    assert not (tmp_path / "model.dimacs").exists()


@pytest.fixture(scope="module")
def trained(small: Preset, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    preset = replace(small, protocol=replace(small.protocol, train_images=200, test_images=100, epochs=1))
    return run_experiment(preset, tmp_path_factory.mktemp("results"), workers=2)


@pytest.mark.slow
def test_sampled_networks_train_as_configured(trained: RunResult) -> None:
    for trial in (*trained.sample, *trained.baselines):
        assert trial.status is TrialStatus.DONE, trial.reason
        assert trial.epochs == 1
    for trial in trained.sample:
        path = trained.folder / "architectures" / f"{trial.name}.json"
        assert trial.weights == Architecture.from_json(json.loads(path.read_text())).weights()
