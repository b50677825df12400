"""The attribute elements of one feature of an extended FeatureIDE model, for the writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TypeGuard

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import Attribute, AttributeValue, Feature, FeatureType, GroupKind
from featurenet_uvl.translators.formats.featureide.groups import is_helper
from featurenet_uvl.translators.formats.featureide.values import (
    CARDINALITY,
    DEFAULT_SUFFIX,
    FEATURE_TYPE,
    GROUP_CARDINALITY,
    GROUP_HELPER,
    GROUP_KIND,
    RESERVED,
    RULE_SEPARATOR,
    RULES,
    UVL_UNIT,
    format_cardinality,
    format_domain,
    format_value,
    type_of,
)
from featurenet_uvl.translators.formats.language.attribute_values import format_attribute_value
from featurenet_uvl.translators.formats.shared.losses import attempt
from featurenet_uvl.translators.formats.xml.writer import element


def attribute_lines(feature: Feature, depth: int, *, is_root: bool, losses: list[str] | None = None) -> Iterator[str]:
    """Yield the attribute elements of a feature: first those for content that the format lacks, then the feature's own.

    Args:
        feature: A feature of a model that `split_groups` returned.
        depth: Tabs before each element.
        is_root: Whether the feature is the root, the only place in which `rules` has its meaning.
        losses: If given, an unsupported attribute is left out and adds a line here.

    Raises:
        UnsupportedError: An attribute has a reserved name, or a value for which FeatureIDE has no type; with its place.
    """
    yield from _carried(feature, depth)
    defaults = {attribute.name + DEFAULT_SUFFIX for attribute in feature.attributes if attribute.domain is not None}
    notes = {key: text for key, text in feature.notes if key.startswith("attribute:")}
    for attribute in feature.attributes:
        is_free = attribute.name not in RESERVED and attribute.name not in defaults
        write = partial(_checked, feature, attribute, depth, notes, is_free=is_free, is_root=is_root)
        yield from attempt(write, losses, "left out") or ()


def _carried(feature: Feature, depth: int) -> Iterator[str]:
    if is_helper(feature):
        yield _plain(depth, GROUP_HELPER, "true")
    if feature.cardinality is not None:
        yield _plain(depth, CARDINALITY, format_cardinality(feature.cardinality))
    for group in feature.groups:
        if group.kind is GroupKind.CARDINALITY and group.cardinality is not None:
            yield _plain(depth, GROUP_CARDINALITY, format_cardinality(group.cardinality))
        if group.kind in (GroupKind.OR, GroupKind.ALTERNATIVE) and len(group.members) == 1:
            yield _plain(depth, GROUP_KIND, group.kind.value)
    if feature.type is not FeatureType.BOOLEAN:
        yield _plain(depth, FEATURE_TYPE, feature.type.value)


def _checked(
    feature: Feature, attribute: Attribute, depth: int, notes: dict[str, str], *, is_free: bool, is_root: bool
) -> list[str]:
    if not is_free or not attribute.name:
        raise UnsupportedError(
            f"{attribute.span}: found the attribute name {attribute.name!r} of {feature.name!r}, which"
            " FeatureIDE XML has another use for here: rename it"
        )
    try:
        return list(_attribute(attribute, depth, notes, is_root=is_root))
    except ValueError as error:
        raise UnsupportedError(
            f"{attribute.span}: attribute {attribute.name!r} of {feature.name!r}: {error}"
        ) from error


def _plain(depth: int, name: str, value: str) -> str:
    return element(depth, "attribute", name=name, type="string", unit="", value=value)


def _attribute(attribute: Attribute, depth: int, notes: dict[str, str], *, is_root: bool) -> Iterator[str]:
    name, value = attribute.name, attribute.value
    unit = notes.get(f"attribute:{name}:unit", "")
    if attribute.domain is not None:
        text = format_domain(attribute.domain)
        yield element(depth, "attribute", configurable="true", name=name, type="string", unit=unit, value=text)
        if attribute.default is not None:
            default, kind = format_value(attribute.default), type_of(attribute.default)
            yield element(depth, "attribute", name=name + DEFAULT_SUFFIX, type=kind, unit="", value=default)
    elif is_root and name == RULES and _is_names(value):
        yield _plain(depth, name, RULE_SEPARATOR.join(value))
    elif isinstance(value, tuple | Mapping) or (is_root and name == RULES):
        if any(key.startswith(f"attribute:{name}:") for key in notes):
            raise ValueError("found a unit or type of a vector or map, expected none")
        text = format_attribute_value(True if value is None else value, attribute.span)
        yield element(depth, "attribute", name=name, type="string", unit=UVL_UNIT, value=text)
    elif f"attribute:{name}:inherited" in notes:
        yield element(depth, "attribute", name=name, value=None if value is None else format_value(value))
    else:
        if unit == UVL_UNIT:
            raise ValueError(f"found the unit {unit!r}, expected another one: it marks vectors and maps")
        kind = notes.get(f"attribute:{name}:type", "boolean") if value is None else type_of(value)
        yield element(
            depth,
            "attribute",
            configurable=notes.get(f"attribute:{name}:configurable"),
            name=name,
            recursive=notes.get(f"attribute:{name}:recursive"),
            type=kind,
            unit=unit,
            value=None if value is None else format_value(value),
        )


def _is_names(value: AttributeValue | None) -> TypeGuard[tuple[str, ...]]:
    """Whether the value is a vector of names that can be joined."""
    names = value if isinstance(value, tuple) else (None,)
    return all(isinstance(name, str) and name and RULE_SEPARATOR not in name for name in names)
