"""The attribute elements of one feature of an extended FeatureIDE model, for the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from lxml import etree

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.feature_model import Attribute, Cardinality, FeatureType, GroupKind
from featurenet_uvl.translators.formats.featureide.values import (
    CARDINALITY,
    CONSTRAINT_ATTRIBUTES,
    CONSTRAINT_DESCRIPTIONS,
    DEFAULT_SUFFIX,
    FEATURE_TYPE,
    GROUP_CARDINALITY,
    GROUP_HELPER,
    GROUP_KIND,
    RESERVED,
    RULE_SEPARATOR,
    RULES,
    TYPES,
    UVL_UNIT,
    parse_cardinality,
    parse_domain,
    parse_value,
)
from featurenet_uvl.translators.formats.language.attribute_values import parse_attribute_value
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, flag, without_place


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything that a full attribute element says beside its value; below a recursive one it need not stand again."""

    kind: str
    unit: str
    is_configurable: bool
    is_recursive: bool


Heads: TypeAlias = Mapping[str, Declaration]
"""The recursive attributes that apply to a feature."""


@dataclass(slots=True)
class FeatureAttributes:
    """Everything that the attribute elements of one feature say."""

    heads: Heads
    attributes: list[Attribute] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    constraints: list[tuple[etree._Element, str, str]] = field(default_factory=list)
    cardinality: Cardinality | None = None
    group_cardinality: Cardinality | None = None
    group_kind: GroupKind | None = None
    is_helper: bool = False
    descriptions: tuple[etree._Element, str] | None = None
    type: FeatureType | None = None


def read_attributes(
    document: Document, elements: Iterable[etree._Element], heads: Heads, *, is_root: bool
) -> FeatureAttributes:
    """Read the attributes of a feature; report problems to the document.

    Args:
        document: The document of the elements.
        elements: The feature's attribute elements.
        heads: The recursive attributes of its ancestors.
        is_root: Whether the feature is the root, the only place of `rules`.
    """
    result = FeatureAttributes(heads)
    places: dict[str, etree._Element] = {}
    for element in elements:
        name = element.get("name")
        check_attributes(document, element, ("configurable", "name", "recursive", "type", "unit", "value"))
        for child in element:
            document.report(child, f"found <{child.tag}> in <attribute>, expected nothing")
        if not name:
            document.report(element, "found an attribute without a name, expected one")
            continue
        declaration, is_inherited = _declaration(document, element, name, heads)
        if declaration is None:
            continue
        if declaration.is_recursive and not is_inherited:
            result.heads = {**result.heads, name: declaration}
        places[name] = element
        if name in RESERVED:
            _read_reserved(document, result, element, name, declaration)
        else:
            _read_ordinary(document, result, element, name, declaration, is_inherited, is_root)
    _attach_defaults(document, result, places)
    return result


def _declaration(
    document: Document, element: etree._Element, name: str, heads: Heads
) -> tuple[Declaration | None, bool]:
    if not any(element.get(key) is not None for key in ("type", "unit", "configurable", "recursive")):
        if name not in heads:
            document.report(
                element,
                f"found attribute {name!r} without a type, expected one of {', '.join(TYPES)},"
                " or a recursive attribute of that name above",
            )
        return heads.get(name), True
    kind = element.get("type")
    if kind not in TYPES:
        document.report(element, f"found type {kind!r} of attribute {name!r}, expected one of {', '.join(TYPES)}")
        return None, False
    unit, is_recursive = element.get("unit", ""), flag(document, element, "recursive")
    return Declaration(kind, unit, flag(document, element, "configurable"), is_recursive), False


def _read_reserved(
    document: Document, result: FeatureAttributes, element: etree._Element, name: str, declaration: Declaration
) -> None:
    value = element.get("value", "")
    if declaration.kind != "string" or declaration.is_configurable or declaration.is_recursive or declaration.unit:
        document.report(element, f"found {name!r} with more than a value, expected a plain attribute of type string")
    elif name in CONSTRAINT_ATTRIBUTES:
        result.constraints.append((element, name, value))
    elif name == CONSTRAINT_DESCRIPTIONS:
        result.descriptions = (element, value)
    elif name == GROUP_HELPER:
        result.is_helper = True
        if value != "true":
            document.report(element, f"found {GROUP_HELPER} {value!r}, expected 'true'")
    elif name == GROUP_KIND:
        result.group_kind = next((kind for kind in (GroupKind.OR, GroupKind.ALTERNATIVE) if kind.value == value), None)
        if result.group_kind is None:
            document.report(element, f"found {GROUP_KIND} {value!r}, expected 'or' or 'alternative'")
    elif name == FEATURE_TYPE:
        result.type = next((kind for kind in FeatureType if kind.value == value), None)
        if result.type is None:
            expected = ", ".join(kind.value for kind in FeatureType)
            document.report(element, f"found {FEATURE_TYPE} {value!r}, expected one of {expected}")
    else:
        cardinality = parse_cardinality(value)
        if cardinality is None:
            document.report(element, f"found {name} {value!r}, expected one such as '1..5' or '0..*'")
        if (result.cardinality if name == CARDINALITY else result.group_cardinality) is not None:
            document.report(element, f"found {name} twice, expected it once")
        if name == CARDINALITY:
            result.cardinality = cardinality
        elif name == GROUP_CARDINALITY:
            result.group_cardinality = cardinality


def _read_ordinary(
    document: Document,
    result: FeatureAttributes,
    element: etree._Element,
    name: str,
    declaration: Declaration,
    is_inherited: bool,
    is_root: bool,
) -> None:
    span, text, kind = document.place(element), element.get("value"), declaration.kind
    notes = {"unit": declaration.unit}
    if declaration.is_configurable and kind == "string" and text:
        attribute = Attribute(name, domain=parse_domain(text), span=span)
    elif kind == "string" and declaration.unit == UVL_UNIT and text is not None:
        try:
            attribute = Attribute(name, parse_attribute_value(text, span), span=span)
        except ReadError as error:
            document.report(element, f"in the value {text!r} of attribute {name!r}: {without_place(str(error))}")
            return
        notes = {}
    elif name == RULES and is_root and kind == "string" and text is not None:
        attribute = Attribute(name, tuple(text.split(RULE_SEPARATOR)) if text else (), span=span)
    else:
        try:
            value = None if text is None else parse_value(kind, text)
        except ValueError as error:
            document.report(element, f"found value {text!r} of attribute {name!r}, expected {error}")
            return
        attribute = Attribute(name, "" if value is None and kind == "string" else value, span=span)
        if kind != "string" and is_inherited:
            notes = {"inherited": "true", "type": kind if value is None else ""}
        else:
            notes |= {
                "configurable": "true" if declaration.is_configurable else "",
                "recursive": "true" if declaration.is_recursive and kind != "string" else "",
                "type": kind if value is None and kind not in ("string", "boolean") else "",
            }
    result.attributes.append(attribute)
    result.notes.extend((f"attribute:{name}:{key}", note) for key, note in notes.items() if note)


def _attach_defaults(document: Document, result: FeatureAttributes, places: Mapping[str, etree._Element]) -> None:
    """Make each constant `A_default` beside a configurable A the default of A."""
    constants = {attribute.name: attribute for attribute in result.attributes if attribute.domain is None}
    for index, attribute in enumerate(result.attributes):
        default = constants.get(attribute.name + DEFAULT_SUFFIX)
        if attribute.domain is None or default is None:
            continue
        value = default.value
        if not isinstance(value, bool | int | float | str) or value not in attribute.domain:
            document.report(
                places[default.name], f"found default {value!r} of {attribute.name!r}, expected a value of its domain"
            )
        else:
            result.attributes[index] = replace(attribute, default=value)
    taken = {a.name + DEFAULT_SUFFIX for a in result.attributes if a.domain is not None}
    result.attributes = [a for a in result.attributes if a.domain is not None or a.name not in taken]
