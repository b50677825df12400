"""Linear comparisons: a weighted sum of features against a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from featurenet_uvl.ir.expression import (
    Aggregate,
    Arithmetic,
    AttributeRef,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.terms.arithmetic import fold_term
from featurenet_uvl.translators.terms.simplify import exact, is_true
from featurenet_uvl.translators.terms.value_sources import Sources, Term

Weights = Mapping[Expression, Fraction]


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of the `weights` of true conditions, plus `averages` with their factors, plus `constant`."""

    constant: Fraction = Fraction(0)
    weights: Weights = field(default_factory=lambda: MappingProxyType({}))
    averages: Mapping[Aggregate, Fraction] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_constant(self) -> bool:
        return not self.weights and not self.averages

    def plus(self, other: Linear, factor: Fraction) -> Linear:
        weights, averages = dict(self.weights), dict(self.averages)
        for condition, weight in other.weights.items():
            weights[condition] = weights.get(condition, Fraction(0)) + factor * weight
        for aggregate, weight in other.averages.items():
            averages[aggregate] = averages.get(aggregate, Fraction(0)) + factor * weight
        return Linear(
            self.constant + factor * other.constant,
            {condition: weight for condition, weight in weights.items() if weight},
            {aggregate: weight for aggregate, weight in averages.items() if weight},
        )

    def times(self, factor: Fraction) -> Linear:
        return Linear().plus(self, factor)


def linear_form(comparison: Comparison, sources: Sources, place: Span) -> Linear | None:
    """Return left side minus right side; None if it contains a product, a quotient, a text or a call."""

    def leaf(node: Expression) -> Linear | None:
        match node:
            case Aggregate(function="avg"):
                return Linear(averages={node: Fraction(1)})
            case AttributeRef() | FeatureRef() | Aggregate():
                return _total(sources.terms(node, place))
            case _:
                return None

    return _difference(comparison, leaf)


def factors_of(comparison: Comparison) -> Linear | None:
    """Return left side minus right side, with the factor of each value and each sum that it mentions as a weight.

    None if it contains a product or a quotient of two of them, an average, a text or a call.
    """

    def leaf(node: Expression) -> Linear | None:
        if isinstance(node, AttributeRef | FeatureRef) or (isinstance(node, Aggregate) and node.function == "sum"):
            return Linear(weights={node: Fraction(1)})
        return None

    return _difference(comparison, leaf)


def _difference(comparison: Comparison, leaf: Callable[[Expression], Linear | None]) -> Linear | None:
    def step(node: Expression, operands: Sequence[Linear | None]) -> Linear | None:
        if any(operand is None for operand in operands):
            return None
        match node:
            case Constant(value=value):
                number = exact(value)
                return Linear(number) if isinstance(number, Fraction) else None
            case Arithmetic():
                left, right = (operand for operand in operands if operand is not None)
                return _combined(node, left, right)
            case Comparison():
                left, right = (operand for operand in operands if operand is not None)
                return left.plus(right, Fraction(-1))
            case _:
                return leaf(node)

    return fold_term(comparison, step)


def average_parts(aggregate: Aggregate, sources: Sources, place: Span) -> tuple[Weights, tuple[Expression, ...]] | None:
    """Return the sum below an average and the features that it counts; None if it contains a text."""
    total = _total(sources.terms(aggregate, place))
    if total is None:
        return None
    counted = tuple(FeatureRef(name) for name in sources.counted(aggregate))
    root = [name for name in sources.counted(aggregate) if name not in sources.parents]
    weights = dict(total.weights)
    if root:  # the root is always selected, so that its constant may stand as a weight
        key = FeatureRef(root[0])
        weights[key] = weights.get(key, Fraction(0)) + total.constant
    return weights, counted


def _total(terms: Sequence[Term]) -> Linear | None:
    weights: dict[Expression, Fraction] = {}
    constant = Fraction(0)
    for term in terms:
        for position, (condition, value) in enumerate(term.choices):
            if position == term.default:
                continue
            if not isinstance(value, Fraction):
                return None
            if is_true(condition):
                constant += value
            elif value:
                weights[condition] = weights.get(condition, Fraction(0)) + value
    return Linear(constant, weights)


def _combined(node: Arithmetic, left: Linear, right: Linear) -> Linear | None:
    match node.operator:
        case "+":
            return left.plus(right, Fraction(1))
        case "-":
            return left.plus(right, Fraction(-1))
        case "*":
            if not (left.is_constant or right.is_constant):
                return None
            return left.times(right.constant) if right.is_constant else right.times(left.constant)
        case "/":
            return left.times(1 / right.constant) if right.is_constant and right.constant else None
