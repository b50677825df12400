"""Every command with `--json`: stdout is then one JSON document, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from featurenet_uvl.cli.app import app
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.named import named_architecture
from featurenet_uvl.experiments import run
from featurenet_uvl.training import pool
from featurenet_uvl.training.store import ResultStore
from featurenet_uvl.training.trials.trial import TrialResult, TrialStatus
from tests.places import UNIT
from tests.unit.decoding.keras.keras_files import described

FAKES = UNIT / "experiments"
S1 = "{models}/s1.uvl --bound Block=1 --bound Cell=2"

LINES = {
    "convert": "{models}/dnn.uvl -o {tmp}/o.xml",
    "check": "{small}/net.uvl",
    "compile": f"{S1} -o {{tmp}}/o.dimacs",
    "analyse": "{small}/net.uvl",
    "count": "{small}/net.cnf",
    "sample": "{small}/net.cnf -n 2 -o {tmp}/o.txt",
    "diversity": "{small}/s.txt",
    "configurations": "{small}/s.txt -o {tmp}/o.csv",
    "decode": f"{{small}}/s.txt --model {S1} --input-shape 16x16x1 -o {{tmp}}/nets",
    "train": "{small}/nets --data digits --store {tmp}/t.sqlite",
    "architectures show": "lenet5",
    "architectures list": "",
    "architectures export": "lenet5 -o {tmp}/o.toml",
    "architectures import": "{tmp}/described.keras -o {tmp}/o.toml",
    "experiments run": "--preset {tmp}/mine.cfg -o {tmp}/results",
    "experiments report": "{tmp}/made",
    "experiments status": "--store {tmp}/made/trials.sqlite",
}
"""The arguments of each command. A new command needs a line here, and `--json`."""

PRESET = """\
[data]
sets = digits
train_images = 64
test_images = 32
[training]
epochs = 1
[baselines]
networks = lenet5
"""


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Return every command that is no group, by its name."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for child, below in command.commands.items():
        yield from commands(below, f"{name} {child}".strip())


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_is_here_and_has_the_option() -> None:
    assert set(COMMANDS) == set(LINES)
    assert [
        name
        for name, command in COMMANDS.items()
        if not any("--json" in parameter.opts and parameter.is_flag for parameter in command.params)
    ] == []


@pytest.fixture
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FAKES))
    from fake_training import FAKE, FAKE_TIMER

    def run_trials(specs: Any, *_: Any, **options: Any) -> list[TrialResult]:
        options["on_progress"](pool.Progress(len(specs), 0, len(specs), None, 0.0))
        return [TrialResult(spec.name, spec.hash, TrialStatus.DONE, test_accuracy=0.5) for spec in specs]

    monkeypatch.setattr(pool, "run_trials", run_trials)
    monkeypatch.setattr(run, "run_experiment", partial(run.run_experiment, trainer=FAKE, timer=FAKE_TIMER))


@pytest.fixture
def prepared(name: str, tmp_path: Path, _nothing_is_trained: None) -> Path:
    """Return a folder with the input files of some commands."""
    (tmp_path / "mine.cfg").write_text(PRESET)
    if name in ("experiments report", "experiments status"):
        preset = tmp_path / "mine.cfg"
        run.run_experiment(run_preset(preset), tmp_path / "made")
    if name == "architectures import":
        described(build_keras_model(named_architecture("mlp").architecture((16, 16, 1), 10)), tmp_path)
    return tmp_path


def run_preset(path: Path) -> Any:
    from featurenet_uvl.experiments.preset_file import load_preset

    return load_preset(str(path))


@pytest.mark.parametrize("name", sorted(LINES))
def test_stdout_is_one_json_document(program: Any, name: str, small: Path, models: Path, prepared: Path) -> None:
    line = LINES[name].format(small=small, models=models, tmp=prepared)
    done = program(*name.split(), *line.split(), "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, dict | list)
    assert found
    assert done.out.endswith("\n")


@pytest.mark.parametrize(
    "line", ["check {small}/none.uvl", "sample {small}/none.cnf -o {tmp}/o", "count {small}/bad.cnf"]
)
def test_where_a_command_fails_stdout_is_a_document_or_nothing(
    program: Any, line: str, small: Path, tmp_path: Path
) -> None:
    done = program(*line.format(small=small, tmp=tmp_path).split(), "--json")
    assert done.code != 0
    if done.out:
        json.loads(done.out)


def test_a_store_with_nothing_in_it_is_a_document_too(program: Any, tmp_path: Path) -> None:
    ResultStore(tmp_path / "t.sqlite").close()
    assert program("experiments", "status", "--store", tmp_path / "t.sqlite", "--json").json == {
        "store": str(tmp_path / "t.sqlite"),
        "run": None,
        "protocols": [],
    }
