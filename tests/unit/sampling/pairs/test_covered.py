"""Covered pairs against a count by hand of every pair."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError
from featurenet_uvl.sampling.pairs.covered import covered_by_size, covered_pairs


def naive(selected: np.ndarray) -> int:
    found = set()
    for row in selected.tolist():
        found.update(itertools.combinations(enumerate(row), 2))
    return len(found)


@pytest.mark.parametrize(("rows", "features"), [(1, 1), (1, 9), (3, 2), (20, 30), (100, 7), (9, 70)])
@pytest.mark.parametrize("block", [1, 8, 512])
def test_covered_pairs(rows: int, features: int, block: int) -> None:
    rng = np.random.default_rng(rows * features)
    selected = rng.random((rows, features)) < rng.random(features)
    sizes = sorted({0, 1, rows // 3, rows // 2, rows})
    assert covered_pairs(selected) == naive(selected)
    by_size = covered_by_size(selected, sizes, block=block, rows=block + 1)
    assert by_size == [naive(selected[:size]) for size in sizes]


def test_no_feature_has_no_pair() -> None:
    assert covered_pairs(np.zeros((5, 0), dtype=np.bool_)) == 0
    assert covered_pairs(np.ones((5, 1), dtype=np.bool_)) == 0


def test_numbers_beyond_exact_floats_are_refused() -> None:
    with pytest.raises(LimitError, match="found 5 configurations, expected at most 4"):
        covered_pairs(np.zeros((5, 2), dtype=np.bool_), max_rows=4)


def test_a_thousand_configurations_of_the_papers_size_take_little_processor_time() -> None:
    selected = np.random.default_rng(1).random((1000, 3296)) < 0.3
    start = time.process_time()
    covered_pairs(selected)
    assert time.process_time() - start < 10
