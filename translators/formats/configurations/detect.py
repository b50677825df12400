"""Configurations that any tool has listed in one file.

Formats are told apart by content: a sample file, PLEDGE's `.pdt`, FeatureIDE's CSV, or one solution a line as signed
numbers, as SAT samplers print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from featurenet_uvl.analysis.complete_configurations import complete_selections
from featurenet_uvl.analysis.violations import first_violation
from featurenet_uvl.errors import ModelError, ReadError
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX, Cnf, VarMap
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.ir.selections import Selections
from featurenet_uvl.translators.formats.configurations.csv import read_configuration_csv
from featurenet_uvl.translators.formats.configurations.pdt import read_pdt
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.writer import safe_name

_STARTS = {
    "sample": re.compile(r"# featurenet_uvl sample "),
    "csv": re.compile(r"Configuration(;|\n|\Z)"),
    "pdt": re.compile(r"[1-9][0-9]*->"),
    "literals": re.compile(r"(?:[cs](?:[ \t].*)?\n|\s*\n)*[ \t]*(?:v[ \t]+)?-?[0-9]+(?:[ \t\n]|\Z)"),
}
_EXPECTED = "a sample file, a .pdt file, a CSV of configurations, or lines of signed numbers"
_COMMENT = re.compile(r"[cs](?:[ \t]|\Z)")
_MAX_PROBLEMS = 20
_SHOWN = 5


def read_listed(text: str, place: str, variables: VarMap | None = None) -> Selections:
    """The configurations of a file of any of these formats; some may be there several times.

    Args:
        text: The file's content.
        place: What the file is called in messages.
        variables: Those of the model, to whose names the file's are matched, as they are or as `safe_name` spells them.
            Without them the names are the file's, and auxiliaries are left out.

    Returns:
        With variables, one column for each of the features, and one for each auxiliary if the file has them.

    Raises:
        ReadError: None of these formats, or every problem that its reader finds.
        ModelError: Other features than the model's, or numbers where there is no model to name them.

    >>> read_listed("1->App\\n2->Log\\n1;-2;\\n", "a.pdt").rows
    ((True, False),)
    """
    name = next((name for name, start in _STARTS.items() if start.match(text)), None)
    match name:
        case "sample":
            sample = parse_sample(text, place)
            found = Selections(sample.names, tuple(map(tuple, sample.selected.tolist())))
        case "csv":
            found = read_configuration_csv(text, place)
        case "pdt":
            found = read_pdt(text, place)
        case "literals":
            if variables is None:
                raise ModelError(f"{place}: found numbers without names, expected the CNF that they speak of, too")
            return _read_literals(text, place, variables)
        case _:
            first = text.lstrip().split("\n", 1)[0]
            shown = repr(first if len(first) <= 60 else first[:57] + "...") if first else "nothing"
            raise ReadError(f"{place}:1: found {shown}, expected {_EXPECTED}")
    return _without_auxiliaries(found) if variables is None else _matched(found, place, variables)


def selected_matrix(selections: Selections) -> BoolMatrix:
    """The configurations as a matrix: one row each, one column a name."""
    return np.array(selections.rows, dtype=np.bool_).reshape(len(selections), len(selections.names))


def checked_selections(selections: Selections, cnf: Cnf, place: str) -> Selections:
    """The configurations over the features of a CNF, each of which is a solution of it.

    Args:
        selections: As `read_listed` gives them for the CNF's variables.
        cnf: The formula.
        place: What their file is called in messages.

    Raises:
        DecodeError: A configuration violates the CNF.
    """
    if selections.names == cnf.variables.names and first_violation(cnf, selected_matrix(selections)) is None:
        count = cnf.variables.feature_count
        return _take(selections, cnf.variables.feature_names, range(count))
    return complete_selections(selections, cnf, place)


def _take(selections: Selections, names: Sequence[str], columns: Sequence[int]) -> Selections:
    if list(columns) == list(range(len(selections.names))):  # as it is, and tuples are dear
        return Selections(tuple(names), selections.rows)
    rows = selected_matrix(selections)[:, list(columns)]
    return Selections(tuple(names), tuple(map(tuple, rows.tolist())))


def _without_auxiliaries(selections: Selections) -> Selections:
    kept = [place for place, name in enumerate(selections.names) if not name.startswith(AUXILIARY_PREFIX)]
    return _take(selections, [selections.names[place] for place in kept], kept)


def _matched(selections: Selections, place: str, variables: VarMap) -> Selections:
    """The columns in the model's order, under the model's names."""
    columns = {name: column for column, name in enumerate(selections.names)}
    for spelt in (str, safe_name):
        names = variables.names if any(map(columns.__contains__, variables.names[variables.feature_count :])) else ()
        names = names or variables.feature_names
        wanted = [spelt(name) for name in names]
        if len(columns) == len(wanted) and all(map(columns.__contains__, wanted)):
            return _take(selections, names, [columns[name] for name in wanted])
    raise ModelError(f"{place}: {_difference(selections.names, variables.feature_names, 'the model')}")


def _difference(names: Sequence[str], expected: Sequence[str], whose: str) -> str:
    """What sets of names that differ do not share."""
    known, wanted = set(names), set(expected)
    unknown = [name for name in names if name not in wanted]
    missing = [name for name in expected if name not in known]
    parts = [f"found {_some(unknown)}, which {whose} lacks"] if unknown else []
    parts += [f"found no {_some(missing)}, which {whose} has"] if missing else []
    return "; ".join(parts) + "; expected the same features"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more features" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def align(selections: Selections, place: str, names: Sequence[str], whose: str) -> Selections:
    """The columns in another order, that of `names`.

    Args:
        selections: Over the same names.
        place: What their file is called in messages.
        names: The order.
        whose: What has these names, for messages.

    Raises:
        ModelError: Other names.
    """
    columns = {name: column for column, name in enumerate(selections.names)}
    if set(columns) != set(names):
        raise ModelError(f"{place}: {_difference(selections.names, names, whose)}")
    return _take(selections, names, [columns[name] for name in names])


def _read_literals(text: str, place: str, variables: VarMap) -> Selections:
    """Lines such as `1 -2 3 0` or `v 1 -2 3 0`: all features, in any order, with or without auxiliaries."""
    rows: list[tuple[bool, ...]] = []
    problems: list[str] = []
    count = variables.feature_count
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or _COMMENT.match(line):
            continue
        values: dict[int, bool] = {}
        found = list(_line_problems(line.strip().removeprefix("v").split(), len(variables), values))
        if not found:
            missing = [variable for variable in range(1, count + 1) if variable not in values]
            if missing:
                found = [f"found no value for variable {missing[0]}, expected one for each of the {count} features"]
        problems += [f"{place}:{number}: {problem}" for problem in found]
        rows.append(tuple(values.get(variable, False) for variable in range(1, count + 1)))
    if len(problems) > _MAX_PROBLEMS:
        problems[_MAX_PROBLEMS:] = [f"{place}: and {len(problems) - _MAX_PROBLEMS} more problems"]
    if problems:
        raise ReadError(problems)
    return Selections(variables.feature_names, tuple(rows))


def _line_problems(words: Sequence[str], variables: int, values: dict[int, bool]) -> Iterator[str]:
    """Enters the values of a line; yields what is wrong with it, at most one problem."""
    for word in words[:-1] if words and words[-1] == "0" else words:
        digits = word.removeprefix("-")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
        if not 1 <= number <= variables:
            yield f"found {word[:60]!r}, expected a variable within 1..{variables}, or - and a variable"
            return
        if values.setdefault(number, word == digits) != (word == digits):
            yield f"found {number} and -{number}, expected one of them"
            return
