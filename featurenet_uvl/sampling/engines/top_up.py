"""The end of an engine's work: where it found less than was asked for, a SAT solver finds the rest or proves that there
is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions


def finish(cnf: Cnf, request: Request, pool: Pool, stop: Stop) -> Solutions:
    """The rows that were taken, as solutions; after GAVE_UP with those that the steered sampler still finds."""
    rows = as_matrix(pool.rows, len(cnf.variables))
    if stop is not Stop.GAVE_UP:
        return Solutions(rows, stop)
    known = np.concatenate([request.known_rows(cnf), rows[:, : cnf.variables.feature_count]])
    rest = solve_steered(cnf, replace(request, count=request.count - len(rows), known=known, on_progress=None))
    return Solutions(np.concatenate([rows, rest.values]), rest.stop)


def as_matrix(rows: list[BoolMatrix], columns: int) -> BoolMatrix:
    """The rows below each other, also where there is none."""
    return np.array(rows, dtype=np.bool_).reshape(len(rows), columns)
