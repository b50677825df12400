"""The ranges of the index variables of an indexed constraint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count, product
from typing import TypeAlias

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import (
    And,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    IndexVariable,
    Not,
    Or,
    Quantified,
    Value,
    walk,
)
from featurenet_uvl.reference.tree import Scalar, Tree, scalar

Ranges: TypeAlias = Mapping[str, tuple[Scalar, ...]]


def resolve_ranges(
    formula: Expression, tree: Tree, domains: Mapping[str, tuple[Value, ...]]
) -> tuple[Expression, tuple[str, ...], Ranges]:
    """Return the formula with a name of its own for every bound variable, its free variables, and the range of each
    variable.

    A variable ranges (a) over the instance numbers of every multi-feature whose index it is alone, else (b) over the
    domains of the configurable attributes with which it is compared alone, else (c) over the values that
    `attribute == expression` or an index expression leaves when all other variables in it have ranges.

    Raises:
        ModelError: A variable has no range.
    """
    fresh = count(1)
    formula = _rename(formula, {}, fresh)
    spans = {node.name: node.span for node in reversed(list(walk(formula))) if isinstance(node, IndexVariable)}
    bound = {node.variable: node.span for node in walk(formula) if isinstance(node, Quantified)}
    names = list(dict.fromkeys(node.name for node in walk(formula) if isinstance(node, IndexVariable)))
    ranges: dict[str, tuple[Scalar, ...]] = {}
    for found in (_alone_as_index(formula, tree), _compared_alone(formula, tree, domains)):
        ranges.update({name: _sorted(values) for name, values in found.items() if name not in ranges})
    equations = list(_equations(formula, tree, domains))
    while found := _solved(equations, ranges):
        ranges.update({name: _sorted(values) for name, values in found.items()})
    problems = [
        f"{(spans | bound)[name]}: found no range for the index variable {name.partition('#')[0]!r}, expected it alone"
        " as an index such as F[b], or compared with a configurable attribute; write it so"
        for name in dict.fromkeys([*names, *bound])
        if name not in ranges
    ]
    if problems:
        raise ModelError(problems)
    return formula, tuple(name for name in names if name not in bound), ranges


def _rename(node: Expression, names: Mapping[str, str], fresh: Iterator[int]) -> Expression:
    match node:
        case IndexVariable():
            return replace(node, name=names.get(node.name, node.name))
        case Quantified():
            name = f"{node.variable}#{next(fresh)}"
            return replace(node, variable=name, body=_rename(node.body, {**names, node.variable: name}, fresh))
        case Not():
            return replace(node, operand=_rename(node.operand, names, fresh))
        case And() | Or() | Count():
            return replace(node, operands=tuple(_rename(operand, names, fresh) for operand in node.operands))
        case Implies() | Iff() | Comparison() | Arithmetic():
            left, right = _rename(node.left, names, fresh), _rename(node.right, names, fresh)
            return replace(node, left=left, right=right)
        case Call():
            return replace(node, argument=_rename(node.argument, names, fresh))
        case FeatureRef() | AttributeRef() if node.indices:
            return replace(node, indices=tuple(_rename(index, names, fresh) for index in node.indices))
        case _:
            return node


def _sorted(values: set[Scalar]) -> tuple[Scalar, ...]:
    return tuple(sorted(values, key=lambda value: (str(type(value)), value)))


def _indices(formula: Expression, tree: Tree) -> Iterator[tuple[Expression, range]]:
    """Yield every index with the instance numbers that it may have."""
    for node in walk(formula):
        match node:
            case FeatureRef(name=name) | AttributeRef(feature=name):
                for index, multi in zip(node.indices or (), tree.multis[name]):
                    yield index, range(1, tree.upper(multi) + 1)


def _alone_as_index(formula: Expression, tree: Tree) -> dict[str, set[Scalar]]:
    found: dict[str, set[Scalar]] = {}
    for index, numbers in _indices(formula, tree):
        if isinstance(index, IndexVariable):
            found.setdefault(index.name, set()).update(map(Fraction, numbers))
    return found


def _values_of(node: Expression, tree: Tree, domains: Mapping[str, tuple[Value, ...]]) -> set[Scalar] | None:
    """Return the possible values of a configurable attribute or typed feature; None for any other term."""
    values: tuple[Value, ...] | None = None
    match node:
        case AttributeRef():
            attribute = tree.features[node.feature].attribute(node.attribute)
            values = attribute.domain if attribute is not None else None
        case FeatureRef():
            values = domains.get(node.name)
    return None if values is None else {scalar(value, node.span) for value in values}


def _comparisons(formula: Expression) -> Iterator[tuple[Comparison, Expression, Expression]]:
    """Yield every comparison twice, with its sides in both orders."""
    for node in walk(formula):
        if isinstance(node, Comparison):
            yield node, node.left, node.right
            yield node, node.right, node.left


def _compared_alone(
    formula: Expression, tree: Tree, domains: Mapping[str, tuple[Value, ...]]
) -> dict[str, set[Scalar]]:
    found: dict[str, set[Scalar]] = {}
    for _, left, right in _comparisons(formula):
        values = _values_of(left, tree, domains)
        if values is not None and isinstance(right, IndexVariable):
            found.setdefault(right.name, set()).update(values)
    return found


@dataclass(frozen=True, slots=True)
class _Linear:
    """A sum of variables, each with a factor, and a number."""

    factors: Mapping[str, Fraction]
    number: Fraction

    def plus(self, other: _Linear, sign: int) -> _Linear:
        factors = dict(self.factors)
        for name, factor in other.factors.items():
            factors[name] = factors.get(name, Fraction(0)) + sign * factor
        return _Linear(factors, self.number + sign * other.number)

    def times(self, factor: Fraction) -> _Linear:
        return _Linear({name: f * factor for name, f in self.factors.items()}, self.number * factor)


def _linear(node: Expression) -> _Linear | None:
    match node:
        case Constant(value=bool() | str()):
            return None
        case Constant():
            number = scalar(node.value, node.span)
            return _Linear({}, number) if isinstance(number, Fraction) else None
        case IndexVariable():
            return _Linear({node.name: Fraction(1)}, Fraction(0))
        case Arithmetic(operator=operator):
            left, right = _linear(node.left), _linear(node.right)
            if left is None or right is None:
                return None
            if operator in ("+", "-"):
                return left.plus(right, 1 if operator == "+" else -1)
            if operator == "*" and not (left.factors and right.factors):
                return left.times(right.number) if left.factors else right.times(left.number)
    return None


def _equations(
    formula: Expression, tree: Tree, domains: Mapping[str, tuple[Value, ...]]
) -> Iterator[tuple[_Linear, frozenset[Fraction]]]:
    """Yield every linear expression with the values for which its equality holds or its index is in range."""
    for index, numbers in _indices(formula, tree):
        linear = _linear(index)
        if linear is not None:
            yield linear, frozenset(map(Fraction, numbers))
    for node, left, right in _comparisons(formula):
        values, linear = _values_of(left, tree, domains), _linear(right)
        if node.operator == "==" and values is not None and linear is not None:
            yield linear, frozenset(value for value in values if isinstance(value, Fraction))


def _solved(equations: list[tuple[_Linear, frozenset[Fraction]]], ranges: Ranges) -> dict[str, set[Scalar]]:
    """Return new ranges: of each variable that alone lacks a range in an equation, and has the factor 1 or -1 there."""
    found: dict[str, set[Scalar]] = {}
    for linear, values in equations:
        unknown = [name for name in linear.factors if name not in ranges]
        if len(unknown) != 1 or abs(linear.factors[unknown[0]]) != 1:
            continue
        others = [name for name in linear.factors if name in ranges]
        numbers = [[value for value in ranges[name] if isinstance(value, Fraction)] for name in others]
        for value, chosen in product(sorted(values), product(*numbers)):
            rest = sum((linear.factors[n] * c for n, c in zip(others, chosen)), linear.number)
            found.setdefault(unknown[0], set()).add((value - rest) / linear.factors[unknown[0]])
    return found
