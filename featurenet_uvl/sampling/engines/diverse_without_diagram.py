"""The sampler `diverse` where no decision diagram fits: chosen from more solutions than are wanted.

They come from the first of three sources that finds solutions easily: CMSGen; MiniSat, with phases that oppose what the
solutions before have; and, where both get stuck, the sampler `steered`, without any choice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.random_phases import PhaseSolver
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.engines.top_up import finish
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pool.choose_far import choose
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions

_EASY, _CMSGEN_CONFLICTS, _PHASES_CONFLICTS = 10, 1_000, 20_000
"""A source is asked where it finds so many solutions with so many conflicts each: seconds differ elsewhere."""
_FROM_CMSGEN, _FROM_PHASES = 2.0, 1.4
"""How many times as many solutions as are wanted are chosen from; those of MiniSat take longer."""
_KEPT = 0.95
"""The floor is so much of their usual distance to the nearest."""
_STEERED = 0.05
"""The share that comes from the sampler `steered`: it finds small configurations, which phases miss."""


def solve_chosen(cnf: Cnf, request: Request, why: str) -> Solutions:
    """Up to `request.count` solutions.

    Args:
        why: What is said to the user before it is said what happens instead.

    Raises:
        UnsatisfiableError: The CNF has no solution.
    """
    pool = Pool(cnf.variables.feature_count, request.known_rows(cnf))
    if _is_easy_for_cmsgen(cnf, request):
        request.note(f"{why}: chosen from solutions of CMSGen instead")
        stop = _choose_from_cmsgen(cnf, request, pool)
    elif _is_easy_for_phases(cnf, request):
        request.note(f"{why}: chosen from solutions of MiniSat instead")
        stop = _choose_from_phases(cnf, request, pool)
    else:
        request.note(f"{why}: the sampler steered draws instead")
        found = solve_steered(cnf, request)
        return Solutions(found.values, found.stop, "steered")
    return finish(cnf, request, pool, stop)


def _choose_from_cmsgen(cnf: Cnf, request: Request, pool: Pool) -> Stop:
    found = solve_cmsgen(cnf, _for_choice(request, _FROM_CMSGEN))
    return _choose(found, request, pool)


def _choose_from_phases(cnf: Cnf, request: Request, pool: Pool) -> Stop:
    steered = int(_STEERED * request.count)
    if steered:
        seeds = solve_steered(cnf, replace(request, count=steered, on_progress=None))
        pool.offer(seeds.values, 0, len(pool) + steered)
        if seeds.stop in (Stop.TIME, Stop.INTERRUPTED):
            return seeds.stop
    source = _OpposedPhases(cnf, request)
    try:
        return _choose(collect(source, cnf, _for_choice(request, _FROM_PHASES)), request, pool)
    finally:
        source.close()


def _for_choice(request: Request, times: float) -> Request:
    count = int(np.ceil(times * request.count))
    return replace(
        request, count=count, on_progress=lambda done: request.step(f"found {done:,} of {count:,} to choose from")
    )


def _choose(found: Solutions, request: Request, pool: Pool) -> Stop:
    """Fills the pool from what was found; without a choice where the time was over before there was one."""
    wanted = request.count + len(request.known)
    if found.stop in (Stop.TIME, Stop.INTERRUPTED):
        pool.offer(found.values, 0, wanted)
        return Stop.COMPLETE if len(pool) == wanted else found.stop
    floor = _KEPT * _usual_nearest(found.values[: request.count, : len(pool.selected)])
    try:
        return choose(pool, found.values, floor, request, wanted, np.random.default_rng(request.seed))
    except KeyboardInterrupt:
        return Stop.INTERRUPTED


class _OpposedPhases(PhaseSolver):
    """MiniSat, where each feature's phase is what few solutions have: `true` with the share of those that lack it."""

    def __init__(self, cnf: Cnf, request: Request) -> None:
        super().__init__(cnf, request)
        known = request.known_rows(cnf)
        self._selected = known.sum(axis=0, dtype=np.int64)
        self._count = len(known)

    def next(self) -> BoolMatrix | None:
        """A solution, or None if there is none; raises OutOfTimeError."""
        likely = np.full(self._variables, 0.5)
        likely[: len(self._selected)] = (self._count - self._selected + 1) / (self._count + 2)
        row = self.solve(self._rng.random(self._variables) < likely)
        if row is not None:
            self._selected += row[: len(self._selected)]
            self._count += 1
        return row


def _is_easy_for_cmsgen(cnf: Cnf, request: Request) -> bool:
    try:
        from pycmsgen import Solver
    except ImportError:
        return False
    seed = int(np.random.SeedSequence(request.seed).generate_state(1)[0]) >> 1
    solver = Solver(seed=seed, confl_limit=_CMSGEN_CONFLICTS)
    solver.add_clauses([list(clause) for clause in cnf.clauses])
    return all(solver.solve()[0] is not None for _ in range(_EASY))


def _is_easy_for_phases(cnf: Cnf, request: Request) -> bool:
    solver = PhaseSolver(cnf, request)
    try:
        return all(solver.is_within(_PHASES_CONFLICTS) for _ in range(_EASY))
    finally:
        solver.close()


def _usual_nearest(rows: BoolMatrix) -> float:
    """The mean distance of a row to its nearest other one, in features."""
    measured = diversity(rows).nearest_mean if len(rows) > 1 else None
    return 0.0 if measured is None else measured * rows.shape[1]
