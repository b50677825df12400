"""Lines by which model counters extend DIMACS: projections, which are read, and weights, which are refused.

The forms are those of the Model Counting Competitions from 2020 on, of Cachet and miniC2D, and of Arjun.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from featurenet_uvl.ir.cnf import Cnf, VarMap

_EXTENSION = re.compile(r"c[ \t]+(?:p[ \t]|ind[ \t]|t[ \t]|weights[ \t]|MUST[ \t])")
_SHOWN = re.compile(r"c[ \t]+(p[ \t]+show|ind)(?:[ \t]+(.*))?")
_NUMBERS = re.compile(r"(?:[0-9]{1,18}[ \t]+)*0+")
_WEIGHT = re.compile(r"c[ \t]+(?:p[ \t]+weight\b|weights[ \t]+[-+.0-9]).*|w[ \t]+-?[0-9].*")
_WEIGHTED = re.compile(r"c[ \t]+t[ \t]+(?:wmc|pwmc|wpmc)[ \t]*")
_MULTIPLIED = re.compile(r"c[ \t]+MUST[ \t]+MULTIPLY[ \t]+BY[ \t]+(.*)")
_OTHER_HEADER = re.compile(r"p[ \t]+(p?w?p?cnf|knf|sat|edimacs|bdd)\b.*")
_OLD_PROJECTION = re.compile(r"vp[ \t]+[0-9].*")
_QUANTIFIER = re.compile(r"[aer][ \t]+[-.0-9].*")

_WAY_OUT = "expected none: configurations have no weights here; without these lines they are counted and drawn alike"


@dataclass(frozen=True, slots=True)
class Shown:
    """The variables that one line shows: counts and samples are of their values alone.

    `kind` is `c p show` or `c ind`. `numbers` is None if the line has no list of numbers with a final 0.
    """

    kind: str
    numbers: frozenset[int] | None


def is_extension(line: str) -> bool:
    """Whether a comment may be one that `shown_by` or `refusal` knows; false for all others, fast."""
    return _EXTENSION.match(line) is not None


def shown_by(line: str) -> Shown | None:
    """Return the variables that a comment shows; None for any other comment.

    >>> shown_by("c p show 2 1 0").numbers == {1, 2}, shown_by("c ind 3 0").kind, shown_by("c ind. of tea")
    (True, 'c ind', None)
    """
    match = _SHOWN.fullmatch(line)
    if match is None:
        return None
    text = (match[2] or "").strip()
    if match[1] == "ind" and not text[:1].isdigit():
        return None  # a comment in plain words
    kind = "c ind" if match[1] == "ind" else "c p show"
    if _NUMBERS.fullmatch(text) is None:
        return Shown(kind, None)
    return Shown(kind, frozenset(number for number in map(int, text.split()) if number))


def refusal(line: str) -> str | None:
    """Return why a line cannot be read: it gives a formula another meaning. None for any other line.

    >>> refusal("c p weight 1 0.5 0")[:14], refusal("1 2 0")
    ('found a weight', None)
    """
    if _WEIGHT.fullmatch(line) or _WEIGHTED.fullmatch(line):
        return f"found a weight ({_cut(line)}), {_WAY_OUT}"
    multiplied = _MULTIPLIED.fullmatch(line)
    if multiplied is not None and multiplied[1].split() not in (["1"], ["1", "0"]):
        return f"found a factor ({_cut(line)}), expected none: give the formula as it was before it was simplified"
    if _OTHER_HEADER.fullmatch(line) and line.split()[1] != "cnf":
        return f"found {_cut(line)}, expected 'p cnf VARIABLES CLAUSES'; a line 'c p show 1 2 0' shows variables"
    if _OLD_PROJECTION.fullmatch(line):
        return f"found {_cut(line)}, the projection of 2020, expected 'c p show' with the same numbers"
    if _QUANTIFIER.fullmatch(line):
        return f"found {_cut(line)}, a quantifier, expected a formula without"
    return None


def projected(names: list[str], clauses: tuple[tuple[int, ...], ...], shown: frozenset[int]) -> Cnf:
    """Return the formula whose features are the shown variables, in their order; the others are auxiliaries.

    The shown variables get the first numbers; `VarMap.numbers` keeps those of the file.

    >>> cnf = projected(["a", "b", "c"], ((1, -3),), frozenset((2, 3)))
    >>> cnf.variables.names, cnf.variables.feature_count, cnf.clauses, cnf.variables.numbers
    (('b', 'c', 'a'), 2, ((3, -2),), (2, 3, 1))
    """
    every = range(1, len(names) + 1)
    order = (*sorted(shown), *(number for number in every if number not in shown))
    if order == tuple(every):
        return Cnf(VarMap(tuple(names), len(shown)), clauses, is_projected=len(shown) < len(names))
    place = {number: place for place, number in enumerate(order, 1)}
    moved = tuple(
        tuple(place[literal] if literal > 0 else -place[-literal] for literal in clause) for clause in clauses
    )
    variables = VarMap(tuple(names[number - 1] for number in order), len(shown), numbers=order)
    return Cnf(variables, moved, is_projected=True)


def _cut(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
