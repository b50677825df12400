"""Reading SXFM: the paper's released model, SPLOT's files, and each malformed input with its place."""

from __future__ import annotations

import csv
import time
from math import log10

import pytest
from pysat.solvers import Solver

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.expression import (
    FeatureRef,
    Not,
    Or,
)
from featurenet_uvl.ir.feature_model import (
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.registry import parse_model, read_model
from featurenet_uvl.translators.formats.sxfm.reader import read_sxfm
from featurenet_uvl.translators.formats.sxfm.writer import write_sxfm
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.places import SHARED

RELEASED = SHARED / "reference/ghamizi2019-light.xml"
CORPUS = SHARED / "corpus/featureide"


def sxfm(tree: str, constraints: str = "") -> str:
    """Return a file whose tree starts in line 3; blanks at the start of a line of the tree stand for tabs."""
    body = "\n".join("\t" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in tree.split("\n"))
    return (
        f'<feature_model name="m">\n<feature_tree>\n{body}\n</feature_tree>\n'
        f"<constraints>\n{constraints}\n</constraints>\n</feature_model>\n"
    )


def problems(text: str) -> list[str]:
    with pytest.raises(ReadError) as error:
        read_sxfm(text, "m")
    return list(error.value.problems)


# the paper's released model


@pytest.fixture(scope="module")
def released() -> bytes:
    if not RELEASED.exists():
        pytest.skip("the released model is not here")
    return RELEASED.read_bytes()


def test_the_released_model_has_the_papers_size(released: bytes) -> None:
    cnf = compile_feature_model(read_sxfm(released, "light.xml"))
    assert (len(cnf.variables), cnf.variables.feature_count, len(cnf.clauses)) == (3296, 3296, 8004)
    assert isinstance(read_model(str(RELEASED)), FeatureModel)


def test_the_released_model_is_read_at_once(released: bytes) -> None:
    start = time.process_time()
    read_sxfm(released, "light.xml")
    assert time.process_time() - start < 1.5  # 0.15 s on an idle core; the rest is room for a loaded machine


def test_the_released_model_comes_back_as_it_was(released: bytes) -> None:
    model = read_sxfm(released, "light.xml")
    again = read_sxfm(write_sxfm(model), "light.xml")
    assert list(again.features()) == list(model.features())
    assert again.constraints == model.constraints


@pytest.mark.deep
def test_the_released_model_has_the_known_number_of_configurations(released: bytes) -> None:
    assert log10(count(compile_feature_model(read_sxfm(released, "light.xml")))) == pytest.approx(185.11, abs=0.005)


def count(cnf: Cnf) -> int:
    pyganak = pytest.importorskip("pyganak", reason="the exact counter, pyganak, is not installed")
    counter = pyganak.Counter()
    counter.new_vars(len(cnf.variables))
    counter.add_clauses([list(clause) for clause in cnf.clauses])
    return int(counter.count())


# SPLOT's own files, compared with FeatureIDE's results


def corpus_rows() -> list[dict[str, str]]:
    if not CORPUS.exists():
        return []
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [row for row in rows if row["kind"] == "sxfm" and (CORPUS / row["file"]).exists()]


ROWS = corpus_rows()


@pytest.mark.parametrize("row", ROWS, ids=[row["file"].rsplit("/", 1)[-1] for row in ROWS])
def test_a_file_of_splot_reads_as_in_featureide(row: dict[str, str]) -> None:
    data = (CORPUS / row["file"]).read_bytes()
    if "occured second time" in row["problems"]:
        with pytest.raises(ReadError, match=r"found the id '.*' a second time, expected it once"):
            read_sxfm(data, "m")
        return
    model = read_sxfm(data, "m")  # those that start with a comment or a byte order mark FeatureIDE does not open at all
    cnf = compile_feature_model(model)
    assert compile_feature_model(parse_model(write_sxfm(model), "m")) == cnf
    if row["loads"] == "True":
        groups = int(row["abstract"])  # FeatureIDE makes a feature of a group that has siblings
        assert len(cnf.variables) == int(row["features"]) - groups
        assert len(cnf.clauses) == int(row["clauses"]) - 2 * groups
        assert len(model.constraints) == int(row["constraints"])
        expected = int(row["configurations"])
        assert (len(models(cnf)) if expected < 2000 else count(cnf)) == expected


def models(cnf: Cnf) -> set[frozenset[str]]:
    """Return the selected features of each solution of a CNF without auxiliaries."""
    with Solver("cadical195", bootstrap_with=[list(clause) for clause in cnf.clauses]) as solver:
        found = set()
        numbers = range(1, len(cnf.variables) + 1)
        while solver.solve():
            true = {literal for literal in solver.get_model() if literal > 0}
            found.add(frozenset(cnf.variables.names[number - 1] for number in numbers if number in true))
            solver.add_clause([-number if number in true else number for number in numbers])
        return found


# reading


def test_a_tree_with_groups_and_clauses() -> None:
    model = read_sxfm(
        sxfm(
            ":r Phone (p)\n :m Screen\n  :g (gid) [1,1]\n   : Basic (b)\n   : Colour (c) \n :m Calls\n :o GPS (gps)\n"
            " :g [1,*]\n  : X\n  : Y\n :g[0,2]\n  : Z\n  : W\n   :o V",
            "c1: ~b or gps\n\nc2:Screen",
        ),
        "m",
    )

    def names(kind: GroupKind, *members: str, cardinality: Cardinality | None = None) -> Group:
        return Group(kind, tuple(Feature(name) for name in members), cardinality)

    screen = Feature("Screen", (names(GroupKind.ALTERNATIVE, "Basic", "Colour"),))
    last = (Feature("Z"), Feature("W", (names(GroupKind.OPTIONAL, "V"),)))
    assert model == FeatureModel(
        Feature(
            "Phone",
            (
                Group(GroupKind.MANDATORY, (screen, Feature("Calls"))),
                names(GroupKind.OPTIONAL, "GPS"),
                names(GroupKind.OR, "X", "Y"),
                Group(GroupKind.CARDINALITY, last, Cardinality(0, 2)),
            ),
        ),
        (Constraint(Or((Not(FeatureRef("Basic")), FeatureRef("GPS")))), Constraint(FeatureRef("Screen"))),
    )


def test_a_feature_has_its_name_where_that_is_unique_and_else_its_id() -> None:
    tree = ":r Bike (r)\n :o Frame (f)\n  :o Red (x)\n :o Saddle (s)\n  :o Red (Frame)\n :o 1 year (old) (y)"
    model = read_sxfm(sxfm(tree, "c: ~Frame or y"), "m")
    assert [feature.name for feature in model.features()] == ["Bike", "f", "x", "Saddle", "Frame", "1 year (old)"]
    assert model.constraints[0].formula == Or((Not(FeatureRef("Frame")), FeatureRef("1 year (old)")))


def test_names_with_blanks_serve_as_ids_and_entities_are_resolved() -> None:
    model = read_sxfm(sxfm(":r R&amp;D\n\t:o Use  Cases \t\n :o &lt;x&gt;", "c1: ~ Use  Cases  OR  &lt;x&gt;"), "m")
    assert [feature.name for feature in model.features()] == ["R&D", "Use  Cases", "<x>"]
    assert model.constraints == (Constraint(Or((Not(FeatureRef("Use  Cases")), FeatureRef("<x>")))),)


def test_places_are_right_after_comments_of_several_lines() -> None:
    text = (
        "<!-- made by\n hand -->\n<feature_model><meta><data name='x'>a\nb</data></meta>\n<feature_tree>:r R\n"
        "<!-- one\ntwo -->\n\t:o A<!-- x -->\n</feature_tree><constraints>\n <!-- \n --> c1: ~A or R\n"
        "</constraints></feature_model>"
    )
    model = read_sxfm(text, "m")
    assert [str(feature.span) for feature in model.features()] == ["m:5:15", "m:8:2"]
    assert model.constraints[0].span == Span("m", 11, 6)
    formula = model.constraints[0].formula
    assert isinstance(formula, Or)
    assert [operand.span for operand in formula.operands] == [Span("m", 11, 10), Span("m", 11, 16)]


@pytest.mark.parametrize(
    ("careless", "tidy"),
    [
        (":r R\n :o A\n   :o B\n :o C", ":r R\n :o A\n  :o B\n :o C"),
        (":r R\n :o A\n    :o B\n   :o C", ":r R\n :o A\n  :o B\n  :o C"),
        ("  :r R\n :o A\n  :o B", ":r R\n :o A\n  :o B"),
        (":r R\n :g [1,1]\n  : A\n  :m B\n  :o C", ":r R\n :g [1,1]\n  : A\n  : B\n  : C"),
        (":r R\n :g [1,*]\n  : A\n    : C\n    : D\n  : B", ":r R\n :g [1,*]\n  : A\n   :m C\n   :m D\n  : B"),
        (":r R\n :m A\n : B\n :o C", ":r R\n :m A\n :m B\n :o C"),
    ],
)
def test_a_careless_tree_is_read_as_featureide_reads_it(careless: str, tidy: str) -> None:
    assert read_sxfm(sxfm(careless), "m") == read_sxfm(sxfm(tidy), "m")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("", "m:2:1: found no feature in <feature_tree>, expected ':r NAME (ID)'"),
        (":m A", "m:3:1: found ':m' at the top of the tree, expected ':r NAME (ID)'"),
        (":r A\n:r B", "m:4:1: found a second line without indentation, expected one root; indent what lies below it"),
        (":r A\n :r B", "m:4:2: found ':r' below 'A', expected ':m', ':o' or ':g'"),
        (":r A\n\t \u00a0:m B", "m:4:2: found ' ' before the colon, expected tabs alone"),
        (":r A\n :g [1,1]\n  :g [1,1]\n   : B", "m:5:3: found ':g' in a group, expected a member ': NAME (ID)'"),
        (":r A\n :g [1,1]", "m:4:2: found a group without members, expected ': NAME (ID)' lines below"),
        (
            ":r A\n :g [2,1]\n  : B",
            "m:4:2: found the cardinality [2,1], expected one whose upper bound is not the smaller",
        ),
        (
            ":r A\n :g [1..2]\n  : B",
            "m:4:2: found ':g [1..2]', expected a group with its cardinality, such as ':g [1,1]' or ':g [1,*]'",
        ),
        (
            ":r A\n :g B\n  : B",
            "m:4:2: found ':g B', expected a group with its cardinality, such as ':g [1,1]' or ':g [1,*]'",
        ),
        (":r A\n :o B ()", "m:4:2: found ':o B ()', expected a name, and an id in parentheses if there are any"),
        (":r A\n :o B c)", "m:4:2: found ':o B c)', expected a name, and an id in parentheses if there are any"),
        (
            ":r A\n :x B",
            "m:4:2: found ':x B', expected ':r NAME (ID)', ':m NAME (ID)', ':o NAME (ID)', ':g [N,M]' or ': NAME (ID)'",
        ),
        (
            ":r A\n B",
            "m:4:2: found 'B', expected ':r NAME (ID)', ':m NAME (ID)', ':o NAME (ID)', ':g [N,M]' or ': NAME (ID)'",
        ),
        (":r A\n :o B (A)", "m:4:2: found the id 'A' a second time, expected it once; the first is at m:3:1"),
    ],
)
def test_a_malformed_tree_is_refused(tree: str, expected: str) -> None:
    text = sxfm(tree)
    found = problems(text.replace(" \u00a0", "  "))
    assert expected in found
    assert len(found) <= 2


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ("c1: ~b or Nope", "m:8:11: found 'Nope', expected the id of a feature, or ~ and an id"),
        ("c1: ~B", "m:8:5: found '~B', expected the id of a feature, or ~ and an id; the id of 'B' is 'b'"),
        ("c1: gid", "m:8:5: found 'gid', expected the id of a feature, or ~ and an id; this is the id of a group"),
        (" b or A", "m:8:2: found 'b or A', expected LABEL: CLAUSE, such as 'c1: ~a or b'"),
        ("c1: b or or A", "m:8:10: found '', expected the id of a feature, or ~ and an id"),
        ("c1:", "m:8:5: found '', expected the id of a feature, or ~ and an id"),
        ("c1: b and A", "m:8:5: found 'b and A', expected the id of a feature, or ~ and an id"),
        ("c1: b => A", "m:8:5: found 'b => A', expected the id of a feature, or ~ and an id"),
        ("c1: ~~b", "m:8:5: found '~~b', expected the id of a feature, or ~ and an id"),
    ],
)
def test_a_malformed_constraint_is_refused(constraints: str, expected: str) -> None:
    assert expected in problems(sxfm(":r A\n :g (gid) [1,1]\n  : B (b)", constraints))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "m:1:1: found no XML, expected <feature_model>"),
        ("<featureModel/>", "m:1:1: found <featureModel>, expected <feature_model>"),
        (
            "<!DOCTYPE f [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><feature_model/>",
            "m:1:1: found a DOCTYPE, expected <feature_model>",
        ),
        ("<feature_model/>", "m:1:1: found no <feature_tree> in <feature_model>, expected one"),
        (
            "<feature_model>\n<tree/></feature_model>",
            "m:2:1: found <tree>, expected one of meta, feature_tree, constraints",
        ),
        (
            "<feature_model><feature_tree>:r A</feature_tree>\n<feature_tree>:r A</feature_tree></feature_model>",
            "m:2:1: found a second <feature_tree>, expected one; the first is at m:1:16",
        ),
        (
            "<feature_model><feature_tree>:r A\n<x/></feature_tree></feature_model>",
            "m:2:1: found <x> in <feature_tree>, expected text only",
        ),
        (
            "<feature_model>lost<feature_tree>:r A</feature_tree></feature_model>",
            "m:1:1: found the text 'lost' in <feature_model>, expected elements",
        ),
        (
            "<feature_model version='2'><feature_tree>:r A</feature_tree></feature_model>",
            "m:1:1: found the XML attribute 'version' on <feature_model>, expected name",
        ),
    ],
)
def test_a_malformed_document_is_refused(text: str, expected: str) -> None:
    assert expected in problems(text)


def test_all_problems_come_together_in_the_order_of_the_file() -> None:
    found = problems(sxfm(":r A\n :x B\n  :m C\n :g []\n  : D", "c1: E\nc2: A or F"))
    assert [line.split(" ")[0] for line in found] == ["m:4:2:", "m:6:2:", "m:10:5:", "m:11:10:"]


def test_deep_and_long_files_do_no_harm() -> None:
    deep = "\n".join(["<feature_model><feature_tree>:r F"] + ["\t" * n + f":o F{n}" for n in range(1, 3000)])
    assert len(list(read_sxfm(deep + "</feature_tree></feature_model>", "m").features())) == 3000
    comments = "<!-- x -->" * 200
    assert problems(f"{comments}<feature_model>{' ' * 100_000}x</feature_model>")
    with pytest.raises(ReadError):
        parse_model(f"{comments}<other/>", "m")
