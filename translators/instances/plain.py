"""Plain constraints over multi-features: one copy per combination of existing instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
    Implies,
    IndexVariable,
    Or,
    Quantified,
    plain_features,
    rebuild,
    walk,
)
from featurenet_uvl.ir.feature_model import Constraint
from featurenet_uvl.translators.instances.names import Instances
from featurenet_uvl.translators.instances.split import Clause, clauses_of, components
from featurenet_uvl.translators.terms.arithmetic import value_positions
from featurenet_uvl.translators.terms.simplify import FALSE, fold, fold_node, is_true


def expand_plain(constraint: Constraint, instances: Instances, unfolded: frozenset[str]) -> Iterator[Expression]:
    """Yield the constraint for each combination of instances of the multi-features around the features it mentions.

    The existence of its instances guards each copy, unless the copy holds anyway if they do not exist.

    Args:
        unfolded: Names of single instances, which a constraint may use as they are.

    Raises:
        ModelError: An unknown feature or attribute.
        UnsupportedError: The copies would have more than `max_copied_nodes` nodes, even after parts about different
            multi-features are split.
    """
    plain = plain_features(constraint.formula)
    if plain is not None and all(instances.enclosing.get(name) == () for name in plain):
        yield constraint.formula
        return
    _check_names(constraint, instances, unfolded)
    multis = _surrounding(constraint.formula, instances)
    if not multis:
        yield _over_instances(constraint.formula, {}, instances)
        return
    if _combinations(multis, instances) <= instances.sizes.max_together:
        yield from _copies(constraint.formula, multis, constraint, instances)
        return
    for clause in clauses_of(constraint.formula, instances.sizes.max_split_clauses):
        yield from _apart(clause, multis, constraint, instances)


def _combinations(multis: Sequence[str], instances: Instances) -> int:
    return prod(instances.limits[multi] for multi in multis)


def _apart(clause: Clause, multis: Sequence[str], constraint: Constraint, instances: Instances) -> Iterator[Expression]:
    """Yield the copies of a disjunction, split into conditions over the multi-features that belong together."""
    pieces = list(components(clause, multis, instances.enclosing))
    for names, _ in pieces:
        _check_copies(_combinations(names, instances), names, constraint, instances)
    if len(pieces) == 1:
        names, parts = pieces[0]
        yield from _copies(_either(parts), names, constraint, instances)
        return
    conditions = [And(tuple(_copies(_either(parts), names, constraint, instances))) for names, parts in pieces]
    yield fold(Or(tuple(conditions), constraint.span))


def _either(parts: Sequence[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _check_copies(copies: int, multis: Sequence[str], constraint: Constraint, instances: Instances) -> None:
    nodes = sum(1 for _ in walk(constraint.formula))
    most = instances.sizes.max_copied_nodes
    if copies * nodes > most:
        widest = max(multis, key=lambda multi: instances.limits[multi])
        raise UnsupportedError(
            f"{constraint.span}: found a constraint of {nodes} nodes over {copies} combinations of instances of"
            f" {', '.join(multis)}, expected at most {most} nodes in all; split it, or lower a limit with"
            f" `bounds`, such as {widest}=N"
        )


def _copies(
    formula: Expression, multis: Sequence[str], constraint: Constraint, instances: Instances
) -> Iterator[Expression]:
    """Yield the formula for each combination of instances, guarded by their existence."""
    leaves = [m for m in multis if not any(m in instances.enclosing[other][:-1] for other in multis)]
    for numbers in product(*(range(1, instances.limits[multi] + 1) for multi in multis)):
        at = dict(zip(multis, numbers))
        body = _over_instances(formula, at, instances)
        guards = tuple(
            FeatureRef(_instance_name(leaf, at, instances), None, constraint.span)
            for leaf in leaves
            if not _holds_without(body, _names_below(leaf, formula, at, instances))
        )
        if guards:
            yield Implies(guards[0] if len(guards) == 1 else And(guards), body, constraint.span)
        else:
            yield body


def _check_names(constraint: Constraint, instances: Instances, unfolded: frozenset[str]) -> None:
    problems = []
    attributes = {name for _, name in (*instances.domains, *instances.constants)}
    for node in walk(constraint.formula):
        span = getattr(node, "span", constraint.span)
        place = span if span.line else constraint.span
        match node:
            case FeatureRef(name=name, indices=None):
                if name not in instances.enclosing and name not in unfolded:
                    problems.append(f"{place}: found unknown feature {name!r}, expected a feature of the model")
            case AttributeRef(feature=name, attribute=attribute, indices=None):
                if (name, attribute) not in instances.domains and (name, attribute) not in instances.constants:
                    problems.append(f"{place}: found unknown attribute {name}.{attribute}, expected one of the model's")
            case Aggregate(attribute=attribute, scope=scope):
                if attribute not in attributes:
                    problems.append(f"{place}: found unknown attribute {attribute!r}, expected one of the model's")
                if scope is not None and scope not in instances.enclosing:
                    problems.append(f"{place}: found unknown feature {scope!r}, expected a feature of the model")
            case FeatureRef() | AttributeRef() | IndexVariable() | Quantified():
                problems.append(f"{place}: found an index or quantifier, expected it only in array_constraints")
    if problems:
        raise ModelError(problems)


def _surrounding(formula: Expression, instances: Instances) -> tuple[str, ...]:
    """Return the multi-features around the mentioned features, outermost first; none counts as around itself."""
    found: dict[str, None] = {}
    values = value_positions(formula)
    for node in walk(formula):
        match node:
            case FeatureRef(name=name) if id(node) in values:
                found.update(dict.fromkeys(instances.enclosing.get(name, ())))
            case FeatureRef(name=name):
                multis = instances.enclosing.get(name, ())
                found.update(dict.fromkeys(multi for multi in multis if multi != name))
            case AttributeRef(feature=name):
                found.update(dict.fromkeys(instances.enclosing[name]))
            case Aggregate(scope=str(name)):
                found.update(dict.fromkeys(multi for multi in instances.enclosing[name] if multi != name))
            case _:
                pass
    return tuple(sorted(found, key=lambda multi: len(instances.enclosing[multi])))


def _instance_name(feature: str, at: Mapping[str, int], instances: Instances) -> str:
    """Return the current instance of a feature; of a multi-feature outside `at` the first, which exists if any does."""
    return instances.name(feature, tuple(at.get(multi, 1) for multi in instances.enclosing[feature]))


def _over_instances(formula: Expression, at: Mapping[str, int], instances: Instances) -> Expression:
    def step(node: Expression) -> Expression:
        match node:
            case FeatureRef(name=name, span=span) if name in instances.enclosing:
                if instances.limits.get(name) == 0:
                    return FALSE
                return FeatureRef(_instance_name(name, at, instances), None, span)
            case AttributeRef(feature=feature, attribute=attribute, span=span):
                return AttributeRef(_instance_name(feature, at, instances), attribute, None, span)
            case Aggregate(scope=str(scope)):
                return _aggregate(node, scope, at, instances)
            case _:
                return fold_node(node)

    return rebuild(formula, step)


def _aggregate(node: Aggregate, scope: str, at: Mapping[str, int], instances: Instances) -> Expression:
    """Return an aggregate below the current instance of its scope, or below all instances if `at` has none."""
    if not instances.is_multi(scope) or scope in at:
        return replace(node, scope=_instance_name(scope, at, instances))
    numbers = range(1, instances.limits[scope] + 1)
    return over_scopes(node, [_instance_name(scope, {**at, scope: number}, instances) for number in numbers])


def over_scopes(node: Aggregate, scopes: Sequence[str]) -> Expression:
    """Return the aggregate over all these subtrees, possibly none; a sum becomes a sum of sums."""
    if not scopes:
        return Constant(0, node.span)
    if node.function == "avg":
        return replace(node, scope=scopes[0], more_scopes=tuple(scopes[1:]))
    total: Expression = replace(node, scope=scopes[0])
    for scope in scopes[1:]:
        total = Arithmetic("+", total, replace(node, scope=scope), node.span)
    return total


def _names_below(multi: str, formula: Expression, at: Mapping[str, int], instances: Instances) -> frozenset[str]:
    """Return the mentioned instances that cannot exist without the current instance of `multi`."""
    names = {node.name for node in walk(formula) if isinstance(node, FeatureRef)}
    below = sorted(name for name in names if multi in instances.enclosing.get(name, ()))
    return frozenset(_instance_name(name, at, instances) for name in below)


def _holds_without(body: Expression, gone: frozenset[str]) -> bool:
    """Return whether the body is true as soon as these features are deselected."""

    def step(node: Expression) -> Expression:
        match node:
            case FeatureRef(name=name) if name in gone:
                return FALSE
            case Comparison():
                return node
            case _:
                return fold_node(node)

    return is_true(rebuild(body, step))
