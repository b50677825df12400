"""Chooses a diverse subset of given solutions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request

_RELAXED = 0.9
"""Factor on the floor of the distance when no candidate keeps it."""


def choose_far(
    pool: Pool, candidates: BoolMatrix, floor: float, request: Request, limit: int, rng: np.random.Generator
) -> Stop:
    """Move candidates into the pool: each time the one that opposes its majority most, of those far from all its rows.

    O(candidates * features) per chosen one.

    Args:
        pool: The rows so far.
        candidates: Solutions, features first, then auxiliaries. Those that are in the pool already are skipped.
        floor: First floor of the distance to any row of the pool, in features.
        request: Has the time limit, and the listeners.
        limit: Number of rows that the pool shall have.
        rng: Draws the noise that decides between equal candidates.

    Returns:
        COMPLETE, TIME, or EXHAUSTED if the candidates were not enough.
    """
    features = len(pool.selected)
    matrix = candidates[:, :features].astype(np.float32)
    sizes = matrix.sum(axis=1)
    nearest = pool.nearest(candidates).astype(np.float32)
    noise = rng.random(len(matrix), dtype=np.float32) * np.float32(1e-3)
    while len(pool) < limit:
        if request.is_out_of_time():
            return Stop.TIME
        while not (open_ := nearest >= max(floor, 1)).any():
            if floor < 1:
                return Stop.EXHAUSTED
            floor *= _RELAXED
        best = _best(matrix, open_, noise, pool)
        pool.offer(candidates[best : best + 1], 0, limit)
        np.minimum(nearest, sizes + sizes[best] - 2 * (matrix @ matrix[best]), out=nearest)
        nearest[best] = 0
        request.progress(len(pool.rows))
    return Stop.COMPLETE


def _best(matrix: npt.NDArray[np.float32], open_: BoolMatrix, noise: npt.NDArray[np.float32], pool: Pool) -> int:
    """Return the open candidate that opposes the majority of the pool most."""
    weights = pool.against if len(pool) else np.zeros(matrix.shape[1])
    scores = matrix @ weights.astype(np.float32) + noise
    scores[~open_] = -np.inf
    return int(scores.argmax())
