"""Rebuilding feature trees: by a step per feature or through drafts, deep trees included."""

from __future__ import annotations

from dataclasses import replace

from featurenet_uvl.ir.feature_model import Cardinality, Feature, FeatureModel, FeatureType, Group, GroupKind
from featurenet_uvl.ir.feature_tree import FeatureDraft, draft_of, freeze, map_features, without_types
from featurenet_uvl.ir.span import Span

DEPTH = 5_000


def small() -> FeatureModel:
    left = Feature("A", (Group(GroupKind.CARDINALITY, (Feature("B"), Feature("C")), Cardinality(1, 2), Span("m", 3)),))
    right = Feature("D", (Group(GroupKind.OPTIONAL, (Feature("E"),)), Group(GroupKind.OR, (Feature("F"),))))
    return FeatureModel(Feature("R", (Group(GroupKind.MANDATORY, (left,)), Group(GroupKind.OPTIONAL, (right,)))))


def chain() -> FeatureModel:
    feature = Feature(f"F{DEPTH}", type=FeatureType.INTEGER)
    for level in range(DEPTH - 1, -1, -1):
        feature = Feature(f"F{level}", (Group(GroupKind.OPTIONAL, (feature,)),))
    return FeatureModel(feature)


def names(model: FeatureModel) -> list[str]:
    return [feature.name for feature in model.features()]


def test_a_step_sees_members_before_their_parent() -> None:
    seen: list[str] = []

    def step(feature: Feature) -> Feature:
        assert all(child.name.islower() for child in feature.children)
        seen.append(feature.name)
        return replace(feature, name=feature.name.lower())

    model = small()
    assert names(map_features(model, step)) == [name.lower() for name in names(model)]
    assert sorted(seen) == sorted(names(model))


def test_groups_keep_their_kind_cardinality_and_place() -> None:
    mapped = map_features(small(), lambda feature: replace(feature, is_abstract=True))
    (group,) = next(iter(mapped.root.children)).groups
    assert (group.kind, group.cardinality, group.span) == (GroupKind.CARDINALITY, Cardinality(1, 2), Span("m", 3))
    assert all(feature.is_abstract for feature in mapped.features())


def test_unchanged_branches_are_shared() -> None:
    model = small()
    assert map_features(model, lambda feature: feature) is model
    changed = map_features(model, lambda f: replace(f, is_abstract=True) if f.name == "E" else f)
    (left, right), (other_left, other_right) = model.root.children, changed.root.children
    assert other_left is left
    assert other_right is not right
    assert changed != model


def test_only_typed_features_lose_their_type() -> None:
    model = chain()
    assert [f.name for f in model.features() if f.type is not FeatureType.BOOLEAN] == [f"F{DEPTH}"]
    boolean = without_types(model)
    assert all(feature.type is FeatureType.BOOLEAN for feature in boolean.features())
    assert names(boolean) == names(model)
    assert without_types(boolean) is boolean


def test_a_draft_freezes_to_the_tree_that_it_is_of() -> None:
    assert freeze(draft_of(small().root)) == small().root
    deep = chain()
    assert names(FeatureModel(freeze(draft_of(deep.root)))) == names(deep)


def test_a_frozen_draft_has_no_empty_groups() -> None:
    draft = draft_of(small().root)
    draft.groups[0].members.clear()
    assert names(FeatureModel(freeze(draft))) == ["R", "D", "E", "F"]
    alone = FeatureDraft(small().root)
    assert freeze(alone) == Feature("R")  # the groups are those of the draft, not those of its feature


def test_members_of_one_kind_in_a_row_share_a_group() -> None:
    draft = FeatureDraft(Feature("R"))
    kinds = (GroupKind.MANDATORY, GroupKind.MANDATORY, GroupKind.OPTIONAL, GroupKind.MANDATORY)
    for number, kind in enumerate(kinds):
        draft.members(kind, Span("m", number)).append(FeatureDraft(Feature(f"F{number}")))
    root = freeze(draft)
    assert [(group.kind, [m.name for m in group.members], group.span.line) for group in root.groups] == [
        (GroupKind.MANDATORY, ["F0", "F1"], 0),
        (GroupKind.OPTIONAL, ["F2"], 2),
        (GroupKind.MANDATORY, ["F3"], 3),
    ]
