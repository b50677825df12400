"""Constants as UVL spells them, and the escape for texts that UVL cannot quote.

UVL has no escape of its own: a text between single quotes holds neither a single quote nor a line break, and is never
empty. Such a text is written as the map `{escaped__ 'it%27s'}`, which any UVL tool reads and this project reads back as
the text. `%XX` is a byte of UTF-8 in hexadecimal, as in web addresses; `%` alone is the empty text.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from urllib.parse import unquote

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import MAX_NUMBER_LENGTH, NEVER_QUOTED

ESCAPED = "escaped__"
"""The key of the map that stands for an escaped text; such a map has no other key."""
EMPTY = "%"
"""The escaped spelling of the empty text."""

_UNSAFE = re.compile("[%'\"\\x00-\\x1f\\x7f\ufeff]")
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")


def escape_text(text: str) -> str:
    """Return the text with `%XX` in place of quotes, control characters and line breaks.

    >>> escape_text("it's 5 %"), escape_text(""), escape_text("plain")
    ('it%27s 5 %25', '%', 'plain')
    """
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text) or EMPTY


def unescape_text(text: str) -> str:
    """Return the text whose escaped spelling this is.

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
    """Whether UVL can hold the text in single quotes."""
    return bool(text) and not any(character in f"'{NEVER_QUOTED}" for character in text)


def format_value(value: Value, span: Span, quote: str = "'") -> str:
    """Return the constant as UVL spells it.

    Args:
        value: The constant.
        span: Its place, for messages.
        quote: The quotation mark around a text.

    Raises:
        UnsupportedError: UVL cannot quote the text, or the number is not finite or has more than 400 characters.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if not value or any(character in f"{quote}{NEVER_QUOTED}" for character in value):
            raise UnsupportedError(
                f"{span}: found the text {value!r}, expected one that is not empty and holds neither {quote} nor a"
                " line break: UVL has no escape"
            )
        return f"{quote}{value}{quote}"
    if isinstance(value, int):
        return _checked_number(str(value), value, span) if abs(value) < 10**MAX_NUMBER_LENGTH else _refuse(value, span)
    if not math.isfinite(value):
        return _refuse(value, span)
    text = format(Decimal(repr(value)), "f")
    return _checked_number(text if "." in text else f"{text}.0", value, span)


def _checked_number(text: str, value: float, span: Span) -> str:
    return text if len(text) <= MAX_NUMBER_LENGTH else _refuse(value, span)


def _refuse(value: float, span: Span) -> str:
    found = "an integer too long to write" if isinstance(value, int) else f"the number {value!r}"
    raise UnsupportedError(f"{span}: found {found}, expected a finite number of at most {MAX_NUMBER_LENGTH} characters")
