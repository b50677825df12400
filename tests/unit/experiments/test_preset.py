"""Presets: those of the package, a user's copy, and every mistake with its place."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.experiments.preset import Preset, load_preset, preset_names

SMOKE = Path(str(files("featurenet_uvl.experiments.presets"))) / "smoke.cfg"


def problems_of(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(ReadError) as caught:
        load_preset(str(path))
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


def test_the_packages_presets_load() -> None:
    assert preset_names() == ("laptop", "smoke")
    smoke, laptop = map(load_preset, ("smoke", "laptop"))
    assert (smoke.protocol.data, smoke.sample_count, smoke.sample_name) == ("digits", 30, "S1")
    assert (laptop.protocol.train_images, laptop.protocol.test_images, laptop.sample_count) == (4096, 2000, 20)
    assert (laptop.protocol.epochs, laptop.protocol.batch_size) == (12, 128)
    assert (smoke.workers, smoke.protocol.train_images) == (None, None)


def test_a_copy_is_the_same_experiment_under_its_own_name(tmp_path: Path) -> None:
    copy = tmp_path / "mine.cfg"
    copy.write_text(SMOKE.read_text())
    mine, smoke = load_preset(str(copy)), load_preset("smoke")
    assert mine == replace(smoke, name="mine")
    assert mine.hash() == smoke.hash()


def test_models_beside_the_preset_come_first(tmp_path: Path) -> None:
    (tmp_path / "s1.uvl").write_text("features\n\tArchitecture\n")
    (tmp_path / "mine.cfg").write_text(SMOKE.read_text())
    assert load_preset(str(tmp_path / "mine.cfg")).model == str(tmp_path / "s1.uvl")


def test_what_decides_results_is_in_the_hash() -> None:
    smoke = load_preset("smoke")
    other: list[Preset] = [
        replace(smoke, model="x.uvl"),
        replace(smoke, restrictions=("y.uvl",)),
        replace(smoke, bounds={"Block": 3}),
        replace(smoke, sample_count=31),
        replace(smoke, sample_seed=9),
        replace(smoke, protocol=replace(smoke.protocol, seed=9)),
    ]
    assert len({preset.hash() for preset in [smoke, *other]}) == len(other) + 1
    assert replace(smoke, workers=7, time_limit_s=1.0, name="x").hash() == smoke.hash()


def test_all_mistakes_together_each_with_its_line(tmp_path: Path) -> None:
    text = SMOKE.read_text()
    for old, new in (
        ("bounds =", "bounds = Block=three"),
        ("count = 30", "count = 0"),
        ("data = digits", "data = digit"),
        ("epochs = 6", "epochs = 1.5"),
        ("momentum = 0", "momentum = 1"),
        ("learning_rate = 0.01", "learning_rate = nan\nlerning_rate = 1"),
        ("workers = auto", "workers = many"),
        ("time_limit_s = 300", "time_limit_s = -1\n[runs]\nx = 1"),
    ):
        assert old in text
        text = text.replace(old, new)
    lines = text.splitlines()
    problems = problems_of(tmp_path / "bad.cfg", text)
    places = [lines[int(problem.split(":")[0]) - 1] for problem in problems]
    assert places == [
        "bounds = Block=three",
        "count = 0",
        "data = digit",
        "epochs = 1.5",
        "learning_rate = nan",
        "momentum = 1",
        "workers = many",
        "time_limit_s = -1",
        "lerning_rate = 1",
        "[runs]",
    ]
    assert problems[1].endswith("[sample] count: found '0', expected a whole number of 1 or more")
    assert problems[6].endswith("[run] workers: found 'many', expected a whole number of 1 or more, or auto")
    assert problems[9].endswith("found section [runs], expected [model], [run], [sample], [training]")


def test_what_is_needed_and_missing(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "bad.cfg", "[model]\nmodel = gone.uvl\n") == [
        f"2: [model] model: found no file 'gone.uvl', expected one at {tmp_path / 'gone.uvl'} or "
        f"{Path(str(files('featurenet_uvl.models'))) / 'gone.uvl'}",
        " found no count in [sample], expected one",
        " found no data in [training], expected one",
    ]


@pytest.mark.parametrize("text", ["model = x\n", "[model]\nmodel = a\nmodel = b\n", "[model]\n[model]\n", "[model\n"])
def test_what_is_no_preset_at_all(tmp_path: Path, text: str) -> None:
    assert problems_of(tmp_path / "bad.cfg", text)[0].startswith(" found no preset: ")


def test_unknown_names_and_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found preset 'smok', expected one of laptop, smoke, or the path of a"):
        load_preset("smok")
    with pytest.raises(ReadError, match=r"gone\.cfg: no such file"):
        load_preset(str(tmp_path / "gone.cfg"))
