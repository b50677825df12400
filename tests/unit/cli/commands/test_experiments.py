"""The commands `experiments run` and `experiments report`: their output and their files."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.experiments import run
from featurenet_uvl.experiments.costs import Estimate
from featurenet_uvl.experiments.run import RunResult
from featurenet_uvl.training.engines.local import LocalEngine
from featurenet_uvl.training.engines.ray_cluster import RayEngine
from tests.places import UNIT

FAKES = UNIT / "experiments"

PRESET = """\
[data]
sets = digits
train_images = 64
test_images = 32
[training]
epochs = 1
[sample S1]
model = s1.uvl
bounds = Block=1, Cell=2
count = 2
seed = 1
[baselines]
networks = lenet5
"""


@pytest.fixture
def preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small preset with fake training."""
    monkeypatch.syspath_prepend(str(FAKES))
    from fake_training import FAKE, FAKE_TIMER

    monkeypatch.setattr(run, "run_experiment", partial(run.run_experiment, trainer=FAKE, timer=FAKE_TIMER))
    path = tmp_path / "mine.cfg"
    path.write_text(PRESET)
    return path


def test_a_run_prints_a_few_lines_and_the_path_of_the_page(program: Any, preset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    result = program("experiments", "run", "--preset", preset, "-o", folder)
    assert result.code == 0, result.err
    networks, digits, page = result.out.splitlines()
    assert networks == "networks: 2 sampled, 2 trained and tested"
    assert re.fullmatch(
        r"digits: best network S1/00[12] with [\d.]+%, LeNet-5 [\d.]+%, difference [+-][\d.]+ points", digits
    )
    assert page == f"report: {folder / 'report.html'}, to open in a browser"
    phases = [re.split("[ :]", line)[0] for line in result.err.splitlines()]
    assert list(dict.fromkeys(phases)) == [
        *("loading", "compiling", "sampling", "bounding", "timing", "expected", "training", "writing")
    ]
    assert "timing: 3 of 3" in result.err.splitlines()
    assert any(line.startswith("training: 3 of 3, best accuracy") for line in result.err.splitlines())
    assert {path.name for path in folder.iterdir()} == {
        *("costs.sqlite", "data", "figures", "report.html", "report.json", "report.md", "run.json", "samples"),
        *("tables", "trials.csv", "trials.sqlite"),
    }
    assert [path.name for path in (folder / "data").iterdir()] == ["digits-own"]
    status = program("experiments", "status", folder)
    assert "run       finished at" in status.out
    assert "trained   3 of 3" in status.out


def test_json_is_the_whole_report(program: Any, preset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    result = program("experiments", "run", "--preset", preset, "-o", folder, "--json", "--quiet")
    assert result.err == ""
    assert [network["name"] for network in result.json["report"]["samples"][0]["networks"]] == ["S1/001", "S1/002"]
    assert all(Path(path).is_file() for path in result.json["files"])
    assert result.json["report"] == json.loads((folder / "report.json").read_text())
    again = program("experiments", "report", folder, "--json", "--quiet")
    assert again.json == result.json


def test_a_dry_run_says_what_it_takes(program: Any, preset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    result = program("experiments", "run", "--preset", preset, "-o", folder, "--dry-run", "--workers", 2)
    assert (result.code, result.out) == (0, "")
    *_, last = result.err.splitlines()
    assert last.startswith("expected: ")
    assert " with 2 at a time, " in last
    assert not (folder / "report.md").exists()
    parts = program("experiments", "run", "--preset", preset, "-o", folder, "--dry-run", "--json", "-q").json
    assert [part["part"] for part in parts["estimates"]] == ["baselines on digits", "S1 on digits"]
    report = program("experiments", "report", folder)
    assert report.code == 0
    assert "missing: S1 on digits: 2 of 2 networks are to be trained" in report.err
    assert (folder / "report.md").exists()


def test_a_cluster_is_asked_for_as_in_training(
    program: Any, preset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def run_experiment(*_: Any, engine: Any, listener: Any, **__: Any) -> RunResult:
        asked.append(engine)
        estimates = (Estimate("S1 on digits", 2, 120.0),)
        listener.estimates(estimates)
        return RunResult(tmp_path, estimates)

    monkeypatch.setattr(run, "run_experiment", run_experiment)
    command = ("experiments", "run", "--preset", preset, "-o", tmp_path / "r")
    remote = "--engine ray --address 10.0.0.1:6379 --cpus 2 --gpus 0.5 --memory 2000"
    result = program(*command, *remote.split())
    assert (result.code, result.err.splitlines()[-1]) == (0, "expected: 2 min of one core in all")
    assert program(*command, "--workers", 2).err.splitlines()[-1].startswith("expected: 1 min with 2 at a time")
    assert asked == [RayEngine("10.0.0.1:6379", 2.0, 0.5, 2000.0), LocalEngine(2)]


def test_the_next_preset_is_named_with_what_it_needs_and_takes(program: Any, preset: Path, tmp_path: Path) -> None:
    from featurenet_uvl.cli.commands.experiments import _next
    from featurenet_uvl.experiments.collect import collect
    from featurenet_uvl.experiments.preset_file import load_preset

    program("experiments", "run", "--preset", preset, "-o", tmp_path / "results")
    study = collect(tmp_path / "results")
    (line,) = _next(load_preset("smoke"), study, 2)
    assert line.startswith("next: --preset laptop: a part of MNIST and CIFAR-10")
    assert "needs mnist.npz and cifar10.npz (--data-dir, else Keras' cache or download), about " in line
    assert line.endswith(" here with 2 at a time")
    assert _next(load_preset("smoke"), study, None)[0].endswith(" of one core")
    assert _next(load_preset("paper"), study, 2) == _next(load_preset(str(preset)), study, 2) == ()
