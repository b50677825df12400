"""Orders of the variables of a CNF for its decision diagram."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.cnf import Cnf

_ROUNDS = 200
_PATIENCE = 20
"""After so many rounds without a shorter span, it is as short as it gets."""


def document_order(cnf: Cnf) -> tuple[int, ...]:
    """The variables from top to bottom: features in document order, each auxiliary behind what it is defined by.

    An auxiliary is defined by smaller variables, so it stands behind the deepest feature of its first clauses.
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


def short_span_order(cnf: Cnf) -> tuple[int, ...]:
    """The variables so that those of a clause stand close together, for files whose own order means nothing.

    Each round puts every variable where its clauses have their middle. O(literals) a round.

    Source: Aloul, Markov, Sakallah, *FORCE: a fast and easy-to-implement variable-ordering heuristic*, GLSVLSI 2003.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> short_span_order(Cnf(VarMap(tuple("abcdef"), 6), ((1, 4), (4, 2), (2, 5), (5, 3), (3, 6))))
    (1, 4, 2, 5, 3, 6)
    """
    clauses = [clause for clause in cnf.clauses if clause]
    count = len(cnf.variables)
    if not clauses:
        return tuple(range(1, count + 1))
    lengths = np.array([len(clause) for clause in clauses])
    members = np.array([abs(literal) - 1 for clause in clauses for literal in clause])
    owner = np.repeat(np.arange(len(clauses)), lengths)
    starts = np.cumsum(lengths) - lengths
    degrees = np.bincount(members, minlength=count)
    place = best = np.arange(count, dtype=np.float64)
    shortest, patience = _span(place[members], starts), _PATIENCE
    for _ in range(_ROUNDS):
        middles = np.bincount(owner, weights=place[members]) / lengths
        pulled = np.bincount(members, weights=middles[owner], minlength=count) / np.maximum(degrees, 1)
        order = np.argsort(np.where(degrees > 0, pulled, place), kind="stable")
        place = np.empty(count)
        place[order] = np.arange(count)
        span = _span(place[members], starts)
        patience = _PATIENCE if span < shortest else patience - 1
        if span < shortest:
            shortest, best = span, place
        if not patience:
            break
    return tuple((np.argsort(best, kind="stable") + 1).tolist())


def _span(places: npt.NDArray[np.float64], starts: npt.NDArray[np.int64]) -> float:
    """How far the ends of all clauses are from each other, in all."""
    return float((np.maximum.reduceat(places, starts) - np.minimum.reduceat(places, starts)).sum())
