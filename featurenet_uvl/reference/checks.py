"""Checks of a constraint before it is evaluated: its names, values and indices, and the multi-features that instantiate
it.
"""

from __future__ import annotations

from featurenet_uvl.errors import LimitError, ModelError
from featurenet_uvl.ir.expression import (
    Aggregate,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Expression,
    FeatureRef,
    IndexVariable,
    Quantified,
    children,
    walk,
)
from featurenet_uvl.ir.feature_model import Constraint, FeatureType
from featurenet_uvl.reference.tree import MAX_DEPTH, Tree, attribute_of


def check_constraint(constraint: Constraint, tree: Tree) -> None:
    """Raise ModelError for every unknown name, misplaced value and wrong index, and LimitError for a deep formula."""
    _check_depth(constraint)
    problems: list[str] = []
    for node in walk(constraint.formula):
        try:
            _check_names(node, tree)
            _check_values(node, tree)
            _check_indices(node, tree, is_indexed=constraint.is_indexed)
        except ModelError as error:
            problems.extend(error.problems)
    if problems:
        raise ModelError(problems)


def _check_depth(constraint: Constraint) -> None:
    level: list[Expression] = [constraint.formula]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise LimitError(f"{constraint.span}: found a formula nested deeper than {MAX_DEPTH}, too deep for brute force")


def _check_names(node: Expression, tree: Tree) -> None:
    match node:
        case FeatureRef(name=name) | AttributeRef(feature=name) | Aggregate(scope=str(name)):
            if name not in tree.features:
                raise ModelError(f"{node.span}: found unknown feature {name!r}, expected one of the model")
    match node:
        case AttributeRef():
            attribute_of(tree.features[node.feature], node.attribute, node.span)
        case Aggregate():
            if not any(feature.attribute(node.attribute) for feature in tree.features.values()):
                raise ModelError(
                    f"{node.span}: found {node.function} of {node.attribute!r}, an attribute of no feature"
                )


def _check_values(node: Expression, tree: Tree) -> None:
    """Raise for a Boolean feature in the place of a value."""
    if not isinstance(node, Comparison | Arithmetic | Call):
        return
    for child in children(node):
        if isinstance(child, FeatureRef) and child.name in tree.features:
            feature = tree.features[child.name]
            if feature.type is FeatureType.BOOLEAN:
                raise ModelError(f"{child.span}: found Boolean feature {child.name!r} as a value, expected a typed one")


def _check_indices(node: Expression, tree: Tree, *, is_indexed: bool) -> None:
    if not is_indexed:
        if isinstance(node, IndexVariable | Quantified) or getattr(node, "indices", None) is not None:
            raise ModelError(f"{node.span}: found an index or quantifier, expected it in array_constraints only")
        return
    match node:
        case FeatureRef(name=name) | AttributeRef(feature=name):
            found, expected = len(node.indices or ()), tree.multis[name]
            if found != len(expected):
                raise ModelError(
                    f"{node.span}: found {found} indices of {name!r}, expected {len(expected)}"
                    f" (its multi-features: {', '.join(expected) or 'none'})"
                )


def instantiated_multis(formula: Expression, tree: Tree) -> tuple[str, ...]:
    """Return the multi-features for whose existing instances a plain constraint holds, outer ones first.

    These are the multi-features strictly above a mentioned feature, also one that is the scope of an aggregate, and a
    multi-feature itself if its attribute or value is mentioned.
    """
    found: set[str] = set()
    values = {id(c) for n in walk(formula) if isinstance(n, Comparison | Arithmetic | Call) for c in children(n)}
    for node in walk(formula):
        match node:
            case AttributeRef():
                found.update(tree.multis[node.feature])
            case FeatureRef(name=name) | Aggregate(scope=str(name)):
                multis = tree.multis[name]
                found.update(multis if id(node) in values and isinstance(node, FeatureRef) else _outer(multis, name))
    return tuple(name for name in tree.features if name in found)


def _outer(multis: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(multi for multi in multis if multi != name)
