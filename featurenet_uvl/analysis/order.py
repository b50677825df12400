"""Orders of the variables of a CNF for its decision diagram."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.simplify import Simplified
from featurenet_uvl.ir.cnf import Cnf

_ROUNDS = 200
"""Largest number of rounds that shorten the span of an order."""
_PATIENCE = 20
"""Rounds without a shorter span after which the search ends."""
_STARTS, _FEW, _STARTED_LITERALS = 20, 8, 100_000
"""Most additional starts per part; variables up to which a part needs no additional start; and most literals in all
starts of a part together, which take about a second.
"""


def document_order(cnf: Cnf) -> tuple[int, ...]:
    """Return the variables from top to bottom: features in document order, each auxiliary behind its definition.

    Smaller variables define an auxiliary, so it stands behind the deepest feature of the clauses whose largest
    variable it is.
    """
    features = cnf.variables.feature_count
    places = {variable: (variable, 0) for variable in range(1, features + 1)}
    deepest: dict[int, int] = {}
    for clause in cnf.clauses:
        last = max(map(abs, clause), default=0)
        if last > features:
            below = [deepest.get(abs(lit), 0) if abs(lit) > features else abs(lit) for lit in clause]
            deepest[last] = max(deepest.get(last, 0), *below)
    for variable in range(features + 1, len(cnf.variables) + 1):
        places[variable] = (deepest.get(variable, features), variable)
    return tuple(sorted(places, key=places.__getitem__))


def apart_order(simple: Simplified) -> tuple[int, ...]:
    """Return the variables of a simplified CNF: decided ones first, then part by part, equal ones together.

    Parts share no clause. Each has the narrowest of several orders of short spans, from the document order and shuffles
    of it.

    >>> from featurenet_uvl.analysis.simplify import simplified
    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> apart_order(simplified(Cnf(VarMap.from_names("abcdef"), ((2, 4), (3, 5), (-1, 5), (1, -5), (6,)))))
    (6, 1, 5, 3, 2, 4)
    """
    same: dict[int, list[int]] = {}
    for variable, literal in enumerate(simple.equal, 1):
        same.setdefault(abs(literal), []).append(variable)
    decided = same.pop(simple.true, [])
    places = {variable: number for number, variable in enumerate(same)}
    clauses = [tuple(places[abs(literal)] for literal in clause) for clause in simple.clauses if clause]
    representatives = list(same)
    order = [representatives[place] for part in _parts(len(places), clauses) for place in _narrow_order(*part)]
    return (*decided, *(variable for representative in order for variable in same[representative]))


_Clauses = Sequence[tuple[int, ...]]
"""Clauses as the places of their variables, from 0 on."""


def _parts(count: int, clauses: _Clauses) -> list[tuple[list[int], list[tuple[int, ...]]]]:
    """Return the parts, in the order of their first place: the places that clauses connect, and these clauses."""
    above = list(range(count))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    for clause in clauses:
        for place in clause:
            first, second = sorted((top(clause[0]), top(place)))
            above[second] = first
    members: dict[int, list[int]] = {}
    for place in range(count):
        members.setdefault(top(place), []).append(place)
    inside: dict[int, list[tuple[int, ...]]] = {}
    for clause in clauses:
        inside.setdefault(top(clause[0]), []).append(clause)
    return [(places, inside.get(first, [])) for first, places in members.items()]


def _narrow_order(places: list[int], clauses: _Clauses) -> list[int]:
    """Return the order of least width among orders of short spans from several starts."""
    chance = random.Random(0)
    more = min(_STARTS, _STARTED_LITERALS // max(1, sum(map(len, clauses)))) if len(places) > _FEW else 0
    starts = [places] + [chance.sample(places, len(places)) for _ in range(more)]
    return min((_short_span(start, clauses) for start in starts), key=lambda order: _width(order, clauses))


def _width(order: Sequence[int], clauses: _Clauses) -> int:
    """Return an upper bound of the diagram's size: 2 to the power of the variables in use, summed over its levels."""
    level = {variable: number for number, variable in enumerate(order)}
    last = list(range(len(order)))
    for clause in clauses:
        levels = [level[variable] for variable in clause]
        for one in levels:
            last[one] = max(last[one], *levels)
    changes = [0] * (len(order) + 1)
    for first, end in enumerate(last):
        changes[first] += 1
        changes[end] -= 1
    return sum(1 << needed for needed in itertools.accumulate(changes))


def _short_span(start: Sequence[int], clauses: _Clauses) -> list[int]:
    """Return the variables in an order in which those of a clause stand close together.

    Each round moves every variable to the mean middle of its clauses. O(literals) per round.

    Source: Aloul, Markov, Sakallah, *FORCE: a fast and easy-to-implement variable-ordering heuristic*, GLSVLSI 2003.
    """
    if not clauses:
        return list(start)
    number = {variable: place for place, variable in enumerate(start)}
    count = len(start)
    lengths = np.array([len(clause) for clause in clauses])
    members = np.array([number[variable] for clause in clauses for variable in clause])
    owner = np.repeat(np.arange(len(clauses)), lengths)
    starts = np.cumsum(lengths) - lengths
    degrees = np.bincount(members, minlength=count)
    place = best = np.arange(count, dtype=np.float64)
    shortest, patience = _span(place[members], starts), _PATIENCE
    for _ in range(_ROUNDS):
        middles = np.bincount(owner, weights=place[members]) / lengths
        pulled = np.bincount(members, weights=middles[owner], minlength=count) / degrees
        order = np.argsort(pulled, kind="stable")
        place = np.empty(count)
        place[order] = np.arange(count)
        span = _span(place[members], starts)
        patience = _PATIENCE if span < shortest else patience - 1
        if span < shortest:
            shortest, best = span, place
        if not patience:
            break
    return [start[number] for number in np.argsort(best, kind="stable").tolist()]


def _span(places: npt.NDArray[np.float64], starts: npt.NDArray[np.int64]) -> float:
    """Return the sum, over all clauses, of the distance between their ends."""
    return float((np.maximum.reduceat(places, starts) - np.minimum.reduceat(places, starts)).sum())
