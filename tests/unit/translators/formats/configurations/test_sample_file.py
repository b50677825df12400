"""The sample file: read back as written, and every malformation named with its line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featurenet_uvl.errors import ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.configurations.registry import read_configurations
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample, parse_sample, write_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs

TEXT = """\
# featurenet_uvl sample 1
# sampler steered
# seed 7
# stop complete
# configurations 3
# features 3
c 1 App
c 2 Log
c 3 Log to file
1
1 2 3
-
"""


def sample_of(names: tuple[str, ...], rows: list[list[int]], *, stop: Stop = Stop.COMPLETE) -> Sample:
    return Sample(names, np.array(rows, dtype=np.bool_).reshape(len(rows), len(names)), "steered", 7, stop)


def test_the_text_is_as_documented() -> None:
    sample = sample_of(("App", "Log", "Log to file"), [[1, 0, 0], [1, 1, 1], [0, 0, 0]])
    assert format_sample(sample) == TEXT
    assert parse_sample(TEXT, "s.txt") == sample


@pytest.mark.parametrize("seed", range(10))
def test_round_trip(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, features = int(rng.integers(1, 30)), int(rng.integers(5, 60))
    selected = np.unique(rng.random((rows, features)) < 0.5, axis=0)
    names = tuple(f"Größe {i}\x0b\u2028{i}" for i in range(features))
    sample = Sample(names, selected, "steered", 2**100 + seed, list(Stop)[seed % len(Stop)])
    assert parse_sample(format_sample(sample), "s.txt") == sample


def test_a_sample_without_features_and_one_with_line_ends_of_windows() -> None:
    empty = sample_of((), [[]], stop=Stop.EXHAUSTED)
    assert parse_sample(format_sample(empty), "s.txt") == empty
    assert parse_sample(TEXT.replace("\n", "\r\n"), "s.txt") == parse_sample(TEXT, "s.txt")


def test_the_formula_is_kept_where_it_is_known() -> None:
    sample = replace(parse_sample(TEXT, "s.txt"), formula="0123456789abcdef")
    text = TEXT.replace("# features 3\n", "# features 3\n# formula 0123456789abcdef\n")
    assert format_sample(sample) == text
    assert parse_sample(text, "s.txt") == sample != parse_sample(TEXT, "s.txt")
    with pytest.raises(ReadError, match=r"s\.txt:7: found formula '0123', expected 16 hexadecimal digits"):
        parse_sample(text.replace("456789abcdef", ""), "s.txt")


def test_a_drawn_sample_knows_its_formula_and_so_does_what_dimacs_gives_back() -> None:
    cnf = Cnf(VarMap.from_names(["App", "Log", "__aux_1"]), ((1,), (-3, 2), (3, -2)))
    again = read_dimacs(write_dimacs(cnf), "m.dimacs")
    assert draw(cnf, Request(2, 1)).formula == cnf.fingerprint() == again.fingerprint()
    assert draw(cnf, Request(1, 1, assumptions=(2,))).formula == cnf.fingerprint()
    others = [
        Cnf(cnf.variables, cnf.clauses[:2]),
        Cnf(cnf.variables, (*cnf.clauses[:2], (-3, -2))),
        Cnf(VarMap.from_names(["App", "Lug", "__aux_1"]), cnf.clauses),
        Cnf(VarMap(cnf.variables.names, 3), cnf.clauses),
    ]
    assert len({one.fingerprint() for one in (cnf, *others)}) == 5


def edited(line: int, new: str | None) -> str:
    lines = TEXT.splitlines()
    lines[line - 1 : line] = [] if new is None else [new]
    return "\n".join(lines) + "\n"


MALFORMED = {
    "empty": ("", "s.txt:1: found the end of the file, expected '# featurenet_uvl sample 1'"),
    "other file": ("p cnf 1 0\n", "s.txt:1: found 'p cnf 1 0', expected '# featurenet_uvl sample 1'"),
    "version": (edited(1, "# featurenet_uvl sample 2"), "s.txt:1: found sample version '2', expected 1"),
    "header missing": (edited(2, None), "s.txt:2: found '# seed 7', expected '# sampler ' and a value"),
    "header empty": (edited(2, "# sampler "), "s.txt:2: found '# sampler ', expected '# sampler ' and a value"),
    "seed": (edited(3, "# seed -7"), "s.txt:3: found seed '-7', expected a number from 0"),
    "stop": (
        edited(4, "# stop maybe"),
        "s.txt:4: found stop 'maybe', expected one of complete, exhausted, time, interrupted, gave-up, covered",
    ),
    "features": (edited(6, "# features three"), "s.txt:6: found features 'three', expected a number from 0"),
    "digits": (edited(6, "# features ٣"), "s.txt:6: found features '٣', expected a number from 0"),
    "no configurations": (
        edited(5, "# configurations 0"),
        "s.txt:5: found no configurations, expected at least one",
    ),
    "fewer configurations": (
        edited(11, None),
        "s.txt:11: found 2 configurations, expected the 3 of the header",
    ),
    "more configurations": (TEXT + "1 3\n", "s.txt:13: found 4 configurations, expected the 3 of the header"),
    "name missing": (edited(8, None), "s.txt:8: found 'c 3 Log to file', expected 'c 2 ' and a name"),
    "name empty": (edited(8, "c 2 "), "s.txt:8: found 'c 2 ', expected 'c 2 ' and a name"),
    "name with blanks": (edited(8, "c 2  Log"), "s.txt:8: found name ' Log', expected no blanks around it"),
    "name twice": (edited(8, "c 2 App"), "s.txt:8: found name 'App', which line 7 has already"),
    "features missing": (
        edited(6, "# features 999999999999"),
        "s.txt:10: found '1', expected 'c 4 ' and a name",
    ),
    "ends among names": (
        "\n".join(TEXT.splitlines()[:8]) + "\n",
        "s.txt:9: found the end of the file, expected 'c 3 ' and a name",
    ),
    "out of range": (
        edited(11, "1 2 4"),
        "s.txt:11: found '4', expected numbers within 1..3 with one blank between two",
    ),
    "zero": (edited(11, "0"), "s.txt:11: found '0', expected numbers within 1..3 with one blank between two"),
    "negative": (edited(11, "-2"), "s.txt:11: found '-2', expected numbers within 1..3 with one blank between two"),
    "leading zero": (edited(11, "02"), "s.txt:11: found '02', expected numbers within 1..3 with one blank between two"),
    "blank line": (edited(11, ""), "s.txt:11: found '', expected numbers within 1..3 with one blank between two"),
    "two blanks": (edited(11, "1  2"), "s.txt:11: found '', expected numbers within 1..3 with one blank between two"),
    "order": (edited(11, "2 1"), "s.txt:11: found 1 after 2, expected ascending numbers"),
    "number twice": (edited(11, "2 2"), "s.txt:11: found 2 after 2, expected ascending numbers"),
    "configuration twice": (edited(11, "1"), "s.txt:11: found a configuration that line 10 has already"),
    "cut off": (TEXT.removesuffix(" 3\n-\n"), "s.txt:11: found no line end after '1 2': the file is cut off"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(case: str) -> None:
    text, message = MALFORMED[case]
    with pytest.raises(ReadError) as caught:
        parse_sample(text, "s.txt")
    assert caught.value.problems == (message,)


def test_all_problems_are_reported_but_not_thousands() -> None:
    start = TEXT.replace("configurations 3", "configurations 1002")
    with pytest.raises(ReadError) as caught:
        parse_sample(start.removesuffix("-\n") + "9\n" * 1000, "s.txt")
    assert len(caught.value.problems) == 21
    assert caught.value.problems[0].startswith("s.txt:12: found '9'")
    assert caught.value.problems[-1] == "and 980 more problems"


def test_rows_that_differ_in_auxiliaries_alone_are_not_written_as_a_sample() -> None:
    text = TEXT.replace("App", "__aux_1").replace("1 2 3\n-\n", "2\n-\n")
    found = read_configurations(text, "x")
    assert found.selected.tolist() == [[False, False], [True, False], [False, False]]
    with pytest.raises(ModelError, match="configuration 3 repeats configuration 1"):
        write_sample(found)


def test_more_values_than_memory_holds() -> None:
    lines = TEXT.splitlines()[:5] + ["# features 50000"] + [f"c {i} f{i}" for i in range(1, 50001)]
    text = "\n".join(lines).replace("configurations 3", "configurations 90000") + "\n" + "1\n" * 90000
    with pytest.raises(ReadError, match="found 90000 x 50000 values"):
        parse_sample(text, "s.txt")


@pytest.mark.parametrize("name", ["", " a", "a\t", "a\nb", "a\rb"])
def test_a_name_that_no_line_can_carry(name: str) -> None:
    with pytest.raises(UnsupportedError, match="feature 1: found name"):
        format_sample(sample_of((name,), [[1]]))
