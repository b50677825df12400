"""The certificate of a mean distance: an upper bound for all samples of a model, and its accuracy.

The mean distance depends only on how often each feature is selected: if c of N configurations select it, c (N - c)
pairs differ in it. The shares of all features together are a point in the convex hull of the solutions. So the mean
distance is largest at the point of the hull with the largest sum of 2 p (1 - p) over the features, which is the point
nearest to (1/2, ..., 1/2).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choice_graph import Choices, FloatArray

TOLERANCE = 5e-4
"""Largest gap between the bound and the largest value reached, as a share of the latter."""
MAX_STEPS = 1000
"""Largest number of steps, so that the same input gives the same bound."""
TIME_LIMIT_S = 20.0
"""Seconds after which the search ends even earlier."""
_NARROW = 16
"""Choices per height up to which one solution is found faster without arrays."""


@dataclass(frozen=True, slots=True)
class Limit:
    """No sample of `count` configurations has a mean distance above `upper`, a share of the number of features.

    `gap` is the largest distance of `upper` from the best bound of its kind, as a share of that: 0.0005 is 0.05 %. It
    is infinite if nothing is known about it.
    """

    count: int
    upper: float
    gap: float

    def share(self, mean_distance: float) -> float:
        """Return a lower bound of the share of the limit that a mean distance is; the share is at most `gap` higher."""
        return mean_distance / self.upper if self.upper else 1.0


def mean_distance_limit(
    choices: Choices,
    features: int,
    count: int,
    tolerance: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
    time_limit_s: float = TIME_LIMIT_S,
) -> Limit:
    """Return an upper bound of the mean distance of `count` solutions.

    The method of Frank and Wolfe with step 1/k: each step goes towards a heaviest solution, and gives a bound.

    Source: Frank, Wolfe, *An algorithm for quadratic programming*, 1956; Jaggi, *Revisiting Frank-Wolfe*, ICML 2013.

    Args:
        choices: The choices of a diagram of all variables.
        features: Number of the first variables that are features.
        count: Number of solutions, at least 2.
        tolerance: Gap at which the search ends.
        max_steps: Largest number of steps.
        time_limit_s: Seconds after which it ends.

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
        """Return a heaviest solution, over the features."""
        padded = np.zeros(self.choices.variables)
        padded[: self.features] = weights
        if len(self.choices) <= _NARROW * len(self.choices.heights):
            row = self.choices.heaviest_one(padded)
        else:
            row = self.choices.heaviest(padded[:, np.newaxis])[0]
        return row[: self.features].astype(np.float64)


def _whole_bound(oracle: _Oracle, point: FloatArray, count: int) -> float:
    """Return the bound at a point that uses that whole numbers of solutions select a feature: of 3 at best 1, not 1.5.

    c (N - c) is interpolated linearly between whole c; a tangent of the interpolation bounds it.
    """
    selected = point * count
    below = np.floor(selected)
    slope: npt.NDArray[np.float64] = np.where(
        below == selected, 2 * (count - 2 * selected), 2 * (count - 2 * below - 1)
    )
    value = 2 * below * (count - below) + (selected - below) * slope
    most = count * float(slope @ oracle.heaviest(slope))
    return (float((value - slope * selected).sum()) + most) / (count * (count - 1))
