"""The sampler `diverse`, the default: as far from each other as can be, and no two close to each other.

Source: herding (Welling, *Herding dynamical weights to learn*, ICML 2009), which is the Frank-Wolfe method with step
1/k for the mean distance (Bach, Lacoste-Julien, Obozinski, ICML 2012), on the heaviest solutions of a decision diagram.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.analysis.exact_model import ExactModel, exact_model
from featurenet_uvl.errors import LimitError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.diverse_without_diagram import solve_chosen
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.engines.top_up import finish
from featurenet_uvl.sampling.engines.uniform import solve_uniform
from featurenet_uvl.sampling.pool.choose_far import choose
from featurenet_uvl.sampling.pool.pool import Pool, mean_distance
from featurenet_uvl.sampling.request import Request, Solutions

SEEDS = 0.25
"""The share of the sample that covers many pairs; the rest is herded around it."""
MAX_SEEDS = 2000
"""More would cover hardly any pair that these do not."""
NOISE = 0.3
"""Deviation of what is added to the weights, which are within -1 and 1: without it, the batch would be one solution."""
FLOOR = 0.72
"""The least distance of two configurations, as a share of the mean distance, to begin with."""
_LOWER_FLOORS = (0.5, 0.3, 0.15, 0.0)
"""What is tried instead, one after the other, where that costs too much of the mean distance."""
_CROWDED = 1000
"""Where there are at most so many times as many solutions as are wanted, that is looked at."""
_RELAXED = 0.95
"""By what the least distance shrinks when most of a batch does not keep it."""
_BATCHES = (4, 32)
"""How many solutions are looked for at once, at least and at most: as many more than a twelfth of what is there."""
_MISSES = 20
"""After so many batches in a row without anything new, what is left is looked for one by one."""
_LISTED = 4
"""Where there are at most so many times as many solutions as are wanted, they are listed and chosen from."""
_MAX_LISTED = 1 << 32
"""Up to so many steps of choosing: solutions times wanted ones times features."""
_DIAGRAM_SHARE = 0.4
"""Of the time there is, what may go into the diagram."""


def solve_diverse(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions of a large mean distance, no two nearer than a floor that the model allows.

    A quarter are drawn for coverage, by CMSGen. Then come heaviest solutions for weights that oppose what most of the
    sample select, with noise. Where a model has few solutions, or no diagram, it is chosen from those that there are.

    Raises:
        UnsatisfiableError: The CNF has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> found = solve_diverse(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), Request(2, 1))
    >>> int((found.values[0] != found.values[1]).sum())
    2
    """
    pool = Pool(cnf.variables.feature_count, request.known_rows(cnf))
    left_s = request.time_left_s()
    request.step("looking for a decision diagram")
    try:
        model = exact_model(cnf, None if left_s is None else _DIAGRAM_SHARE * left_s)
    except LimitError as error:
        return solve_chosen(cnf, request, str(error))
    try:
        stop = _with_diagram(cnf, request, pool, model, FLOOR)
        if stop is Stop.COMPLETE and model.total <= _CROWDED * len(pool):
            pool = _far_enough(cnf, request, pool, model)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return finish(cnf, request, pool, stop)


def _far_enough(cnf: Cnf, request: Request, pool: Pool, model: ExactModel) -> Pool:
    """The pool; or one with a lower floor, where the mean distance of another sampler's configurations is larger.

    Where there are few configurations, a high floor leaves only some to choose from, and those may be near the middle.
    """
    quiet = replace(request, on_progress=None, on_step=None, on_note=None)
    known = request.known_rows(cnf)
    rivals = []
    for solve in (solve_cmsgen, solve_random, solve_uniform):
        try:
            rows = solve(cnf, quiet).values[:, : known.shape[1]]
        except UnsupportedError:
            continue
        rivals.append(_mean_distance(np.concatenate([known, rows])))
    for floor in _LOWER_FLOORS:
        if pool.mean_distance() >= max(rivals):
            break
        other = Pool(known.shape[1], known)
        stop = _with_diagram(cnf, quiet, other, model, floor)
        if stop is Stop.COMPLETE and other.mean_distance() > pool.mean_distance():
            pool = other
    return pool


def _with_diagram(cnf: Cnf, request: Request, pool: Pool, model: ExactModel, floor: float) -> Stop:
    rng = np.random.default_rng(request.seed)
    wanted = request.count + len(request.known)
    if model.total <= _LISTED * wanted and model.total * wanted * len(cnf.variables) <= _MAX_LISTED:
        rows = model.choices.all_solutions(_LISTED * wanted)
        return choose(pool, rows, floor * _mean_distance(rows), request, wanted, rng)
    seeds = _seeds(cnf, request, model, rng)
    pool.offer(seeds.values, floor * _mean_distance(seeds.values[:, : len(pool.selected)]), wanted)
    if seeds.stop is Stop.INTERRUPTED:
        return seeds.stop
    return _herd(pool, model, request, rng, floor)


def _herd(pool: Pool, model: ExactModel, request: Request, rng: np.random.Generator, floor: float) -> Stop:
    """Fills the pool with heaviest solutions, against what its rows select."""
    features, variables = len(pool.selected), model.choices.variables
    wanted = request.count + len(request.known)
    share, misses, noise = floor, 0, NOISE
    while len(pool) < wanted:
        if request.is_out_of_time():
            return Stop.TIME
        size = min(int(np.clip(len(pool) // 12, *_BATCHES)), wanted - len(pool))
        weights = rng.normal(scale=noise, size=(variables, size))
        weights[:features] += pool.against[:, np.newaxis]
        taken = pool.offer(model.choices.heaviest(weights), share * pool.mean_distance(), wanted)
        if 2 * taken < size:
            share *= _RELAXED
            noise *= 1 if taken else 1.1
        misses = 0 if taken else misses + 1
        if misses >= _MISSES and share * pool.mean_distance() < 1:
            return Stop.GAVE_UP
        request.progress(len(pool.rows))
    return Stop.COMPLETE


def _seeds(cnf: Cnf, request: Request, model: ExactModel, rng: np.random.Generator) -> Solutions:
    """Solutions that cover many pairs: CMSGen's, or where there is none, random ones of the diagram."""
    count = min(int(SEEDS * request.count), MAX_SEEDS)
    if not count:
        return Solutions(np.zeros((0, len(cnf.variables)), dtype=np.bool_), Stop.COMPLETE)
    try:
        return solve_cmsgen(cnf, replace(request, count=count, known=request.known[:0], on_progress=None))
    except UnsupportedError:
        request.note("pycmsgen is not installed: solutions drawn from the diagram stand in, which cover fewer pairs")
        return Solutions(model.draw_uniform(count, rng), Stop.COMPLETE)


def _mean_distance(rows: BoolMatrix) -> float:
    return mean_distance(rows.sum(axis=0, dtype=np.int64), len(rows))
