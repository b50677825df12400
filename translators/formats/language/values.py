"""Attribute values as UVL spells them, and the escape for texts that UVL cannot quote.

UVL has no escape of its own: a text between single quotes holds neither a single quote nor a line break, and is never
empty. Such a text is written as the map `{escaped__ 'it%27s'}`, which any UVL tool reads and this project reads back as
the text. `%XX` is a byte of UTF-8 in hexadecimal, as in web addresses; `%` alone is the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import AttributeValue
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import format_name, format_value

ESCAPED = "escaped__"
"""The only key of a map that stands for a text."""
EMPTY = "%"

_UNSAFE = re.compile("[%'\"\\x00-\\x1f\\x7f\ufeff]")
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")


def escape_text(text: str) -> str:
    """The text without quotes, control characters and line breaks.

    >>> escape_text("it's 5 %"), escape_text(""), escape_text("plain")
    ('it%27s 5 %25', '%', 'plain')
    """
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text) or EMPTY


def unescape_text(text: str) -> str:
    """The text that `escape_text` was given.

    Raises:
        ValueError: A `%` without two hexadecimal digits, or bytes that are no UTF-8.

    >>> unescape_text("it%27s 5 %25"), unescape_text("%")
    ("it's 5 %", '')
    """
    if text == EMPTY:
        return ""
    broken = _BROKEN.search(text)
    if broken:
        raise ValueError(
            f"found {text[broken.start() :][:3]!r} in an escaped text, expected % and two hexadecimal digits"
        )
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"found the escaped text {text!r}, expected bytes of UTF-8") from None


def is_quotable(text: str) -> bool:
    """Whether UVL can hold the text between single quotes."""
    return bool(text) and not any(character in "'\r\n\0\ufeff" for character in text)


def format_attribute_value(value: AttributeValue, span: Span) -> str:
    """A constant, vector or map as UVL spells it.

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
    """
    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> format_vector((1, "a"), NOWHERE), format_vector((1,), NOWHERE)
    ("[1, 'a']", '[ 1]')
    """
    # A whole number alone in brackets reads as a cardinality, [ 1] does not.
    blank = " " if len(values) == 1 and isinstance(values[0], int) else ""
    return f"[{blank}{', '.join(format_attribute_value(value, span) for value in values)}]"
