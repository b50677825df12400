"""The exact model of a formula: its properties, and formulas without one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from featurenet_uvl.analysis import exact_model as module
from featurenet_uvl.analysis.diagram import Diagram, TooManyNodesError
from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import all_configurations, loose_cnf


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    module._kept.cache_clear()
    yield
    module._kept.cache_clear()


def in_turns(parts: int, length: int) -> Cnf:
    """Return interleaved chains of implications: their diagram is huge in document order, small if split into parts.

    Every fourth feature equals the one before it.
    """
    chance = random.Random(3)
    clauses: list[tuple[int, ...]] = []
    for part in range(1, parts + 1):
        chain = [part + parts * place for place in range(length)]
        clauses += [(-second, first) for first, second in itertools.pairwise(chain)]
        clauses += [(-first, second) for first, second in list(itertools.pairwise(chain))[3::4]]
        clauses += [(-chain[2], chain[-1], chance.choice(chain[4:8]))]
    count = parts * length
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), count), tuple(clauses))


def test_the_second_way_counts_and_samples() -> None:
    """The count is the product over the parts; interleaved, the diagram would need at least 31^16 nodes."""
    whole = in_turns(16, 20)
    one = exact_model(in_turns(1, 20)).total
    model = exact_model(whole)
    assert model.diagram.order != tuple(range(1, 321))
    assert one > 10
    others = [exact_model(in_turns(parts, 20)).total for parts in (2, 3)]
    assert others[1] % others[0] == 0
    assert model.total % others[1] == 0
    for sampler in ("diverse", "uniform"):
        sample = draw(whole, Request(30, 1), sampler)
        assert (len(sample), sample.sampler) == (30, sampler)
        assert all(whole.is_satisfied_by([n for n, v in enumerate(row, 1) if v]) for row in sample.selected)


def test_what_is_too_large_is_so_for_good_and_what_takes_too_long_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    cnf = Cnf(VarMap(("a", "b"), 2), ((1, 2),))
    errors: list[LimitError] = [LimitError("found no diagram within 1 s"), TooManyNodesError("found 9 nodes")]
    tries: list[float] = []

    def failing(_: Cnf, time_limit_s: float, __: int) -> Diagram:
        tries.append(time_limit_s)
        raise errors[len(tries) - 1]

    monkeypatch.setattr(module, "build_diagram", failing)
    for expected in ("within 1 s", "9 nodes", "9 nodes"):
        with pytest.raises(LimitError, match=expected):
            exact_model(cnf, 1.0)
    assert tries == [1.0, 1.0]


def test_the_model_of_a_projected_formula_has_one_solution_per_configuration() -> None:
    chance = random.Random(1)
    for _ in range(60):
        cnf = replace(loose_cnf(chance), is_projected=True)
        expected = set(all_configurations(cnf))
        if not expected:
            continue
        model = exact_model(cnf)
        rows = model.choices.all_solutions(1000)
        assert (model.total, len(rows)) == (len(expected), len(expected))
        assert {tuple(row[: cnf.variables.feature_count].tolist()) for row in rows} == expected
        assert all(cnf.is_satisfied_by([n for n, v in enumerate(row, 1) if v]) for row in rows)


def test_a_projection_is_not_confused_with_the_same_clauses_without_one() -> None:
    plain = Cnf(VarMap(("a", "b"), 1), ())
    assert [exact_model(cnf).total for cnf in (plain, replace(plain, is_projected=True), plain)] == [4, 2, 4]
