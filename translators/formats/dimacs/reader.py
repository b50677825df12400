"""Reads DIMACS strictly, with the names that comments give.

It takes the files of FeatureIDE, KConfig tools and the SAT benchmarks: comments anywhere, names before or after the
header, clauses over several lines or several on one, blank lines, and SATLIB's `%` at the end. The lines by which
counters extend the format are in `counting_lines`: a projection is read, weights are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from featurenet_uvl.errors import ReadError, first_lines
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.translators.formats.dimacs.counting_lines import is_extension, projected, refusal, shown_by

MAX_UNUSED = 500_000
"""Most variables in the header of a text with fewer characters; more are a mistake, and their names cost memory."""

_MAX_PROBLEMS = 20
_DIMACS = re.compile(r"\s*(?:c(?:[ \t].*)?\n\s*)*(?:p[ \t]+cnf\b|c[ \t]+[0-9]+[ \t])")
_NAME = re.compile(r"c[ \t]+([0-9]{1,9})[ \t](.+)")
_HEADER = re.compile(r"p[ \t]+cnf[ \t]+([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]*")
_LITERAL = re.compile(r"-?[0-9]+")
_CLAUSE_STARTS = frozenset("-0123456789")
_BODY_CHARACTERS = frozenset("0123456789- \t\n")


@dataclass(slots=True)
class _File:
    """The findings of one pass over the lines, before the clauses are read."""

    path: str
    problems: list[tuple[int, str]] = field(default_factory=list)
    header: tuple[int, int, int] | None = None
    """Line, number of variables, number of clauses."""
    names: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Variable -> line and name."""
    shown: dict[str, tuple[int, frozenset[int]]] = field(default_factory=dict)
    """Kind of a projection -> its first line, and the variables that its lines show."""
    body: list[tuple[int, str]] = field(default_factory=list)
    """Lines that hold clauses."""

    def report(self, line: int, message: str) -> None:
        self.problems.append((line, message))


def is_dimacs(text: str) -> bool:
    r"""Whether a text begins like DIMACS.

    >>> is_dimacs("c 1 Net\np cnf 1 0\n"), is_dimacs("features\n\tNet\n")
    (True, False)
    """
    return _DIMACS.match(text) is not None


def read_dimacs(text: str, path: str) -> Cnf:
    r"""Read the CNF of a DIMACS text. A variable without a name gets its number as a name.

    If lines `c p show` or `c ind` show some variables, these are the features; the others are auxiliaries, which the
    features may leave open (`Cnf.is_projected`).

    Args:
        text: The file's text.
        path: For messages.

    Raises:
        ReadError: Every problem of the file (the first 20), each as `path:line: found, expected`.

    >>> read_dimacs("c 1 Net\np cnf 2 1\n1\n-2 0\n", "m.cnf").variables.names
    ('Net', '2')
    """
    file = _File(path)
    _read_lines(file, text.replace("\r\n", "\n"), max(MAX_UNUSED, len(text)))
    if file.header is None:
        file.problems.insert(0, (1, "found no header, expected a line 'p cnf VARIABLES CLAUSES'"))
        _raise(file)
    names = _names(file)
    clauses = _fast_clauses(file)
    if clauses is None or file.problems:
        clauses = _clauses(file)
    shown = _shown(file)
    if file.problems:
        _raise(file)
    return Cnf(VarMap.from_names(names), clauses) if shown is None else projected(names, clauses, shown)


def _read_lines(file: _File, text: str, most_variables: int) -> None:
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        start = line[:1]
        if start in " \t\r":
            line = line.strip(" \t\r")
            start = line[:1]
        if start == "c":
            _read_comment(file, number, line)
        elif start == "p":
            _read_header(file, number, line, most_variables)
        elif start == "%":
            break
        elif start:
            reason = None if start in _CLAUSE_STARTS else refusal(line)
            if reason is not None:
                file.report(number, reason)
                continue
            if file.header is None and not file.body:
                file.report(number, f"found {_cut(line)} before the header, expected 'p cnf VARIABLES CLAUSES' first")
            file.body.append((number, line))
    for number, line in lines:
        if line.strip() not in ("", "0"):
            file.report(number, f"found {_cut(line)} after the end mark '%', expected nothing more")


def _read_comment(file: _File, number: int, line: str) -> None:
    match = _NAME.fullmatch(line)
    if match is None:
        if is_extension(line):
            _read_extension(file, number, line)
        return
    variable, name = int(match[1]), match[2]
    first = file.names.setdefault(variable, (number, name))
    if first[1] != name:
        file.report(
            number,
            f"found a second name {_cut(name)} of variable {variable}, expected one; line {first[0]} has the first",
        )


def _read_extension(file: _File, number: int, line: str) -> None:
    """Note the variables that a comment shows, or report that it has weights."""
    reason = refusal(line)
    if reason is not None:
        file.report(number, reason)
    found = shown_by(line)
    if found is None:
        return
    if found.numbers is None:
        file.report(number, f"found {_cut(line)}, expected '{found.kind}', numbers of variables and a final 0")
        return
    first, numbers = file.shown.get(found.kind, (number, frozenset()))
    file.shown[found.kind] = (first, numbers | found.numbers)


def _shown(file: _File) -> frozenset[int] | None:
    """Return the variables that the projection shows, None without one; report what is wrong with it."""
    assert file.header is not None
    count = file.header[1]
    for kind, (line, numbers) in file.shown.items():
        largest = max(numbers, default=0)
        if largest > count >= 0:
            file.report(line, f"found variable {largest} in '{kind}', expected 1..{count} as the header says")
    if not file.shown:
        return None
    (first, (_, numbers)), *others = file.shown.items()
    for kind, (line, other) in others:
        if other != numbers:
            file.report(line, f"found other variables in '{kind}' than in '{first}', expected the same")
    return numbers


def _read_header(file: _File, number: int, line: str, most_variables: int) -> None:
    match = _HEADER.fullmatch(line)
    if match is None:
        file.report(number, refusal(line) or f"found {_cut(line)}, expected 'p cnf VARIABLES CLAUSES'")
        file.header = file.header or (number, -1, -1)
    elif file.header is not None:
        file.report(number, f"found a second header, expected one; line {file.header[0]} has the first")
    elif int(match[1]) > most_variables:
        file.report(number, f"found {match[1]} variables, expected at most {most_variables} in a text of this size")
        file.header = (number, -1, -1)
    else:
        file.header = (number, int(match[1]), int(match[2]))


def _names(file: _File) -> list[str]:
    assert file.header is not None
    line, count, _ = file.header
    if count < 0:
        return []
    names = [str(variable) for variable in range(1, count + 1)]
    for variable, (number, name) in file.names.items():
        if 1 <= variable <= count:
            names[variable - 1] = name
        else:
            file.report(number, f"found a name for variable {variable}, expected 1..{count} as the header says")
    seen: dict[str, int] = {}
    for variable, name in enumerate(names, 1):
        first = seen.setdefault(name, variable)
        if first != variable:
            place = file.names.get(variable, file.names.get(first, (line, "")))[0]
            file.report(place, f"found the name {_cut(name)} for variables {first} and {variable}, expected it once")
    return names


def _fast_clauses(file: _File) -> tuple[tuple[int, ...], ...] | None:
    """Return the clauses of a file without faults, or None for a file that may have one."""
    assert file.header is not None
    _, variables, count = file.header
    body = "\n".join([line for _, line in file.body])
    if not _BODY_CHARACTERS.issuperset(body) or "-0" in body:
        return None
    try:
        literals = list(map(int, body.split()))
    except ValueError:
        return None
    if literals and (literals[-1] != 0 or max(literals) > variables or min(literals) < -variables):
        return None
    clauses: list[tuple[int, ...]] = []
    start = 0
    for _ in range(literals.count(0)):
        end = literals.index(0, start)
        clauses.append(tuple(literals[start:end]))
        start = end + 1
    return tuple(clauses) if len(clauses) == count else None


def _clauses(file: _File) -> tuple[tuple[int, ...], ...]:
    """Return the clauses, read token by token, and report each fault at its line."""
    assert file.header is not None
    header_line, variables, count = file.header
    clauses: list[tuple[int, ...]] = []
    clause: list[int] = []
    for number, line in file.body:
        for token in line.split():
            if not _LITERAL.fullmatch(token) or token.startswith("-0"):
                file.report(number, f"found {_cut(token)}, expected a literal or 0")
            elif variables >= 0 and (len(token) > 18 or abs(int(token)) > variables):
                file.report(number, f"found the literal {_cut(token)}, expected a variable in 1..{variables} or 0")
            elif token.strip("0"):
                clause.append(int(token[:18]))
            else:
                clauses.append(tuple(clause))
                clause.clear()
        if clause:
            last = number
    if clause:
        file.report(last, f"found the end of the file within a clause that starts with {clause[0]}, expected a final 0")
        clauses.append(tuple(clause))
    if count >= 0 and len(clauses) != count:
        file.report(header_line, f"found {len(clauses)} clauses in the file, expected {count} as the header says")
    return tuple(clauses)


def _raise(file: _File) -> None:
    problems = [f"{file.path}:{line}: {message}" for line, message in sorted(file.problems)]
    raise ReadError(first_lines(problems, _MAX_PROBLEMS, f"{file.path}: "))


def _cut(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
