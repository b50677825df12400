"""The sampler `uniform`: all sets of configurations are equally likely, exactly."""

from __future__ import annotations

import numpy as np

from featurenet_uvl.analysis.exact_model import MAX_NODES, ExactModel, exact_model
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.top_up import top_up
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions

_BATCH = 256
"""Largest number of solutions drawn per batch."""
_MISSES = 20
"""Batches in a row without a new solution after which a SAT solver finds the rest."""
_LISTED = 2
"""If the model has at most this many solutions per requested one, list all of them and shuffle the list."""


def solve_uniform(cnf: Cnf, request: Request, max_nodes: int = MAX_NODES) -> Solutions:
    """Return up to `request.count` solutions: all sets of this many new ones are equally likely.

    On a decision diagram, each solution is drawn by exact counts; one that was drawn before is drawn again. Without a
    diagram, CMSGen draws, whose samples are close to uniform at best.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        max_nodes: Largest number of nodes of the diagram.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        UnsupportedError: Neither a diagram nor pycmsgen is available.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_uniform(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    try:
        model = exact_model(cnf, request.time_left_s(), max_nodes)
    except LimitError as error:
        request.note(f"{error}: cmsgen draws instead, close to uniformly at best")
        found = solve_cmsgen(cnf, request)
        return Solutions(found.values, found.stop, "cmsgen")
    pool = Pool(cnf.variables.feature_count, request.known_rows(cnf))
    try:
        stop = _fill(pool, model, request)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return top_up(cnf, request, pool, stop)


def _fill(pool: Pool, model: ExactModel, request: Request) -> Stop:
    """Draw solutions into the pool, and return why there are no more."""
    rng = np.random.default_rng(request.seed)
    wanted = request.count + len(request.known)
    if model.total <= _LISTED * wanted:
        rows = model.choices.all_solutions(_LISTED * wanted)
        pool.offer(rng.permutation(rows), 0, wanted)
        return Stop.COMPLETE if len(pool) == wanted else Stop.EXHAUSTED
    misses = 0
    while len(pool) < wanted and misses < _MISSES:
        if request.is_out_of_time():
            return Stop.TIME
        batch = model.draw_uniform(min(_BATCH, wanted - len(pool)), rng)
        misses = 0 if pool.offer(batch, 0, wanted) else misses + 1
        request.progress(len(pool.rows))
    return Stop.COMPLETE if len(pool) == wanted else Stop.GAVE_UP
