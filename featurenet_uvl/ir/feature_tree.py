"""Mutable drafts of a feature tree, for passes that build another one; no recursion, trees may be thousands deep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureType, Group, GroupKind
from featurenet_uvl.ir.span import NOWHERE, Span


@dataclass(slots=True)
class GroupDraft:
    kind: GroupKind
    members: list[FeatureDraft] = field(default_factory=list)
    cardinality: Cardinality | None = None
    span: Span = NOWHERE


@dataclass(slots=True)
class FeatureDraft:
    """`feature` gives everything but the groups."""

    feature: Feature
    groups: list[GroupDraft] = field(default_factory=list)

    def members(self, kind: GroupKind, span: Span) -> list[FeatureDraft]:
        """The members of the last group, if it is of this kind (mandatory or optional), else of a new one."""
        if not self.groups or self.groups[-1].kind is not kind:
            self.groups.append(GroupDraft(kind, span=span))
        return self.groups[-1].members


def freeze(root: FeatureDraft) -> Feature:
    """The finished tree. Groups without members are left out."""
    order: list[FeatureDraft] = []
    stack = [root]
    while stack:
        draft = stack.pop()
        order.append(draft)
        stack.extend(member for group in draft.groups for member in group.members)
    finished: dict[int, Feature] = {}
    for draft in reversed(order):
        groups = tuple(
            [
                Group(group.kind, tuple([finished.pop(id(m)) for m in group.members]), group.cardinality, group.span)
                for group in draft.groups
                if group.members
            ]
        )
        is_leaf = not groups and not draft.feature.groups
        finished[id(draft)] = draft.feature if is_leaf else replace(draft.feature, groups=groups)
    return finished[id(root)]


def draft_of(root: Feature) -> FeatureDraft:
    """A draft of a finished tree, in which every feature can still be changed."""
    result = FeatureDraft(root)
    stack = [result]
    while stack:
        draft = stack.pop()
        for group in draft.feature.groups:
            members = [FeatureDraft(member) for member in group.members]
            draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span))
            stack.extend(members)
    return result


def as_boolean(root: Feature) -> Feature:
    """The same tree without types."""
    draft = draft_of(root)
    stack, changed = [draft], False
    while stack:
        current = stack.pop()
        changed |= current.feature.type is not FeatureType.BOOLEAN
        current.feature = replace(current.feature, type=FeatureType.BOOLEAN)
        stack.extend(member for group in current.groups for member in group.members)
    return freeze(draft) if changed else root
