"""Constants as UVL spells them, and the escape for texts that it cannot quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.values import escape_text, format_value, is_quotable, unescape_text

SPAN = Span("m.uvl", 2, 3)


@given(st.text())
def test_every_text_can_be_escaped(text: str) -> None:
    escaped = escape_text(text)
    assert is_quotable(escaped)
    assert '"' not in escaped
    assert unescape_text(escaped) == text


@pytest.mark.parametrize("text", ["%", "5 %", "%G0", "a%2", "%FF"])
def test_a_broken_escape_is_an_error_or_the_empty_text(text: str) -> None:
    if text == "%":
        assert unescape_text(text) == ""
        return
    with pytest.raises(ValueError, match=r"^found "):
        unescape_text(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (-7, "-7"),
        (0.5, "0.5"),
        (1e-05, "0.00001"),
        (1e22, "10000000000000000000000.0"),
        ("a b", "'a b'"),
    ],
)
def test_constants_have_one_spelling(value: bool | int | float | str, text: str) -> None:
    assert format_value(value, SPAN) == text


@pytest.mark.parametrize("value", ["", "it's", "a\nb", "\0", float("inf"), float("nan"), 10**400])
def test_a_constant_without_a_spelling_is_refused_with_its_place(value: int | float | str) -> None:
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:2:3: found "):
        format_value(value, SPAN)
