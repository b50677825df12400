"""A bound of the mean distance without a diagram: heaviest solutions come from integer programs.

`distance_bound` explains why the point of the solutions' convex hull nearest to (1/2, ..., 1/2) gives the bound. Here a
heaviest solution may be known within bounds only, as the solver can be stopped. The solver's upper bound makes the
limit hold, however little time it had; its solutions make the limit closer.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featurenet_uvl.analysis.choice_graph import FloatArray
from featurenet_uvl.analysis.simplify import simplified
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.metrics.distance_bound import TOLERANCE, Limit
from featurenet_uvl.system.extras import require

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint, OptimizeResult

MAX_STEPS = 60
"""Largest number of programs to solve; the gap closes slowly after that."""
_SOLVER_TOLERANCE = 1e-6
"""Largest error of a bound of HiGHS, which calculates with floating-point numbers, as a share of the weights' sum."""
_SUM_TO_ONE = 1e3
"""Weight of the equation that the shares of points add up to 1, among equations of weight 1."""


@dataclass(frozen=True, slots=True)
class HullLimit:
    """Bounds for samples of any size: of the largest sum of 2 p (1 - p) over the features in the convex hull.

    It is at most `upper` and at least `reached`, which is 0 if only one configuration is known.
    """

    features: int
    upper: float
    reached: float

    def at(self, count: int) -> Limit:
        """Return the bound for samples of `count` configurations, at least 2.

        >>> HullLimit(3, 1.0, 1.0).at(3)
        Limit(count=3, upper=0.5, gap=0.0)
        """
        if count < 2:
            raise AssertionError(f"found {count} solutions, expected at least 2 for a distance")
        upper = self.upper * count / (count - 1) / max(1, self.features)
        gap = (self.upper / self.reached - 1) if self.reached else (np.inf if self.upper else 0.0)
        return Limit(count, min(1.0, upper), max(0.0, gap))


def hull_limit(cnf: Cnf, known: BoolMatrix, time_limit_s: float, tolerance: float = TOLERANCE) -> HullLimit:
    """Bound the convex hull of a formula's solutions by simplicial decomposition.

    It begins with the linear relaxation, which is cheap, but whose bound may be far too large. Then come integer
    solutions, from the known ones on. Each step solves a program for the slope at the best point so far, which gives a
    bound, and then finds the best mix of the solutions so far.

    Source: von Hohenbalken, *Simplicial decomposition in nonlinear programming algorithms*, 1977.

    Args:
        cnf: The formula.
        known: Solutions of it, at least one: rows over its features.
        time_limit_s: Seconds after which the search ends; the bound holds nonetheless.
        tolerance: Gap at which it ends earlier, as a share.

    Raises:
        UsageError: SciPy, which the extra `bounds` installs, is missing.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2, -3)))
    >>> round(hull_limit(cnf, np.array([[True, False, False]]), 10.0).upper, 4)
    1.0
    """
    require("scipy.optimize", "bounding the mean distance without a diagram")
    deadline = time.monotonic() + time_limit_s
    program = _Program(cnf, deadline)
    start = program.merged(known.mean(axis=0))
    upper = _search(program, start, False, tolerance)[0]
    bound, reached = _search(program, start, True, tolerance, upper)
    return HullLimit(cnf.variables.feature_count, bound, reached)


def _search(
    program: _Program, start: FloatArray, whole: bool, tolerance: float, bound: float = np.inf
) -> tuple[float, float]:
    """Return an upper bound of the largest value, and the largest value reached.

    Args:
        program: The formula as a program.
        start: A point of the hull, over the program's variables.
        whole: Whether solutions are integer ones, or those of the relaxation.
        tolerance: Gap at which the search ends.
        bound: A known upper bound.
    """
    weights = program.weights
    points, point = [start], start
    reached = value = _value(weights, start)
    bound = min(bound, float(weights.sum()) / 2)
    for _ in range(MAX_STEPS):
        if bound <= reached * (1 + tolerance) or program.is_late:
            break
        slope = weights * (2 - 4 * point)
        solution, most = program.heaviest(slope, whole)
        bound = min(bound, value + most - float(slope @ point))
        if solution is None:
            break
        points.append(solution)
        try:
            shares = _best_shares(np.array(points), weights)
        except RuntimeError:  # it did not converge; the bound so far holds
            break
        point = shares @ np.array(points)
        points = [kept for kept, share in zip(points, shares, strict=True) if share > 0]
        value = _value(weights, point)
        reached = max(reached, value)
    return max(bound, reached), reached


def _value(weights: FloatArray, point: FloatArray) -> float:
    return float((weights * 2 * point * (1 - point)).sum())


def _best_shares(points: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the shares of points, one per row, whose mix is nearest to (1/2, ..., 1/2): at least 0, with the sum 1."""
    scale = np.sqrt(weights)[:, np.newaxis]
    left = np.vstack([points.T * scale, np.full((1, len(points)), _SUM_TO_ONE)])
    right = np.concatenate([scale[:, 0] / 2, [_SUM_TO_ONE]])
    from scipy.optimize import nnls

    shares: FloatArray = nnls(left, right, maxiter=100 * len(points))[0]
    return shares / float(shares.sum())


class _Program:
    """A formula as linear inequalities over its variables, without decided ones and those equal to others.

    `weights` has, per remaining variable, the number of features that it stands for.
    """

    def __init__(self, cnf: Cnf, deadline: float) -> None:
        found = simplified(cnf)
        self._deadline = deadline
        literals = found.equal[: cnf.variables.feature_count]
        used = {abs(literal) for literal in literals} | {abs(literal) for clause in found.clauses for literal in clause}
        column = {variable: place for place, variable in enumerate(sorted(used - {found.true}))}
        self._places = [
            (feature, column[abs(literal)], literal > 0)
            for feature, literal in enumerate(literals)
            if abs(literal) in column
        ]
        """Each feature that is not decided: its number, its column here, and whether it equals that or its negation."""
        self.weights = np.zeros(len(column))
        np.add.at(self.weights, [place for _, place, _ in self._places], 1)
        self._constraint = _inequalities(found.clauses, column) if found.clauses else None

    @property
    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._deadline

    def merged(self, shares: FloatArray) -> FloatArray:
        """Return a point over the features as one over the remaining variables; auxiliaries have no weight."""
        merged = np.zeros(len(self.weights))
        for feature, place, is_same in self._places:
            merged[place] = shares[feature] if is_same else 1 - shares[feature]
        return merged

    def heaviest(self, weights: FloatArray, whole: bool) -> tuple[FloatArray | None, float]:
        """Return a heavy solution, or None if there was no time for one; and an upper bound of the weight of all."""
        most = float(np.maximum(weights, 0).sum())
        if self._constraint is None:
            return (weights > 0).astype(np.float64), most
        found = _solve(weights, self._constraint, whole, max(0.1, self._deadline - time.monotonic()))
        # Without integers, a stopped program has no bound, and its value may be below the best one.
        bound = found.mip_dual_bound if whole else (found.fun if found.status == 0 else None)
        if bound is not None and np.isfinite(bound):
            most = min(most, -float(bound) + _SOLVER_TOLERANCE * float(np.abs(weights).sum()))
        if found.x is None or (not whole and found.status):
            return None, most
        return np.clip(np.round(found.x) if whole else found.x, 0.0, 1.0), most


def _inequalities(clauses: tuple[tuple[int, ...], ...], column: dict[int, int]) -> LinearConstraint:
    """Return clauses as sums: positive variables minus negated ones are at least 1 minus the number of negated ones."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    ends = np.cumsum([0, *(len(clause) for clause in clauses)])
    columns = [column[abs(literal)] for clause in clauses for literal in clause]
    signs = [1.0 if literal > 0 else -1.0 for clause in clauses for literal in clause]
    least = [1.0 - sum(literal < 0 for literal in clause) for clause in clauses]
    return LinearConstraint(csr_array((signs, columns, ends), shape=(len(clauses), len(column))), lb=least)


def _solve(weights: FloatArray, constraint: LinearConstraint, whole: bool, time_limit_s: float) -> OptimizeResult:
    """Run HiGHS in its own thread: HiGHS does not see an interrupt, but this thread does."""
    from scipy.optimize import Bounds, milp

    found: list[OptimizeResult | Exception] = []

    def solve() -> None:
        try:
            found.append(
                milp(
                    -weights,
                    integrality=np.full(len(weights), int(whole)),
                    bounds=Bounds(0, 1),
                    constraints=constraint,
                    options={"time_limit": time_limit_s, "mip_rel_gap": TOLERANCE / 5},
                )
            )
        except Exception as error:
            found.append(error)

    solver = threading.Thread(target=solve, daemon=True)
    solver.start()
    solver.join()
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]
