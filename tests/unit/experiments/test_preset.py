"""Presets: those of the package, a user's copy, and every mistake with its place."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.experiments.preset import Longer, Preset
from featurenet_uvl.experiments.preset_file import ORDER, load_preset, parse_preset, preset_names
from tests.places import DOCS

SMOKE = Path(str(files("featurenet_uvl.experiments.presets"))) / "smoke.cfg"


def problems_of(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(ReadError) as caught:
        load_preset(str(path))
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


def test_the_packages_presets_load_and_grow() -> None:
    assert preset_names() == (*ORDER, "lenet5")
    presets = [load_preset(name) for name in ORDER]
    for smaller, larger in pairwise(presets):
        counts = [{sample.name: sample.count for sample in preset.samples} for preset in (smaller, larger)]
        assert all(counts[0][name] <= counts[1][name] for name in counts[0])
        assert smaller.cpu_hours is not None
        assert larger.cpu_hours is not None
        assert smaller.cpu_hours < larger.cpu_hours
    for preset in presets:
        assert preset.about
        assert [sample.name for sample in preset.samples] == ["S1", "S2", "S3"]
        assert None not in (preset.equivalence, preset.named, preset.longer)


def test_the_preset_paper_is_the_papers_protocol() -> None:
    paper = load_preset("paper")
    assert [(sample.name, sample.count, sample.max_cpu_s) for sample in paper.samples] == [
        ("S1", 1000, None),
        ("S2", 100, None),
        ("S3", 100, None),
    ]
    assert paper.data_names == ("mnist", "cifar10")
    for p in paper.protocols:
        assert (p.train_images, p.test_images, p.validation_images) == (None, None, 0)
        assert (p.epochs, p.batch_size, p.learning_rate, p.momentum, p.optimizer) == (12, 128, 0.01, 0.0, "sgd")
    assert paper.equivalence is not None
    assert (paper.equivalence.runs, paper.equivalence.data) == (10, "cifar10")
    assert paper.longer == Longer("S1", "cifar10", 10, (300, 600))


def test_a_copy_is_the_same_experiment_under_its_own_name(tmp_path: Path) -> None:
    copy = tmp_path / "mine.cfg"
    copy.write_text(SMOKE.read_text())
    mine, smoke = load_preset(str(copy)), load_preset("smoke")
    assert mine == replace(smoke, name="mine")
    assert mine.hash() == smoke.hash()


@pytest.mark.parametrize("name", [*ORDER, "lenet5"])
def test_json_carries_what_decides_the_results(name: str) -> None:
    preset = load_preset(name)
    read = Preset.from_json(name, json.loads(json.dumps(preset.to_json())))
    assert read.hash() == preset.hash()
    assert read.protocols == preset.protocols
    assert (read.equivalence, read.named, read.longer) == (preset.equivalence, preset.named, preset.longer)
    assert [(s.name, s.count, s.seed, s.max_cpu_s, dict(s.bounds)) for s in read.samples] == [
        (s.name, s.count, s.seed, s.max_cpu_s, dict(s.bounds)) for s in preset.samples
    ]


def test_models_beside_the_preset_come_first(tmp_path: Path) -> None:
    (tmp_path / "s1.uvl").write_text("features\n\tArchitecture\n")
    (tmp_path / "mine.cfg").write_text(SMOKE.read_text())
    first = load_preset(str(tmp_path / "mine.cfg")).samples[0]
    assert first.model == str(tmp_path / "s1.uvl")


def test_what_decides_results_is_in_the_hash() -> None:
    smoke = load_preset("smoke")
    first, *others = smoke.samples
    assert smoke.equivalence is not None
    assert smoke.longer is not None
    changed = [
        replace(first, model="x.uvl"),
        replace(first, restrictions=("y.uvl",)),
        replace(first, bounds={"Block": 3}),
        replace(first, count=first.count + 1),
        replace(first, seed=9),
        replace(first, max_cpu_s=1.5),
    ]
    other: list[Preset] = [replace(smoke, samples=(sample, *others)) for sample in changed]
    other += [
        replace(smoke, protocols=(replace(smoke.protocols[0], seed=9),)),
        replace(smoke, baseline_runs=9),
        replace(smoke, baselines=()),
        replace(smoke, equivalence=replace(smoke.equivalence, margin=0.5)),
        replace(smoke, named=None),
        replace(smoke, longer=replace(smoke.longer, best=1)),
    ]
    assert len({preset.hash() for preset in [smoke, *other]}) == len(other) + 1
    assert replace(smoke, limits=replace(smoke.limits, workers=7, time_limit_s=1.0), name="x").hash() == smoke.hash()


def test_all_mistakes_together_each_with_its_line(tmp_path: Path) -> None:
    text = SMOKE.read_text()
    changes = (
        ("\nbounds =", "\nbounds = Block=three"),
        ("count = 16", "count = 0"),
        ("sets = digits", "sets = digits, digit"),
        ("\nepochs = 5", "\nepochs = 1.5"),
        ("momentum = 0", "momentum = 1"),
        ("learning_rate = 0.01", "learning_rate = nan\nlerning_rate = 1"),
        ("margin = 0.05", "margin = 5"),
        ("networks = inception_module", "networks = inceptio"),
        ("sample = S1", "sample = S4"),
        ("workers = auto", "workers = many"),
        ("time_limit_s = 300", "time_limit_s = -1\n[runs]\nx = 1"),
    )
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lines = text.splitlines()
    problems = problems_of(tmp_path / "bad.cfg", text)
    places = {lines[int(problem.split(":")[0]) - 1] for problem in problems}
    assert places >= {
        *("sets = digits, digit", "bounds = Block=three", "count = 0", "epochs = 1.5", "momentum = 1"),
        *("learning_rate = nan", "lerning_rate = 1", "margin = 5", "networks = inceptio", "sample = S4"),
        *("workers = many", "time_limit_s = -1", "[runs]"),
    }
    found = "\n".join(problems)
    assert "[sample S1] count: found '0', expected a whole number of 1 or more" in found
    assert "[run] workers: found 'many', expected a whole number of 1 or more, or auto" in found
    assert "[longer] sample: found 'S4', expected one of S1, S2, S3" in found
    assert "found section [runs], expected [about], [data], [training]" in found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("epochs = 8, 10", "epochs = 15, 10", "found 15, 10, expected ascending numbers, each once"),
        ("epochs = 8, 10", "epochs = 3, 5", "found at most 5, expected more than the 5 of [training]"),
        ("epochs = 8, 10", "epochs = 10, 10", "found 10 twice, expected each once"),
        ("train_images = all", "train_images = 200", "found 237, expected fewer than the 200 training images"),
        ("[sample S2]", "[sample S 2]", "found the name 'S 2', expected a word such as S1"),
        ("runs = 3", "runs = 1", "found '1', expected a whole number of 2 or more"),
    ],
)
def test_settings_that_do_not_go_together(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = SMOKE.read_text()
    assert text.count(old) == 1
    problems = problems_of(tmp_path / "bad.cfg", text.replace(old, new))
    assert problem in problems[0]
    assert problems[0].split(":")[0].isdecimal()


def test_what_is_needed_and_missing(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "bad.cfg", "[sample S1]\nmodel = gone.uvl\n") == [
        " found no sets in [data], expected one",
        f"2: [sample S1] model: found no file 'gone.uvl', expected one at {tmp_path / 'gone.uvl'} or "
        f"{Path(str(files('featurenet_uvl.models'))) / 'gone.uvl'}",
        "1: found no count in [sample S1], expected one",
    ]


@pytest.mark.parametrize("text", ["model = x\n", "[data]\nsets = a\nsets = b\n", "[data]\n[data]\n", "[data\n"])
def test_what_is_no_preset_at_all(tmp_path: Path, text: str) -> None:
    assert problems_of(tmp_path / "bad.cfg", text)[0].startswith(" found no preset: ")


def test_unknown_names_and_files(tmp_path: Path) -> None:
    known = ", ".join([*ORDER, "lenet5"])
    with pytest.raises(UsageError, match=f"found preset 'smok', expected one of {known}, or the path of a"):
        load_preset("smok")
    with pytest.raises(ReadError, match=r"gone\.cfg: no such file"):
        load_preset(str(tmp_path / "gone.cfg"))


PAGE = DOCS / "reproduce.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the docs are not installed with the package")
@pytest.mark.parametrize("name", ORDER)
def test_the_docs_say_what_the_presets_do(name: str) -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines()]
    (row,) = (row for row in rows if row[0] == f"`{name}`")
    preset = load_preset(name)
    assert preset.longer is not None
    images = preset.protocols[0].train_images
    left = f"{(1437 if images is None else images) - preset.protocols[0].validation_images:,} images"
    assert left in row[1] or (name == "paper" and images is None)
    assert row[2].startswith(", ".join(f"{sample.count:,}" for sample in preset.samples))
    assert ("cheap" in row[2]) == any(sample.max_cpu_s for sample in preset.samples)
    assert row[3] == str(preset.protocols[0].epochs)
    assert row[4] == f"{preset.longer.best} best, {' and '.join(map(str, preset.longer.epochs))}"


def test_a_line_that_takes_the_parser_for_ever_is_refused(tmp_path: Path) -> None:
    problems = problems_of(tmp_path / "m.cfg", "[data]\nsets" + "\t" * 200_000 + "x\n")
    assert problems == ["2: found 200,005 characters, expected at most 10,000"]


def test_more_runs_than_anybody_can_train_are_refused(tmp_path: Path) -> None:
    text = SMOKE.read_text().replace("runs = 3", "runs = 10,001", 1)
    (problem,) = problems_of(tmp_path / "m.cfg", text)
    assert problem.endswith("runs: found '10,001', expected at most 10,000")
    text = SMOKE.read_text().replace("epochs = 1", f"epochs = {'9' * 5_000}", 1)
    assert "expected a whole number of 1 or more" in problems_of(tmp_path / "m.cfg", text)[0]


def test_a_name_that_no_file_can_have_is_no_file(tmp_path: Path) -> None:
    text = SMOKE.read_text().replace("model = s1.uvl", f"model = {'x' * 5_000}")
    problems = problems_of(tmp_path / "m.cfg", text)
    assert any("found no file" in problem for problem in problems)


def test_own_data_are_named_by_their_content_once_they_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    text = SMOKE.read_text().replace("sets = digits", "sets = photos\nimage_size = 16x12\nchannels = grey")
    text = text.replace("data = digits", "data = photos")
    preset = parse_preset(text, tmp_path / "mine.cfg")
    asked = preset.sources["photos"]
    assert (asked.source, asked.image_size, asked.channels) == (tmp_path / "photos", (16, 12), 1)
    named = preset.with_data_names({"photos": "photos-0123456789abcdef"})
    assert named.data_names == ("photos-0123456789abcdef",)
    assert named.equivalence is None or named.equivalence.data == "photos-0123456789abcdef"
    assert "photos-0123456789abcdef" in str(named.to_json())
    assert "16" not in str(named.sources)
    with pytest.raises(ReadError, match=r"\[data\] sets: found 'phots', expected one of digits.*, or an \.npz file"):
        parse_preset(text.replace("sets = photos", "sets = phots"), tmp_path / "mine.cfg")
    with pytest.raises(ReadError, match=r"\[data\] channels: found 'blue', expected grey or rgb"):
        parse_preset(text.replace("= grey", "= blue"), tmp_path / "mine.cfg")
