"""Checks solutions against the CNF, clause by clause; shares no code with the engines that find them."""

from __future__ import annotations

import numpy as np

from featurenet_uvl.analysis.violations import first_duplicate, first_violation
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.request import Request, Solutions


class InvalidSolutionError(RuntimeError):
    """An engine returned an invalid or duplicate configuration: a mistake of the engine, never of its input."""


def checked_sample(cnf: Cnf, solutions: Solutions, request: Request, sampler: str) -> Sample:
    """Return the solutions as a sample over the feature variables.

    Raises:
        InvalidSolutionError: A solution violates a clause or lacks a variable, two have the same features, one is
            known already, or their number contradicts the engine's `stop`.
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
        first = f"solution {earlier}" if earlier > 0 else "a known configuration"
        raise InvalidSolutionError(f"{name}: solution {row} repeats {first}")
    if (len(values) == request.count) != (solutions.stop is Stop.COMPLETE):
        raise InvalidSolutionError(
            f"{name}: found {len(values)} solutions and the word {solutions.stop.value!r}, asked for {request.count}"
        )
    return Sample(cnf.variables.feature_names, selected, name, request.seed, solutions.stop)
