"""The last step of an engine that found too little: a SAT solver finds the rest, or proves that no more exists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions


def top_up(cnf: Cnf, request: Request, pool: Pool, stop: Stop) -> Solutions:
    """Return the new rows of the pool as solutions; after GAVE_UP, followed by those that `steered` still finds."""
    rows = as_matrix(pool.rows, len(cnf.variables))
    if stop is not Stop.GAVE_UP:
        return Solutions(rows, stop)
    known = np.concatenate([request.known_rows(cnf), rows[:, : cnf.variables.feature_count]])
    rest = solve_steered(cnf, replace(request, count=request.count - len(rows), known=known, on_progress=None))
    return Solutions(np.concatenate([rows, rest.values]), rest.stop)


def as_matrix(rows: list[BoolMatrix], columns: int) -> BoolMatrix:
    """Return the rows as one matrix, of the right width also without any row."""
    return np.array(rows, dtype=np.bool_).reshape(len(rows), columns)
