"""Turn definitions into features, for formats without definitions."""

from __future__ import annotations

from dataclasses import replace

from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import FeatureRef, Iff, Not
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.translators.terms.simplify import is_false


def definitions_as_features(model: BooleanModel) -> FeatureModel:
    """Return the feature model in which each definition is an abstract optional feature that equals its formula.

    A constraint that never holds becomes the negated root, because formats have no truth values.

    Needs: a Boolean model. Gives: an ordinary feature model that any format can hold. Keeps: the number of
    configurations, and each of them on the other features.
    """
    root = model.root
    void = Not(FeatureRef(root.name, None, root.span), root.span)
    constraints = tuple(replace(c, formula=void) if is_false(c.formula) else c for c in model.model.constraints)
    if not model.definitions:
        return replace(model.model, constraints=constraints)
    auxiliaries = tuple(Feature(definition.name, is_abstract=True, span=root.span) for definition in model.definitions)
    meanings = tuple(
        Constraint(Iff(FeatureRef(d.name), d.formula), span=root.span, source=d.source) for d in model.definitions
    )
    group = Group(GroupKind.OPTIONAL, auxiliaries, span=root.span)
    return replace(model.model, root=replace(root, groups=(*root.groups, group)), constraints=(*meanings, *constraints))
