"""Configurations of any tool: six entry points read the same from six formats, and refuse the same files."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featurenet_uvl import FeatureModel
from featurenet_uvl.errors import DecodeError, FeatureNetError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Selections
from featurenet_uvl.operations.configurations import write_folder
from featurenet_uvl.translators.formats.configurations.registry import FORMATS
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample, parse_sample

APP = """features
\tApp {abstract}
\t\tmandatory
\t\t\tKind {abstract}
\t\t\t\talternative
\t\t\t\t\t"Log file"
\t\t\t\t\tNet
\t\toptional
\t\t\tCache
"""
"""A model with a blank in a name, and abstract features, which a .config leaves out."""
SELECTED = [("App", "Kind", "Net"), ("App", "Kind", "Log file", "Cache"), ("App", "Kind", "Net", "Cache")]
BOUNDS = {"Block": 1, "Cell": 2}
IMAGES = (16, 16, 1)
NETWORKS = ("--bound", "Block=1", "--bound", "Cell=2", "--input-shape", "16x16x1")
COPY = "import shutil, sys; open(sys.argv[1]); shutil.copyfile(*sys.argv[2:])"
"""A sampler that reads the CNF, and answers with a file that exists."""


@dataclass(frozen=True)
class Case:
    """A small application's model, a sample of a model of networks, and the way to the program."""

    program: Any
    app: Path
    s1: Path
    networks: Path
    """Return a folder with the networks of `sample`."""
    sample: Sample
    folder: Path

    def written(self, form: str, chosen: Selections, cnf: Cnf) -> Path:
        """Write configurations in a format: to a file, or to a folder if a file holds one."""
        path = self.folder / f"given-{form}"
        if FORMATS[form].holds_many or len(chosen) == 1:
            path.write_text(FORMATS[form].write(chosen, cnf.variables))
        else:
            write_folder(str(path), form, chosen, cnf.variables)
        return path

    def rows(self, path: Path) -> list[list[bool]]:
        rows: list[list[bool]] = parse_sample(path.read_text(), str(path)).selected.tolist()
        return rows


@pytest.fixture(scope="session")
def s1_cnf() -> Cnf:
    return FeatureModel.named("s1", BOUNDS).compile(input_shape=IMAGES).cnf


@pytest.fixture
def case(program: Any, small: Path, models: Path, tmp_path: Path) -> Case:
    app = tmp_path / "app.uvl"
    app.write_text(APP)
    sample = parse_sample((small / "s.txt").read_text(), "s.txt")
    return Case(program, app, models / "s1.uvl", small / "nets", sample, tmp_path)


def by_configurations(case: Case, path: Path, count: int) -> object:
    out = case.folder / "back"
    done = case.program("configurations", path, "--model", case.app, "--to", "sample", "-o", out)
    assert done.code == 0, done.err
    return case.rows(out)


def by_append(case: Case, path: Path, count: int) -> object:
    out = case.folder / "more"
    arguments = (case.app, "--append", path, "-n", "1", "--sampler", "steered", "--no-measures", "-o", out)
    done = case.program("sample", *arguments)
    assert done.code == 0, done.err
    return case.rows(out)[:-1]


def by_external(case: Case, path: Path, count: int) -> object:
    out = case.folder / "drawn"
    command = f"command={sys.executable} -c '{COPY}' {{dimacs}} {path} {{out}}"
    arguments = (case.app, "-n", count, "--sampler", "external", "--no-measures", "--sampler-option", command)
    done = case.program("sample", *arguments, "-o", out)
    assert done.code == 0, done.err
    return case.rows(out)


ROWS: dict[str, Callable[[Case, Path, int], object]] = {
    "configurations": by_configurations,
    "sample --append": by_append,
    "sample --sampler external": by_external,
}
"""Entry points that write the configurations which they read."""


@pytest.mark.parametrize("entry", ROWS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_entry_point_reads_every_format(case: Case, entry: str, form: str) -> None:
    cnf = FeatureModel.read(case.app).compile().cnf
    count = 1 if entry == "sample --sampler external" and not FORMATS[form].holds_many else len(SELECTED)
    chosen = Selections.of(cnf.variables.feature_names, SELECTED[:count])
    assert ROWS[entry](case, case.written(form, chosen, cnf), count) == chosen.selected.tolist()


@pytest.mark.parametrize("form", FORMATS)
def test_diversity_measures_the_same_from_every_format(case: Case, form: str) -> None:
    cnf = FeatureModel.read(case.app).compile().cnf
    chosen = Selections.of(cnf.variables.feature_names, SELECTED)
    done = case.program("diversity", case.written(form, chosen, cnf), "--cnf", case.app, "--json", "-q")
    (found,) = done.json
    distances = [np.count_nonzero(a != b) / 5 for a, b in itertools.combinations(chosen.selected, 2)]
    assert (found["count"], found["distinct"], found["features"]) == (3, 3, 5)
    assert found["mean_distance"] == pytest.approx(sum(distances) / 3)
    assert found["minimum"] == pytest.approx(min(distances))


@pytest.mark.parametrize("form", FORMATS)
def test_decode_makes_the_same_networks_from_every_format(case: Case, form: str, s1_cnf: Cnf) -> None:
    """The command and Python's function."""
    path = case.written(form, Selections(case.sample.names, case.sample.selected), s1_cnf)
    done = case.program("decode", path, "--model", case.s1, *NETWORKS, "-o", case.folder / "nets")
    assert done.code == 0, done.err
    expected = [file.read_text() for file in sorted(case.networks.glob("*.json"))]
    assert [file.read_text() for file in sorted((case.folder / "nets").iterdir())] == expected
    networks = FeatureModel.named("s1", BOUNDS).decode(path, input_shape=IMAGES)
    assert [network.architecture.hash() for network in networks] == [
        parse_architecture(json.loads(text)).hash() for text in expected
    ]


HOSTILE = {
    "nothing": ("", "found nothing, expected a sample file"),
    "prose": ("Dear reader,\nthis is none.\n", "found 'Dear reader,', expected a sample file"),
    "a web page": ("<html><body/></html>\n", "found <html>, expected <configuration>"),
    "another model's": ("Configuration;A\n0;+\n", "found 'A', which the model lacks"),
    "a cut line": ("Configuration;ROOT\n0\n", "found 0 values, expected 1"),
    "numbers out of range": ("1 99999 0\n", "found '99999', expected a variable within"),
    "no configuration": ("1->ROOT\n", "found no configurations, expected at least one"),
    "a violation": ("Configuration;ROOT\n0;-\n", "violates the model"),
    "an undecided feature": ("Configuration;ROOT\n0;+\n", "says nothing of"),
}


NO_ANSWER = ("", "1->ROOT\n")
"""Files without a configuration: as the answer of a sampler, they mean that it found none."""


def refusals(case: Case, text: str) -> Iterator[str]:
    """Yield the message of each entry point, which is one line."""
    path, out = case.folder / "hostile", ("-o", case.folder / "never")
    command = f"command={sys.executable} -c '{COPY}' {{dimacs}} {path} {{out}}"
    path.write_text(text.replace("ROOT", "App"))
    for arguments in (
        ("configurations", path, "--model", case.app, "--to", "sample", *out),
        ("diversity", path, "--cnf", case.app, "-q"),
        ("sample", case.app, "--append", path, "-q", *out),
        ("sample", case.app, "--sampler", "external", "-q", "--sampler-option", command, *out),
        ("decode", path, "--model", case.app, *out),
    ):
        if "external" in arguments and text in NO_ANSWER:
            continue
        done = case.program(*arguments)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
        yield done.err
    with pytest.raises(FeatureNetError) as caught:
        FeatureModel.read(case.app).decode(path)
    yield str(caught.value)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_entry_point_refuses_the_same(case: Case, text: tuple[str, str]) -> None:
    content, message = text
    for said in refusals(case, content):
        assert message in said
    assert not (case.folder / "never").exists()


def test_a_folder_mixes_formats_that_name_all_features_and_some(case: Case) -> None:
    """An .xml names the abstract features, a .config does not: each file is completed by itself."""
    cnf = FeatureModel.read(case.app).compile().cnf
    chosen = Selections.of(cnf.variables.feature_names, SELECTED)
    folder = case.folder / "mixed"
    folder.mkdir()
    for number, form in enumerate(("featureide", "config", "csv")):
        one = Selections(chosen.names, chosen.selected[number : number + 1])
        (folder / f"{number}").write_text(FORMATS[form].write(one, cnf.variables))
    assert by_configurations(case, folder, 3) == by_append(case, folder, 3) == chosen.selected.tolist()
    (folder / "0").write_text("Configuration;App;Kind;Log file;Net;Cache\n0;-;-;-;-;-\n")
    done = case.program("diversity", folder, "--cnf", case.app, "-q")
    assert (done.code, f"{folder / '0'}: configuration 1 violates the model" in done.err) == (1, True), done.err


def test_a_sample_in_a_folder_is_kept_to_its_formula_too(case: Case) -> None:
    folder = case.folder / "samples"
    folder.mkdir()
    (folder / "s.txt").write_text(format_sample(case.sample))
    larger = ("--bound", "Block=1", "--bound", "Cell=2", "--input-shape", "32x32x1", "-o", case.folder / "never")
    done = case.program("decode", folder, "--model", case.s1, *larger)
    assert (done.code, "s.txt: found a sample of the formula" in done.err) == (1, True), done.err


def test_a_file_of_another_tool_is_not_replaced_by_the_sample_that_continues_it(case: Case) -> None:
    """A sample file is: it holds the same configurations and more."""
    table, arguments = case.folder / "t.csv", ("-n", "1", "--sampler", "steered", "--no-measures", "-q")
    table.write_text("Configuration;App;Kind;Log file;Net;Cache\n0;+;+;-;+;-\n")
    before = table.read_text()
    done = case.program("sample", case.app, "--append", table, "-o", table, *arguments)
    assert (done.code, "t.csv: exists; --force overwrites it" in done.err, table.read_text()) == (2, True, before)
    assert case.program("configurations", table, "-o", case.folder / "t.sample").code == 0
    sample = case.folder / "t.sample"
    assert case.program("sample", case.app, "--append", sample, "-o", sample, *arguments).code == 0
    assert len(case.rows(sample)) == 2


def test_numbers_of_features_need_the_model_or_a_sample_of_it(case: Case) -> None:
    """A table has its columns in any order, and numbers mean the order of the model."""
    table, out = case.folder / "t.csv", case.folder / "t.solutions"
    table.write_text("Configuration;Net;App;Kind;Log file;Cache\n0;+;+;+;-;-\n")
    done = case.program("configurations", table, "-o", out)
    assert (done.code, "found --to literals without --model" in done.err, out.exists()) == (2, True, False)
    assert case.program("configurations", table, "--model", case.app, "-o", out).code == 0
    assert out.read_text() == "1 2 -3 4 -5 0\n"
    drawn = case.folder / "t.sample"
    assert case.program("sample", case.app, "-n", "2", "-o", drawn, "-q", "--no-measures").code == 0
    assert case.program("configurations", drawn, "--to", "literals", "-o", "-").code == 0


def test_lists_without_names_need_the_model(case: Case) -> None:
    path = case.folder / "given"
    for text, message in (
        ("1 -2 0\n", "found lines of signed numbers, expected the model"),
        ("App\n", "give the model"),
    ):
        path.write_text(text)
        done = case.program("diversity", path)
        assert (done.code, message in done.err) == (1, True), done.err


def test_decode_keeps_a_sample_to_its_formula_on_request(case: Case) -> None:
    model, larger = FeatureModel.named("s1", BOUNDS), (32, 32, 1)
    path = case.folder / "s.txt"
    path.write_text(format_sample(case.sample))
    with pytest.raises(DecodeError, match=r"found a sample of the formula .*`any_formula`"):
        model.decode(path, input_shape=larger, any_formula=False)
    networks = model.decode(path, input_shape=larger)
    assert [network.input_shape for network in networks] == [larger] * 3


def test_the_old_option_of_a_sampler_works_and_warns(case: Case) -> None:
    answer, out = case.folder / "answer", case.folder / "drawn"
    answer.write_text("1 2 -3 4 -5 0\n")
    command = f"{sys.executable} -c '{COPY}' {{dimacs}} {answer} {{out}}"
    done = case.program(
        "sample", case.app, "-n", 1, "--sampler", "external", "--no-measures", "--command", command, "-o", out
    )
    assert (done.code, case.rows(out)) == (0, [[True, True, False, True, False]])
    assert "warning: --command is now --sampler-option command=...; it goes away in 0.3\n" in done.err
