"""DIMACS: this project and python-sat read back every written file, and every fault has its own message."""

from __future__ import annotations

import re
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysat.formula import CNF

from featurenet_uvl.errors import ModelError, ReadError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.span import ClauseSources, Source, SourceKind, Span
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import safe_name, write_dimacs

TOY = Cnf(VarMap(("Net", "Soft max", "__aux_1"), 2), ((1,), (-2, 1), (3, -2), ()))


def _is_carried(name: str) -> bool:
    return name.splitlines() == [name] and "\0" not in name and not name.startswith("__aux_")


@st.composite
def cnfs(draw: st.DrawFn) -> Cnf:
    features = draw(st.lists(st.text(min_size=1, max_size=6).filter(_is_carried), min_size=1, max_size=5, unique=True))
    auxiliaries = [f"__aux_{n}" for n in range(1, draw(st.integers(0, 3)) + 1)]
    count = len(features) + len(auxiliaries)
    literal = st.integers(1, count) | st.integers(-count, -1)
    clauses = draw(st.lists(st.lists(literal, max_size=4).map(tuple), max_size=6).map(tuple))
    return Cnf(VarMap((*features, *auxiliaries), len(features)), clauses)


@given(cnfs())
def test_what_is_written_is_read_back(cnf: Cnf) -> None:
    assert read_dimacs(write_dimacs(cnf), "m.cnf") == cnf
    assert read_dimacs(write_dimacs(cnf, projection=True), "m.cnf") == cnf
    safe = read_dimacs(write_dimacs(cnf, safe_names=True), "m.cnf")
    assert safe.clauses == cnf.clauses
    assert all(re.fullmatch(r"\w+", name, re.ASCII) for name in safe.variables.names)


@given(st.lists(st.text("_x5f2 .", max_size=7), unique=True))
def test_safe_names_stay_different(names: list[str]) -> None:
    assert len({safe_name(name) for name in names}) == len(names)


def test_the_text_is_fixed() -> None:
    assert write_dimacs(TOY) == ("c 1 Net\nc 2 Soft max\nc 3 __aux_1\np cnf 3 4\n1 0\n-2 1 0\n3 -2 0\n0\n")
    assert write_dimacs(TOY, projection=True).endswith("3 -2 0\n0\nc p show 1 2 0\n")
    assert write_dimacs(TOY, projection="ind").endswith("3 -2 0\n0\nc ind 1 2 0\n")
    assert write_dimacs(Cnf(VarMap((), 0), ())) == "p cnf 0 0\n"


def test_comments_name_the_source_of_each_clause_after_the_clauses(tmp_path: Path) -> None:
    span = Span("a\nb.uvl", 4, 2)
    sources = ClauseSources(
        (Source(SourceKind.FEATURE, span, "Net"), Source(SourceKind.CONSTRAINT, span)), array("L", (1, 3))
    )
    cnf = Cnf(TOY.variables, TOY.clauses[:3], sources)
    text = write_dimacs(cnf, describe=str)
    assert text == write_dimacs(cnf) + (
        "c clause 1: feature Net at a b.uvl:4:2\nc clauses 2 to 3: constraint at a b.uvl:4:2\n"
    )
    assert read_dimacs(text, "m.cnf") == cnf
    (tmp_path / "m.cnf").write_text(text)
    assert [tuple(clause) for clause in CNF(from_file=str(tmp_path / "m.cnf")).clauses] == list(cnf.clauses)


@given(st.text(max_size=30))
def test_no_source_can_end_its_comment_or_begin_it_with_a_word_that_solvers_obey(text: str) -> None:
    """Solvers obey comments such as `c p show` and `c ind`; a source may quote any text of the model."""
    sources = ClauseSources((Source(SourceKind.CONSTRAINT, Span("m.uvl", 1, 1)),), array("L", (len(TOY.clauses),)))
    cnf = replace(TOY, sources=sources)
    comments = write_dimacs(cnf, describe=lambda _: text).removeprefix(write_dimacs(cnf))
    assert len(comments.splitlines()) == 1
    assert comments.startswith("c clauses 1 to 4: ")


def test_a_formula_from_a_file_has_no_sources_to_comment() -> None:
    with pytest.raises(UsageError, match="found a formula that was read from a file"):
        write_dimacs(TOY, describe=str)


def test_python_sat_reads_it(tmp_path: Path) -> None:
    toy = replace(TOY, clauses=TOY.clauses[:-1])  # its reader fails on an empty clause
    (tmp_path / "m.cnf").write_text(write_dimacs(toy, projection=True))
    formula = CNF(from_file=str(tmp_path / "m.cnf"))
    assert [tuple(clause) for clause in formula.clauses] == list(toy.clauses)


def test_flamapy_reads_it(tmp_path: Path) -> None:
    transformations = pytest.importorskip("flamapy.metamodels.pysat_metamodel.transformations")
    (tmp_path / "m.dimacs").write_text(write_dimacs(TOY, safe_names=True))
    model = transformations.DimacsReader(str(tmp_path / "m.dimacs")).transform()
    assert model.features == {1: "Net", 2: "Soft_x20_max", 3: "__aux_1"}
    assert [tuple(clause) for clause in model.get_all_clauses()] == list(TOY.clauses)
    sources = ClauseSources((Source(SourceKind.CONSTRAINT, Span("m.uvl", 1, 1)),), array("L", (len(TOY.clauses),)))
    (tmp_path / "m.dimacs").write_text(write_dimacs(replace(TOY, sources=sources), describe=str, safe_names=True))
    with pytest.raises(ValueError, match="'clauses'"):  # docs/dimacs.md says so; any comment is a name to it
        transformations.DimacsReader(str(tmp_path / "m.dimacs")).transform()


@pytest.mark.parametrize(
    ("names", "features", "message"),
    [
        (("A\nB",), 1, r"variable 1: found a line break or NUL in the name 'A\nB'"),
        (("A", "B\u2028C"), 2, r"variable 2: found a line break or NUL in the name 'B\u2028C'"),
        (("A", ""), 2, "variable 2 has an empty name"),
        (("A", "__aux_7"), 2, "found the name '__aux_7'"),
        (("A", "B"), 1, "found the name 'B'"),
    ],
)
def test_a_name_that_the_format_cannot_carry_is_refused(names: tuple[str, ...], features: int, message: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(message)):
        write_dimacs(Cnf(VarMap(names, features), ()))


def test_a_literal_out_of_range_is_not_written() -> None:
    with pytest.raises(ModelError, match=r"clause 1: found \(2,\)"):
        write_dimacs(Cnf(VarMap(("A",), 1), ((2,),)))


def test_foreign_files_are_read() -> None:
    text = (
        "c made by hand\np  cnf\t3  3 \nc 1  padded name \nc 12$ generated\n\nc\n 1 -2\n"
        "c in between\n3 0 -1\n0\n\tc 3 Late\n  2 3 0 \n%\n0\n\n"
    )
    assert read_dimacs(text, "m.cnf") == Cnf(VarMap((" padded name ", "2", "Late"), 3), ((1, -2, 3), (-1,), (2, 3)))
    assert read_dimacs("p cnf 0 0", "m.cnf") == Cnf(VarMap((), 0), ())
    assert read_dimacs("p cnf 2 1\r\n1 2 0\r\n", "m.cnf").clauses == ((1, 2),)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1: found no header, expected a line 'p cnf VARIABLES CLAUSES'"]),
        ("p wcnf 1 1 9\n1 0\n", ["1: found 'p wcnf 1 1 9', expected 'p cnf VARIABLES CLAUSES'"]),
        (
            "p pcnf 2 1 1\nvp 1 0\n1 0\n",
            ["1: found 'p pcnf 2 1 1', expected 'p cnf", "2: found 'vp 1 0', the projection"],
        ),
        ("c t wmc\np cnf 2 1\n1 0\n", ["1: found a weight ('c t wmc'), expected none: configurations have no"]),
        ("p cnf 2 1\nc p weight 1 .5 0\n1 0\n", ["2: found a weight ('c p weight 1 .5 0'), expected none"]),
        ("p cnf 2 1\nc p weight -1 1/3 0\n1 0\n", ["2: found a weight ('c p weight -1 1/3 0'), expected none"]),
        ("p cnf 2 1\n1 0\nw 1 0.4\n", ["3: found a weight ('w 1 0.4'), expected none"]),
        ("c weights 1 1 .3 .7\np cnf 2 1\n1 0\n", ["1: found a weight ('c weights 1 1 .3 .7'), expected none"]),
        ("p cnf 2 1\n1 0\nc MUST MULTIPLY BY 2 0\n", ["3: found a factor ('c MUST MULTIPLY BY 2 0'), expected none"]),
        ("p cnf 2 1\ne 1 0\n1 2 0\n", ["2: found 'e 1 0', a quantifier, expected a formula without"]),
        ("p cnf 2 1\nc p show 1 3 0\n1 0\n", ["2: found variable 3 in 'c p show', expected 1..2 as the header says"]),
        ("c ind 1 2\np cnf 2 1\n1 0\n", ["1: found 'c ind 1 2', expected 'c ind', numbers of variables and a final 0"]),
        ("c p show one 0\np cnf 2 1\n1 0\n", ["1: found 'c p show one 0', expected 'c p show', numbers of"]),
        (
            "c p show 1 0\np cnf 3 1\n1 0\nc p show 2 0\nc ind 1 3 0\n",
            ["5: found other variables in 'c ind' than in 'c p show', expected the same"],
        ),
        ("p cnf 1\n", ["1: found 'p cnf 1', expected 'p cnf VARIABLES CLAUSES'"]),
        ("p cnf 99999999999 0\n", ["1: found 99999999999 variables, expected at most 500000 in a text of this size"]),
        ("p cnf 1 1\np cnf 1 1\n1 0\n", ["2: found a second header, expected one; line 1 has the first"]),
        ("1 0\np cnf 1 1\n", ["1: found '1 0' before the header, expected 'p cnf VARIABLES CLAUSES' first"]),
        ("p cnf 2 1\n1 0\n2 0\n", ["1: found 2 clauses in the file, expected 1 as the header says"]),
        ("p cnf 2 1\n1 -3 0\n", ["2: found the literal '-3', expected a variable in 1..2 or 0"]),
        (
            "p cnf 2 1\n9999999999999999999999 0\n",
            ["2: found the literal '9999999999999999999999', expected a variable"],
        ),
        ("p cnf 2 1\n1\n2\n", ["3: found the end of the file within a clause that starts with 1, expected a final 0"]),
        ("p cnf 2 1\n1 b 0\n", ["2: found 'b', expected a literal or 0"]),
        ("p cnf 20 1\n1_0 0\n", ["2: found '1_0', expected a literal or 0"]),
        ("p cnf 20 1\n+1 0\n", ["2: found '+1', expected a literal or 0"]),
        (
            "p cnf 2 1\n1 -0\n",
            ["2: found '-0', expected a literal or 0", "2: found the end of the file within a clause"],
        ),
        ("p cnf 2 1\n\u0661 0\n", ["2: found '\u0661', expected a literal or 0"]),
        ("p cnf 2 1\n1 0\n%\n2 0\n", ["4: found '2 0' after the end mark '%', expected nothing more"]),
        ("c 3 A\np cnf 2 0\n", ["1: found a name for variable 3, expected 1..2 as the header says"]),
        ("c 1 A\nc 1 B\np cnf 1 0\n", ["2: found a second name 'B' of variable 1, expected one; line 1 has the first"]),
        ("c 1 A\nc 2 A\np cnf 2 0\n", ["2: found the name 'A' for variables 1 and 2, expected it once"]),
        ("c 1 2\np cnf 2 0\n", ["1: found the name '2' for variables 1 and 2, expected it once"]),
        (
            "c 9 A\np cnf 2 2\n1 x 0\n4 0\n2\n",
            [
                "1: found a name for variable 9",
                "2: found 3 clauses in the file",
                "3: found 'x'",
                "4: found the literal '4'",
                "5: found the end of the file",
            ],
        ),
    ],
)
def test_each_fault_has_its_place(text: str, problems: list[str]) -> None:
    with pytest.raises(ReadError) as caught:
        read_dimacs(text, "m.cnf")
    assert len(caught.value.problems) == len(problems), caught.value.problems
    for found, expected in zip(caught.value.problems, problems, strict=True):
        assert found.startswith(f"m.cnf:{expected}")


def test_a_file_full_of_faults_is_reported_within_reason() -> None:
    with pytest.raises(ReadError) as caught:
        read_dimacs("p cnf 1 1\n" + "x 0\n" * 1000, "m.cnf")
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "m.cnf: and 981 more problems"


SHOWN = "c t pmc\nc 1 A\nc 3 C\np cnf 4 2\n1 -2 0\n3 4 0\n"
"""Two parts; of each, the projections below show one variable."""


@pytest.mark.parametrize("lines", ["c p show 3 1 0\n", "c ind 1 3 0\n", "c p show 1 0\nc p show 3 0\nc ind 3 1 0\n"])
def test_shown_variables_are_the_features(lines: str) -> None:
    cnf = read_dimacs(lines + SHOWN, "m.cnf")
    assert cnf.is_projected
    assert cnf.variables.feature_names == ("A", "C")
    assert cnf.variables.names == ("A", "C", "2", "4")
    assert cnf.variables.numbers == (1, 3, 2, 4)
    assert cnf.clauses == ((1, -3), (2, 4))


def test_a_projection_onto_the_first_variables_keeps_all_numbers() -> None:
    cnf = read_dimacs(SHOWN + "c p show 1 2 0\n", "m.cnf")
    assert (cnf.variables.numbers, cnf.variables.feature_count, cnf.is_projected) == ((), 2, True)
    assert not read_dimacs(SHOWN + "c p show 1 2 3 4 0\n", "m.cnf").is_projected
    assert read_dimacs(SHOWN + "c p show 0\n", "m.cnf").variables.feature_count == 0


def test_comments_in_plain_words_project_nothing() -> None:
    words = "c ind. numbers follow\nc independent 1 2 0\nc p 1 0\nc t pmc\nc weights of cheese\nc MUST MULTIPLY BY 1\n"
    assert read_dimacs(words + SHOWN, "m.cnf") == read_dimacs(SHOWN, "m.cnf")


def test_a_projected_formula_is_written_with_its_projection() -> None:
    cnf = read_dimacs(SHOWN + "c p show 3 0\n", "m.cnf")
    again = read_dimacs(write_dimacs(cnf), "m.cnf")
    assert (again, again.is_projected, again.variables.numbers) == (cnf, True, ())
    assert cnf.with_clauses([(1,)]).is_projected


def test_what_compile_writes_with_a_projection_has_one_form() -> None:
    with pytest.raises(UsageError, match="`projection`: found 'both', expected one of show, ind"):
        write_dimacs(TOY, projection="both")
