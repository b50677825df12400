"""Shrinks a model that breaks a law, for models that hypothesis did not draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from featurenet_uvl.ir.expression import (
    AttributeRef,
    Call,
    Comparison,
    Expression,
    FeatureRef,
    children,
    with_children,
)
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel


def shrunk(model: FeatureModel, fails: Callable[[FeatureModel], bool]) -> FeatureModel:
    """Return a model that still fails, but whose simpler forms all pass."""
    while (smaller := next(filter(fails, _simpler(model)), None)) is not None:
        model = smaller
    return model


def _simpler(model: FeatureModel) -> Iterator[FeatureModel]:
    for at, constraint in enumerate(model.constraints):
        before, after = model.constraints[:at], model.constraints[at + 1 :]
        yield replace(model, constraints=before + after)
        for formula in _simpler_formulas(constraint.formula):
            changed: Constraint = replace(constraint, formula=formula)
            yield replace(model, constraints=(*before, changed, *after))
    for root in _simpler_features(model.root):
        yield replace(model, root=root)


def _simpler_formulas(node: Expression) -> Iterator[Expression]:
    """Yield each operand in place of the formula, and the formula with one simpler operand."""
    below = children(node)
    if isinstance(node, FeatureRef | AttributeRef | Call):
        return
    if not isinstance(node, Comparison):
        yield from below
    for at, operand in enumerate(below):
        for simpler in _simpler_formulas(operand):
            yield with_children(node, (*below[:at], simpler, *below[at + 1 :]))


def _simpler_features(feature: Feature) -> Iterator[Feature]:
    for at in range(len(feature.attributes)):
        yield replace(feature, attributes=feature.attributes[:at] + feature.attributes[at + 1 :])
    if feature.cardinality is not None:
        yield replace(feature, cardinality=None)
        lower, upper = feature.cardinality.lower, feature.cardinality.upper or 0
        if upper > max(lower, 1):
            yield replace(feature, cardinality=Cardinality(lower, upper - 1))
        if lower:
            yield replace(feature, cardinality=Cardinality(lower - 1, upper))
    for at, group in enumerate(feature.groups):
        before, after = feature.groups[:at], feature.groups[at + 1 :]
        yield replace(feature, groups=before + after)
        for index, member in enumerate(group.members):
            left, right = group.members[:index], group.members[index + 1 :]
            if left or right:
                yield replace(feature, groups=(*before, replace(group, members=left + right), *after))
            for simpler in _simpler_features(member):
                yield replace(feature, groups=(*before, replace(group, members=(*left, simpler, *right)), *after))
