"""Values and domains in FeatureIDE's attributes come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from featurenet_uvl.translators.formats.featureide.values import (
    format_domain,
    format_value,
    parse_domain,
    parse_value,
    type_of,
)


@given(st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("a'|1.e-true"), min_size=1))
def test_domains_come_back(values: list[int | float | str]) -> None:
    back = parse_domain(format_domain(tuple(values)))
    assert [(type(value), value) for value in back] == [(type(value), value) for value in values]


@given(st.floats(allow_nan=False) | st.integers(-(2**63), 2**63 - 1) | st.text() | st.booleans())
def test_constants_come_back(value: float | int | str | bool) -> None:
    back = parse_value(type_of(value), format_value(value))
    assert (type(back), back) == (type(value), value)
