r"""FeatureIDE's table of configurations: a header `Configuration;F1;F2;...`, then lines such as `0;+;-`.

`+` is selected, `-` is not. FeatureIDE's third sign, `0` for undefined, is refused: a configuration here is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.rows import Problems, check_names, shown

_HOLDER = "a CSV of configurations"
_START = re.compile(r"Configuration(;|\n|\Z)")
_FORBIDDEN = ";\n\r\0"
_FIRST_CELL = "Configuration"
_SIGNS = {"+": True, "-": False}


def is_csv(text: str) -> bool:
    """Whether a text begins like a table of configurations."""
    return _START.match(text) is not None


def write_csv(selections: Selections) -> str:
    r"""Return the text of the table: one line per configuration, numbered from 0 as FeatureIDE does.

    Raises:
        UnsupportedError: A name that the format cannot hold.

    >>> write_csv(Selections.of(("App", "Log"), [{"App"}, {"App", "Log"}]))
    'Configuration;App;Log\n0;+;-\n1;+;+\n'
    """
    check_names(selections.names, _FORBIDDEN, _HOLDER)
    lines = [";".join((_FIRST_CELL, *selections.names))]
    rows = enumerate(selections.selected.tolist())
    lines += [";".join((str(number), *("-+"[value] for value in row))) for number, row in rows]
    return "\n".join(lines) + "\n"


def read_csv(text: str, path: str) -> Selections:
    """Return the configurations of a table.

    Args:
        text: The file's content.
        path: Name of the file in messages.

    Raises:
        ReadError: Every problem with its place: a column or number that occurs twice, a row of another length, a cell
            that is neither `+` nor `-`.
    """
    problems = Problems(path)
    lines = text.removesuffix("\n").split("\n")
    names = _read_header(lines[0], problems)
    problems.raise_any()
    rows: list[list[bool]] = []
    numbers: dict[str, int] = {}
    for line, content in enumerate(lines[1:], 2):
        number, *cells = content.split(";")
        row = [_SIGNS[cell] for cell in cells if cell in _SIGNS]
        first = numbers.setdefault(number, line)
        if not (number.isascii() and number.isdigit()):
            problems.report(line, 1, f"found {shown(number)}, expected the number of the configuration")
        elif first != line:
            problems.report(line, 1, f"found number {number} a second time, expected it once; see line {first}")
        if len(row) != len(names) or len(cells) != len(names):
            for column, message in _row_problems(content, len(names)):
                problems.report(line, column, message)
        rows.append(row)
    problems.raise_any()
    return Selections(names, np.array(rows, dtype=np.bool_))


def _read_header(line: str, problems: Problems) -> tuple[str, ...]:
    """Return the features of the columns."""
    first, *cells = line.split(";")
    if first != _FIRST_CELL:
        problems.report(1, 1, f"found {shown(line)}, expected '{_FIRST_CELL};' and the names of the features")
        return ()
    names: dict[str, None] = {}
    place = len(first) + 2
    for cell in cells:
        if not cell:
            problems.report(1, place, "found an empty cell, expected the name of a feature")
        elif cell in names:
            problems.report(1, place, f"found feature {shown(cell)} a second time, expected it once")
        names[cell] = None
        place += len(cell) + 1
    return tuple(names)


def _row_problems(content: str, count: int) -> Iterator[tuple[int, str]]:
    """Yield column and message of every problem with the cells of a line."""
    number, *cells = content.split(";")
    place = len(number) + 2
    for cell in cells:
        if cell == "0":
            yield place, "found 0 (undefined), expected + or -: only complete configurations are read"
        elif cell not in _SIGNS:
            yield place, f"found {shown(cell)}, expected + or -"
        place += len(cell) + 1
    if len(cells) != count:
        yield len(content) + 1, f"found {len(cells)} values, expected {count}, one per feature"
