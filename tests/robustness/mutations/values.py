"""Changes to the values in JSON, TOML and preset files, at any depth."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from tests.robustness.mutations.changes import NUMBERS

_RAW = "@raw{}@"
"""Text that stands for JSON that no Python value is written as."""
DEEP = (30, 900, 1_100, 100_000)
"""Depths of nested values."""
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, -(2**70), 0.5, -0.0, 1e308, 10**400),
    *("", "x", "0", "nan", "ä", "\u2028", "a\nb", "\0", "\ud800", "<b>", "=1+1", "../x", "/dev/zero", "x" * 5_000),
    *([], [[]], {}, {"x": 1}, [None], [1, "a"], {"": None}),
)
_RAW_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "9" * 5_000,
    "-",
    "01",
    "'x'",
    "",
    "nul",
    r'"\ud800"',
    r'"\x"',
    "[1,]",
)

Step = str | int
Place = tuple[Step, ...]


def change_json(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace, remove, move, rename or repeat a value of a JSON text."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    raw: list[str] = []
    places = list(_places(value))
    place = rng.choice(places)
    match rng.randrange(9):
        case 0 | 1 | 2:
            value = _with(value, place, rng.choice(_VALUES))
        case 3:
            raw.append(rng.choice(_RAW_JSON))
            value = _with(value, place, _RAW.format(0))
        case 4:
            depth = rng.choice(DEEP)
            raw.append(rng.choice(("[" * depth + "]" * depth, '{"x":' * depth + "1" + "}" * depth, "[" * depth)))
            value = _with(value, place, _RAW.format(0))
        case 5:
            value = _with(value, place, _at(value, rng.choice(places)))
        case 6:
            value = _without(value, place)
        case 7:
            value = _with(value, place, _swollen(rng, _at(value, place)))
        case _:
            return _with_second_key(rng, json.dumps(value)).encode()
    return _dumped(value, raw)


def _dumped(value: Any, raw: Sequence[str]) -> bytes:
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):
        return b""
    for number, part in enumerate(raw):
        text = text.replace(json.dumps(_RAW.format(number)), part)
    return text.encode("utf-8", "surrogatepass")


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    parts: Sequence[tuple[Step, Any]] = ()
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for step, part in parts:
        yield from _places(part, (*place, step))


def _at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _with(value: Any, place: Place, new: Any) -> Any:
    if not place:
        return new
    step, *rest = place
    copy = value.copy()
    copy[step] = _with(value[step], tuple(rest), new)
    return copy


def _without(value: Any, place: Place) -> Any:
    if not place:
        return None
    parent = _at(value, place[:-1]).copy()
    del parent[place[-1]]
    return _with(value, place[:-1], parent)


def _swollen(rng: Random, value: Any) -> Any:
    """Return a container with one entry more, under a new name or as a copy; another value becomes a list of itself."""
    if isinstance(value, dict):
        keys = list(value)
        key = rng.choice(keys) if keys else "x"
        if rng.random() < 0.5 and keys:
            renamed = rng.choice((key.upper(), f"{key} ", "", "x", "ä", "__class__", "self"))
            return {(renamed if k == key else k): v for k, v in value.items()}
        return {**value, rng.choice(("extra", "", "self", "path", "x" * 100)): rng.choice(_VALUES)}
    if isinstance(value, list):
        return [*value, *value[-1:]] * rng.choice((1, 1, 2, 300))
    return [value]


def _with_second_key(rng: Random, text: str) -> str:
    """Return JSON with one key twice in an object."""
    found = list(re.finditer(r'"(\w+)": ', text))
    if not found:
        return text
    match = rng.choice(found)
    return f"{text[: match.start()]}{match[0]}{rng.choice(('1', 'null', '{}'))}, {text[match.start() :]}"


_TOML_VALUE = re.compile(rb'(?<== )("[^"\n]*"|[\w.+-]+)')
_TOML_VALUES = (
    *(
        '""',
        '"x"',
        "'x'",
        '"""x\ny"""',
        '"\\u0000"',
        '"\\ud800"',
        '"\\U0010FFFF"',
        "true",
        "false",
        "inf",
        "-inf",
        "nan",
    ),
    *("1979-05-27T07:32:00Z", "1979-05-27", "07:32:00", "0xff", "0o7", "0b1", "1_000", "+1", "[]", "{}", "[1, 'a']"),
    *("{x = 1}", "[[]]", "1.5", "-0.0", "1e400", "9" * 5_000, "x", "=", "9" * 400),
)


def change_toml(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace a value of a TOML text, nest one deeply, or repeat or rename a key."""
    found = list(_TOML_VALUE.finditer(data))
    if not found:
        return data
    start, end = rng.choice(found).span()
    match rng.randrange(6):
        case 0 | 1 | 2:
            new = rng.choice((*_TOML_VALUES, *NUMBERS)).encode()
        case 3:
            depth = rng.choice(DEEP)
            new = rng.choice((b"[" * depth + b"]" * depth, b"{x=" * depth + b"1" + b"}" * depth, b"[" * depth))
        case 4:
            new = data[start:end] + b", " + rng.choice((b"x = 1", b'activation = "relu"', b"a.b.c = 1", b'"" = 1'))
        case _:
            lines = data.split(b"\n")
            extra = rng.choice(
                (b"[[block]]", b"[block]", b"[x]", b"[a.b.c]", b"cells = []", b"x = 1", b"[[block.cells]]")
            )
            lines.insert(rng.randint(0, len(lines)), extra)
            return b"\n".join(lines)
    return data[:start] + new + data[end:]


_SETTING = re.compile(rb"(?m)^([A-Za-z_]+) = (.*)$")
_SETTINGS = (
    *(
        "",
        "all",
        "auto",
        "none",
        "unknown",
        "yes",
        "no",
        "on",
        "1",
        "inf",
        "nan",
        "1e-400",
        "0.5",
        "1.0",
        "-0.5",
        "%(x)s",
    ),
    *(
        "${a:b}",
        "%",
        "digits",
        "digits, mnist",
        "digits digits",
        "mnist",
        "S1",
        "s1.uvl",
        "../s1.uvl",
        "/dev/zero",
        ".",
    ),
    *("/", "Block=1", "Block=1, Cell=99999999", "Block=0", "=", "lenet5", "mlp", "1, 2, 3", "3, 2", "2, 2", "x\n  y"),
)
_SECTIONS = (
    *(
        "[about]",
        "[data]",
        "[training]",
        "[sample S1]",
        "[sample]",
        "[sample ]",
        "[sample ../x]",
        "[sample a b]",
        "[run]",
    ),
    *(
        "[]",
        "[x",
        "[x]]",
        "[DEFAULT]",
        "[longer]",
        "[architectures]",
        "[equivalence]",
        "x = 1",
        " x = 1",
        "= 1",
        "x",
        "; c",
    ),
)


def change_settings(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Replace, repeat or remove a setting of a preset, or insert a section."""
    found = list(_SETTING.finditer(data))
    if not found or rng.random() < 0.25:
        lines = data.split(b"\n")
        lines.insert(rng.randint(0, len(lines)), rng.choice(_SECTIONS).encode())
        return b"\n".join(lines)
    setting = rng.choice(found)
    other = rng.choice(list(_SETTING.finditer(rng.choice(others))) or [setting])
    new = rng.choice((rng.choice(_SETTINGS).encode(), rng.choice(NUMBERS).encode(), other[2]))
    return data[: setting.start(2)] + new + data[setting.end(2) :]
