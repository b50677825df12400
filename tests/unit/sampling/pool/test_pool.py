"""The pool of a sample, and the choice among candidates, against plain computations."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pool.choose_far import choose_far
from featurenet_uvl.sampling.pool.pool import Pool
from featurenet_uvl.sampling.request import Request


@pytest.mark.parametrize("features", [1, 63, 64, 65, 300])
def test_what_is_taken_is_new_and_far_enough(features: int) -> None:
    rng = np.random.default_rng(features)
    rows = rng.random((200, features + 2)) < 0.3
    known = rng.random((7, features)) < 0.3
    floor = features // 4
    pool = Pool(features, known)
    taken = pool.offer(rows, floor, 60)
    assert taken == len(pool.rows) == len(pool) - 7
    expected: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = []
    for row in rows:
        here = [*known, *(other[:features] for other in expected)]
        if len(here) < 60 and all((row[:features] != other).sum() >= max(floor, 1) for other in here):
            expected.append(row)
    assert np.array_equal(pool.rows, expected)
    together = np.array([*known, *(row[:features] for row in expected)])
    assert np.array_equal(pool.selected, together.sum(axis=0))
    if len({row.tobytes() for row in together}) > 1:
        assert pool.mean_distance() == pytest.approx((diversity(together).mean_distance or 0) * features)
    nearest = [min(int((row[:features] != other).sum()) for other in together) for row in rows]
    assert pool.nearest(rows).tolist() == nearest


def test_the_choice_ends_with_the_candidates() -> None:
    rows = np.array([[0, 0], [0, 1], [1, 0], [0, 1]], dtype=np.bool_)
    pool = Pool(2, rows[:0])
    assert choose_far(pool, rows, 2.0, Request(9, 1), 9, np.random.default_rng(1)) is Stop.EXHAUSTED
    assert len(pool) == 3
    pool = Pool(2, rows[:1])
    assert choose_far(pool, rows, 0.0, Request(1, 1), 2, np.random.default_rng(1)) is Stop.COMPLETE


def test_the_choice_is_farther_apart_than_the_candidates() -> None:
    rows = np.unique(np.random.default_rng(4).random((400, 50)) < 0.2, axis=0)
    pool = Pool(50, rows[:0])
    choose_far(pool, rows, 8.0, Request(40, 1), 40, np.random.default_rng(1))
    chosen, all_ = diversity(np.array(pool.rows)), diversity(rows)
    assert (chosen.mean_distance or 0) > 1.15 * (all_.mean_distance or 0)
    assert (chosen.minimum or 0) * 50 >= 6
