"""Lines of signed numbers, as SAT samplers print them: `1 -2 3`, `1 -2 3 0` or `v 1 -2 3 0`, one solution per line.

The numbers are those of a DIMACS file. A line has all features in any order, with or without auxiliaries. Lines that
start with `c` or `s` are comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from featurenet_uvl.errors import ReadError, first_lines
from featurenet_uvl.ir.cnf import VarMap
from featurenet_uvl.ir.sample import Selections

MAX_PROBLEMS = 20
"""Problems of one file that a message lists."""

_START = re.compile(r"(?:[cs](?:[ \t].*)?\n|\s*\n)*[ \t]*(?:v[ \t]+)?-?[0-9]+(?:[ \t\n]|\Z)")
_COMMENT = re.compile(r"[cs](?:[ \t]|\Z)")


def is_literals(text: str) -> bool:
    r"""Whether a text begins like lines of signed numbers.

    >>> is_literals("c by a solver\nv 1 -2 0\n"), is_literals("App\n")
    (True, False)
    """
    return _START.match(text) is not None


def write_literals(selections: Selections, numbers: Sequence[int] = ()) -> str:
    r"""Return one line of numbers per configuration.

    Args:
        selections: The configurations.
        numbers: Number of each column, and of columns beyond; empty: the columns are the variables from 1.

    >>> write_literals(Selections.of(("App", "Log"), [{"App"}]))
    '1 -2 0\n'
    """
    variables = numbers[: len(selections.names)] or range(1, len(selections.names) + 1)
    return "".join(
        " ".join(str(v if value else -v) for v, value in zip(variables, row, strict=True)) + " 0\n"
        for row in selections.selected.tolist()
    )


def read_literals(text: str, place: str, variables: VarMap) -> Selections:
    """Return the configurations over the features.

    Args:
        text: The file's content.
        place: Name of the file in messages.
        variables: The variables that the numbers mean.

    Raises:
        ReadError: A number out of range, a contradiction, or a feature without a value, each with its line.
    """
    rows: list[list[bool]] = []
    problems: list[str] = []
    count = variables.feature_count
    place_of = {number: place for place, number in enumerate(variables.numbers, 1)}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or _COMMENT.match(line):
            continue
        values: dict[int, bool] = {}
        found = list(_line_problems(line.strip().removeprefix("v").split(), len(variables), values))
        if place_of:
            values = {place_of[variable]: value for variable, value in values.items()}
        if not found:
            missing = next((variable for variable in range(1, count + 1) if variable not in values), None)
            if missing is not None:
                own = variables.numbers[missing - 1] if place_of else missing
                found = [f"found no value for variable {own}, expected one for each feature"]
        problems += [f"{place}:{number}: {problem}" for problem in found]
        if not problems:  # short lines of junk are not to become long rows
            rows.append([values[variable] for variable in range(1, count + 1)])
    if problems:
        raise ReadError(first_lines(problems, MAX_PROBLEMS, f"{place}: "))
    return Selections(variables.feature_names, np.array(rows, dtype=np.bool_))


def _line_problems(words: Sequence[str], variables: int, values: dict[int, bool]) -> Iterator[str]:
    """Put the values of a line into `values`; yield at most one problem of the line."""
    for word in words[:-1] if words and words[-1] == "0" else words:
        digits = word.removeprefix("-")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
        if not 1 <= number <= variables:
            yield f"found {word[:60]!r}, expected a variable within 1..{variables}, or - and a variable"
            return
        if values.setdefault(number, word == digits) != (word == digits):
            yield f"found {number} and -{number}, expected one of them"
            return
