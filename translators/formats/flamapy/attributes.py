"""The attributes of features, to and from flamapy's, and the comments on flamapy's objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Attribute, AttributeValue, Feature
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.shared.losses import lose

MAX_DOMAIN = 10_000
"""Values that a domain may have once its ranges are written out."""


def their_attributes(feature: Feature, attribute: Attribute, metamodel: Any) -> list[Any]:
    """Return flamapy's attributes for one of a feature: several for a map."""
    if "." in attribute.name:
        raise UnsupportedError(
            f"{attribute.span}: found a dot in the attribute name {attribute.name!r} of {feature.name!r}, where flamapy"
            " would see a nested attribute"
        )
    if attribute.domain is not None:
        domain = metamodel.Domain(None, list(attribute.domain))
        return [metamodel.Attribute(attribute.name, domain, attribute.default)]
    return list(_flattened(attribute.name, attribute.value, attribute, metamodel))


def _flattened(name: str, value: AttributeValue | None, source: Attribute, metamodel: Any) -> Iterator[Any]:
    """Yield a constant; or a map as flamapy's readers flatten it: an entry without value, then an entry `name.key` per
    key.
    """
    if not isinstance(value, Mapping):
        yield metamodel.Attribute(name, None, _their_value(value))
        return
    entry = metamodel.Attribute(name, None, None)
    entry.featurenet_uvl_is_map = True
    yield entry
    for key, inner in value.items():
        if "." in key:
            raise UnsupportedError(f"{source.span}: found a dot in the key {key!r} of {source.name!r}, expected none")
        yield from _flattened(f"{name}.{key}", inner, source, metamodel)


def _their_value(value: AttributeValue | None) -> Any:
    if isinstance(value, tuple):
        return [_their_value(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _their_value(entry) for key, entry in value.items()}
    return value


def comments_of(theirs: Any) -> Comments:
    """Return the comments that `to_flamapy` has put on an object."""
    found = getattr(theirs, "featurenet_uvl_comments", NO_COMMENTS)
    return found if isinstance(found, Comments) else NO_COMMENTS


def our_attributes(theirs: Any, place: Span, losses: list[str] | None) -> Iterator[Attribute]:
    """Yield the attributes of a feature; an entry without value is a map if entries `name.key` follow it."""
    constants: dict[str, Any] = {}
    domains: dict[str, Attribute] = {}
    for entry in theirs.attributes:
        if entry.name in constants:
            raise ModelError(f"{place}: found attribute {entry.name!r} of {theirs.name!r} twice, expected it once")
        if entry.null_value is not None:
            lose(
                f"{place}: found the null value {entry.null_value!r} of {theirs.name}.{entry.name}; an attribute of a"
                " deselected feature has no value",
                losses,
            )
        constants[entry.name] = entry
        if entry.domain is not None:
            values = _values(entry.domain, f"{place}: the domain of {theirs.name}.{entry.name}")
            comments = comments_of(entry)
            domains[entry.name] = Attribute(entry.name, None, values, entry.default_value, place, comments)
    inner = {name for name in constants if "." in name and name.rpartition(".")[0] in constants}
    for name, entry in constants.items():
        if name not in inner:
            value = None if name in domains else _map_or_value(name, entry, constants)
            yield domains.get(name) or Attribute(name, value, span=place, comments=comments_of(entry))


def _map_or_value(name: str, entry: Any, entries: Mapping[str, Any]) -> AttributeValue | None:
    inner = {key: value for key, value in entries.items() if key.rpartition(".")[0] == name}
    if entry.default_value is None and (inner or getattr(entry, "featurenet_uvl_is_map", False)):
        return {
            key.rpartition(".")[2]: _map_or_value(key, value, entries)  # type: ignore[misc]  # None is UVL's bare key
            for key, value in inner.items()
        }
    return _value(entry.default_value)


def _value(theirs: Any) -> AttributeValue:
    if isinstance(theirs, list | tuple):
        return tuple(_value(entry) for entry in theirs)
    if isinstance(theirs, Mapping):
        return {str(key): _value(entry) for key, entry in theirs.items()}
    value: AttributeValue = theirs
    return value


def _values(domain: Any, place: str) -> tuple[Value, ...]:
    values: list[Value] = list(domain.element_list)
    for part in domain.range_list:
        try:  # the AFM reader has tokens for numbers
            lower, upper = int(str(part.min_value)), int(str(part.max_value))
        except ValueError as error:
            raise ModelError(f"{place} has the range {part}, expected whole numbers") from error
        if upper - lower + len(values) >= MAX_DOMAIN:
            raise UnsupportedError(f"{place} has more than {MAX_DOMAIN} values, expected fewer")
        values.extend(range(lower, upper + 1))
    return tuple(values)
