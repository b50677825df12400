r"""PLEDGE's `.pdt` files: a line `i->Name` for each feature, then one configuration per line, all literals signed.

    1->App
    2->Log
    1;-2;
    1;2;

Numbers mean nothing outside the file: when PLEDGE reads SXFM, it counts in another order than we do. So features are
found by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.rows import (
    Problems,
    check_names,
    missing_message,
    shown,
)

_HOLDER = "a .pdt file"
_FORBIDDEN = "\n\r\0"
_START = re.compile(r"[1-9][0-9]*->")
_HEADER = re.compile(r"([1-9][0-9]{0,8})->(.+)")
HINT = "PLEDGE keeps the first word of a name only: give it a model with safe names"
"""Explanation of names that no model has."""


def is_pdt(text: str) -> bool:
    """Whether a text begins like a `.pdt` file."""
    return _START.match(text) is not None


def write_pdt(selections: Selections) -> str:
    r"""Return the text of a `.pdt` file, numbered in the order of the names.

    Raises:
        UnsupportedError: The table has no feature, or a name that the format cannot hold.

    >>> write_pdt(Selections.of(("App", "Log"), [{"App"}, {"App", "Log"}]))
    '1->App\n2->Log\n1;-2;\n1;2;\n'
    """
    if not selections.names:
        raise UnsupportedError(f"found no features, expected at least one, as {_HOLDER} needs")
    check_names(selections.names, _FORBIDDEN, _HOLDER)
    literals = [(f"-{number};", f"{number};") for number in range(1, len(selections.names) + 1)]
    lines = [f"{number}->{name}" for number, name in enumerate(selections.names, 1)]
    lines += ["".join([pair[value] for pair, value in zip(literals, row)]) for row in selections.selected.tolist()]
    return "\n".join(lines) + "\n"


def read_pdt(text: str, path: str) -> Selections:
    """Return the configurations of a `.pdt` file.

    Args:
        text: The file's content.
        path: Name of the file in messages.

    Raises:
        ReadError: Every problem with its place: a number or name that occurs twice, a literal that is missing,
            repeated, contradictory or of no feature, a line that is cut off.
    """
    problems = Problems(path)
    lines = text.removesuffix("\n").split("\n")
    header = _read_header(lines, problems)
    problems.raise_any()
    rows: list[list[bool]] = []
    for number, content in enumerate(lines[header.length :], header.length + 1):
        row = _row(content, header.literals)
        if row is None:
            for column, message in _row_problems(content, header):
                problems.report(number, column, message)
        else:
            rows.append(row)
    problems.raise_any()
    return Selections(tuple(header.places), np.array(rows, dtype=np.bool_))


@dataclass(slots=True)
class _Header:
    length: int = 0
    places: dict[str, int] = field(default_factory=dict)
    """The line of each feature, by its name."""
    literals: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """For each literal as written: the feature's column, and whether it is selected."""


def _read_header(lines: Sequence[str], problems: Problems) -> _Header:
    header = _Header()
    numbers: dict[int, int] = {}
    for line, text in enumerate(lines, 1):
        match = _HEADER.fullmatch(text)
        if match is None:
            break
        header.length = line
        number, name = int(match[1]), match[2]
        if numbers.setdefault(number, line) != line:
            first = numbers[number]
            problems.report(line, 1, f"found number {number} a second time, expected it once; see line {first}")
        elif name in header.places:
            first = header.places[name]
            problems.report(line, 1, f"found feature {shown(name)} a second time, expected it once; see line {first}")
        else:
            column = len(header.places)
            header.places[name] = line
            header.literals |= {str(number): (column, True), f"-{number}": (column, False)}
    if not header.length:
        problems.report(1, 1, f"found {shown(lines[0])}, expected lines such as '1->Name' first")
    return header


def _row(line: str, literals: Mapping[str, tuple[int, bool]]) -> list[bool] | None:
    """Return the values of a line without faults; None if it has any."""
    parts = line.split(";")
    count = len(literals) // 2
    if parts.pop() or len(parts) != count:
        return None
    row: list[bool | None] = [None] * count
    for part in parts:
        entry = literals.get(part)
        if entry is None or row[entry[0]] is not None:
            return None
        row[entry[0]] = entry[1]
    return [bool(value) for value in row]


def _row_problems(line: str, header: _Header) -> Iterator[tuple[int, str]]:
    """Yield column and message of every problem with a line."""
    if not line.endswith(";"):
        yield len(line) + 1, f"found no ';' at the end of {shown(line[-20:])}, expected one after each literal"
    seen: dict[int, str] = {}
    column = 1
    for part in line.removesuffix(";").split(";"):
        entry = header.literals.get(part)
        if entry is None:
            yield column, f"found {shown(part)}, expected the number of a feature, or - and a number"
        elif entry[0] in seen:
            again = "a second time" if seen[entry[0]] == part else f"after {seen[entry[0]]}"
            yield column, f"found the literal {part} {again}, expected each feature once"
        else:
            seen[entry[0]] = part
        column += len(part) + 1
    missing = missing_message({name for at, name in enumerate(header.places) if at in seen}, tuple(header.places))
    if missing:
        yield len(line) + 1, missing
