r"""FeatureIDE's table of configurations: a header `Configuration;F1;F2;...`, then `0;+;-` and so on, one a line.

`+` is selected, `-` is not. FeatureIDE's third sign, `0` for undefined, is refused: a configuration here is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from featurenet_uvl.ir.selections import Selections
from featurenet_uvl.translators.formats.configurations.rows import (
    Problems,
    check_names,
    missing_message,
    reordered,
    shown,
)

_WHAT = "a CSV of configurations"
_FORBIDDEN = ";\n\r\0"
_FIRST_CELL = "Configuration"
_SIGNS = {"+": True, "-": False}


def write_configuration_csv(selections: Selections) -> str:
    r"""The text of the table, one line a configuration, numbered from 0 as FeatureIDE does.

    Raises:
        UnsupportedError: A name that the format cannot carry.

    >>> write_configuration_csv(Selections.of(("App", "Log"), [{"App"}, {"App", "Log"}]))
    'Configuration;App;Log\n0;+;-\n1;+;+\n'
    """
    check_names(selections.names, _FORBIDDEN, _WHAT)
    lines = [";".join((_FIRST_CELL, *selections.names))]
    lines += [";".join((str(number), *("-+"[value] for value in row))) for number, row in enumerate(selections.rows)]
    return "\n".join(lines) + "\n"


def read_configuration_csv(text: str, path: str, names: Sequence[str] | None = None) -> Selections:
    """The configurations of a table.

    Args:
        text: The file's content.
        path: What the file is called in messages.
        names: The features of the model, each of which needs a column; None takes those of the file.

    Raises:
        ReadError: Every problem with its place: an unknown or missing feature, a column or number that occurs twice, a
            row of another length, a cell that is neither `+` nor `-`.
    """
    problems = Problems(path)
    lines = text.removesuffix("\n").split("\n")
    columns = _read_header(lines[0], names, problems)
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
        if len(row) != len(columns) or len(cells) != len(columns):
            for column, message in _row_problems(content, len(columns)):
                problems.report(line, column, message)
        rows.append(row)
    problems.raise_any()
    return reordered(rows, columns, tuple(columns) if names is None else names)


def _read_header(line: str, names: Sequence[str] | None, problems: Problems) -> dict[str, int]:
    """The column of each feature, from 0."""
    first, *cells = line.split(";")
    if first != _FIRST_CELL:
        problems.report(1, 1, f"found {shown(line)}, expected '{_FIRST_CELL};' and the names of the features")
        return {}
    columns: dict[str, int] = {}
    known = set(cells if names is None else names)
    place = len(first) + 2
    for cell in cells:
        if not cell:
            problems.report(1, place, "found an empty cell, expected the name of a feature")
        elif cell in columns:
            problems.report(1, place, f"found feature {shown(cell)} a second time, expected it once")
        elif cell not in known:
            problems.report(1, place, f"found unknown feature {shown(cell)}, expected one of the model")
        columns.setdefault(cell, len(columns))
        place += len(cell) + 1
    missing = None if names is None else missing_message(columns, names)
    if missing:
        problems.report(1, len(line) + 1, missing)
    return columns


def _row_problems(content: str, count: int) -> Iterator[tuple[int, str]]:
    """Column and message of everything that is wrong with the cells of a line."""
    number, *cells = content.split(";")
    place = len(number) + 2
    for cell in cells:
        if cell == "0":
            yield place, "found 0 (undefined), expected + or -: only complete configurations are read"
        elif cell not in _SIGNS:
            yield place, f"found {shown(cell)}, expected + or -"
        place += len(cell) + 1
    if len(cells) != count:
        yield len(content) + 1, f"found {len(cells)} values, expected {count}, one a feature"
