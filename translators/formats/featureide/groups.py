"""Several groups below one feature, for a format that has one group per feature: the others go below helper features.

FeatureIDE's feature is an `and`, an `or` or an `alt`. If a feature has a group beside others, or two of the same
kind in
a row, the group is put below an abstract mandatory feature `PARENT__group_N` with the attribute `group_helper`. Without
the helpers, the configurations in FeatureIDE are the same; reading folds each helper back into its group. The layout of
a helper on the screen is not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from featurenet_uvl.ir.feature_model import Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.feature_tree import map_features

HELPER_NOTE = "group_helper"
"""The note that marks a helper feature between `split_groups` and the text."""

PLAIN_KINDS = (GroupKind.MANDATORY, GroupKind.OPTIONAL)


def split_groups(model: FeatureModel) -> FeatureModel:
    """Return the model in which the groups of each feature fit one element; itself if they do so already.

    Keeps: the configurations over the features of the model; a helper is selected if and only if its parent is.

    >>> groups = (Group(GroupKind.OR, (Feature("A"), Feature("B"))), Group(GroupKind.OPTIONAL, (Feature("C"),)))
    >>> [feature.name for feature in split_groups(FeatureModel(Feature("R", groups))).features()]
    ['R', 'R__group_1', 'A', 'B', 'C']
    """
    if not any(any(_needs_helper(feature)) for feature in model.features()):
        return model
    taken = {feature.name for feature in model.features()}
    return map_features(model, lambda feature: replace(feature, groups=tuple(_with_helpers(feature, taken))))


def is_helper(feature: Feature) -> bool:
    """Whether the feature is a helper that `split_groups` made."""
    return (HELPER_NOTE, "true") in feature.notes


def _needs_helper(feature: Feature) -> Iterator[bool]:
    """Yield for each group whether it needs a helper: all do but single mandatory and optional ones in turn."""
    previous: GroupKind | None = None
    for group in feature.groups:
        helped = len(feature.groups) > 1 and (group.kind not in PLAIN_KINDS or group.kind is previous)
        yield helped
        previous = None if helped else group.kind


def _with_helpers(feature: Feature, taken: set[str]) -> Iterator[Group]:
    for number, (group, helped) in enumerate(zip(feature.groups, _needs_helper(feature)), 1):
        if not helped:
            yield group
            continue
        name = _free_name(f"{feature.name}__group_{number}", taken)
        helper = Feature(name, (group,), is_abstract=True, notes=((HELPER_NOTE, "true"),), span=group.span)
        yield Group(GroupKind.MANDATORY, (helper,), span=group.span)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def helper_problem(helper: Feature, *, is_mandatory: bool) -> str | None:
    """Return the problem of a helper feature as text; None if it represents exactly one group."""
    extra: Collection[object] = [
        *helper.attributes,
        *(note for note in helper.notes if not note[0].startswith("graphics:")),
    ]
    if extra or any(helper.comments) or helper.cardinality is not None or len(helper.groups) != 1 or not is_mandatory:
        return (
            f"found the group helper {helper.name!r} with more than one group, attributes or notes, or not mandatory;"
            f" expected a mandatory feature with one group; to make it a feature, delete its attribute {HELPER_NOTE}"
        )
    return None
