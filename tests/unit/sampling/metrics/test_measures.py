"""All metrics together, with and without a model."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest

from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.metrics import measures as module
from featurenet_uvl.sampling.metrics.distances import distance_counts, diversity, nearest_distances
from featurenet_uvl.sampling.metrics.measures import explore, format_measures, measure
from featurenet_uvl.sampling.pairs.possible_by_solver import PairLimits
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import hard_cnf

CNF = Cnf(VarMap.from_names(["root", *(f"f{i}" for i in range(6))]), ((1,), (-2, 3), (-4, -5)))


def test_what_is_known_of_a_model() -> None:
    sample = draw(CNF, Request(6, 1)).selected
    found = measure(sample, explore(CNF, sample))
    assert found.coverage is not None
    assert found.diversity == diversity(sample)
    assert found.to_json()["pairwise_coverage"] == found.coverage.covered / found.coverage.coverable
    everything = measure(draw(CNF, Request(99, 1)).selected, explore(CNF, sample))
    assert "1 (all pairs)" in format_measures(["all"], [everything])


def test_without_a_diagram_the_solver_finds_the_same() -> None:
    sample = draw(CNF, Request(6, 1)).selected
    by_diagram = measure(sample, explore(CNF, sample))
    landscape = explore(CNF, sample, max_nodes=1)
    measured = measure(sample, landscape)
    assert measured.coverage == by_diagram.coverage
    assert measured.limit is not None
    assert by_diagram.limit is not None
    assert measured.limit.upper == pytest.approx(by_diagram.limit.upper, rel=0.1)  # of 6: whole numbers count there
    (note,) = landscape.notes
    assert re.fullmatch(
        r"found \d+ nodes of .*, expected at most 1: the largest possible mean distance is bounded by integer programs",
        note,
    )


def test_without_scipy_only_the_bound_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = draw(CNF, Request(6, 1)).selected
    expected = measure(sample, explore(CNF, sample)).coverage
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    landscape = explore(CNF, sample, max_nodes=1)
    measured = measure(sample, landscape)
    assert (measured.coverage, measured.limit) == (expected, None)
    (note,) = landscape.notes
    assert note.endswith(
        "expected at most 1: the largest possible mean distance is unknown: found no scipy, which bounding the mean "
        "distance without a diagram needs: pip install 'featurenet_uvl[bounds]'"
    )


def test_a_diagram_that_is_too_wide_for_pairs_is_replaced_by_the_solver() -> None:
    sample = draw(CNF, Request(6, 1)).selected
    expected = measure(sample, explore(CNF, sample)).coverage
    assert measure(sample, explore(CNF, sample, max_pair_bytes=1)).coverage == expected


def test_a_model_that_is_too_hard_leaves_shares_unknown() -> None:
    hard = hard_cnf(14)
    size = len(hard.variables)
    cnf = Cnf(
        VarMap.from_names([f"f{i}" for i in range(size + 1)]), tuple((*clause, size + 1) for clause in hard.clauses)
    )
    sample = np.ones((1, size + 1), dtype=np.bool_)
    landscape = explore(cnf, sample, 0.2, max_nodes=1, pair_limits=PairLimits(pause=50))
    assert len(landscape.notes) == 2
    found = measure(sample, landscape)
    assert (found.coverage, found.covered) == (None, (size + 1) * size // 2)
    assert f"{found.covered:,} pairs" in format_measures(["one"], [found])


def test_undecided_pairs_are_said() -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(300)]), ())
    sample = draw(cnf, Request(4, 1), "random").selected
    landscape = explore(cnf, np.concatenate([sample, ~sample]), 1e-9, max_nodes=1, pair_limits=PairLimits(warm_up=0))
    assert "pairs were not decided within 1e-09 s and count as coverable" in landscape.notes[-1]
    assert "at least 0." in format_measures(["a"], [measure(sample, landscape)])


def test_a_share_is_never_rounded_up_to_all() -> None:
    found = module.Measures(diversity(np.eye(4, dtype=np.bool_)), 3, module.Coverage(99_999_999, 100_000_000))
    assert "0.9999" in format_measures(["a"], [found])
    assert "1.0000" not in format_measures(["a"], [found])


def test_the_share_of_the_limit() -> None:
    d = diversity(np.array([[True, False], [True, True]]))
    assert module.Measures(d, 1, None, module.Limit(2, 0.8, 0.0)).share_of_limit == 0.625
    assert module.Measures(d, 1).to_json()["share_of_limit"] is None
    assert (
        module.Measures(diversity(np.ones((2, 2), dtype=np.bool_)), 1, None, module.Limit(2, 0.0, 0.0)).share_of_limit
        == 1.0
    )


@pytest.mark.parametrize(("rows", "features"), [(1, 3), (2, 1), (30, 70)])
def test_distances_as_a_histogram(rows: int, features: int) -> None:
    selected = np.random.default_rng(rows).random((rows, features)) < 0.4
    between = (selected[:, np.newaxis] != selected).sum(axis=2)
    expected = np.bincount(between[np.triu_indices(rows, 1)], minlength=features + 1)
    assert np.array_equal(distance_counts(selected), expected)
    if rows > 1:
        np.fill_diagonal(between, features + 1)
        assert np.array_equal(nearest_distances(selected), between.min(axis=1))


def test_a_bound_without_anything_to_compare_is_null_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infinity is no JSON."""
    monkeypatch.setattr("featurenet_uvl.sampling.metrics.distance_bound_by_programs._Program.is_late", True)
    sample = draw(CNF, Request(6, 1)).selected
    alone = measure(sample, explore(CNF, sample[:1], max_nodes=1)).to_json()
    assert alone["largest_mean_distance"] >= alone["mean_distance"]
    assert alone["largest_mean_gap"] is None
    assert json.loads(json.dumps(alone, allow_nan=False)) == alone
    assert measure(sample, explore(CNF, sample, max_nodes=1)).to_json()["largest_mean_gap"] > 0


def test_what_takes_long_is_told_before() -> None:
    sample, steps = draw(CNF, Request(6, 1)).selected, list[str]()
    explore(CNF, sample, on_step=steps.append, max_nodes=1)
    assert steps == ["bounding the mean distance by integer programs", "looking for the pairs that can be covered"]
