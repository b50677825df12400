"""A sample drawn under assumptions is measured against the most diverse one under them, by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from featurenet_uvl.api.compiled import CompiledModel
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.operations.sample import draw_sample, measure_sample
from featurenet_uvl.sampling.metrics.distances import diversity
from tests.unit.sampling.brute_force import Configuration, all_configurations, open_features, pairs_of, small_cnf

FREE = Cnf(VarMap.from_names(["A", "B", "C", "D"]), ())
ROOT = Cnf(VarMap.from_names(["A", "B", "C"]), ((-2, 1), (-3, 1)))
SIZE = 3
"""Configurations of each sample."""


def most_diverse(configurations: list[Configuration], size: int) -> float:
    """Return the mean distance of the most diverse sample of this size, by trying all."""
    found = [diversity(np.array(rows)).mean_distance for rows in itertools.combinations(configurations, size)]
    return max(value for value in found if value is not None)


def test_limit_and_pairs_are_those_of_the_configurations_that_keep_the_assumptions() -> None:
    tried = tighter = 0
    for seed in range(30):
        cnf = small_cnf(seed, features=5)
        configurations = all_configurations(cnf)
        for feature, value in itertools.product(range(cnf.variables.feature_count), (True, False)):
            kept = [row for row in configurations if row[feature] == value]
            if len(kept) < SIZE:
                continue
            drawn = draw_sample(cnf, SIZE, assume=[("" if value else "!") + cnf.variables.names[feature]])
            measured = measure_sample(cnf, drawn.whole, drawn.kept)
            assert measured.limit is not None
            assert measured.coverage is not None
            assert measured.limit.upper >= most_diverse(kept, SIZE) - 1e-9
            columns = open_features(kept)
            assert measured.coverage.coverable == len(pairs_of([tuple(row[c] for c in columns) for row in kept]))
            without = measure_sample(cnf, drawn.whole)
            assert without.limit is not None
            assert measured.limit.upper <= without.limit.upper + 1e-9
            tried += 1
            tighter += measured.limit.upper < without.limit.upper - 1e-3
    assert tried > 50
    assert tighter > tried / 4


@pytest.mark.parametrize(("cnf", "count"), [(FREE, 2), (FREE, 4), (FREE, 8), (ROOT, 2), (ROOT, 4)])
def test_the_most_diverse_sample_reaches_the_limit_under_its_assumption(cnf: Cnf, count: int) -> None:
    drawn = draw_sample(cnf, count, assume=["A"])
    measured = measure_sample(cnf, drawn.whole, drawn.kept)
    assert measured.share_of_limit == pytest.approx(1)
    best = most_diverse([row for row in all_configurations(cnf) if row[0]], count)
    assert measured.diversity.mean_distance == pytest.approx(best)


def test_known_configurations_that_break_the_assumptions_leave_the_limits_of_the_model() -> None:
    known = draw_sample(FREE, 2, assume=["!A"])
    assert known.kept == (-1,)
    mixed = draw_sample(FREE, 2, assume=["A"], known=known.whole)
    assert mixed.kept == ()
    again = draw_sample(FREE, 2, assume=["!A"], known=known.whole)
    assert again.kept == (-1,)


def test_python_bounds_a_sample_under_its_assumptions() -> None:
    compiled = CompiledModel(FREE, None, 10)
    drawn = compiled.sample(2, assume="A")
    assert drawn.assumptions == ("A",)
    assert compiled.take(drawn).assumptions == ("A",)
    assert drawn.limit().upper == pytest.approx(3 / 4)
    assert compiled.limit(2, assume=["A"]).upper == pytest.approx(3 / 4)
    assert compiled.limit(2).upper == pytest.approx(1)
    mixed = compiled.sample(2, assume="!A", after=drawn)
    assert mixed.assumptions == ()
    assert mixed.limit().upper == compiled.limit(4).upper
