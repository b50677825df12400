"""Comparisons over sums that are too large for tables: diagrams and adders."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import And, ComparisonOperator, Constant, Expression, FeatureRef, Not, Or
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.encodings.pseudo_boolean.diagram import compare_sum
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.limits import CompileLimits
from featurenet_uvl.translators.passes.definitions_as_features import definitions_as_features
from featurenet_uvl.translators.pipeline import compile_feature_model, to_boolean
from featurenet_uvl.translators.terms.arithmetic import fold_term
from tests.passes.before_after import read, truth

MANY = 200
HOLDS: Mapping[ComparisonOperator, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERATORS: list[ComparisonOperator] = list(HOLDS)


def cost(number: int) -> int:
    return number % 20 + 1


def priced(constraint: str) -> FeatureModel:
    features = "\n".join(f"            F{i} {{cost {cost(i)}}}" for i in range(MANY))
    return read(f"features\n    R\n        optional\n{features}\nconstraints\n    {constraint}")


def ways(holds: Callable[[int, int], bool]) -> int:
    """Count the selections of features whose sum and number satisfy `holds`."""
    found = {(0, 0): 1}
    for number in range(MANY):
        more = dict(found)
        for (total, size), count in found.items():
            key = (total + cost(number), size + 1)
            more[key] = more.get(key, 0) + count
        found = more
    return sum(count for (total, size), count in found.items() if holds(total, size))


def exact_count(model: BooleanModel) -> int:
    """Count the selections of the F that satisfy the constraints, by a BDD over these features alone.

    Definitions are functions of the features, and each must equal its dual.
    """
    cudd = pytest.importorskip("dd.cudd", reason="dd comes without its CUDD module here")
    manager = cudd.BDD()
    manager.configure(reordering=False)
    names = sorted((f"F{i}" for i in range(MANY)), key=lambda name: cost(int(name[1:])))
    manager.declare(*names)
    known = {name: manager.var(name) for name in names}

    def value(node: Expression, operands: Sequence[Any]) -> Any:
        match node:
            case FeatureRef(name=name):
                return known[name]
            case Not():
                return ~operands[0]
            case Constant(value=constant):
                return manager.true if constant else manager.false
        result = manager.true if isinstance(node, And) else manager.false
        for operand in operands:
            assert isinstance(node, And | Or)
            result = result & operand if isinstance(node, And) else result | operand
        return result

    for definition in model.definitions:
        known[definition.name] = fold_term(definition.formula, value)
        assert definition.dual is None or fold_term(definition.dual, value) == known[definition.name]
    whole = fold_term(And(tuple(c.formula for c in model.model.constraints)), value)
    return _models(manager, whole)


def _models(manager: Any, root: Any) -> int:
    """Count the assignments to the features, with big integers instead of CUDD's floats."""
    known: dict[int, tuple[int, int]] = {}

    def count(node: Any) -> tuple[int, int]:
        """Return the assignments to the variables from the node's level on, and this level."""
        if node in (manager.true, manager.false):
            return int(node == manager.true), MANY
        if int(node) not in known:
            level, low, high = manager.succ(node)
            if node.negated:
                low, high = ~low, ~high
            below = [count(low), count(high)]
            known[int(node)] = sum(number << (at - level - 1) for number, at in below), level
        return known[int(node)]

    number, level = count(root)
    return number << level


def test_a_bound_on_two_hundred_costs_is_small_and_exact() -> None:
    model = priced("sum(cost) <= 100")
    assert len(compile_feature_model(model).clauses) < 50_000
    assert exact_count(to_boolean(model, verify_each=True)) == ways(lambda total, _: total <= 100)


def test_an_average_of_two_hundred_costs_is_exact() -> None:
    model = to_boolean(priced("avg(cost) <= 1.5 & sum(cost) != 11"), verify_each=True)
    assert exact_count(model) == ways(lambda total, size: 2 * total <= 3 * size and total != 11)


@pytest.mark.parametrize("edges", [50_000, 0])
@pytest.mark.parametrize("sign", ["<=", "==", ">"])
def test_the_features_decide_every_auxiliary_and_the_comparison(edges: int, sign: ComparisonOperator) -> None:
    bound = 60
    cnf = compile_feature_model(priced(f"sum(cost) {sign} {bound}"), limits=CompileLimits(max_diagram_edges=edges))
    rng = np.random.default_rng(1)
    answers = set()
    with Solver(name="minisat22", bootstrap_with=cnf.clauses) as solver:
        for _ in range(60):
            chosen = {int(n) for n in rng.choice(MANY, int(rng.integers(1, 12)), replace=False)}
            selection = [1, *(n + 2 if n in chosen else -(n + 2) for n in range(MANY))]
            expected = HOLDS[sign](Fraction(sum(map(cost, chosen))), Fraction(bound))
            answers.add(expected)
            assert len(list(islice(solver.enum_models(assumptions=selection), 2))) == expected
    assert answers == {True, False}


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(
    st.lists(st.integers(-6, 6) | st.sampled_from([Fraction(1, 2), Fraction(-3, 10)]), min_size=1, max_size=6),
    st.sampled_from(OPERATORS),
    st.integers(-8, 8) | st.just(Fraction(1, 5)),
    st.booleans(),
)
def test_a_sum_compares_as_its_numbers_do(
    weights: list[int | Fraction], sign: ComparisonOperator, bound: int | Fraction, as_diagram: bool
) -> None:
    limits = CompileLimits(max_diagram_edges=50_000 if as_diagram else 0)
    definitions = Definitions(frozenset(["__aux_2"]), limits)
    literals = [FeatureRef(f"F{i}") for i in range(len(weights))]
    weighted = {literal: Fraction(weight) for literal, weight in zip(literals, weights)}
    formula = compare_sum(weighted, sign, Fraction(bound), definitions)
    assert "__aux_2" not in {definition.name for definition in definitions.found}
    for choice in product([False, True], repeat=len(weights)):
        known = {literal.name: selected for literal, selected in zip(literals, choice)}
        for definition in definitions.found:
            known[definition.name] = truth(definition.formula, known)
            assert definition.dual is None or truth(definition.dual, known) == known[definition.name]
        total = sum((Fraction(w) for w, selected in zip(weights, choice) if selected), Fraction(0))
        assert truth(formula, known) == HOLDS[sign](total, Fraction(bound))


def test_definitions_as_features_keep_the_number_of_configurations() -> None:
    model = read(
        """
        features
            R
                optional
                    A {cost 1}
                    B {cost 2}
                    C {cost 2}
                    D {cost 4}
        constraints
            sum(cost) <= 5
        """
    )
    boolean = to_boolean(model, verify_each=True, limits=CompileLimits(max_table=0))
    assert boolean.definitions
    plain = definitions_as_features(boolean)
    plain.verify()
    assert '\n\t\t\t"__aux_1" {abstract}\n' in write_uvl(plain)
    assert len(enumerate_configurations(plain)) == len(enumerate_configurations(model)) == 10
