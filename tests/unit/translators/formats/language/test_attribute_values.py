"""Values of attributes read back as written, and a text that is no value is refused with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import AttributeValue
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.attribute_values import format_attribute_value, parse_attribute_value

SPAN = Span("m.uvl", 2, 3)
KEYS = st.text(st.characters(exclude_characters='".\r\n\0\ufeff', exclude_categories=["Cs"]), min_size=1)
CONSTANTS = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES: st.SearchStrategy[Any] = st.recursive(
    CONSTANTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3).filter(lambda entries: set(entries) != {"escaped__"})
    ),
    max_leaves=8,
)


def plain(value: object) -> object:
    """Return the value with the type of each constant, as `==` takes 1, 1.0 and True for equal."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return type(value).__name__, value


@given(VALUES)
def test_what_is_written_reads_back(value: AttributeValue) -> None:
    assert plain(parse_attribute_value(format_attribute_value(value, SPAN), SPAN)) == plain(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.uvl:2:3: found the end, expected a value"),
        ("1 2", "m.uvl:2:5: found number 2, expected the end"),
        ("[1]", "m.uvl:2:3: found cardinality [1], expected a vector"),
        ("[1 2]", "m.uvl:2:6: found number 2, expected ',' or ']'"),
        ("[1, 2", "m.uvl:2:8: found the end, expected ',' or ']'"),
        ("{a 1, a 2}", "m.uvl:2:9: found the key 'a' twice"),
        ("{1 2}", "m.uvl:2:4: found number 1, expected an attribute name"),
        ("{escaped__ 3}", "m.uvl:2:4: found no text as escaped__"),
        ("a", "m.uvl:2:3: found name 'a', expected a value"),
    ],
)
def test_a_text_that_is_no_value_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_attribute_value(text, SPAN)
    assert str(caught.value).startswith(message)


def test_values_nest_fifty_levels_deep() -> None:
    parse_attribute_value("[" * 50 + "'a'" + "]" * 50, SPAN)
    with pytest.raises(UnsupportedError, match=r"^m\.uvl:2:54: found values nested deeper than 50"):
        parse_attribute_value("[" * 51 + "'a'" + "]" * 51, SPAN)


def test_a_map_that_would_read_as_a_text_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="a map with the only key 'escaped__'"):
        format_attribute_value({"escaped__": "x"}, SPAN)
