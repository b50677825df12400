"""The last step of an engine that found too little: a SAT solver finds the rest, or proves that no more exists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions, solutions_of


def top_up(cnf: Cnf, request: Request, pool: Pool, stop: Stop) -> Solutions:
    """Return the new rows of the pool as solutions; after GAVE_UP, followed by those that `steered` still finds."""
    found = solutions_of(pool.rows, cnf, request, stop)
    if found.stop is not Stop.GAVE_UP:
        return found
    known = np.concatenate([request.known_rows(cnf), found.values[:, : cnf.variables.feature_count]])
    rest = solve_steered(cnf, replace(request, count=request.count - len(pool.rows), known=known, on_progress=None))
    return Solutions(np.concatenate([found.values, rest.values]), rest.stop)
