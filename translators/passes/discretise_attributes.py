"""Turn configurable attributes into features."""

from __future__ import annotations

import re
from dataclasses import replace

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Attribute, Feature, FeatureModel, FeatureType, Group, GroupKind, Origin
from featurenet_uvl.translators.passes._tree import FeatureDraft, GroupDraft, freeze


def discretise_attributes(model: FeatureModel) -> FeatureModel:
    """The model in which each attribute with a domain is an abstract mandatory child with one alternative a value.

    Needs: finite domains. Gives: features without configurable attributes; every feature has an `origin`; constraints
    still speak of `F.a` and find its values by the origins. Keeps: the number of configurations, and each of them.

    Raises:
        ModelError: Two features would get the same name.
        UnsupportedError: A typed feature.

    Source: Cordy, Schobbens, Heymans and Legay, "Beyond Boolean product-line model checking", ICSE 2013, section 3.
    """
    drafts: dict[str, FeatureDraft] = {}
    sources: dict[str, str] = {
        feature.name: f"feature {feature.name} at {feature.span}" for feature in model.features()
    }
    problems: list[str] = []
    for feature in model.features():
        if feature.type is not FeatureType.BOOLEAN:
            raise UnsupportedError(
                f"{feature.span}: found the {feature.type.value} feature {feature.name!r}, which this version cannot"
                " translate; write it as a feature with an attribute that has a domain"
            )
        draft = drafts.setdefault(feature.name, FeatureDraft(feature))
        draft.feature = _without_domains(feature)
        heads = [_head(feature, attribute) for attribute in feature.attributes if attribute.is_configurable]
        for head in heads:
            problems.extend(_collisions(head, sources))
        if heads:
            draft.groups.append(GroupDraft(GroupKind.MANDATORY, [_draft(head) for head in heads], span=feature.span))
        for group in feature.groups:
            members = [drafts.setdefault(member.name, FeatureDraft(member)) for member in group.members]
            draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span))
    if problems:
        raise ModelError(problems)
    return replace(model, root=freeze(drafts[model.root.name]))


def spell_value(value: Value) -> str:
    """A value as part of a feature name: anything but letters, digits and `_` becomes `_`.

    >>> spell_value(0.5), spell_value("3x3"), spell_value(True)
    ('0_5', '3x3', 'true')
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def _without_domains(feature: Feature) -> Feature:
    plain = tuple(attribute for attribute in feature.attributes if not attribute.is_configurable)
    return replace(feature, attributes=plain, origin=Origin(feature.name))


def _head(feature: Feature, attribute: Attribute) -> Feature:
    """The feature that stands for an attribute, with its values below."""
    name = f"{feature.name}_{spell_value(attribute.name)}"
    values = tuple(
        Feature(
            f"{name}_{spell_value(value)}",
            origin=Origin(feature.name, (), attribute.name, value),
            span=attribute.span,
        )
        for value in attribute.domain or ()
    )
    return Feature(
        name,
        (Group(GroupKind.ALTERNATIVE, values, span=attribute.span),),
        is_abstract=True,
        origin=Origin(feature.name, (), attribute.name),
        span=attribute.span,
    )


def _draft(head: Feature) -> FeatureDraft:
    (group,) = head.groups
    return FeatureDraft(head, [GroupDraft(group.kind, [FeatureDraft(v) for v in group.members], span=group.span)])


def _collisions(head: Feature, sources: dict[str, str]) -> list[str]:
    problems = []
    for feature in (head, *head.children):
        source = f"{feature.origin} at {feature.span}"
        first = sources.setdefault(feature.name, source)
        if first is not source:
            problems.append(
                f"{feature.span}: {feature.origin} would become a feature {feature.name!r}, and so does {first};"
                " rename one of them"
            )
    return problems
