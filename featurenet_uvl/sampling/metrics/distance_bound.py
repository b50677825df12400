"""The certificate: how large the mean distance of a sample can be at all, and how exactly that is known.

The mean distance hangs on how often each feature is selected alone: c of N configurations with it make c (N - c) pairs
that differ in it. How often all features can be selected together is a point in the convex hull of the solutions, so
the largest mean distance is where 2 p (1 - p), summed over the features, is largest there: at the point that is nearest
to (1/2, ..., 1/2).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choice_graph import Choices, FloatArray

TOLERANCE = 5e-4
"""How far the bound may be above what is reached, as a share."""
MAX_STEPS = 1000
TIME_LIMIT_S = 20.0
_NARROW = 16
"""Up to so many choices on a height, one solution is found faster without arrays."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The mean distance of no sample of this size is above `upper`; a share of the number of features, as metrics are.

    `gap` says how far `upper` may be from the best bound of its kind, as a share of it: 0.0005 is 0.05 %;
    infinite where nothing is known of it.
    """

    count: int
    upper: float
    gap: float

    def share(self, mean_distance: float) -> float:
        """What share of the limit a mean distance is, at least; at most `gap` more."""
        return mean_distance / self.upper if self.upper else 1.0


def mean_distance_limit(
    choices: Choices,
    features: int,
    count: int,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    time_limit_s: float = TIME_LIMIT_S,
) -> Limit:
    """An upper bound of the mean distance of `count` solutions.

    The method of Frank and Wolfe with step 1/k: each step is a heaviest solution, and gives a bound of its own.

    Source: Frank, Wolfe, *An algorithm for quadratic programming*, 1956; Jaggi, *Revisiting Frank-Wolfe*, ICML 2013.

    Args:
        choices: Of a diagram of all variables.
        features: How many variables, from the first, count.
        count: At least 2.
        tolerance: When to stop: the gap.
        max_steps: When to stop at the latest, so that the same input gives the same bound.
        time_limit_s: When to stop even earlier.

    >>> from featurenet_uvl.analysis.choice_graph import find_choices
    >>> from featurenet_uvl.analysis.diagram import build_diagram
    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> choices = find_choices(build_diagram(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,),))))
    >>> limit = mean_distance_limit(choices, 3, 2)
    >>> round(limit.upper, 6), limit.gap
    (0.666667, 0.0)
    """
    if count < 2:
        raise AssertionError(f"found {count} solutions, expected at least 2 for a distance")
    oracle = _Oracle(choices, features)
    deadline = time.monotonic() + time_limit_s
    point = (oracle.heaviest(np.ones(features)) + oracle.heaviest(-np.ones(features))) / 2
    reached, bound, best = 0.0, np.inf, point
    for step in range(2, max_steps + 2):
        slope = 2 - 4 * point
        solution = oracle.heaviest(slope)
        here = float((2 * point * (1 - point)).sum())
        reached = max(reached, here)
        if (above := here + float(slope @ (solution - point))) < bound:
            bound, best = above, point
        if bound <= reached * (1 + tolerance) or time.monotonic() > deadline:
            break
        point = point + (solution - point) / (step + 1)
    upper = min(bound * count / (count - 1), _whole_bound(oracle, best, count))
    return Limit(count, upper / max(1, features), bound / reached - 1 if reached else 0.0)


@dataclass(frozen=True, slots=True)
class _Oracle:
    choices: Choices
    features: int

    def heaviest(self, weights: FloatArray) -> FloatArray:
        """A heaviest solution, over the features."""
        padded = np.zeros(self.choices.variables)
        padded[: self.features] = weights
        if len(self.choices) <= _NARROW * len(self.choices.heights):
            row = self.choices.heaviest_one(padded)
        else:
            row = self.choices.heaviest(padded[:, np.newaxis])[0]
        return row[: self.features].astype(np.float64)


def _whole_bound(oracle: _Oracle, point: FloatArray, count: int) -> float:
    """The bound at a point, given that whole numbers of solutions select a feature: of 3 at best 1, not 1.5.

    c (N - c) is interpolated linearly between whole c; a tangent of that bounds it.
    """
    selected = point * count
    below = np.floor(selected)
    slope: npt.NDArray[np.float64] = np.where(
        below == selected, 2 * (count - 2 * selected), 2 * (count - 2 * below - 1)
    )
    value = 2 * below * (count - below) + (selected - below) * slope
    most = count * float(slope @ oracle.heaviest(slope))
    return (float((value - slope * selected).sum()) + most) / (count * (count - 1))
