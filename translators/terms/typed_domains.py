"""The values that a typed feature can have: from its `domain`, or from the constraints about it alone.

A constraint such as `n >= 1 & n <= 3` allows a set of values: finitely many texts or all but some, and intervals of
numbers. The sets are exact, so that `n == 1 | n >= 7 & n <= 9` gives the four values that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Comparison,
    ComparisonOperator,
    Constant,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    Value,
    children,
    walk,
)
from featurenet_uvl.ir.feature_model import AttributeValue, Constraint, Feature, FeatureModel, FeatureType
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.limits import LIMITS
from featurenet_uvl.translators.terms.arithmetic import constant_of
from featurenet_uvl.translators.terms.linear import factors_of
from featurenet_uvl.translators.terms.simplify import Scalar

DOMAIN = "domain"
"""The attribute that lists a typed feature's values."""

_MIRRORED: Mapping[ComparisonOperator, ComparisonOperator] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}
_OPPOSITE: Mapping[ComparisonOperator, ComparisonOperator] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}


class InfiniteDomainError(ModelError):
    """The constraints over a typed feature alone leave it infinitely many values."""


def typed_domains(
    model: FeatureModel,
    max_values: int = LIMITS.max_values,
    infinite: dict[str, InfiniteDomainError] | None = None,
) -> dict[str, tuple[Value, ...]]:
    """Return the domain of each typed feature: all values that the constraints allow, and perhaps others.

    Args:
        model: The model.
        max_values: Most values of a domain.
        infinite: Takes features without a finite domain, each with its message; None: they are an error.

    Raises:
        ModelError: Features without a finite domain, or with values of another type.
        UnsupportedError: A domain of more than `max_values` values.
    """
    typed = {feature.name: feature for feature in model.features() if feature.type is not FeatureType.BOOLEAN}
    alone: dict[str, list[Expression]] = {name: [] for name in typed}
    for constraint in model.constraints if typed else ():
        subject = _subject(constraint)
        if subject in alone:
            alone[subject].append(constraint.formula)
    domains: dict[str, tuple[Value, ...]] = {}
    problems: list[str] = []
    for name, feature in typed.items():
        try:
            domains[name] = _domain(feature, alone[name], max_values)
        except InfiniteDomainError as error:
            if infinite is None:
                problems.extend(error.problems)
            else:
                infinite[name] = error
        except ModelError as error:
            problems.extend(error.problems)
    if problems:
        raise ModelError(problems)
    return domains


def _subject(constraint: Constraint) -> str | None:
    """Return the only feature that a plain constraint mentions; None if it mentions more, or an attribute."""
    names: set[str] = set()
    for node in walk(constraint.formula):
        if isinstance(node, AttributeRef | Aggregate):
            return None
        if isinstance(node, FeatureRef):
            names.add(node.name)
    return names.pop() if len(names) == 1 and not constraint.is_indexed else None


def _domain(feature: Feature, constraints: list[Expression], most: int) -> tuple[Value, ...]:
    given = feature.attribute(DOMAIN)
    if given is not None:
        values = given.domain if given.domain is not None else given.value
        if not isinstance(values, tuple) or not values or not all(_is_of(value, feature.type) for value in values):
            raise ModelError(f"{given.span}: found domain {values!r}, expected {feature.type.value} values")
        return _limited(feature, [value for value in values if isinstance(value, bool | int | float | str)], most)
    allowed = _ALL
    for formula in constraints:
        allowed = allowed.meet(_allowed(formula, True))
    return _limited(feature, _listed(feature, allowed, most), most)


def _is_of(value: AttributeValue, kind: FeatureType) -> bool:
    if kind is FeatureType.STRING:
        return isinstance(value, str)
    numbers = int if kind is FeatureType.INTEGER else int | float
    return isinstance(value, numbers) and not isinstance(value, bool)


def _limited(feature: Feature, values: list[Value], most: int) -> tuple[Value, ...]:
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) > most:
        raise _too_many(feature, len(distinct), most)
    return distinct


def _too_many(feature: Feature, count: int, most: int) -> UnsupportedError:
    return UnsupportedError(
        f"{feature.span}: found {count} values of the {feature.type.value} feature {feature.name!r}, expected at most"
        f" {most}; narrow its domain"
    )


@dataclass(frozen=True, slots=True)
class _Interval:
    """The numbers from `lower` to `upper`, None for no end; a closed end belongs to the interval."""

    lower: Fraction | None
    upper: Fraction | None
    lower_closed: bool = True
    upper_closed: bool = True

    def is_empty(self) -> bool:
        if self.lower is None or self.upper is None:
            return False
        return self.lower > self.upper or (self.lower == self.upper and not (self.lower_closed and self.upper_closed))

    def meet(self, other: _Interval) -> _Interval:
        lows = [(i.lower, not i.lower_closed) for i in (self, other) if i.lower is not None]
        highs = [(i.upper, i.upper_closed) for i in (self, other) if i.upper is not None]
        lower, lower_open = max(lows, default=(None, False))
        upper, upper_closed = min(highs, default=(None, True))
        return _Interval(lower, upper, not lower_open, upper_closed)


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A set of values: numbers in `intervals`, and `texts`, or all other texts if `texts_are_excluded`."""

    intervals: tuple[_Interval, ...]
    texts: frozenset[str]
    texts_are_excluded: bool

    def meet(self, other: _Allowed) -> _Allowed:
        met = (one.meet(two) for one in self.intervals for two in other.intervals)
        intervals = tuple(dict.fromkeys(interval for interval in met if not interval.is_empty()))
        match self.texts_are_excluded, other.texts_are_excluded:
            case True, True:
                return _Allowed(intervals, self.texts | other.texts, True)
            case True, False:
                return _Allowed(intervals, other.texts - self.texts, False)
            case False, True:
                return _Allowed(intervals, self.texts - other.texts, False)
            case _:
                return _Allowed(intervals, self.texts & other.texts, False)

    def join(self, other: _Allowed) -> _Allowed:
        intervals = tuple(dict.fromkeys((*self.intervals, *other.intervals)))
        match self.texts_are_excluded, other.texts_are_excluded:
            case True, True:
                return _Allowed(intervals, self.texts & other.texts, True)
            case True, False:
                return _Allowed(intervals, self.texts - other.texts, True)
            case False, True:
                return _Allowed(intervals, other.texts - self.texts, True)
            case _:
                return _Allowed(intervals, self.texts | other.texts, False)


_ALL = _Allowed((_Interval(None, None),), frozenset(), True)
_NONE = _Allowed((), frozenset(), False)


def _allowed(node: Expression, truth: bool) -> _Allowed:
    """Return the values of a selected feature for which the formula may have this truth value."""
    match node:
        case Constant(value=bool(value)):
            return _ALL if value is truth else _NONE
        case FeatureRef():
            return _ALL if truth else _NONE
        case Not(operand=operand):
            return _allowed(operand, not truth)
        case Implies(left=left, right=right):
            parts = [_allowed(left, not truth), _allowed(right, truth)]
            return parts[0].join(parts[1]) if truth else parts[0].meet(parts[1])
        case Iff(left=left, right=right):
            both = _allowed(left, True).meet(_allowed(right, truth))
            return both.join(_allowed(left, False).meet(_allowed(right, not truth)))
        case And() | Or():
            meets = isinstance(node, And) is truth
            result = _ALL if meets else _NONE
            for operand in children(node):
                part = _allowed(operand, truth)
                result = result.meet(part) if meets else result.join(part)
            return result
        case Comparison():
            return _compared(node, truth)
        case _:
            return _ALL


def _compared(node: Comparison, truth: bool) -> _Allowed:
    """Return the values for which a comparison of the feature, or of a sum with it, may have this truth value."""
    operator, value = _solved(node)
    if value is None or isinstance(value, bool):
        return _ALL
    operator = operator if truth else _OPPOSITE[operator]
    if isinstance(value, str):
        return _ALL if operator not in ("==", "!=") else _Allowed(*_texts(value, operator == "!="))
    below, above = _Interval(None, value, True, operator == "<="), _Interval(value, None, operator == ">=", True)
    match operator:
        case "==":
            return _Allowed((_Interval(value, value),), frozenset(), False)
        case "!=":
            return _Allowed((below, above), frozenset(), True)
        case "<" | "<=":
            return _Allowed((below,), frozenset(), True)
        case ">" | ">=":
            return _Allowed((above,), frozenset(), True)


def _solved(node: Comparison) -> tuple[ComparisonOperator, Scalar | None]:
    """Return the comparison as one of the feature with a value; None for a value if it is no such comparison."""
    if isinstance(node.left, FeatureRef):
        return node.operator, constant_of(node.right)
    if isinstance(node.right, FeatureRef):
        return _MIRRORED[node.operator], constant_of(node.left)
    form = factors_of(node)
    if form is None or len(form.weights) != 1 or form.averages:
        return node.operator, None
    (factor,) = form.weights.values()
    return node.operator if factor > 0 else _MIRRORED[node.operator], -form.constant / factor


def _texts(value: str, excluded: bool) -> tuple[tuple[_Interval, ...], frozenset[str], bool]:
    return (_ALL.intervals if excluded else ()), frozenset([value]), excluded


def _listed(feature: Feature, allowed: _Allowed, most: int) -> list[Value]:
    """Return the values of the feature's type in the set.

    Raises:
        ModelError: There are infinitely many.
    """
    if feature.type is FeatureType.STRING:
        if allowed.texts_are_excluded:
            raise _infinite(feature, "{domain ['a', 'b']}")
        return sorted(allowed.texts)
    numbers: set[Fraction] = set()
    for interval in allowed.intervals:
        if interval.lower is None or interval.upper is None:
            raise _infinite(feature, "{domain [1, 2, 3]} or {constraint n >= 1 & n <= 3}")
        if feature.type is FeatureType.INTEGER:
            first = ceil(interval.lower) if interval.lower_closed else floor(interval.lower) + 1
            last = floor(interval.upper) if interval.upper_closed else ceil(interval.upper) - 1
            if last - first >= 2 * most:
                raise _too_many(feature, last - first + 1, most)
            numbers.update(map(Fraction, range(first, last + 1)))
        elif interval.lower < interval.upper:
            raise _infinite(feature, "{domain [0.1, 0.5]}")
        else:
            numbers.add(interval.lower)
    return [
        as_value(number, feature.span, f"the {feature.type.value} feature {feature.name!r}")
        for number in sorted(numbers)
    ]


def as_value(number: Fraction, place: Span, owner: str) -> int | float:
    """Return the number as a value of a domain, which is exactly equal to it.

    Raises:
        UnsupportedError: No decimal number of a double's precision is, as of one third.
    """
    if number.denominator == 1:
        return int(number)
    value = float(number)
    if Fraction(str(value)) != number:
        raise UnsupportedError(
            f"{place}: found {number} as a value of {owner}, expected a decimal number, such as {value:.3g}; constrain"
            " it to one"
        )
    return value


def _infinite(feature: Feature, example: str) -> InfiniteDomainError:
    vector = next((a for a in feature.attributes if isinstance(a.value, tuple) and a.value), None)
    if vector is not None:
        example = f"{{domain [...]}} in place of {{{vector.name} [...]}}, which is a constant"
    return InfiniteDomainError(
        f"{feature.span}: found infinitely many values of the {feature.type.value} feature {feature.name!r}, expected a"
        f" finite domain; give it one, such as {example}"
    )
