"""The sampler `uniform`: each set of configurations is equally likely, exactly."""

from __future__ import annotations

import numpy as np

from featurenet_uvl.analysis.exact_model import ExactModel, exact_model
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.top_up import finish
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions

_BATCH = 256
_MISSES = 20
"""After so many batches in a row without anything new, what is left is looked for one by one."""
_LISTED = 2
"""Where there are at most so many times as many solutions as are wanted, they are listed and then drawn."""


def solve_uniform(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions: all sets of so many new ones are equally likely.

    On a decision diagram, each solution is drawn from exact counts; what is there already is drawn again. Without a
    diagram, CMSGen draws, which is near to uniform at best.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        UnsupportedError: There is neither a diagram nor pycmsgen.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_uniform(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    try:
        model = exact_model(cnf, request.time_left_s())
    except LimitError as error:
        request.note(f"{error}: cmsgen draws instead, which is near to uniform at best")
        found = solve_cmsgen(cnf, request)
        return Solutions(found.values, found.stop, "cmsgen")
    pool = Pool(cnf.variables.feature_count, request.known_rows(cnf))
    try:
        stop = _fill(pool, model, request)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return finish(cnf, request, pool, stop)


def _fill(pool: Pool, model: ExactModel, request: Request) -> Stop:
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
