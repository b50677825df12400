"""Formulas as clauses, against pyeda: an encoder-independent opinion on what a formula means."""

from __future__ import annotations

from itertools import islice, product

from hypothesis import given, settings
from hypothesis import strategies as st
from pyeda.inter import And as PyAnd
from pyeda.inter import Equal as PyEqual
from pyeda.inter import Implies as PyImplies
from pyeda.inter import NHot as PyNHot
from pyeda.inter import Not as PyNot
from pyeda.inter import Or as PyOr
from pyeda.inter import expr, exprvar
from pysat.solvers import Solver

from featurenet_uvl.ir.expression import And, Constant, Count, Expression, FeatureRef, Iff, Implies, Not, Or
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.formula import assert_formula
from featurenet_uvl.translators.limits import LIMITS, CompileLimits

NAMES = ("A", "B", "C", "D")
VARIABLES = {name: exprvar(name) for name in NAMES}


def counts(operands: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def bounded(parts: list[Expression]) -> st.SearchStrategy[Expression]:
        lower = st.integers(0, len(parts) + 1)
        upper = st.none() | st.integers(0, len(parts) + 1)
        return st.builds(Count, lower, upper, st.just(tuple(parts)))

    return st.lists(operands, min_size=1, max_size=4).flatmap(bounded)


def deeper(operands: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    parts = st.lists(operands, min_size=0, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Not, operands),
        st.builds(And, parts),
        st.builds(Or, parts),
        st.builds(Implies, operands, operands),
        st.builds(Iff, operands, operands),
        counts(operands),
    )


FORMULAS = st.recursive(
    st.sampled_from([FeatureRef(name) for name in NAMES] * 3 + [Constant(True), Constant(False)]), deeper, max_leaves=10
)


def to_pyeda(formula: Expression):  # type: ignore[no-untyped-def]  # pyeda has no types
    """Return the same formula with pyeda's own operators."""
    match formula:
        case FeatureRef(name=name):
            return VARIABLES[name]
        case Constant(value=value):
            return expr(bool(value))
        case Not(operand=operand):
            return PyNot(to_pyeda(operand))
        case And(operands=operands):
            return PyAnd(*map(to_pyeda, operands))
        case Or(operands=operands):
            return PyOr(*map(to_pyeda, operands))
        case Implies(left=left, right=right):
            return PyImplies(to_pyeda(left), to_pyeda(right))
        case Iff(left=left, right=right):
            return PyEqual(to_pyeda(left), to_pyeda(right))
        case Count(lower=lower, upper=upper, operands=operands):
            top = len(operands) if upper is None else min(upper, len(operands))
            parts = [to_pyeda(operand) for operand in operands]
            return PyOr(*(PyNHot(count, *parts) for count in range(lower, top + 1)))
        case _:
            raise AssertionError(type(formula).__name__)


def solutions_by_pyeda(formula: Expression) -> set[tuple[bool, ...]]:
    other = to_pyeda(formula)
    return {
        row
        for row in product((False, True), repeat=len(NAMES))
        if other.restrict({VARIABLES[name]: int(value) for name, value in zip(NAMES, row)}).is_one()
    }


def models_of_clauses(formula: Expression, limits: CompileLimits = LIMITS) -> list[tuple[bool, ...]]:
    """Return every model of the clauses, auxiliaries included, as its values of the features."""
    builder = ClauseBuilder(NAMES, limits)
    assert_formula(builder, formula)
    if () in builder.clauses:
        return []
    clauses = [*builder.clauses, *((v, -v) for v in range(1, builder.count + 1))]
    with Solver(name="minisat22", bootstrap_with=clauses) as solver:
        found = islice(solver.enum_models(), 2 ** len(NAMES) + 1)
        return [tuple(literal > 0 for literal in model[: len(NAMES)]) for model in found]


def check(formula: Expression, limits: CompileLimits = LIMITS) -> None:
    models = models_of_clauses(formula, limits)
    assert set(models) == solutions_by_pyeda(formula)
    assert len(models) == len(set(models)), "an auxiliary is free"


@given(FORMULAS)
@settings(max_examples=150, deadline=None)
def test_clauses_have_the_models_of_the_formula(formula: Expression) -> None:
    check(formula)


@given(FORMULAS)
@settings(max_examples=100, deadline=None)
def test_auxiliaries_are_determined_where_everything_gets_a_name(formula: Expression) -> None:
    check(formula, CompileLimits(max_distributed=1, max_direct_clauses=0))


def test_pyeda_and_the_clauses_agree_on_a_known_case() -> None:
    formula = Iff(FeatureRef("A"), Count(1, 1, (FeatureRef("B"), FeatureRef("C"))))
    assert len(models_of_clauses(formula)) == len(solutions_by_pyeda(formula)) == 8
