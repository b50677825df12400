"""The sampler `diverse` for formulas without a decision diagram: it chooses from more solutions than requested.

They come from the first of three sources that finds solutions easily: CMSGen; MiniSat, with phases that oppose the
solutions so far; and, if both get stuck, the sampler `steered`, without any choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.engines.top_up import top_up
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pool.choose_far import choose_far
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request, Solutions
from featurenet_uvl.solvers.cmsgen import CmsGen
from featurenet_uvl.solvers.phases import PhaseSolver

_EASY = 10
"""Solutions that a source must find easily, each within the conflicts below, to be used: unlike seconds, conflicts are
the same on every machine.
"""
_CMSGEN_CONFLICTS = 1_000
"""Conflicts within which CMSGen must find each of them."""
_PHASES_CONFLICTS = 20_000
"""Conflicts within which MiniSat must find each of them."""
_FROM_CMSGEN = 2.0
"""Solutions of CMSGen to choose from, per requested one."""
_FROM_PHASES = 1.4
"""Solutions of MiniSat to choose from, per requested one; they take longer."""
_KEPT = 0.95
"""First floor of the distance between two rows, as a share of the usual distance to the nearest other solution."""
_STEERED = 0.05
"""Share of the sample that comes from the sampler `steered`: it finds small configurations, which phases miss."""


@dataclass(frozen=True, slots=True)
class Source:
    """A solver to choose solutions from: its name, a test whether it finds solutions easily, and the choice."""

    name: str
    is_easy: Callable[[Cnf, Request], bool]
    choose: Callable[[Cnf, Request, Pool], Stop]


def solve_without_diagram(cnf: Cnf, request: Request, why: str, sources: Sequence[Source] | None = None) -> Solutions:
    """Return up to `request.count` solutions, far from each other.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        why: Reason why there is no diagram; begins the note that tells the user about the replacement.
        sources: Sources to try, in this order; None: SOURCES.

    Raises:
        UnsatisfiableError: The CNF has no solution.
    """
    pool = Pool(cnf.variables.feature_count, request.known_rows(cnf))
    for source in SOURCES if sources is None else sources:
        if source.is_easy(cnf, request):
            request.note(f"{why}: chosen from solutions of {source.name} instead")
            return top_up(cnf, request, pool, source.choose(cnf, request, pool))
    request.note(f"{why}: the sampler steered draws instead")
    found = solve_steered(cnf, request)
    return Solutions(found.values, found.stop, "steered")


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
    with PhaseSolver(cnf, request.seed, request.is_out_of_time) as solver:
        source = _OpposedPhases(solver, request.known_rows(cnf))
        return _choose(collect(source, cnf, _for_choice(request, _FROM_PHASES)), request, pool)


def _for_choice(request: Request, times: float) -> Request:
    """Return the request for `times` as many solutions, which reports a step instead of progress."""
    count = int(np.ceil(times * request.count))
    return replace(
        request, count=count, on_progress=lambda done: request.step(f"found {done:,} of {count:,} to choose from")
    )


def _choose(found: Solutions, request: Request, pool: Pool) -> Stop:
    """Fill the pool from the solutions; take them in their order if the time was over before all were found."""
    wanted = request.count + len(request.known)
    if found.stop in (Stop.TIME, Stop.INTERRUPTED):
        pool.offer(found.values, 0, wanted)
        return Stop.COMPLETE if len(pool) == wanted else found.stop
    floor = _KEPT * _usual_nearest(found.values[: request.count, : len(pool.selected)])
    try:
        return choose_far(pool, found.values, floor, request, wanted, np.random.default_rng(request.seed))
    except KeyboardInterrupt:
        return Stop.INTERRUPTED


class _OpposedPhases:
    """A source whose phases oppose its solutions so far: a feature's phase is true as likely as solutions lack it.

    Args:
        solver: Finds the solutions.
        known: Rows over the features that count as found already.
    """

    def __init__(self, solver: PhaseSolver, known: BoolMatrix) -> None:
        self._solver = solver
        self._selected = known.sum(axis=0, dtype=np.int64)
        self._count = len(known)

    def next(self) -> BoolMatrix | None:
        likely = np.full(self._solver.variables, 0.5)
        likely[: len(self._selected)] = (self._count - self._selected + 1) / (self._count + 2)
        row = self._solver.solve(self._solver.rng.random(len(likely)) < likely)
        if row is not None:
            self._selected += row[: len(self._selected)]
            self._count += 1
        return row

    def forbid(self, literals: Sequence[int]) -> None:
        self._solver.forbid(literals)


def _is_easy_for_cmsgen(cnf: Cnf, request: Request) -> bool:
    try:
        solver = CmsGen(cnf, request.seed, pause=_CMSGEN_CONFLICTS)
    except UnsupportedError:
        return False
    return all(solver.is_within_pause() for _ in range(_EASY))


def _is_easy_for_phases(cnf: Cnf, request: Request) -> bool:
    with PhaseSolver(cnf, request.seed) as solver:
        return all(solver.is_within(_PHASES_CONFLICTS) for _ in range(_EASY))


def _usual_nearest(rows: BoolMatrix) -> float:
    """Return the mean distance of a row to its nearest other one, in features."""
    measured = diversity(rows).nearest_mean if len(rows) > 1 else None
    return 0.0 if measured is None else measured * rows.shape[1]


SOURCES = (
    Source("CMSGen", _is_easy_for_cmsgen, _choose_from_cmsgen),
    Source("MiniSat", _is_easy_for_phases, _choose_from_phases),
)
"""Sources to choose from, the preferred one first."""
