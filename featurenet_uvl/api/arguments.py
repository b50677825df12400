"""Checks of the arguments that callers pass: a wrong one is a `UsageError` that names it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Real
from operator import index
from reprlib import Repr
from typing import SupportsIndex

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import Shape

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 60


def shown(value: object) -> str:
    """Return a value for a message, on one short line: an array as its type and shape, never with its numbers.

    >>> shown("digits"), shown(range(3))
    ("'digits'", 'range(0, 3)')
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{type(value).__name__} of shape {shape}"
    if isinstance(value, list | tuple):
        inside = ", ".join(shown(part) for part in value[:4]) + ", ..." * (len(value) > 4)
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    return " ".join(_REPR.repr(value).split())


def whole(name: str, value: object, least: int) -> int:
    """Return a whole number that is at least `least`.

    >>> whole("count", 3, least=1)
    3
    """
    if not isinstance(value, SupportsIndex) or isinstance(value, bool) or index(value) < least:
        raise UsageError(f"{name}: found {shown(value)}, expected a whole number from {least}")
    return index(value)


def seconds(name: str, value: object) -> float:
    """Return a time limit.

    >>> seconds("time_limit_s", 2)
    2.0
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not float(value) > 0:
        raise UsageError(f"{name}: found {shown(value)}, expected seconds above 0")
    return float(value)


def number(name: str, value: object) -> float:
    """Return a finite number; numpy's are numbers, too.

    >>> number("momentum", 0.5)
    0.5
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value):
        raise UsageError(f"{name}: found {shown(value)}, expected a number")
    return value if isinstance(value, int) else float(value)


def truth(name: str, value: object) -> bool:
    """Return a truth value; numpy's are truth values, too.

    >>> truth("deterministic", True)
    True
    """
    if not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        raise UsageError(f"{name}: found {shown(value)}, expected True or False")
    return bool(value)


def texts(name: str, values: object) -> tuple[str, ...]:
    """Return texts; one text stands for a list of one.

    >>> texts("assume", "Log"), texts("assume", ["Log", "!Net"])
    (('Log',), ('Log', '!Net'))
    """
    found = (values,) if isinstance(values, str) or not isinstance(values, Iterable) else tuple(values)
    for value in found:
        if not isinstance(value, str):
            raise UsageError(f"{name}: found {shown(value)}, expected a text, or several")
    return found


def by_name(name: str, values: object, example: str) -> Mapping[str, str]:
    """Return values by name; None has none. `example` shows a mapping in the message.

    >>> by_name("options", None, "{'command': '...'}")
    {}
    """
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise UsageError(f"{name}: found {values!r}, expected a mapping such as {example}")
    return values


def image_shape(value: object) -> Shape:
    """Return height, width and channels.

    >>> image_shape([28, 28, 1])
    (28, 28, 1)
    """
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise UsageError(f"input_shape: found {shown(value)}, expected (height, width, channels) such as (28, 28, 1)")
    return tuple(whole("input_shape", size, least=1) for size in value)


def file_path(value: object) -> str:
    """Return the path of a file, as text, with the user's home folder in place of a leading `~`."""
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"path: found {shown(value)}, expected the path of a file")
    return os.path.expanduser(os.fsdecode(value))


def file_paths(values: object) -> tuple[str, ...]:
    """Return paths of files; one path stands for a list of one."""
    if isinstance(values, str | os.PathLike) or not isinstance(values, Iterable):
        return (file_path(values),)
    return tuple(file_path(value) for value in values)
