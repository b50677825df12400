"""Attributes that an equation defines: `S.Price == 2 * S` does, if the feature S has no attribute `Price`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Comparison,
    Expression,
    Implies,
    plain_features,
    walk,
)
from featurenet_uvl.ir.feature_model import Feature, FeatureModel

AttributeName: TypeAlias = tuple[str, str]
"""A feature and an attribute."""


def defined_attributes(model: FeatureModel) -> dict[AttributeName, list[Comparison]]:
    """Return the attributes that no feature declares and equations define, each with its equations, in their order.

    An equation `F.a == ...` defines F.a, alone or on the right of `=>`, as a part of an `&` if it likes. So that no
    slip of the pen becomes an attribute, its name must occur elsewhere: at another feature, or in another comparison.
    """
    features: dict[str, Feature] | None = None
    equations: dict[AttributeName, list[Comparison]] = {}
    mentions: Counter[AttributeName] = Counter()
    totals: set[str] = set()
    for constraint in model.constraints:
        if plain_features(constraint.formula) is not None:
            continue
        features = {feature.name: feature for feature in model.features()} if features is None else features
        for node in walk(constraint.formula):
            if isinstance(node, AttributeRef):
                mentions[node.feature, node.attribute] += 1
            elif isinstance(node, Aggregate):
                totals.add(node.attribute)
        for equation in () if constraint.is_indexed else equations_of(constraint.formula):
            name = _defined_by(equation, features)
            if name is not None:
                equations.setdefault(name, []).append(equation)
    if not equations:
        return {}
    elsewhere = {attribute.name for feature in model.features() for attribute in feature.attributes} | totals
    several = Counter(attribute for _, attribute in equations)
    return {
        name: found
        for name, found in equations.items()
        if name[1] in elsewhere or mentions[name] > 1 or several[name[1]] > 1
    }


def equations_of(formula: Expression) -> Iterator[Comparison]:
    """Yield the equations that a constraint demands, perhaps under a condition."""
    stack = [formula]
    while stack:
        node = stack.pop()
        match node:
            case And(operands=operands):
                stack.extend(reversed(operands))
            case Implies(right=right):
                stack.append(right)
            case Comparison(operator="=="):
                yield node
            case _:
                pass


def subject_of(equation: Comparison, names: Mapping[AttributeName, object]) -> AttributeName | None:
    """Return the one of these attributes that the equation defines: its left side, else its right side."""
    for side in (equation.left, equation.right):
        if isinstance(side, AttributeRef) and side.indices is None and (side.feature, side.attribute) in names:
            return side.feature, side.attribute
    return None


def _defined_by(equation: Comparison, features: Mapping[str, Feature]) -> AttributeName | None:
    for side in (equation.left, equation.right):
        if isinstance(side, AttributeRef) and side.indices is None and "." not in side.attribute:
            feature = features.get(side.feature)
            if feature is not None and feature.attribute(side.attribute) is None:
                return side.feature, side.attribute
    return None
