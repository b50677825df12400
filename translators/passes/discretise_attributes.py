"""Turn configurable attributes into features."""

from __future__ import annotations

import re
from dataclasses import replace

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import FeatureRef, Not, Value
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
    Origin,
)
from featurenet_uvl.ir.feature_tree import FeatureDraft, GroupDraft, draft_of, freeze
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.arithmetic import feature_values, place_of
from featurenet_uvl.translators.terms.typed_domains import DOMAIN, typed_domains
from featurenet_uvl.translators.terms.value_sources import VALUE


def discretise_attributes(model: FeatureModel, limits: CompileLimits = LIMITS) -> FeatureModel:
    """Return the model in which each attribute with a domain is an abstract mandatory child over its values.

    The value of a typed feature counts as an attribute named `value`. The feature keeps its type as a mark: in
    comparisons its name means this value until the constraints are rewritten.

    Needs: finite domains. Gives: features without configurable attributes; every feature has an `origin`; constraints
    still speak of `F.a` and find its values by the origins. Keeps: the number of configurations, and each of them.

    Raises:
        ModelError: Two features would get the same name, a typed feature has no finite domain, or a constraint uses
            a Boolean feature as a value.
        UnsupportedError: A typed feature with too many values.

    Source: Cordy, Schobbens, Heymans and Legay, "Beyond Boolean product-line model checking", ICSE 2013, section 3.
    """
    problems = misused_features(model)
    try:
        domains = typed_domains(model, limits.max_values)
    except ModelError as error:
        raise ModelError([*problems, *error.problems]) from None
    sources = {feature.name: f"feature {feature.name} at {feature.span}" for feature in model.features()}
    drafts: dict[str, FeatureDraft] = {}
    impossible: list[Constraint] = []
    for feature in model.features():
        attributes = _configurable(feature, domains.get(feature.name))
        heads = [_head(feature, attribute) for attribute in attributes if attribute.domain]
        if any(attribute.domain == () for attribute in attributes):
            impossible.append(_never(feature))
        problems.extend(problem for attribute in attributes for problem in _domain_problems(feature, attribute))
        problems.extend(problem for head in heads for problem in _collisions(head, sources))
        draft = drafts.setdefault(feature.name, FeatureDraft(feature))
        draft.feature = _without_domains(feature)
        if heads:
            draft.groups.append(GroupDraft(GroupKind.MANDATORY, [draft_of(head) for head in heads], span=feature.span))
        for group in feature.groups:
            members = [drafts.setdefault(member.name, FeatureDraft(member)) for member in group.members]
            draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span, group.comments))
    if problems:
        raise ModelError(problems)
    return replace(model, root=freeze(drafts[model.root.name]), constraints=(*model.constraints, *impossible))


def _never(feature: Feature) -> Constraint:
    """Return the constraint that no configuration selects a feature without any value."""
    source = Source(SourceKind.FEATURE, feature.span, feature.name)
    return Constraint(Not(FeatureRef(feature.name, None, feature.span)), span=feature.span, source=source)


def spell_value(value: Value) -> str:
    """Return a value as part of a feature name: any character but letters, digits and `_` becomes `_`.

    >>> spell_value(0.5), spell_value("3x3"), spell_value(True)
    ('0_5', '3x3', 'true')
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def _configurable(feature: Feature, values: tuple[Value, ...] | None) -> list[Attribute]:
    """Return the feature's attributes with a domain; first the value of a typed feature, which can take `values`."""
    given = [attribute for attribute in feature.attributes if attribute.is_configurable]
    if values is None:
        return given
    own = Attribute(VALUE, domain=values, span=feature.span)
    return [own, *(attribute for attribute in given if attribute.name != DOMAIN)]


def _domain_problems(feature: Feature, attribute: Attribute) -> list[str]:
    place = f"{attribute.span}: found {feature.name}.{attribute.name}"
    if len(set(attribute.domain or ())) < len(attribute.domain or ()):
        return [f"{place} with a number and a truth value that are equal, expected values that can be told apart"]
    if feature.type is not FeatureType.BOOLEAN and attribute.name == VALUE and attribute.span is not feature.span:
        return [f"{place} with a domain on a typed feature, which has a value already; rename it"]
    return []


def misused_features(model: FeatureModel) -> list[str]:
    """Return one line per Boolean feature in the place of a value."""
    typed = {feature.name: feature.type is not FeatureType.BOOLEAN for feature in model.features()}
    return [
        f"{place_of(node, constraint.span)}: found the Boolean feature {node.name!r} as a value, expected a typed one"
        for constraint in model.constraints
        for node in feature_values(constraint.formula)
        if not typed.get(node.name, True)
    ]


def _without_domains(feature: Feature) -> Feature:
    """Return the feature with its constants, and with the values that defined attributes have while it is absent."""
    plain = tuple(
        attribute if attribute.domain is None else Attribute(attribute.name, attribute.value, span=attribute.span)
        for attribute in feature.attributes
        if attribute.domain is None or attribute.value is not None
    )
    if feature.type is not FeatureType.BOOLEAN:
        plain = tuple(attribute for attribute in plain if attribute.name != DOMAIN)
    return replace(feature, attributes=plain, origin=Origin(feature.name))


def _head(feature: Feature, attribute: Attribute) -> Feature:
    """Return the feature that stands for an attribute, with its values below."""
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
