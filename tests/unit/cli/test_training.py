"""The commands that train: what they ask for, what they print, and that an interrupted one goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.training import pool
from featurenet_uvl.training.job import Limits
from featurenet_uvl.training.pool import Progress
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.trial import TrialResult, TrialStatus

PRESET = """\
[model]
model = s1.uvl
bounds = Block=1, Cell=2

[sample]
count = 2
seed = 1

[training]
data = digits
train_images = 64
test_images = 32
epochs = 1
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was asked of the pool, which trains nothing here."""
    found: dict[str, Any] = {}

    def run_trials(specs: Any, protocol: Any, store: Any, **options: Any) -> list[TrialResult]:
        found.update(specs=specs, protocol=protocol, store=store, **options)
        options["on_progress"](Progress(len(specs), 1, len(specs), 0.9, 0.0))
        done, *others = specs
        return [
            TrialResult(done.name, done.hash, TrialStatus.DONE, test_accuracy=0.9, epochs=3, weights=370, seconds=1.25),
            *(TrialResult(s.name, s.hash, TrialStatus.LIMIT, "took longer\x1b[0m than 5 s") for s in others),
        ]

    monkeypatch.setattr(pool, "run_trials", run_trials)
    return found


def test_train_asks_for_what_the_options_say(program: Any, asked: dict[str, Any], small: Path, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    options = "--epochs 3 --batch-size 16 --train-size 100 --test-size 50 --seed 9 --workers 2 --time-limit 5"
    result = program("train", small / "nets", "--data", "digits", "--store", store, *options.split())
    assert result.code == 0
    assert asked["protocol"] == Protocol("digits", 100, 50, epochs=3, batch_size=16, seed=9)
    assert [spec.name for spec in asked["specs"]] == ["0001", "0002", "0003"]
    assert (asked["store"], asked["workers"], asked["limits"]) == (store, 2, Limits(time_s=5.0))
    assert result.out.splitlines() == [
        "network  status  accuracy  weights  epochs  seconds  reason",
        "0001     done    0.9000    370      3       1.2",
        "0002     limit   -         -        0       0.0      took longer\\x1b[0m than 5 s",
        "0003     limit   -         -        0       0.0      took longer\\x1b[0m than 5 s",
    ]
    assert result.err.splitlines() == ["trained 3 of 3, 1 failed, best accuracy 0.9000", f"results in {store}"]
    rows = program("train", small / "nets", "--data", "digits", "--store", store, "--json").json
    assert [(row["name"], row["status"], row["weights"]) for row in rows] == [
        ("0001", "done", 370),
        ("0002", "limit", None),
        ("0003", "limit", None),
    ]


def test_files_of_one_name_keep_apart(program: Any, asked: dict[str, Any], small: Path, tmp_path: Path) -> None:
    twin = tmp_path / "0001.json"
    twin.write_bytes((small / "nets" / "0002.json").read_bytes())
    program("train", small / "nets" / "0001.json", twin, twin, "--data", "digits", "--store", tmp_path / "t")
    assert [spec.name for spec in asked["specs"]] == [str(small / "nets" / "0001.json"), str(twin)]


def test_an_interrupted_training_says_how_it_goes_on(
    program: Any, monkeypatch: pytest.MonkeyPatch, small: Path, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "run_trials", interrupted)
    result = program("train", small / "nets", "--data", "digits", "--store", tmp_path / "t")
    assert (result.code, result.out) == (130, "")
    assert result.err.splitlines() == [
        "what has finished is kept; the same command goes on from there",
        "featurenet-uvl: interrupted",
    ]


@pytest.mark.slow
def test_networks_are_trained_once(program: Any, small: Path, tmp_path: Path) -> None:
    size = ("--epochs", 1, "--train-size", 64, "--test-size", 32)
    command = ("train", small / "nets", "--data", "digits", *size, "--store", tmp_path / "t", "--json")
    first = program(*command)
    assert [row["status"] for row in first.json] == ["done"] * 3
    for row in first.json:
        network = json.loads((small / "nets" / f"{row['name']}.json").read_text())
        assert len(network["cells"]) in (1, 2)
        assert row["weights"] > 0
    assert program(*command).json == first.json


@pytest.mark.slow
def test_an_experiment_says_where_its_results_are(program: Any, tmp_path: Path) -> None:
    preset, folder = tmp_path / "mine.cfg", tmp_path / "results"
    preset.write_text(PRESET)
    result = program("experiments", "run", "--preset", preset, "-o", folder)
    assert result.code == 0, result.err
    assert "LeNet-5" in result.out
    assert result.out == (folder / "table1.md").read_text()
    assert "trained 3 of 3, 0 failed" in result.err, (folder / "trials.csv").read_text()
    *_, last = result.err.splitlines()
    assert last.startswith(f"results in {folder}: table1.md")
    facts = program("experiments", "run", "--preset", preset, "-o", folder, "--json", "--quiet")
    assert facts.err == ""
    assert [trial["name"] for trial in facts.json["sample"]] == ["001", "002"]
    assert all(Path(path).is_file() for path in facts.json["files"])


def test_the_smoke_preset_names_the_next_one() -> None:
    from featurenet_uvl.cli.experiments import _next

    (line,) = _next("smoke")
    assert line.startswith("next: --preset laptop: 20 networks, 4,096 training images of mnist, 12 epochs; needs mnist")
    assert _next("laptop") == _next("mine.cfg") == ()
