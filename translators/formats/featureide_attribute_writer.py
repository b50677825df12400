"""Writes the attribute elements of one feature of an extended FeatureIDE model."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Attribute, AttributeValue, Feature, FeatureType, GroupKind
from featurenet_uvl.translators.formats.featureide_values import (
    CARDINALITY,
    DEFAULT_SUFFIX,
    FEATURE_TYPE,
    GROUP_CARDINALITY,
    RESERVED,
    RULE_SEPARATOR,
    RULES,
    format_cardinality,
    format_domain,
    format_value,
    type_of,
)

_ESCAPES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def element(depth: int, tag: str, *, is_open: bool = False, **attributes: str | None) -> str:
    """A start or empty tag with its attributes in alphabetical order, None left out; `data_type` means `data-type`.

    >>> element(0, "graphics", value="1", key="layoutalgorithm")
    '<graphics key="layoutalgorithm" value="1"/>'
    """
    pairs = sorted((name.replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    text = "".join(f' {name}="{escape(value, _ESCAPES)}"' for name, value in pairs)
    return "\t" * depth + f"<{tag}{text}{'>' if is_open else '/>'}"


def attribute_lines(feature: Feature, depth: int, *, is_root: bool) -> Iterator[str]:
    """The attribute elements of a feature: first those that carry what the format lacks, then its own.

    Raises:
        UnsupportedError: A reserved name, a nested value, or a value that FeatureIDE has no type for; with its place.
    """
    if feature.cardinality is not None:
        yield _plain(depth, CARDINALITY, format_cardinality(feature.cardinality))
    for group in feature.groups:
        if group.kind is GroupKind.CARDINALITY and group.cardinality is not None:
            yield _plain(depth, GROUP_CARDINALITY, format_cardinality(group.cardinality))
    if feature.type is not FeatureType.BOOLEAN:
        yield _plain(depth, FEATURE_TYPE, feature.type.value)
    defaults = {attribute.name + DEFAULT_SUFFIX for attribute in feature.attributes if attribute.domain is not None}
    notes = {key: text for key, text in feature.notes if key.startswith("attribute:")}
    for attribute in feature.attributes:
        if attribute.name in RESERVED or attribute.name in defaults or not attribute.name:
            raise UnsupportedError(
                f"{attribute.span}: found the attribute name {attribute.name!r} of {feature.name!r}, which"
                " FeatureIDE XML has another use for here: rename it"
            )
        try:
            yield from _attribute(attribute, depth, notes, is_root=is_root)
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
    elif is_root and name == RULES:
        yield _plain(depth, name, _rules(value))
    elif f"attribute:{name}:inherited" in notes:
        yield element(depth, "attribute", name=name, value=_constant(value))
    else:
        kind = notes.get(f"attribute:{name}:type", "boolean") if value is None else type_of(_simple(value))
        yield element(
            depth,
            "attribute",
            configurable=notes.get(f"attribute:{name}:configurable"),
            name=name,
            recursive=notes.get(f"attribute:{name}:recursive"),
            type=kind,
            unit=unit,
            value=_constant(value),
        )


def _constant(value: AttributeValue | None) -> str | None:
    return None if value is None else format_value(_simple(value))


def _simple(value: AttributeValue) -> Value:
    if not isinstance(value, bool | int | float | str):
        kind = "vector" if isinstance(value, tuple) else "nested map"
        raise ValueError(f"found a {kind}, expected a number, a text or a truth value, as FeatureIDE has")
    return value


def _rules(value: AttributeValue | None) -> str:
    names = value if isinstance(value, tuple) else (None,)
    texts = [name for name in names if isinstance(name, str) and name and RULE_SEPARATOR not in name]
    if len(texts) < len(names):
        raise ValueError(f"found {value!r}, expected a vector of names without {RULE_SEPARATOR!r}")
    return RULE_SEPARATOR.join(texts)
