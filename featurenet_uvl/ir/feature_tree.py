"""Build a feature tree from another one, feature by feature or through mutable drafts.

Nothing here recurses: trees may be thousands of features deep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel, FeatureType, Group, GroupKind
from featurenet_uvl.ir.span import NOWHERE, Span


def map_features(model: FeatureModel, step: Callable[[Feature], Feature]) -> FeatureModel:
    """Return the model in whose tree `step` has replaced every feature, members before their parents.

    Args:
        model: The model; a branch of its tree in which `step` changes nothing is shared, not copied.
        step: Gets a feature whose members are already replaced, and returns the feature for the new tree.

    >>> model = FeatureModel(Feature("Net", (Group(GroupKind.OPTIONAL, (Feature("Pool"),)),)))
    >>> shouted = map_features(model, lambda feature: replace(feature, name=feature.name.upper()))
    >>> [feature.name for feature in shouted.features()]
    ['NET', 'POOL']
    """
    done: list[Feature] = []  # replaced features whose parent is still to come, in reverse document order
    for feature in reversed(list(model.features())):
        groups = tuple([_with_members(group, done) for group in feature.groups])
        done.append(step(feature if _are_same(groups, feature.groups) else with_groups(feature, groups)))
    return model if done[0] is model.root else replace(model, root=done[0])


def _with_members(group: Group, done: list[Feature]) -> Group:
    """Return the group over its replaced members, which are taken from the end of `done`."""
    count = len(group.members)
    members = tuple(reversed(done[len(done) - count :]))
    del done[len(done) - count :]
    is_same = all(new is old for new, old in zip(members, group.members))
    return group if is_same else Group(group.kind, members, group.cardinality, group.span, group.comments)


def _are_same(new: tuple[Group, ...], old: tuple[Group, ...]) -> bool:
    return all(first is second for first, second in zip(new, old))


def with_groups(feature: Feature, groups: tuple[Group, ...]) -> Feature:
    """Return the feature over other groups; several times faster than `dataclasses.replace`."""
    return Feature(
        feature.name,
        groups,
        feature.attributes,
        feature.cardinality,
        feature.type,
        feature.is_abstract,
        feature.origin,
        feature.notes,
        feature.span,
        feature.comments,
    )


def without_types(model: FeatureModel) -> FeatureModel:
    """Return the model with every typed feature made Boolean."""

    def step(feature: Feature) -> Feature:
        return feature if feature.type is FeatureType.BOOLEAN else replace(feature, type=FeatureType.BOOLEAN)

    return map_features(model, step)


@dataclass(slots=True)
class GroupDraft:
    """A group that can still be changed."""

    kind: GroupKind
    members: list[FeatureDraft] = field(default_factory=list)
    cardinality: Cardinality | None = None
    span: Span = NOWHERE
    comments: Comments = NO_COMMENTS


@dataclass(slots=True)
class FeatureDraft:
    """A feature whose groups can still be changed; `feature` gives everything else."""

    feature: Feature
    groups: list[GroupDraft] = field(default_factory=list)

    def members(self, kind: GroupKind, span: Span, comments: Comments = NO_COMMENTS) -> list[FeatureDraft]:
        """Return the members of the last group if it is of this kind, else those of a new group at the end.

        Args:
            kind: MANDATORY or OPTIONAL, whose members do not depend on each other.
            span: The place of the new group.
            comments: The comments of the new group.
        """
        if not self.groups or self.groups[-1].kind is not kind:
            self.groups.append(GroupDraft(kind, span=span, comments=comments))
        return self.groups[-1].members


def draft_of(root: Feature) -> FeatureDraft:
    """Return a draft of a finished tree, in which every feature can be changed."""
    result = FeatureDraft(root)
    stack = [result]
    while stack:
        draft = stack.pop()
        for group in draft.feature.groups:
            members = [FeatureDraft(member) for member in group.members]
            draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span, group.comments))
            stack.extend(members)
    return result


def freeze(root: FeatureDraft) -> Feature:
    """Return the finished tree of a draft, without groups that have no members."""
    order: list[FeatureDraft] = []
    stack = [root]
    while stack:
        draft = stack.pop()
        order.append(draft)
        for group in draft.groups:
            stack.extend(group.members)
    finished: dict[int, Feature] = {}
    for draft in reversed(order):
        if not draft.groups and not draft.feature.groups:
            finished[id(draft)] = draft.feature
            continue
        groups = tuple(
            [
                Group(
                    group.kind,
                    tuple([finished.pop(id(m)) for m in group.members]),
                    group.cardinality,
                    group.span,
                    group.comments,
                )
                for group in draft.groups
                if group.members
            ]
        )
        finished[id(draft)] = with_groups(draft.feature, groups) if groups or draft.feature.groups else draft.feature
    return finished[id(root)]
