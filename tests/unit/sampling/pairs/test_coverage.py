"""Coverable pairs and coverage against brute force over all configurations."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.pairs.coverage import Coverable, Coverage, coverage, coverage_by_size, find_coverable
from featurenet_uvl.sampling.pairs.possible_by_solver import PairLimits
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import all_configurations, hard_cnf, open_features, pairs_of, small_cnf

SATISFIABLE = [seed for seed in range(80) if all_configurations(small_cnf(seed))]


def expected_pairs(cnf: Cnf) -> tuple[list[int], set[tuple[int, int]]]:
    """Return the open features, and the pairs of their literals that some configuration has."""
    rows = all_configurations(cnf)
    columns = open_features(rows)
    pairs = {pair for pair in pairs_of(rows) if all(abs(literal) - 1 in columns for literal in pair)}
    return columns, pairs


@pytest.mark.parametrize("seed", SATISFIABLE[:30])
def test_coverage_of_a_sample(seed: int) -> None:
    cnf = small_cnf(seed)
    rows = all_configurations(cnf)
    columns, pairs = expected_pairs(cnf)
    sample = draw(cnf, Request(max(1, len(rows) // 3), seed)).selected
    covered = pairs & pairs_of([tuple(row) for row in sample.tolist()])
    coverable = find_coverable(cnf, sample)
    assert (coverable.columns.tolist(), coverable.pairs, coverable.undecided) == (columns, len(pairs), 0)
    assert coverage(sample, coverable) == Coverage(len(covered), len(pairs), 0)
    assert coverage(np.array(rows), coverable).share == 1.0


def test_the_curve_ends_with_the_coverage_and_never_falls() -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(30)]), tuple((-i, i // 2) for i in range(2, 31)))
    sample = draw(cnf, Request(60, 1), "steered").selected
    coverable = find_coverable(cnf, sample)
    curve = [point.share for point in coverage_by_size(sample, coverable, [1, 5, 20, 60])]
    assert curve == sorted(curve)
    assert curve[-1] == coverage(sample, coverable).share < 1.0


def test_time_that_is_over_leaves_pairs_undecided_and_the_share_a_lower_bound() -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(300)]), ())
    sample = draw(cnf, Request(3, 1), "random").selected
    coverable = find_coverable(cnf, np.concatenate([sample, ~sample]), 1e-9, limits=PairLimits(warm_up=0))
    assert len(coverable.columns) == 300
    assert coverable.undecided > 0
    assert coverable.pairs + coverable.undecided == 2 * 300 * 299
    found = coverage(sample, coverable)
    assert not found.is_exact
    assert found.share == found.covered / (2 * 300 * 299)


def test_no_time_even_for_core_and_dead_features() -> None:
    hard = hard_cnf(14)
    size = len(hard.variables)
    clauses = tuple((*clause, size + 1) for clause in hard.clauses)
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(size + 1)]), clauses)
    with pytest.raises(LimitError, match=r"found no answer within 0\.2 s to which features are core or dead"):
        find_coverable(cnf, np.ones((1, size + 1), dtype=np.bool_), 0.2, limits=PairLimits(pause=50))


def test_too_many_features() -> None:
    cnf = Cnf(VarMap.from_names(["a", "b", "c"]), ())
    with pytest.raises(LimitError, match="found 3 open features, expected at most 2"):
        find_coverable(cnf, np.ones((1, 3), dtype=np.bool_), limits=PairLimits(max_features=2))


def test_a_model_without_choice_is_covered() -> None:
    coverable = find_coverable(Cnf(VarMap.from_names(["a", "b"]), ((1,), (-2,))), np.array([[True, False]]))
    assert (len(coverable.columns), coverable.pairs) == (0, 0)
    assert coverage(np.array([[True, False]]), coverable).share == 1.0
    assert Coverable(np.array([0]), 0).undecided == 0
