"""The metrics against a naive computation of their definitions."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.sampling.metrics.distances import diversity


@pytest.mark.parametrize(("rows", "features"), [(2, 1), (7, 8), (30, 63), (30, 64), (40, 65), (25, 200)])
def test_metrics_equal_a_naive_computation(rows: int, features: int) -> None:
    rng = np.random.default_rng(features)
    selected = rng.random((rows, features)) < rng.random(features)
    between = [[int((a != b).sum()) for b in selected] for a in selected]
    pairs = [between[i][j] for i in range(rows) for j in range(i)]
    nearest = [min(between[i][j] for j in range(rows) if j != i) for i in range(rows)]
    sizes = sorted(int(row.sum()) for row in selected)
    found = diversity(selected)
    assert found.mean_distance == pytest.approx(sum(pairs) / len(pairs) / features)
    assert found.nearest_mean == pytest.approx(sum(nearest) / rows / features)
    assert found.minimum == pytest.approx(min(nearest) / features)
    assert (found.count, found.features) == (rows, features)
    assert found.distinct == len({tuple(row) for row in selected.tolist()})
    assert (found.size_min, found.size_max) == (sizes[0], sizes[-1])
    assert found.size_median == np.median(sizes)


def test_duplicates_are_counted_once_and_are_at_distance_0() -> None:
    found = diversity(np.array([[True, False], [True, False], [False, True]]))
    assert (found.distinct, found.minimum) == (2, 0)


@pytest.mark.parametrize("shape", [(1, 4), (1, 0), (2, 0)])
def test_no_distance_exists(shape: tuple[int, int]) -> None:
    found = diversity(np.zeros(shape, dtype=np.bool_))
    assert (found.mean_distance, found.nearest_mean, found.minimum) == (None, None, None)
    assert json.loads(found.to_json())["mean_distance"] is None


def test_no_configurations() -> None:
    with pytest.raises(UsageError, match="without configurations"):
        diversity(np.zeros((0, 3), dtype=np.bool_))


def test_json_has_plain_numbers() -> None:
    data = json.loads(diversity(np.eye(4, dtype=np.bool_)).to_json())
    assert data == {
        "count": 4,
        "distinct": 4,
        "features": 4,
        "mean_distance": 0.5,
        "nearest_mean": 0.5,
        "minimum": 0.5,
        "size_min": 1,
        "size_median": 1.0,
        "size_max": 1,
    }


def test_a_thousand_configurations_of_five_thousand_features_take_about_a_second() -> None:
    selected = np.random.default_rng(1).random((1000, 5000)) < 0.1
    before = time.process_time()
    diversity(selected)
    assert time.process_time() - before < 3
