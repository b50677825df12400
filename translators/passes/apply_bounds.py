"""Lower the upper limits of multi-features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import FeatureDraft, GroupDraft, freeze


def apply_bounds(model: FeatureModel, bounds: Mapping[str, int], place: str = "`bounds`") -> FeatureModel:
    """The model whose multi-features have at most as many instances as `bounds` says.

    Needs: nothing. Gives: the same model with other cardinalities. Keeps: exactly the configurations within the bounds.

    Args:
        bounds: Upper limit by feature name.
        place: Where the bounds come from, for messages.

    Raises:
        ModelError: A name that is no multi-feature, or a bound outside of its cardinality.
    """
    if not bounds:
        return model
    problems = _problems(model, bounds, place)
    if problems:
        raise ModelError(problems)
    drafts: dict[str, FeatureDraft] = {}
    for feature in model.features():
        draft = drafts.setdefault(feature.name, FeatureDraft(feature))
        draft.feature = _bounded(feature, bounds)
        for group in feature.groups:
            members = [drafts.setdefault(member.name, FeatureDraft(member)) for member in group.members]
            draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span))
    return replace(model, root=freeze(drafts[model.root.name]))


def _bounded(feature: Feature, bounds: Mapping[str, int]) -> Feature:
    if feature.cardinality is None or feature.name not in bounds:
        return feature
    return replace(feature, cardinality=Cardinality(feature.cardinality.lower, bounds[feature.name]))


def _problems(model: FeatureModel, bounds: Mapping[str, int], place: str) -> list[str]:
    cardinalities = {f.name: f.cardinality for f in model.features() if f.cardinality is not None}
    problems = []
    for name, bound in bounds.items():
        cardinality = cardinalities.get(name)
        if cardinality is None:
            known = ", ".join(cardinalities) or "none"
            problems.append(f"{place}: found {name!r}, expected a multi-feature of the model ({known})")
        elif bound < cardinality.lower or (cardinality.upper is not None and bound > cardinality.upper):
            problems.append(f"{place}: found {name}={bound}, expected a number within its cardinality {cardinality}")
    return problems
