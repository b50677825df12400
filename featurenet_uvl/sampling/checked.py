"""Checks solutions against the CNF, clause by clause, sharing nothing with the engines that found them."""

from __future__ import annotations

import numpy as np

from featurenet_uvl.analysis.violations import first_duplicate, first_violation
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.request import Request, Solutions


class InvalidSolutionError(RuntimeError):
    """An engine returned what is no solution, or one twice: a mistake of this project, never of its input."""


def checked_sample(cnf: Cnf, solutions: Solutions, request: Request, sampler: str) -> Sample:
    """The sample that the solutions are, over the feature variables.

    Raises:
        InvalidSolutionError: A solution violates a clause or misses a variable, two have the same features, one is
            known already, or there are more or fewer than the engine says.
    """
    name = solutions.engine or sampler
    values = solutions.values
    if values.shape[1] != len(cnf.variables):
        raise InvalidSolutionError(
            f"{name}: found solutions of {values.shape[1]} variables, expected {len(cnf.variables)}"
        )
    violation = first_violation(cnf, values)
    if violation is not None:
        row, clause = violation
        raise InvalidSolutionError(f"{name}: solution {row + 1} violates clause {clause + 1}: {cnf.clauses[clause]}")
    selected = values[:, : cnf.variables.feature_count]
    known = request.known_rows(cnf)
    duplicate = first_duplicate(np.concatenate([known, selected]))
    if duplicate is not None:
        earlier, row = (place - len(known) + 1 for place in duplicate)
        what = f"solution {earlier}" if earlier > 0 else "a known configuration"
        raise InvalidSolutionError(f"{name}: solution {row} repeats {what}")
    if (len(values) == request.count) != (solutions.stop is Stop.COMPLETE):
        raise InvalidSolutionError(
            f"{name}: found {len(values)} solutions and the word {solutions.stop.value!r}, asked for {request.count}"
        )
    return Sample(cnf.variables.feature_names, selected, name, request.seed, solutions.stop)
