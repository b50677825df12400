"""JSON from others: read strictly, typed by the annotations of dataclasses, each fault with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.system.json_values import MAX_DEPTH, load_json, read_json, to_typed


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    number: float
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    is_new: bool = False
    share: float | None = None
    inner: Inner | None = None
    numbers: tuple[int, ...] = ()
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    anything: Any = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise UsageError("count: found less than 0\nand a second problem")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x:1:1: found no JSON"),
        ('{"a": 1,\n "a": 2}', "x: found the key 'a' twice in an object"),
        ("[NaN]", "x: found NaN, expected a number"),
        ("[-Infinity]", "x: found -Infinity, expected a number"),
        ("1e400", "x: found 1e400, expected a number"),
        ("9" * 5000, "x: found a number of thousands of digits"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "x: found JSON that is nested too deeply"),
        ('{"a":' * 200_000, "x: found JSON that is nested too deeply"),
        (r'["\ud800"]', "x: found half a character"),
        (r'{"\udfff": 1}', "x: found half a character"),
        ('"' + "a" * (4 << 20) + '"', "x: found 4,194,306 characters"),
    ],
)
def test_what_is_no_json_of_ours_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReadError, match=message) as error:
        load_json(text, "x", "a gift")
    assert "\n" not in str(error.value)


def test_the_deepest_json_that_is_read(tmp_path: Path) -> None:
    text = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    (tmp_path / "x.json").write_text(text)
    assert read_json(tmp_path / "x.json", "a gift") == load_json(text, "x")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ReadError, match=r"x\.json:1:1: found the byte 0xff, expected UTF-8 text"):
        read_json(tmp_path / "x.json", "a gift")
    with pytest.raises(ReadError, match="no such file"):
        read_json(tmp_path / "y.json", "a gift")


def test_values_become_objects() -> None:
    found = to_typed(
        Outer,
        {
            **{"name": "n", "count": 3, "is_new": True, "share": 1, "inner": {"number": 0.5, "colour": "blue"}},
            **{"numbers": [1, 2], "by_name": {"a": {"number": 2}}, "anything": {"x": []}},
        },
        "x",
    )
    inner = Inner(0.5, Colour.BLUE)
    assert found == Outer("n", 3, True, 1, inner, (1, 2), {"a": Inner(2)}, {"x": []})
    assert to_typed(Outer, {"name": "n", "count": 3}, "x") == Outer("n", 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 1}, "x: name: found 1, expected a text"),
        ({"count": True}, "x: count: found True, expected a whole number"),
        ({"count": 1.0}, r"x: count: found 1\.0, expected a whole number"),
        ({"count": None}, "x: count: found None, expected a whole number"),
        ({"count": 10**101}, "x: count: found 1000"),
        ({"count": 10**5000}, "x: count: found a number of thousands of digits, expected a whole number"),
        ({"count": -1}, "^x: count: found less than 0\nx: and a second problem$"),
        ({"is_new": 1}, "x: is_new: found 1, expected true or false"),
        ({"share": "1"}, "x: share: found '1', expected a number"),
        ({"share": float("nan")}, "x: share: found nan, expected a number"),
        ({"inner": {}}, "x: inner: found no 'number', expected the keys number, colour"),
        ({"inner": []}, r"x: inner: found \[\], expected an object"),
        ({"inner": {"number": 1, "colour": "green"}}, "x: inner: colour: found 'green', expected one of red, blue"),
        ({"inner": {"number": 1, "colour": []}}, r"x: inner: colour: found \[\], expected one of red, blue"),
        ({"numbers": 3}, "x: numbers: found 3, expected a list"),
        ({"numbers": [1, "2"]}, "x: numbers: 2: found '2', expected a whole number"),
        ({"by_name": [1]}, r"x: by_name: found \[1\], expected an object"),
        ({"by_name": {"a": 1}}, "x: by_name: a: found 1, expected an object"),
        ({"other": 1}, "x: found the key 'other', expected only name, count"),
    ],
)
def test_values_of_other_types_are_refused_with_their_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ReadError, match=message):
        to_typed(Outer, {"name": "n", "count": 3, **changes}, "x")
    with pytest.raises(ReadError, match=r"x: found \[\], expected an object"):
        to_typed(Outer, [], "x")
