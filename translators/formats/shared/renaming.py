"""Rename features, in the tree and the constraints of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from featurenet_uvl.ir.expression import Aggregate, AttributeRef, Expression, FeatureRef, rebuild
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features


def rename_features(model: FeatureModel, names: Mapping[str, str]) -> FeatureModel:
    """Return the model with features renamed; a name that `names` lacks stays.

    >>> from featurenet_uvl.ir.feature_model import Feature
    >>> model = FeatureModel(Feature("A"), (Constraint(FeatureRef("A")),))
    >>> renamed = rename_features(model, {"A": "B"})
    >>> renamed.root.name, renamed.constraints[0].formula.name
    ('B', 'B')
    """
    constraints = tuple(rename_constraint(constraint, names) for constraint in model.constraints)
    renamed = map_features(model, lambda feature: replace(feature, name=names.get(feature.name, feature.name)))
    return replace(renamed, constraints=constraints)


def rename_in_formula(formula: Expression, names: Mapping[str, str]) -> Expression:
    """Return the formula with features renamed."""

    def step(node: Expression) -> Expression:
        match node:
            case FeatureRef(name=name) if name in names:
                return replace(node, name=names[name])
            case AttributeRef(feature=name) if name in names:
                return replace(node, feature=names[name])
            case Aggregate(scope=str(name), more_scopes=more):
                return replace(node, scope=names.get(name, name), more_scopes=tuple(names.get(n, n) for n in more))
            case _:
                return node

    return rebuild(formula, step)


def rename_constraint(constraint: Constraint, names: Mapping[str, str]) -> Constraint:
    """Return the constraint with features renamed."""
    return replace(constraint, formula=rename_in_formula(constraint.formula, names))
