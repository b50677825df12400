"""Indexed constraints: the ranges of their index variables, and their instances.

A variable ranges over the instance numbers of the multi-features at whose index positions it stands alone; else over
the domain of an attribute with which it is compared alone; else over the values for which some equality or index that
is linear in it can hold while the other variables run over their ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Constant,
    Count,
    Expression,
    FeatureRef,
    IndexVariable,
    Quantified,
    Value,
    children,
    walk,
    with_children,
)
from featurenet_uvl.ir.feature_model import Constraint
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.instances.names import MISSING, Instances
from featurenet_uvl.translators.instances.plain import over_scopes
from featurenet_uvl.translators.terms.arithmetic import place_of
from featurenet_uvl.translators.terms.simplify import FALSE, exact, fold, fold_node, is_true

Ranges = Mapping[str, tuple[Value, ...]]

MAX_DEPTH = 100
"""Most levels of nesting in an indexed constraint."""


def expand_indexed(constraint: Constraint, instances: Instances) -> Iterator[Expression]:
    """Yield the constraint for every value of its free variables, over unfolded names, without copies that are true.

    Raises:
        ModelError: An unknown name, a wrong number of indices, or a variable without a range.
        UnsupportedError: It has more than MAX_DEPTH levels, `max_indexed_copies` copies, or `max_indexed_nodes` nodes.
    """
    _check_depth(constraint)
    _check_references(constraint, instances)
    free = sorted(_free_variables(constraint.formula))
    ranges = _ranges(constraint.formula, free, {}, instances, constraint.span)
    copies = prod(len(ranges[name]) for name in free)
    if copies > instances.sizes.max_indexed_copies:
        raise UnsupportedError(
            f"{constraint.span}: found a constraint over {copies} combinations of its variables {', '.join(free)},"
            f" expected at most {instances.sizes.max_indexed_copies}; split it"
        )
    expansion = _Expansion(instances, constraint.span)
    for values in product(*(ranges[name] for name in free)):
        formula = expansion.expand(constraint.formula, dict(zip(free, values)))
        if not is_true(formula):
            yield formula


def _check_depth(constraint: Constraint) -> None:
    level: tuple[Expression, ...] = (constraint.formula,)
    for _ in range(MAX_DEPTH):
        level = tuple(child for node in level for child in children(node))
        if not level:
            return
    raise UnsupportedError(
        f"{constraint.span}: found an indexed constraint nested deeper than {MAX_DEPTH}, expected fewer levels"
    )


@dataclass(slots=True)
class _Expansion:
    instances: Instances
    place: Span
    nodes: int = 0

    def expand(self, node: Expression, values: Mapping[str, Value]) -> Expression:
        """Return the node with indices and variables replaced; recursive, at most MAX_DEPTH levels deep."""
        self.nodes += 1
        most = self.instances.sizes.max_indexed_nodes
        if self.nodes > most:
            raise UnsupportedError(
                f"{self.place}: found an indexed constraint that comes to more than {most} nodes, its"
                " quantifiers written out, expected fewer; split it, or lower a limit with `bounds`"
            )
        match node:
            case IndexVariable(name=name, span=span):
                return Constant(values[name], span)
            case FeatureRef(name=name, span=span):
                indices = self._indices(node, values)
                return FALSE if indices is None else FeatureRef(self.instances.name(name, indices), None, span)
            case AttributeRef(feature=feature, attribute=attribute, span=span):
                indices = self._indices(node, values)
                if indices is None:
                    return self.instances.absent_value(feature, attribute)
                return AttributeRef(self.instances.name(feature, indices), attribute, None, span)
            case Quantified():
                return self._count(node, values)
            case Aggregate(scope=str(scope)):
                numbers = self.instances.all_indices(scope)
                return over_scopes(node, [self.instances.name(scope, indices) for indices in numbers])
            case Comparison():
                expanded = with_children(node, tuple(self._value(child, values) for child in children(node)))
                missing = any(part is MISSING for part in walk(expanded))
                return FALSE if missing else fold(expanded)
            case Arithmetic() | Call():
                return fold_node(with_children(node, tuple(self._value(child, values) for child in children(node))))
            case _:
                return fold_node(with_children(node, tuple(self.expand(child, values) for child in children(node))))

    def _value(self, node: Expression, values: Mapping[str, Value]) -> Expression:
        """Return the expansion of a node that stands as a value; a typed feature there means its value."""
        if isinstance(node, FeatureRef) and self._indices(node, values) is None:
            return self.instances.absent_typed_value(node.name)
        return self.expand(node, values)

    def _indices(self, node: FeatureRef | AttributeRef, values: Mapping[str, Value]) -> tuple[int, ...] | None:
        """Return the indices of the instance that a reference names, or None if it does not exist."""
        numbers = [_evaluate(index, values) for index in node.indices or ()]
        if any(number is None or number.denominator != 1 for number in numbers):
            return None
        indices = tuple(int(number) for number in numbers if number is not None)
        return indices if self.instances.exists(_name(node), indices) else None

    def _count(self, node: Quantified, values: Mapping[str, Value]) -> Expression:
        known = {name: (value,) for name, value in values.items() if name != node.variable}
        scope = _ranges(node.body, [node.variable], known, self.instances, node.span)[node.variable]
        operands = tuple(self.expand(node.body, {**values, node.variable: value}) for value in scope)
        lower = 0 if node.quantifier == "atmost" else node.number
        upper = node.number if node.quantifier in ("atmost", "exactly") else None
        return fold_node(Count(lower, upper, operands, node.span))


def _name(node: FeatureRef | AttributeRef) -> str:
    return node.name if isinstance(node, FeatureRef) else node.feature


def _check_references(constraint: Constraint, instances: Instances) -> None:
    problems: list[str] = []
    attributes = {attribute for _, attribute in (*instances.domains, *instances.constants)}
    for node in walk(constraint.formula):
        if isinstance(node, Aggregate):
            problems.extend(_aggregate_problems(node, attributes, constraint.span, instances))
        if not isinstance(node, FeatureRef | AttributeRef):
            continue
        name, place = _name(node), node.span if node.span.line else constraint.span
        if name not in instances.enclosing:
            problems.append(f"{place}: found unknown feature {name!r}, expected a feature of the model")
            continue
        expected, found = instances.enclosing[name], len(node.indices or ())
        if found != len(expected):
            wish = f"{len(expected)} ({', '.join(expected)})" if expected else "none"
            problems.append(f"{place}: found {found} indices on {name!r}, expected {wish}")
        if isinstance(node, AttributeRef) and (name, node.attribute) not in {*instances.domains, *instances.constants}:
            problems.append(f"{place}: found unknown attribute {name}.{node.attribute}, expected one of the feature's")
    if problems:
        raise ModelError(problems)


def _aggregate_problems(node: Aggregate, attributes: set[str], span: Span, instances: Instances) -> Iterator[str]:
    if node.attribute not in attributes:
        yield f"{place_of(node, span)}: found unknown attribute {node.attribute!r}, expected one of the model's"
    if node.scope is not None and node.scope not in instances.enclosing:
        yield f"{place_of(node, span)}: found unknown feature {node.scope!r}, expected a feature of the model"


def _free_variables(formula: Expression) -> set[str]:
    match formula:
        case IndexVariable(name=name):
            return {name}
        case Quantified(variable=variable, body=body):
            return _free_variables(body) - {variable}
        case _:
            return set().union(*(_free_variables(child) for child in children(formula)))


def _ranges(
    formula: Expression, wanted: Iterable[str], known: Ranges, instances: Instances, span: Span
) -> dict[str, tuple[Value, ...]]:
    """Return the range of each wanted variable; `known` has the ranges of variables that are bound outside."""
    ranges: dict[str, tuple[Value, ...]] = dict(known)
    bare = {name: _bare_range(formula, name, instances) for name in wanted}
    ranges.update({name: found for name, found in bare.items() if found})
    missing = [name for name in wanted if name not in ranges]
    inner = _inner_ranges(formula, ranges, instances)
    while missing:
        solved = {name: _linear_range(formula, name, {**inner, **ranges}, instances) for name in missing}
        ranges.update({name: found for name, found in solved.items() if found})
        still = [name for name in missing if name not in ranges]
        if len(still) == len(missing):
            raise ModelError(
                f"{span}: the index variable {still[0]!r} has no range; use it alone as an index, as in"
                f" Feature[{still[0]}], or compare it with an attribute"
            )
        missing = still
    return ranges


def _inner_ranges(formula: Expression, known: Ranges, instances: Instances) -> dict[str, tuple[Value, ...]]:
    """Return the ranges of variables that quantifiers inside the formula bind and that stand alone somewhere."""
    found: dict[str, tuple[Value, ...]] = {}
    for node in walk(formula):
        if isinstance(node, Quantified) and node.variable not in known:
            values = _bare_range(node.body, node.variable, instances)
            if values:
                found[node.variable] = values
    return found


def _bare_range(formula: Expression, name: str, instances: Instances) -> tuple[Value, ...] | None:
    """Return instance numbers if the variable stands alone as an index, else domain values it is compared with."""
    limit = 0
    values: dict[Value, None] = {}
    for node in _walk_free(formula, name):
        if isinstance(node, FeatureRef | AttributeRef):
            for multi, index in zip(instances.enclosing[_name(node)], node.indices or (), strict=True):
                if isinstance(index, IndexVariable) and index.name == name:
                    limit = max(limit, instances.limits[multi])
        elif isinstance(node, Comparison):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, IndexVariable) and one.name == name:
                    values.update(dict.fromkeys(instances.values_of(other)))
    return tuple(range(1, limit + 1)) if limit else tuple(values) or None


def _walk_free(formula: Expression, name: str) -> Iterator[Expression]:
    """Yield the nodes that are not below a quantifier which binds the same name again."""
    stack = [formula]
    while stack:
        node = stack.pop()
        yield node
        if not (isinstance(node, Quantified) and node.variable == name):
            stack.extend(reversed(children(node)))


def _numbers(values: Iterable[Value]) -> list[Fraction]:
    return [number for number in map(exact, values) if isinstance(number, Fraction)]


def _linear_range(formula: Expression, name: str, known: Ranges, instances: Instances) -> tuple[Value, ...] | None:
    """Return the values for which an equality or an index can hold that is linear in the variable."""
    values: set[Fraction] = set()
    for node in _walk_free(formula, name):
        if isinstance(node, Comparison):
            if node.operator == "==":
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    values |= _solutions(other, name, _numbers(instances.values_of(one)), known)
        elif isinstance(node, FeatureRef | AttributeRef):
            for multi, index in zip(instances.enclosing[_name(node)], node.indices or (), strict=True):
                values |= _solutions(index, name, map(Fraction, range(1, instances.limits[multi] + 1)), known)
    return tuple(int(v) if v.denominator == 1 else float(v) for v in sorted(values)) or None


def _solutions(term: Expression, name: str, targets: Iterable[Fraction], known: Ranges) -> set[Fraction]:
    """Return the values v of the variable with term(v) in `targets` for a term x + v or x - v over known variables."""
    others = sorted(_free_variables(term) - {name})
    if name not in _free_variables(term) or not all(other in known for other in others):
        return set()
    targets, solutions = tuple(targets), set[Fraction]()
    for choice in product(*(known[other] for other in others)):
        values = dict(zip(others, choice))
        at = [_evaluate(term, {**values, name: v}) for v in (0, 1, 2)]
        if at[0] is None or at[1] is None or at[2] is None or at[2] - at[1] != at[1] - at[0]:
            return set()
        slope = at[1] - at[0]
        if abs(slope) != 1:
            return set()
        solutions.update(Fraction(target - at[0]) / slope for target in targets)
    return solutions


def _evaluate(term: Expression, values: Mapping[str, Value]) -> Fraction | None:
    """Return the value of an index expression, or None if it has no value (an attribute, a division by zero)."""
    match term:
        case IndexVariable(name=name):
            return _number(values[name])
        case Constant(value=value):
            return _number(value)
        case Arithmetic(operator=operator, left=left, right=right):
            a, b = _evaluate(left, values), _evaluate(right, values)
            if a is None or b is None or (operator == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b}[operator] if operator != "/" else a / b
        case _:
            return None


def _number(value: Value) -> Fraction | None:
    number = exact(value)
    return number if isinstance(number, Fraction) else None
