"""Turn comparisons over attributes into propositions over the features that stand for their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
    Not,
    Or,
    Value,
    children,
    rebuild,
    walk,
)
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.passes._simplify import TRUE, compare, exact, fold, is_true

MAX_COMBINATIONS = 20_000
"""How many combinations of values the table of one comparison may have."""

Number = Fraction | str


def rewrite_constraints(model: FeatureModel) -> BooleanModel:
    """The Boolean model: each comparison becomes the combinations of values for which it holds.

    Needs: an unfolded model with origins. Gives: propositional constraints. Keeps: exactly the configurations.

    A constant attribute of a deselected feature counts as 0 (a text as empty); a comparison that mentions a
    configurable attribute of a deselected feature is false, and so is one that divides by zero. Numbers are exact.

    Raises:
        UnsupportedError: A comparison over more than MAX_COMBINATIONS combinations of values.
    """
    tables = _Tables.of(model)
    constraints = []
    for constraint in model.constraints:

        def step(node: Expression, place: Span = constraint.span) -> Expression:
            return tables.rewrite(node, place) if isinstance(node, Comparison) else node

        formula = fold(rebuild(constraint.formula, step))
        if not is_true(formula):
            constraints.append(replace(constraint, formula=formula))
    return BooleanModel(replace(model, constraints=tuple(constraints)))


@dataclass(frozen=True, slots=True)
class _Term:
    """Something with a value that depends on features: the values it can take, each with its condition.

    `owner` is the feature without which it has no value at all; None where it always has one. `default` is the position
    of the choice that means "deselected" and adds nothing to an aggregate.
    """

    choices: tuple[tuple[Expression, Number], ...]
    owner: str | None = None
    default: int | None = None


@dataclass(frozen=True, slots=True)
class _Tables:
    """Where the values of attributes are: `heads` for discretised ones, `constants` for the others."""

    heads: Mapping[tuple[str, str], Feature]
    constants: Mapping[tuple[str, str], Value]
    parents: Mapping[str, str]

    @classmethod
    def of(cls, model: FeatureModel) -> _Tables:
        heads: dict[tuple[str, str], Feature] = {}
        constants: dict[tuple[str, str], Value] = {}
        parents: dict[str, str] = {}
        for feature in model.features():
            for child in feature.children:
                parents[child.name] = feature.name
                if child.origin is not None and child.origin.attribute is not None and child.origin.value is None:
                    heads[feature.name, child.origin.attribute] = child
            for attribute in feature.attributes:
                if isinstance(attribute.value, bool | int | float | str):
                    constants[feature.name, attribute.name] = attribute.value
        return cls(heads, constants, parents)

    def rewrite(self, comparison: Comparison, place: Span) -> Expression:
        """The comparison as a proposition."""
        place = comparison.span if comparison.span.line else place
        nodes = list(dict.fromkeys(n for n in walk(comparison) if isinstance(n, AttributeRef | Aggregate)))
        terms = {node: self._terms(node, place) for node in nodes}
        flat = list(dict.fromkeys(term for node in nodes for term in terms[node]))
        combinations = prod(len(term.choices) for term in flat)
        if combinations > MAX_COMBINATIONS:
            raise UnsupportedError(
                f"{place}: found a comparison over {combinations} combinations of values, expected at most"
                f" {MAX_COMBINATIONS} in this version; split it, or make the domains smaller"
            )
        true: list[list[Expression]] = []
        false: list[list[Expression]] = []
        for choice in product(*(range(len(term.choices)) for term in flat)):
            position = dict(zip(flat, choice))
            values = {node: [(t, position[t]) for t in terms[node]] for node in nodes}
            held = _holds(comparison, values)
            (true if held else false).append([t.choices[i][0] for t, i in position.items()])
        return _table(true, false, [t.owner for t in flat if t.owner is not None])

    def _terms(self, node: AttributeRef | Aggregate, place: Span) -> tuple[_Term, ...]:
        if isinstance(node, AttributeRef):
            return (self._term(node.feature, node.attribute, place),)
        found = sorted({*self.heads, *self.constants}, key=lambda key: (key[0], key[1]))
        below = [f for f, a in found if a == node.attribute and self._is_below(f, node.scope)]
        return tuple(self._summand(feature, node.attribute, place) for feature in below)

    def _is_below(self, feature: str, scope: str | None) -> bool:
        current: str | None = feature
        while scope is not None and current is not None and current != scope:
            current = self.parents.get(current)
        return current is not None

    def _term(self, feature: str, attribute: str, place: Span) -> _Term:
        head = self.heads.get((feature, attribute))
        if head is not None:
            return _Term(tuple(_choices(head)), owner=feature)
        value = self.constants.get((feature, attribute))
        if value is None:
            raise UnsupportedError(f"{place}: {feature}.{attribute} has no single value, expected a number or a text")
        here, zero = exact(value), "" if isinstance(value, str) else Fraction(0)
        selected = FeatureRef(feature)
        if feature not in self.parents:
            return _Term(((TRUE, here),))
        return _Term(((selected, here), (Not(selected), zero)), default=1)

    def _summand(self, feature: str, attribute: str, place: Span) -> _Term:
        """Like `_term`, but a deselected feature adds nothing instead of making the comparison false."""
        term = self._term(feature, attribute, place)
        if term.owner is None:
            return term
        nothing = (Not(FeatureRef(feature)), Fraction(0))
        return _Term((*term.choices, nothing), default=len(term.choices))


def _choices(head: Feature) -> Iterator[tuple[Expression, Number]]:
    for child in head.children:
        if child.origin is not None and child.origin.value is not None:
            yield FeatureRef(child.name), exact(child.origin.value)


Values = Mapping[AttributeRef | Aggregate, list[tuple[_Term, int]]]


def _holds(comparison: Comparison, values: Values) -> bool:
    left, right = _evaluate(comparison.left, values), _evaluate(comparison.right, values)
    return left is not None and right is not None and compare(comparison.operator, left, right)


def _evaluate(node: Expression, values: Values) -> Number | None:
    """The value of a term, None where it has none (a division by zero, arithmetic on a text)."""
    match node:
        case Constant(value=value):
            return exact(value)
        case AttributeRef():
            ((term, position),) = values[node]
            return term.choices[position][1]
        case Aggregate(function=function):
            parts = [term.choices[i][1] for term, i in values[node] if i != term.default]
            numbers = [part for part in parts if isinstance(part, Fraction)]
            total = sum(numbers, Fraction(0))
            return total if function == "sum" or not numbers else total / len(numbers)
        case Arithmetic(operator=operator):
            a, b = (_evaluate(child, values) for child in children(node))
            if not isinstance(a, Fraction) or not isinstance(b, Fraction) or (operator == "/" and b == 0):
                return None
            return a / b if operator == "/" else {"+": a + b, "-": a - b, "*": a * b}[operator]
        case Call(function=function, argument=argument):
            inner = _evaluate(argument, values)
            if isinstance(inner, str):
                return Fraction(len(inner)) if function == "len" else None
            if inner is None or function == "len":
                return None
            return Fraction(floor(inner) if function == "floor" else ceil(inner))
        case _:
            return None


def _table(true: list[list[Expression]], false: list[list[Expression]], owners: list[str]) -> Expression:
    """The shorter of "one of the true combinations" and "all owners, and none of the false combinations"."""
    owned = tuple(FeatureRef(owner) for owner in dict.fromkeys(owners))
    if len(true) <= len(false) or (len(true[0]) == 1 and owned):
        return fold(Or(tuple(And(tuple(row)) for row in true)))
    return fold(And((*owned, *(Or(tuple(Not(part) for part in row)) for row in false))))
