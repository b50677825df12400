"""Counts against brute force and against each other; the limits and their messages."""

from __future__ import annotations

import itertools
import random

import pytest

from featurenet_uvl.analysis import count as counting
from featurenet_uvl.analysis.count import Count, count_solutions
from featurenet_uvl.analysis.diagram_counts import diagram_count
from featurenet_uvl.analysis.ganak import ganak_count, is_installed
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import SHARED

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"
REFERENCE_COUNT = int(
    "129159302166564746081718464284085916177693270160810103087699803380871589886086723095971778037822348779776536163"
    "322884713058892365770428362604569630320699724729499375452124863193065867297"
)
"""Number of configurations of the released model, on which pyganak and the diagram agree."""

needs_ganak = pytest.mark.skipif(not is_installed(), reason="pyganak is not installed")


def random_cnf(chance: random.Random) -> Cnf:
    count = chance.randint(1, 8)
    clauses = [
        tuple(
            chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(chance.random() > 0.02, 3))
        )
        for _ in range(chance.randint(0, 9))
    ]
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), chance.randint(0, count)), tuple(clauses))


def brute_force(cnf: Cnf) -> int:
    count = len(cnf.variables)
    return sum(
        cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
        for values in itertools.product((False, True), repeat=count)
    )


@pytest.mark.parametrize("seed", range(8))
def test_diagrams_count_what_brute_force_counts(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        cnf = random_cnf(chance)
        assert diagram_count(cnf) == brute_force(cnf), cnf


@needs_ganak
def test_the_second_engine_agrees() -> None:
    chance = random.Random(9)
    for _ in range(4):
        cnf = random_cnf(chance)
        assert ganak_count(cnf) == brute_force(cnf), cnf


def test_no_variable_and_no_clause() -> None:
    assert diagram_count(Cnf(VarMap((), 0), ())) == 1
    assert diagram_count(Cnf(VarMap((), 0), ((),))) == 0
    assert diagram_count(Cnf(VarMap(("a",), 1), ((),))) == 0


@pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")
def test_the_released_model_of_the_paper() -> None:
    cnf = compile_model(str(REFERENCE))
    assert (cnf.variables.feature_count, len(cnf.clauses)) == (3296, 8004)
    found = count_solutions(cnf)
    assert (found.value, found.engine, found.magnitude) == (REFERENCE_COUNT, "bdd", "1.29e185")
    assert found.log10 == pytest.approx(185.11, abs=0.005)


def hard() -> Cnf:
    """Return permutations of 14 in hidden order: no variable order keeps their diagram small."""
    size = 14
    cells = [[row * size + column + 1 for column in range(size)] for row in range(size)]
    lines = [*cells, *map(list, zip(*cells, strict=True))]
    clauses = [tuple(line) for line in lines]
    clauses += [(-a, -b) for line in lines for a, b in itertools.combinations(line, 2)]
    return Cnf(VarMap(tuple(f"x{n}" for n in range(size * size)), size * size), tuple(clauses))


def test_too_many_nodes_and_no_second_engine_name_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "is_installed", lambda: False)
    with pytest.raises(LimitError, match=r"found [0-9,]+ nodes .* expected at most 1,000; pip install pyganak"):
        count_solutions(hard(), max_nodes=1000)
    with pytest.raises(LimitError, match=r"expected at most 1,000; the engine ganak may count them"):
        count_solutions(hard(), engine="bdd", max_nodes=1000)


def test_a_diagram_that_grows_too_large_goes_to_the_second_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "is_installed", lambda: True)
    monkeypatch.setattr(counting, "ganak_count", lambda cnf, limit_s: 42)
    assert count_solutions(hard(), max_nodes=1000) == Count(42, "ganak")


def test_time_is_a_limit() -> None:
    with pytest.raises(LimitError, match=r"within 0.1 s"):
        diagram_count(hard(), 0.1)


@needs_ganak
def test_time_is_a_limit_of_the_second_engine() -> None:
    with pytest.raises(LimitError, match=r"found no count by pyganak within 0.01 s"):
        ganak_count(hard(), 0.01)


def test_engines_are_named() -> None:
    with pytest.raises(UsageError, match="found engine 'magic', expected one of auto, bdd, ganak"):
        count_solutions(hard(), engine="magic")


def test_digits_of_numbers_that_python_refuses_to_print() -> None:
    text = Count(7 * 10**9000 + 13, "bdd").digits
    assert text == "7" + "0" * 8998 + "13"
    assert [Count(value, "bdd").magnitude for value in (999_999, 1_000_000, 9_999_999)] == [
        "999999",
        "1.00e6",
        "1.00e7",
    ]
