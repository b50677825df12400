"""Chooses a diverse part of many solutions that are there to choose from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request

_RELAXED = 0.9
"""By what the least distance shrinks when no candidate keeps it."""


def choose_far(
    pool: Pool, candidates: BoolMatrix, floor: float, request: Request, limit: int, rng: np.random.Generator
) -> Stop:
    """Moves candidates into the pool: always one that opposes its majority most, of those that are far from all others.

    O(candidates * features) for each that is chosen.

    Args:
        candidates: Solutions, auxiliaries behind the features; those that are in the pool already are passed over.
        floor: The least distance to begin with, in features.
        limit: How many rows the pool is to have.

    Returns:
        COMPLETE, EXHAUSTED where the candidates were not enough, or TIME.
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
    weights = pool.against if len(pool) else np.zeros(matrix.shape[1])
    scores = matrix @ weights.astype(np.float32) + noise
    scores[~open_] = -np.inf
    return int(scores.argmax())
