"""The sampler `diverse`, the default: a large mean distance, and no two configurations close to each other.

Source: herding (Welling, *Herding dynamical weights to learn*, ICML 2009), which is the Frank-Wolfe method with step
1/k for the mean distance (Bach, Lacoste-Julien, Obozinski, ICML 2012), on the heaviest solutions of a decision diagram.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from featurenet_uvl.analysis.exact_model import MAX_NODES, ExactModel, exact_model
from featurenet_uvl.errors import LimitError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.diverse_without_diagram import solve_without_diagram
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.engines.top_up import top_up
from featurenet_uvl.sampling.engines.uniform import solve_uniform
from featurenet_uvl.sampling.pool.choose_far import choose_far
from featurenet_uvl.sampling.pool.pool import Pool, mean_distance
from featurenet_uvl.sampling.request import Request, Solutions

SEEDS = 0.25
"""Share of the sample that CMSGen draws, to cover many pairs; the rest is herded around it."""
MAX_SEEDS = 2000
"""Largest number of these; more would cover hardly any new pair."""
NOISE = 0.3
"""First standard deviation of the noise on the weights, which lie within -1 and 1. Without noise, all solutions of a
batch would be the same.
"""
FLOOR = 0.72
"""First floor of the distance between two configurations, as a share of the mean distance."""
_LOWER_FLOORS = (0.5, 0.3, 0.15, 0.0)
"""Floors to try instead, one after the other, if the first costs too much of the mean distance."""
_CROWDED = 1000
"""If the model has at most this many solutions per configuration of the sample, also try lower floors."""
_RELAXED = 0.95
"""Factor on the floor when less than half of a batch keeps it."""
_NOISIER = 1.1
"""Factor on the noise when nothing of a batch keeps the floor."""
_BATCHES = (4, 32)
"""Smallest and largest number of solutions proposed per batch; between them, a twelfth of the sample so far."""
_MISSES = 20
"""Batches in a row without a new configuration after which a SAT solver finds the rest, if the floor is below 1."""
_LISTED = 4
"""If the model has at most this many solutions per configuration of the sample, choose from all of them."""
_MAX_LISTED = 1 << 32
"""Largest effort of that choice: solutions of the model times configurations of the sample times variables."""
_DIAGRAM_SHARE = 0.4
"""Share of the time left that may go into the diagram."""


def solve_diverse(cnf: Cnf, request: Request, max_nodes: int = MAX_NODES) -> Solutions:
    """Return up to `request.count` solutions of a large mean distance, and no two nearer than a floor.

    The floor is as high as the model allows. CMSGen draws a quarter, for coverage. The others are heaviest solutions
    for weights that oppose the majority of the sample so far, with noise. If the model has few solutions or no diagram,
    they are chosen from a list of solutions.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        max_nodes: Largest number of nodes of the decision diagram.

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
        model = exact_model(cnf, None if left_s is None else _DIAGRAM_SHARE * left_s, max_nodes)
    except LimitError as error:
        return solve_without_diagram(cnf, request, str(error))
    try:
        stop = _with_diagram(cnf, request, pool, model, FLOOR)
        if stop is Stop.COMPLETE and model.total <= _CROWDED * len(pool):
            pool = _far_enough(cnf, request, pool, model)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return top_up(cnf, request, pool, stop)


def _far_enough(cnf: Cnf, request: Request, pool: Pool, model: ExactModel) -> Pool:
    """Return the pool, or one with a lower floor if another sampler's configurations have a larger mean distance.

    If a model has few configurations, only some keep a high floor, and those may be near the middle.
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
    """Fill the pool: from the list of all solutions if there are few, else with seeds and herding."""
    rng = np.random.default_rng(request.seed)
    wanted = request.count + len(request.known)
    if model.total <= _LISTED * wanted and model.total * wanted * len(cnf.variables) <= _MAX_LISTED:
        rows = model.choices.all_solutions(_LISTED * wanted)
        return choose_far(pool, rows, floor * _mean_distance(rows), request, wanted, rng)
    seeds = _seeds(cnf, request, model, rng)
    pool.offer(seeds.values, floor * _mean_distance(seeds.values[:, : len(pool.selected)]), wanted)
    if seeds.stop is Stop.INTERRUPTED:
        return seeds.stop
    return _herd(pool, model, request, rng, floor)


def _herd(pool: Pool, model: ExactModel, request: Request, rng: np.random.Generator, floor: float) -> Stop:
    """Fill the pool with heaviest solutions for weights that oppose the majority of its rows."""
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
            noise *= 1 if taken else _NOISIER
        misses = 0 if taken else misses + 1
        if misses >= _MISSES and share * pool.mean_distance() < 1:
            return Stop.GAVE_UP
        request.progress(len(pool.rows))
    return Stop.COMPLETE


def _seeds(cnf: Cnf, request: Request, model: ExactModel, rng: np.random.Generator) -> Solutions:
    """Return solutions that cover many pairs: CMSGen's, or without pycmsgen random ones of the diagram."""
    count = min(int(SEEDS * request.count), MAX_SEEDS)
    if not count:
        return Solutions(np.zeros((0, len(cnf.variables)), dtype=np.bool_), Stop.COMPLETE)
    try:
        return solve_cmsgen(cnf, replace(request, count=count, known=request.known[:0], on_progress=None))
    except UnsupportedError:
        request.note(
            "pycmsgen is not installed: solutions drawn from the diagram replace its own, and cover fewer pairs"
        )
        return Solutions(model.draw_uniform(count, rng), Stop.COMPLETE)


def _mean_distance(rows: BoolMatrix) -> float:
    return mean_distance(rows.sum(axis=0, dtype=np.int64), len(rows))
