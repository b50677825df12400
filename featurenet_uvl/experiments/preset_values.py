"""Converters of the texts in a preset file. Each takes a text, and raises ValueError with the expected form."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from featurenet_uvl.system.json_values import shown

_T = TypeVar("_T")

_MAX_DIGITS = 100
"""Digits of the largest whole number in a preset; Python refuses to read thousands of them."""


def file_of(*folders: Path) -> Callable[[str], str]:
    """Return a converter from a file's name to its path in the first folder that has it."""

    def convert(text: str) -> str:
        places = [folder / text for folder in folders]
        found = next((place for place in places if text and os.path.isfile(place)), None)
        if found is None:
            raise ValueError(f"found no file {text!r}, expected one at {' or '.join(map(str, places))}")
        return str(found)

    return convert


def list_of(convert: Callable[[str], _T], least: int = 0) -> Callable[[str], tuple[_T, ...]]:
    """Return a converter of distinct words with commas or blanks between them."""

    def convert_all(text: str) -> tuple[_T, ...]:
        words = [part for part in re.split(r"[,\s]+", text) if part]
        if len(words) < least:
            raise ValueError(f"found nothing, expected at least {least}")
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice is not None:
            raise ValueError(f"found {twice} twice, expected each once")
        return tuple(convert(word) for word in words)

    return convert_all


def either(word: str, convert: Callable[[str], _T]) -> Callable[[str], _T | None]:
    """Return a converter for which `word` stands for None."""

    def convert_other(text: str) -> _T | None:
        if text == word:
            return None
        try:
            return convert(text)
        except ValueError as error:
            raise ValueError(f"{error}, or {word}") from None

    return convert_other


def bounds(text: str) -> Mapping[str, int]:
    """Convert upper limits by name.

    >>> dict(bounds("Block=3, Cell=2"))
    {'Block': 3, 'Cell': 2}
    """
    found: dict[str, int] = {}
    for part in re.split(r"[,\n]+", text):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not (equals and name and number.isdecimal() and int(number)) or name in found:
            raise ValueError(f"found {part.strip()!r}, expected Name=number, each name once, such as Block=3, Cell=3")
        found[name] = int(number)
    return MappingProxyType(found)


def one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    """Return a converter that accepts these words only."""

    def convert(text: str) -> str:
        if text not in known:
            raise ValueError(f"found {text!r}, expected one of {', '.join(known)}")
        return text

    return convert


def data_set(known: tuple[str, ...], folder: Path) -> Callable[[str], str]:
    """Return a converter that accepts the names of data sets, and files and folders of images by their paths.

    Args:
        known: The names.
        folder: The folder from which paths lead.
    """

    def convert(text: str) -> str:
        if text not in known and not os.path.exists(folder / text):
            raise ValueError(
                f"found {text!r}, expected one of {', '.join(known)}, or an .npz file or a folder of images in {folder}"
            )
        return text

    return convert


def image_size(text: str) -> tuple[int, int]:
    """Convert height and width.

    >>> image_size("32x24")
    (32, 24)
    """
    match = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
    if match is None:
        raise ValueError(f"found {shown(text)}, expected HEIGHTxWIDTH, such as 32x32")
    return int(match[1]), int(match[2])


def channels(text: str) -> int:
    """Convert `grey` or `rgb` to a number of channels."""
    if text not in ("grey", "rgb"):
        raise ValueError(f"found {text!r}, expected grey or rgb")
    return 1 if text == "grey" else 3


def whole(least: int, most: int = 10**100) -> Callable[[str], int]:
    """Return a converter of whole numbers; a comma may separate thousands, except in a list.

    >>> whole(1)("50,000")
    50000
    """

    def convert(text: str) -> int:
        plain = text.replace(",", "")
        if not (plain.isascii() and plain.isdecimal() and len(plain) <= _MAX_DIGITS and int(plain) >= least):
            raise ValueError(f"found {shown(text)}, expected a whole number of {least} or more")
        if int(plain) > most:
            raise ValueError(f"found {text!r}, expected at most {most:,}")
        return int(plain)

    return convert


def yes_or_no(text: str) -> bool:
    """Convert `yes` or `no`."""
    if text not in ("yes", "no"):
        raise ValueError(f"found {text!r}, expected yes or no")
    return text == "yes"


def number(text: str) -> float:
    """Convert a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"found {text!r}, expected a number")
    return value


def positive(text: str) -> float:
    """Convert a number above 0."""
    value = number(text)
    if value <= 0:
        raise ValueError(f"found {text!r}, expected a number above 0")
    return value


def share(text: str) -> float:
    """Convert a number above 0 and below 1."""
    value = number(text)
    if not 0 < value < 1:
        raise ValueError(f"found {text!r}, expected a number above 0 and below 1")
    return value


def momentum(text: str) -> float:
    """Convert a number of 0 or more and less than 1."""
    value = number(text)
    if not 0 <= value < 1:
        raise ValueError(f"found {text!r}, expected 0 or more and less than 1")
    return value
