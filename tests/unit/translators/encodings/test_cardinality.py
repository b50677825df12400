"""Counters and formulas against the enumeration of all models."""

from __future__ import annotations

from itertools import product

import pytest
from pysat.solvers import Solver

from featurenet_uvl.ir.expression import And, Constant, Count, Expression, FeatureRef, Iff, Implies, Not, Or
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.cardinality import count_outputs, direct_clauses
from featurenet_uvl.translators.encodings.formula import assert_formula

NAMES = ["a", "b", "c", "d", "e"]


def models(builder: ClauseBuilder) -> list[tuple[bool, ...]]:
    """Return all models on the features; two equal ones reveal an auxiliary that the features do not determine."""
    width = len(builder.features)
    with Solver(
        name="minisat22", bootstrap_with=[*builder.clauses, *((v, -v) for v in range(1, builder.count + 1))]
    ) as s:
        found = [tuple(literal > 0 for literal in model[:width]) for model in s.enum_models()]
    assert len(found) == len(set(found))
    return sorted(found)


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_counter_outputs_say_at_least_j(limit: int) -> None:
    builder = ClauseBuilder(NAMES)
    outputs = count_outputs(builder, [1, 2, 3, 4, 5], limit)
    assert len(outputs) == limit
    for j, output in enumerate(outputs, 1):
        asserted = ClauseBuilder(NAMES)
        asserted.count, asserted.clauses = builder.count, [*builder.clauses, (output,)]
        assert models(asserted) == sorted(row for row in product([False, True], repeat=5) if sum(row) >= j)
    assert len(models(builder)) == 2**5


@pytest.mark.parametrize(("lower", "upper"), [(0, 0), (0, 2), (1, 5), (2, 3), (5, 5), (3, 3)])
def test_direct_clauses_count(lower: int, upper: int) -> None:
    builder = ClauseBuilder(NAMES)
    for clause in direct_clauses([1, 2, 3, 4, 5], lower, upper):
        builder.add(clause)
    assert models(builder) == sorted(row for row in product([False, True], repeat=5) if lower <= sum(row) <= upper)


@pytest.mark.parametrize(("n", "lower", "upper", "limit"), [(24, 3, 5, 1000), (40, 10, 20, 5000)])
def test_large_groups_stay_small(n: int, lower: int, upper: int, limit: int) -> None:
    builder = ClauseBuilder([f"f{i}" for i in range(n)])
    assert_formula(builder, Count(lower, upper, tuple(FeatureRef(f"f{i}") for i in range(n))))
    assert len(builder.clauses) < limit


A, B, C, D, E = (FeatureRef(name) for name in NAMES)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (Iff(A, And((B, C))), lambda a, b, c, d, e: a == (b and c)),
        (Not(Iff(A, Or((B, C)))), lambda a, b, c, d, e: a != (b or c)),
        (Implies(Implies(A, B), C), lambda a, b, c, d, e: (not a or b) <= c),
        (Or(()), lambda a, b, c, d, e: False),
        (And(()), lambda a, b, c, d, e: True),
        (Or((A, Constant(False))), lambda a, b, c, d, e: a),
        (Not(Count(4, 5, (A, B, C))), lambda a, b, c, d, e: True),
        (Or((A, Count(4, None, (B, C, D)))), lambda a, b, c, d, e: a),
        (Not(Count(0, 9, (A, B))), lambda a, b, c, d, e: False),
        (Not(Count(2, 3, (A, B, C, D, E))), lambda *row: not 2 <= sum(row) <= 3),
        (Iff(A, Count(1, 1, (B, C, D, E))), lambda a, *row: a == (sum(row) == 1)),
        (Count(1, None, (And((A, B)), Not(C), Iff(D, E))), lambda a, b, c, d, e: (a and b) or not c or d == e),
        (Or((Iff(A, B), Iff(B, C), Iff(C, D), Iff(D, E), Iff(E, A))),
         lambda *r: any(x == y for x, y in zip(r, r[1:] + r[:1]))),
        (Or((And((A, B, C)), And((B, C, D)), And((C, D, E)), And((D, E, A)))), lambda a, b, c, d, e: (
            (a and b and c) or (b and c and d) or (c and d and e) or (d and e and a))),
    ],
)  # fmt: skip
def test_formulas_keep_their_models_and_determine_their_auxiliaries(formula: Expression, expected: object) -> None:
    assert callable(expected)
    builder = ClauseBuilder(NAMES)
    assert_formula(builder, formula)
    assert models(builder) == sorted(row for row in product([False, True], repeat=5) if expected(*row))


def test_wide_disjunctions_of_conjunctions_grow_linearly() -> None:
    names = [f"{side}{i}" for i in range(200) for side in "ab"]
    builder = ClauseBuilder(names)
    assert_formula(builder, Or(tuple(And((FeatureRef(f"a{i}"), FeatureRef(f"b{i}"))) for i in range(200))))
    assert len(builder.clauses) < 4 * 200


@pytest.mark.parametrize("depth", [30, 300])
def test_chains_of_equivalences_and_alternations_grow_linearly(depth: int) -> None:
    builder = ClauseBuilder([f"f{i}" for i in range(depth)])
    chain: Expression = FeatureRef("f0")
    ladder: Expression = FeatureRef("f0")
    for i in range(1, depth):
        chain = Iff(chain, FeatureRef(f"f{i}"))
        ladder = Or((FeatureRef(f"f{i}"), ladder)) if i % 2 else And((FeatureRef(f"f{i}"), ladder))
    assert_formula(builder, chain)
    assert_formula(builder, ladder)
    assert len(builder.clauses) < 8 * depth
    assert sum(map(len, builder.clauses)) < 40 * depth


def test_deep_and_wide_formulas_need_no_recursion() -> None:
    builder = ClauseBuilder(NAMES)
    deep: Expression = A
    for _ in range(50_000):
        deep = Not(Implies(deep, B))
    assert_formula(builder, deep)
    assert_formula(builder, Or(tuple(FeatureRef(NAMES[i % 5]) for i in range(10_000))))
    assert builder.clauses[-1] == (1, 2, 3, 4, 5)
