"""The finite domains of typed features: a `domain` attribute, or the values that constraints on the feature alone
leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, floor

from featurenet_uvl.errors import LimitError, ModelError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Comparison,
    ComparisonOperator,
    Constant,
    Expression,
    FeatureRef,
    Implies,
    Not,
    Or,
    Value,
    walk,
)
from featurenet_uvl.ir.feature_model import Feature, FeatureModel, FeatureType
from featurenet_uvl.reference.evaluation import constant_value
from featurenet_uvl.reference.tree import Scalar

_FLIPPED: Mapping[ComparisonOperator, ComparisonOperator] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_NEGATED: Mapping[ComparisonOperator, ComparisonOperator] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}


def typed_domains(model: FeatureModel, limit: int) -> dict[str, tuple[Value, ...]]:
    """Return the domain of each typed feature; it never lacks a value, but constraints may rule some out later.

    Raises:
        ModelError: A typed feature has no finite domain.
        LimitError: A domain has more than `limit` values.
    """
    return {f.name: _domain(f, model, limit) for f in model.features() if f.type is not FeatureType.BOOLEAN}


@dataclass(frozen=True, slots=True)
class _Values:
    """A superset of the values that a formula allows: `points`, else all numbers between the bounds, or any text."""

    points: frozenset[Scalar] | None = None
    lower: Fraction | None = None
    upper: Fraction | None = None

    def __contains__(self, value: Scalar) -> bool:
        if self.points is not None:
            return value in self.points
        if not isinstance(value, Fraction):
            return self.lower is None and self.upper is None
        return (self.lower is None or self.lower <= value) and (self.upper is None or value <= self.upper)

    def __and__(self, other: _Values) -> _Values:
        if self.points is not None:
            return _Values(frozenset(point for point in self.points if point in other))
        if other.points is not None:
            return other & self
        return _Values(None, _tighter(max, self.lower, other.lower), _tighter(min, self.upper, other.upper))

    def __or__(self, other: _Values) -> _Values:
        if self.points is not None and other.points is not None:
            return _Values(self.points | other.points)
        first, second = self._hull(), other._hull()
        if first.points is not None or second.points is not None:  # one is empty
            return second if first.points is not None else first
        lower = None if first.lower is None or second.lower is None else min(first.lower, second.lower)
        upper = None if first.upper is None or second.upper is None else max(first.upper, second.upper)
        return _Values(None, lower, upper)

    def _hull(self) -> _Values:
        """Return the same set as bounds; the empty set stays a set of points."""
        if not self.points:
            return self
        numbers = [point for point in self.points if isinstance(point, Fraction)]
        if len(numbers) < len(self.points):
            return _ANY
        return _Values(None, min(numbers), max(numbers))


_ANY = _Values()
_NONE = _Values(frozenset())


def _tighter(
    choose: Callable[[Fraction, Fraction], Fraction], first: Fraction | None, second: Fraction | None
) -> Fraction | None:
    if first is None or second is None:
        return second if first is None else first
    return choose(first, second)


def _domain(feature: Feature, model: FeatureModel, limit: int) -> tuple[Value, ...]:
    given = feature.attribute("domain")
    if given is not None:
        values = given.value if given.domain is None else given.domain
        if not isinstance(values, tuple) or not values or not all(_fits(v, feature.type) for v in values):
            raise ModelError(f"{given.span}: found domain {values!r}, expected {feature.type.value} values")
        return tuple(v for v in values if isinstance(v, bool | int | float | str))
    alone = [c.formula for c in model.constraints if not c.is_indexed and _is_about(c.formula, feature.name)]
    allowed = reduce(lambda left, right: left & right, (_allowed(f, feature.name, True) for f in alone), _ANY)
    if allowed.points is None and allowed.lower is not None and allowed.upper is not None:
        return _between(feature, allowed.lower, allowed.upper, limit)
    if allowed.points is None:
        raise ModelError(
            f"{feature.span}: found no finite domain of the {feature.type.value} feature {feature.name!r},"
            f" expected one; give it one, such as {{domain [1, 2, 3]}} or {{constraint n >= 1 & n <= 3}}"
        )
    values = tuple(_value(point) for point in sorted(allowed.points, key=lambda p: (isinstance(p, str), p)))
    return tuple(v for v in values if _fits(v, feature.type))


def _between(feature: Feature, lower: Fraction, upper: Fraction, limit: int) -> tuple[Value, ...]:
    if feature.type is FeatureType.REAL and lower < upper:
        raise ModelError(f"{feature.span}: found Real feature {feature.name!r} with an interval, expected a domain")
    if feature.type is FeatureType.REAL:
        return (_value(lower),) if lower == upper else ()
    first, last = ceil(lower), floor(upper)
    if last - first >= limit:
        raise LimitError(
            f"{feature.span}: found {last - first + 1} values of {feature.name!r}, expected at most {limit}"
        )
    return tuple(range(first, last + 1))


def _fits(value: object, kind: FeatureType) -> bool:
    expected = {FeatureType.INTEGER: (int,), FeatureType.REAL: (int, float), FeatureType.STRING: (str,)}[kind]
    return isinstance(value, expected) and not isinstance(value, bool)


def _value(point: Scalar) -> Value:
    if not isinstance(point, Fraction):
        return point
    return int(point) if point.denominator == 1 else float(point)


def _is_about(formula: Expression, name: str) -> bool:
    """Whether the formula mentions this feature and nothing else."""
    nodes = list(walk(formula))
    mentioned = {node.name for node in nodes if isinstance(node, FeatureRef)}
    return mentioned == {name} and not any(isinstance(node, AttributeRef | Aggregate) for node in nodes)


def _allowed(node: Expression, name: str, truth: bool) -> _Values:
    """Return the values of the selected feature for which the formula may have this truth value."""
    match node:
        case Constant(value=value):
            return _ANY if value == truth else _NONE
        case FeatureRef():
            return _ANY if truth else _NONE
        case Not():
            return _allowed(node.operand, name, not truth)
        case Implies():
            return _allowed(Or((Not(node.left), node.right)), name, truth)
        case And() | Or():
            parts = [_allowed(operand, name, truth) for operand in node.operands]
            if isinstance(node, And) == truth:
                return reduce(lambda left, right: left & right, parts, _ANY)
            return reduce(lambda left, right: left | right, parts, _NONE)
        case Comparison():
            return _compared(node, name, truth)
        case _:
            return _ANY


def _compared(node: Comparison, name: str, truth: bool) -> _Values:
    operator, left, right = node.operator, node.left, node.right
    if isinstance(right, FeatureRef):
        operator, left, right = _FLIPPED.get(operator, operator), right, left
    value = constant_value(right) if isinstance(left, FeatureRef) else None
    if value is None:
        return _ANY
    operator = operator if truth else _NEGATED[operator]
    if operator == "==":
        return _Values(frozenset([value]))
    if operator == "!=" or not isinstance(value, Fraction):
        return _ANY
    return _Values(None, value, None) if operator in (">", ">=") else _Values(None, None, value)
