"""JSON that others may have written or damaged: read strictly, then turned into dataclasses by their annotations."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from featurenet_uvl.errors import FeatureNetError, ReadError
from featurenet_uvl.system.files import read_text

MAX_JSON_BYTES = 4 << 20
"""Bytes of the largest JSON text that is read: its objects in memory take up to 25 times as many."""

MAX_DEPTH = 100
"""Lists and objects within each other, at most."""

MAX_NUMBER = 10**100
"""Largest number that a value of a dataclass may have, for arithmetic with floating-point numbers."""

_MAX_SHOWN = 60
"""Characters of a value in a message, at most."""

T = TypeVar("T")


def read_json(path: Path, expected: str) -> Any:
    """Return the value of a JSON file.

    Args:
        path: The file.
        expected: Name of what the file should hold, in messages, such as `a network`.

    Raises:
        ReadError: The file is missing, too large or no text, or `load_json` refuses it.
    """
    return load_json(read_text(path, limit=MAX_JSON_BYTES, is_named_by_user=False), str(path), expected)


def load_json(text: str, place: str, expected: str = "a network") -> Any:
    """Return the value of a JSON text.

    Args:
        text: The text.
        place: Its name in messages.
        expected: As for `read_json`.

    Raises:
        ReadError: The text is not JSON, is too large or nested too deeply, an object has a key twice, a number is NaN,
            infinite or of thousands of digits, or a text has half a character.

    >>> load_json('{"a": [1, 2.5]}', "x")
    {'a': [1, 2.5]}
    """

    def refuse(found: str) -> NoReturn:
        raise ReadError(f"{place}: found {found}, expected {expected}")

    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            keys = [key for key, _ in pairs]
            refuse(f"the key {shown(next(k for k in keys if keys.count(k) > 1))} twice in an object")
        return dict(pairs)

    def to_number(digits: str) -> float:
        number = float(digits)
        if not math.isfinite(number):
            raise ReadError(f"{place}: found {digits[:_MAX_SHOWN]}, expected a number")
        return number

    if len(text) > MAX_JSON_BYTES:
        refuse(f"{len(text):,} characters")
    try:
        value = json.loads(
            text,
            object_pairs_hook=to_object,
            parse_float=to_number,
            parse_constant=to_number,
        )
        depth = _depth(value)
    except json.JSONDecodeError as error:
        where = f"{place}:{error.lineno}:{error.colno}"
        raise ReadError(f"{where}: found no JSON ({error.msg}), expected {expected}") from None
    except UnicodeEncodeError:
        refuse("half a character (a lone surrogate)")
    except RecursionError:
        depth = MAX_DEPTH + 1
    except ValueError:  # Python's limit of digits in an integer
        refuse("a number of thousands of digits")
    if depth > MAX_DEPTH:
        refuse("JSON that is nested too deeply")
    return value


def _depth(value: object) -> int:
    """Return how deeply lists and objects are nested.

    Raises:
        UnicodeEncodeError: A text cannot be written as UTF-8.
    """
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and not one.isascii():
                one.encode()
        depth, level = depth + 1, below
    return depth


def shown(value: object) -> str:
    """Return a value for a message, cut if it is long.

    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return "a number of thousands of digits"
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def to_typed(kind: type[T], value: object, place: str) -> T:
    """Return a JSON value as an object of a dataclass.

    The annotations of its fields decide: numbers, texts, truth values, None, enumerations, tuples, mappings from texts,
    and dataclasses of these. A list becomes a tuple. A field with a default may be missing.

    Args:
        kind: The dataclass.
        value: The value, as `load_json` returns it.
        place: Its name in messages.

    Raises:
        ReadError: A key is missing or unknown, a value is of another type, or the dataclass refuses it. The message
            names the place of the value within the whole.
    """
    converted: T = _converted(kind, value, place)
    return converted


def _converted(kind: Any, value: object, place: str) -> Any:
    if kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (other,) = (one for one in arguments if one is not type(None))  # only X | None occurs
        return None if value is None else _converted(other, value, place)
    if is_dataclass(kind):
        return _object(kind, value, place)
    if origin is tuple:
        return _tuple(arguments, value, place)
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            _refuse(place, value, "an object")
        return {key: _converted(arguments[1], part, f"{place}: {key}") for key, part in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value, place)
    return _scalar(kind, value, place)


def _scalar(kind: Any, value: object, place: str) -> Any:
    if kind in (str, bool):
        if type(value) is not kind:
            _refuse(place, value, "a text" if kind is str else "true or false")
    elif kind is int or kind is float:
        is_number = isinstance(value, int | float) and type(value) in (int, kind) and abs(value) <= MAX_NUMBER
        if not is_number:
            _refuse(place, value, "a whole number" if kind is int else "a number")
    else:
        raise TypeError(f"found a field of type {kind}, expected one that JSON has")
    return value


def _member(kind: type[Enum], value: object, place: str) -> Enum:
    values = [member.value for member in kind]
    if value not in values:
        _refuse(place, value, f"one of {', '.join(map(str, values))}")
    return kind(value)


def _tuple(arguments: tuple[Any, ...], value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        _refuse(place, value, "a list")
    return tuple(_converted(arguments[0], part, f"{place}: {number}") for number, part in enumerate(value, 1))


def _object(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, Mapping):
        _refuse(place, value, "an object")
    kinds, required = _fields_of(kind)
    missing = sorted(required - value.keys())
    if missing:
        raise ReadError(f"{place}: found no {missing[0]!r}, expected the keys {', '.join(kinds)}")
    unknown = sorted(key for key in value if key not in kinds)
    if unknown:
        raise ReadError(f"{place}: found the key {shown(unknown[0])}, expected only {', '.join(kinds)}")
    converted = {name: _converted(kinds[name], part, f"{place}: {name}") for name, part in value.items()}
    try:
        return kind(**converted)
    except ReadError:
        raise
    except FeatureNetError as error:
        raise ReadError([f"{place}: {line}" for line in str(error).splitlines()]) from error


@cache
def _fields_of(kind: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    """Return the types of a dataclass's fields by name, and the names of those without a default."""
    hints = get_type_hints(kind)
    required = (f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
    return {field.name: hints[field.name] for field in fields(kind)}, frozenset(required)


def _refuse(place: str, value: object, expected: str) -> NoReturn:
    raise ReadError(f"{place}: found {shown(value)}, expected {expected}")
