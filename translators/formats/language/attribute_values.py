"""Values of attributes: constants, vectors and maps, read from UVL's spelling and written in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import AttributeValue
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import Tokens, format_name
from featurenet_uvl.translators.formats.language.values import (
    ESCAPED,
    escape_text,
    format_value,
    is_quotable,
    unescape_text,
)

_MAX_NESTING = 50
"""Levels of vectors and maps within each other: the reader recurses once per level."""


def parse_attribute_value(text: str, span: Span) -> AttributeValue:
    """Read a text that holds one value and nothing else.

    Args:
        text: The value as UVL spells it.
        span: The place of its first character.

    Raises:
        ReadError: The text holds no value, or more than one.
        UnsupportedError: The value is nested deeper than 50 levels.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> parse_attribute_value("[1, 'a', true]", NOWHERE)
    (1, 'a', True)
    """
    tokens = Tokens(text, span)
    value = read_attribute_value(tokens)
    if tokens.peek().kind != "end":
        raise tokens.unexpected("the end")
    return value


def read_attribute_value(tokens: Tokens, depth: int = 0) -> AttributeValue:
    """Read the value that starts at the next token; the position is then after it.

    Args:
        tokens: The tokens, at the value.
        depth: Number of vectors and maps around it.

    Raises:
        ReadError: The next token starts no value.
        UnsupportedError: The value is nested deeper than 50 levels.
    """
    token = tokens.peek()
    if depth > _MAX_NESTING:
        place = tokens.place(token.offset)
        raise UnsupportedError(f"{place}: found values nested deeper than {_MAX_NESTING}, expected fewer levels")
    match token.kind:
        case "number":
            return tokens.number(tokens.take())
        case "text":
            return tokens.take().text
        case "keyword" if token.text in ("true", "false"):
            return tokens.take().text == "true"
        case "[":
            tokens.take()
            return _vector(tokens, depth)
        case "{":
            tokens.take()
            return _map(tokens, depth)
        case "cardinality":
            place = tokens.place(token.offset)
            number = token.text[1:-1]
            raise ReadError(
                f"{place}: found cardinality {token.text}, expected a vector; UVL reads a whole number alone in"
                f" brackets as a cardinality, so write a blank before it, [ {number}]"
            )
        case _:
            raise tokens.unexpected("a value: a number, a text in single quotes, true, false, [ or {")


def read_key(tokens: Tokens) -> tuple[str, Span]:
    """Read the name of an attribute or the key of a map; return it with its place.

    Raises:
        ReadError: The next token is no name.
    """
    token = tokens.peek()
    if token.kind not in ("name", "quoted"):
        raise tokens.unexpected("an attribute name")
    tokens.take()
    return token.text, tokens.place(token.offset)


def _vector(tokens: Tokens, depth: int) -> AttributeValue:
    values: list[AttributeValue] = []
    while not tokens.take_if("]"):
        if values:
            tokens.expect(",", "',' or ']'")
        values.append(read_attribute_value(tokens, depth + 1))
    return tuple(values)


def _map(tokens: Tokens, depth: int) -> AttributeValue:
    place = tokens.place(tokens.peek().offset)
    values: dict[str, AttributeValue] = {}
    while not tokens.take_if("}"):
        if values:
            tokens.expect(",", "',' or '}'")
        key, span = read_key(tokens)
        if key in values:
            raise ReadError(f"{span}: found the key {key!r} twice, expected it once")
        values[key] = read_attribute_value(tokens, depth + 1) if tokens.peek().kind not in (",", "}") else True
    return _unescaped(values[ESCAPED], place) if set(values) == {ESCAPED} else MappingProxyType(values)


def _unescaped(value: AttributeValue, span: Span) -> str:
    if not isinstance(value, str):
        raise ReadError(f"{span}: found no text as {ESCAPED}, expected one in single quotes")
    try:
        return unescape_text(value)
    except ValueError as error:
        raise ReadError(f"{span}: {error}") from error


def format_attribute_value(value: AttributeValue, span: Span) -> str:
    """Return a constant, vector or map as UVL spells it.

    Raises:
        UnsupportedError: A number that is not finite, a key that cannot be a name, or a map that would read as a text.
    """
    if isinstance(value, tuple):
        return format_vector(value, span)
    if isinstance(value, Mapping):
        if set(value) == {ESCAPED}:
            raise UnsupportedError(f"{span}: found a map with the only key {ESCAPED!r}, expected another key")
        entries = (f"{format_name(key, span)} {format_attribute_value(inner, span)}" for key, inner in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, str) and not is_quotable(value):
        return f"{{{ESCAPED} '{escape_text(value)}'}}"
    return format_value(value, span)


def format_vector(values: tuple[AttributeValue, ...], span: Span) -> str:
    """Return a vector as UVL spells it.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> format_vector((1, "a"), NOWHERE), format_vector((1,), NOWHERE)
    ("[1, 'a']", '[ 1]')
    """
    # A whole number alone in brackets reads as a cardinality, [ 1] does not.
    blank = " " if len(values) == 1 and isinstance(values[0], int) else ""
    return f"[{blank}{', '.join(format_attribute_value(value, span) for value in values)}]"
