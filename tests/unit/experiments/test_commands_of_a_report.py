"""The commands that a report prints continue the folder that it is about."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from featurenet_uvl.cli.app import app, run
from featurenet_uvl.experiments.collect import collect
from featurenet_uvl.experiments.manifest import DataFacts, Manifest, check_preset, read_manifest
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.experiments.preset_file import load_preset

FACTS = DataFacts("0" * 64, (16, 16, 1), 10, 3000, 1000)


def begun(folder: Path, preset: Preset) -> None:
    """Write the folder of a run that has just begun."""
    folder.mkdir(parents=True)
    Manifest(preset.name, preset.to_json(), dict.fromkeys(preset.data_names, FACTS)).write(folder)


def own_smoke() -> Preset:
    """Return a preset of a user, with the name of one of the package and other settings."""
    smoke = load_preset("smoke")
    return replace(smoke, baseline_runs=smoke.baseline_runs + 1)


@pytest.mark.parametrize(
    ("folder", "preset", "printed"),
    [
        ("results/smoke", load_preset("smoke"), ["run --preset smoke", "report results/smoke"]),
        ("my runs/1", load_preset("smoke"), ["run --preset smoke -o 'my runs/1'", "report 'my runs/1'"]),
        ("results/smoke", own_smoke(), ["run --preset smoke.cfg", "report results/smoke"]),
        ("r", load_preset("laptop"), ["run --preset laptop -o r --data-dir DIR", "report r"]),
    ],
)
def test_the_commands_name_preset_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, preset: Preset, printed: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    begun(Path(folder), preset)
    commands = collect(Path(folder)).commands
    assert commands == tuple(f"featurenet-uvl experiments {line}" for line in printed)
    taken_back(commands, Path(folder), preset)


def test_an_absolute_folder_is_named_from_the_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of equal results is equal wherever the folder lies."""
    begun(tmp_path / "mine", load_preset("smoke"))
    first, *commands = collect(tmp_path / "mine").commands
    assert first == "# in the folder that holds mine"
    monkeypatch.chdir(tmp_path)
    taken_back(tuple(commands), Path("mine"), load_preset("smoke"))


def taken_back(commands: tuple[str, ...], folder: Path, preset: Preset) -> None:
    """Give the command lines to the program: the first must continue the folder, the second write its report."""
    first, second = (shlex.split(command)[1:] for command in commands)
    command: Any = typer.main.get_command(app)
    parameters = command.commands["experiments"].commands["run"].make_context("run", first[2:]).params
    assert Path(parameters["output"] or Path("results") / preset.name) == folder
    manifest = read_manifest(folder)
    assert manifest is not None
    if not parameters["preset"].endswith(".cfg"):
        check_preset(manifest, load_preset(parameters["preset"]), folder)
    assert run(second) == 0
    assert (folder / "report.html").is_file()
