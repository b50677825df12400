"""The command `count` with assumptions, and every command that reads DIMACS, on DIMACS with a projection."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl import FeatureModel

MODEL = """features
\tShop
\t\tmandatory
\t\t\tPayment
\t\t\t\tor
\t\t\t\t\tCard
\t\t\t\t\tInvoice
\t\toptional
\t\t\tSearch
constraints
\tSearch => Card
"""
FEATURES = ("Shop", "Payment", "Card", "Invoice", "Search")

PROJECTED = "c t pmc\np cnf 4 2\nc p show {shown} 0\n1 2 0\n3 4 0\n"


def is_configuration(selected: dict[str, bool]) -> bool:
    """Whether the model allows a selection, said in another way than the translators do."""
    pays = selected["Card"] or selected["Invoice"]
    return selected["Shop"] and selected["Payment"] and pays and (selected["Card"] or not selected["Search"])


def expected(assumed: tuple[str, ...]) -> int:
    """Count by trying every selection."""
    selections = (dict(zip(FEATURES, values)) for values in itertools.product((False, True), repeat=len(FEATURES)))
    wanted = [(text.removeprefix("!"), not text.startswith("!")) for text in assumed]
    return sum(
        is_configuration(selected) and all(selected[name] == value for name, value in wanted) for selected in selections
    )


@pytest.mark.parametrize("size", [0, 1, 2])
def test_assumptions_count_what_brute_force_counts(size: int, program: Any, tmp_path: Path) -> None:
    (tmp_path / "shop.uvl").write_text(MODEL)
    program("compile", tmp_path / "shop.uvl", "-o", tmp_path / "shop.dimacs")
    compiled = FeatureModel.parse(MODEL).compile()
    for names in itertools.combinations(FEATURES, size):
        for signs in itertools.product(("", "!"), repeat=size):
            assumed = tuple(sign + name for sign, name in zip(signs, names, strict=True))
            assert compiled.count(assume=assumed) == expected(assumed), assumed
    for assumed in ((), ("Card",), ("!Card",), ("Search", "!Invoice"), ("!Shop",), ("Search", "!Card")):
        options = [word for text in assumed for word in ("--assume", text)]
        for source in ("shop.uvl", "shop.dimacs"):
            assert program("count", tmp_path / source, *options).out == f"{expected(assumed)}\n", assumed


def test_assumptions_are_in_the_facts(program: Any, tmp_path: Path) -> None:
    (tmp_path / "shop.uvl").write_text(MODEL)
    facts = program("count", tmp_path / "shop.uvl", "--assume", "Search", "--json").json
    assert (facts["configurations"], facts["assumptions"]) == ("2", ["Search"])


@pytest.fixture(params=["1 2", "1 3", "4"])
def projected(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[tuple[int, ...]]]:
    """Return a projected formula, and its configurations: the positive shown variables of each."""
    path = tmp_path / "m.dimacs"
    path.write_text(PROJECTED.format(shown=request.param))
    shown = [int(number) for number in request.param.split()]
    found = set()
    for a, b, c, d in itertools.product((False, True), repeat=4):
        if (a or b) and (c or d):
            found.add(tuple(number for number in shown if (a, b, c, d)[number - 1]))
    return path, sorted(found)


def test_projected_formulas_are_counted_and_analysed(program: Any, projected: tuple[Path, list[Any]]) -> None:
    path, configurations = projected
    for engine in ("auto", "bdd"):
        assert program("count", path, "--engine", engine).out == f"{len(configurations)}\n"
    facts = program("analyse", path, "--json").json
    assert (facts["configurations"], facts["core"], facts["dead"]) == (str(len(configurations)), [], [])
    assert facts["features"] + facts["auxiliaries"] == 4


@pytest.mark.parametrize("sampler", ["diverse", "covering", "uniform", "steered", "cmsgen", "random", "t-wise"])
def test_projected_formulas_are_sampled(
    sampler: str, program: Any, projected: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    path, configurations = projected
    result = program("sample", path, "-n", 9, "--sampler", sampler, "-o", tmp_path / "s.sample")
    assert result.code == 0
    program(
        "configurations", tmp_path / "s.sample", "--model", path, "-o", tmp_path / "s.solutions", "--to", "literals"
    )
    lines = (tmp_path / "s.solutions").read_text().splitlines()
    found = [tuple(int(word) for word in line.split()[:-1] if not word.startswith("-")) for line in lines]
    if sampler == "t-wise":  # it ends when every pair is covered
        assert set(found) <= set(configurations)
    else:
        assert sorted(found) == configurations
    assert program("diversity", tmp_path / "s.solutions", "--cnf", path).code == 0
    assert program("configurations", tmp_path / "s.sample", "-o", tmp_path / "other.csv").code == 0


def test_numbers_of_a_file_that_shows_later_variables_are_never_guessed(program: Any, tmp_path: Path) -> None:
    (tmp_path / "m.dimacs").write_text(PROJECTED.format(shown="3 4"))
    program("sample", tmp_path / "m.dimacs", "-n", 9, "-o", tmp_path / "s.sample")
    result = program("configurations", tmp_path / "s.sample", "-o", tmp_path / "o.solutions", "--to", "literals")
    assert (result.code, "found --to literals without --model, expected both" in result.err) == (2, True)
    (tmp_path / "theirs").write_text("1 -2 3 -4 0\n")
    program("configurations", tmp_path / "theirs", "--model", tmp_path / "m.dimacs", "-o", tmp_path / "o.csv")
    assert "3;4" in (tmp_path / "o.csv").read_text().replace(",", ";")


def test_an_external_sampler_gets_the_projection(program: Any, tmp_path: Path) -> None:
    (tmp_path / "m.dimacs").write_text(PROJECTED.format(shown="3 4"))
    command = f"sh -c 'cp {{dimacs}} {tmp_path}/given; echo 1 -2 0 > {{out}}'"
    options = ("--sampler", "external", "--sampler-option", f"command={command}")
    assert program("sample", tmp_path / "m.dimacs", "-n", 1, "-o", tmp_path / "s.sample", *options).code == 0
    assert (tmp_path / "given").read_text().endswith("c p show 1 2 0\n")
    program("configurations", tmp_path / "s.sample", "-o", tmp_path / "s.csv")
    assert "3" in (tmp_path / "s.csv").read_text()


@pytest.mark.parametrize(
    "command", ["count", "analyse", "sample -o {tmp}/o", "configurations {tmp}/s -o {tmp}/o.csv --model"]
)
def test_weights_are_refused_by_every_command(command: str, program: Any, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("1 2 0\n")
    (tmp_path / "w.dimacs").write_text("p cnf 2 1\nc p weight 1 0.4 0\n1 2 0\n")
    result = program(*command.format(tmp=tmp_path).split(), tmp_path / "w.dimacs")
    assert result.code == 1
    assert "w.dimacs:2: found a weight ('c p weight 1 0.4 0'), expected none" in result.err


def test_a_contradictory_restriction_is_said_by_compile_and_refused_by_sample(program: Any, tmp_path: Path) -> None:
    (tmp_path / "shop.uvl").write_text(MODEL)
    (tmp_path / "none.uvl").write_text("imports\n\tshop as s\nfeatures\n\ts.Shop\nconstraints\n\ts.Search & !s.Card\n")
    model = (tmp_path / "shop.uvl", "--restrict", tmp_path / "none.uvl")
    result = program("compile", *model, "-o", tmp_path / "o.dimacs")
    assert (result.code, "note: no configuration exists" in result.err) == (0, True)
    again = program("compile", *model, "-o", tmp_path / "o.dimacs", "--force", "--quiet", "--json")
    assert (again.json["satisfiable"], again.err) == (False, "")
    assert program("count", *model).out == "0\n"
    assert program("sample", *model, "-o", tmp_path / "s").code == 3


def test_a_restricted_sample_is_measured_with_the_same_options(program: Any, tmp_path: Path) -> None:
    (tmp_path / "shop.uvl").write_text(MODEL)
    (tmp_path / "card.uvl").write_text("imports\n\tshop as s\nfeatures\n\ts.Shop\nconstraints\n\ts.Card\n")
    options = ("--restrict", tmp_path / "card.uvl")
    program("sample", tmp_path / "shop.uvl", *options, "-o", tmp_path / "s.sample")
    (facts,) = program("diversity", tmp_path / "s.sample", "--cnf", tmp_path / "shop.uvl", *options, "--json").json
    assert facts["pairwise_coverage"] == 1.0
    assert program("diversity", tmp_path / "s.sample", *options).code == 2
