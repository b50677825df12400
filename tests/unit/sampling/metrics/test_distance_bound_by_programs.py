"""The bound by integer programs: equal to that of the diagram, and never too low if it is stopped."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize
from scipy.optimize import OptimizeResult

from featurenet_uvl.analysis.choice_graph import FloatArray, find_choices
from featurenet_uvl.analysis.diagram import build_diagram
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.metrics import distance_bound_by_programs
from featurenet_uvl.sampling.metrics.distance_bound import TOLERANCE, mean_distance_limit
from featurenet_uvl.sampling.metrics.distance_bound_by_programs import HullLimit, hull_limit
from featurenet_uvl.sampling.metrics.distances import diversity
from tests.unit.sampling.brute_force import all_configurations, small_cnf


def rows_of(cnf: Cnf) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.array(all_configurations(cnf), dtype=np.bool_)


MODELS = [cnf for cnf in map(small_cnf, range(60)) if len(all_configurations(cnf)) > 1]


@pytest.mark.parametrize("cnf", MODELS[:30])
def test_it_is_the_bound_of_the_diagram(cnf: Cnf) -> None:
    """Both find solutions and the point by different methods, so they agree only if both are right."""
    found = hull_limit(cnf, rows_of(cnf)[:1], 60.0).at(100_000)
    expected = mean_distance_limit(find_choices(build_diagram(cnf)), cnf.variables.feature_count, 100_000)
    assert found.gap <= TOLERANCE * 1.01
    assert found.upper == pytest.approx(expected.upper, rel=found.gap + expected.gap + 1e-5)


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_no_sample_is_above_it(seconds: float) -> None:
    """All samples of 2 to 4, equal ones allowed; without any time, too."""
    small = [(cnf, rows) for cnf in MODELS if len(rows := rows_of(cnf)) <= 12]
    assert len(small) > 5
    for cnf, rows in small:
        hull = hull_limit(cnf, rows[:1], seconds)
        for count in (2, 3, 4):
            best = max(
                diversity(rows[list(chosen)]).mean_distance or 0.0
                for chosen in itertools.combinations_with_replacement(range(len(rows)), count)
            )
            assert hull.at(count).upper >= best - 1e-9, (cnf, count)


@pytest.mark.parametrize("solved", [0, 1, 2, 3, 4, 5])
def test_a_solver_that_is_stopped_leaves_a_bound_and_says_how_loose(
    solved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some programs HiGHS gets no time, and returns neither a solution nor a bound."""
    stopped = looser = 0
    for cnf in MODELS[:30]:
        rows, features = rows_of(cnf), cnf.variables.feature_count
        expected = mean_distance_limit(find_choices(build_diagram(cnf)), features, 100_000)
        solve, seconds = distance_bound_by_programs._solve, iter([60.0] * solved + [0.0] * 200)
        with monkeypatch.context() as patch:
            patch.setattr(distance_bound_by_programs, "_solve", lambda *given: solve(*given[:3], next(seconds)))  # noqa: B023
            found = hull_limit(cnf, rows[:1], 60.0).at(100_000)
        stopped += next(seconds) == 0.0
        looser += found.gap > 0.01
        assert found.upper >= expected.upper / (1 + expected.gap) - 1e-9
        assert found.upper / (1 + found.gap) <= expected.upper * 1.00001 + 1e-9
    assert stopped > 5
    assert looser > 2 or solved > 3


def test_a_solution_that_is_not_the_best_gives_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its time limit, HiGHS has a solution for other weights; for integer programs, also a bound."""
    solve, rng = distance_bound_by_programs._solve, np.random.default_rng(5)

    def stopped(weights: FloatArray, constraint: object, whole: bool, seconds: float) -> OptimizeResult:
        found, other = (
            solve(given, constraint, whole, seconds)  # type: ignore[arg-type]
            for given in (weights, rng.normal(size=len(weights)))
        )
        return OptimizeResult(
            status=1, x=other.x, fun=-float(weights @ other.x), mip_dual_bound=found.mip_dual_bound if whole else None
        )

    monkeypatch.setattr(distance_bound_by_programs, "_solve", stopped)
    for cnf in MODELS[:30]:
        features = cnf.variables.feature_count
        expected = mean_distance_limit(find_choices(build_diagram(cnf)), features, 100_000)
        found = hull_limit(cnf, rows_of(cnf)[:1], 60.0).at(100_000)
        assert found.upper >= expected.upper / (1 + expected.gap) - 1e-9
        assert found.upper / (1 + found.gap) <= expected.upper * 1.00001 + 1e-9


def test_features_that_are_free_decided_equal_or_opposite() -> None:
    """Free: 1/2 each. Decided: nothing. Two that equal a third one, one of them negated: three times 1/2."""
    cnf = Cnf(
        VarMap.from_names(("free", "on", "off", "a", "b", "not_a", "p", "q")),
        ((2,), (-3,), (4, -5), (-4, 5), (4, 6), (-4, -6), (-7, -8)),
    )
    start = np.array([[False, True, False, False, False, True, False, False]])
    found = hull_limit(cnf, start, 60.0)
    assert found.upper == pytest.approx((1 + 3 + 2) / 2, rel=1e-3)
    assert found.reached == pytest.approx(found.upper, rel=1e-3)


@pytest.mark.parametrize("size", [3, 13, 40])
def test_one_of_some_alternatives(size: int) -> None:
    """Each has the share 1 / size: below 1/2, so that the slope at the point matters."""
    numbers = range(1, size + 1)
    exclusive = tuple((-one, -other) for one, other in itertools.combinations(numbers, 2))
    cnf = Cnf(VarMap.from_names([f"f{n}" for n in numbers]), (tuple(numbers), *exclusive))
    found = hull_limit(cnf, np.eye(size, dtype=np.bool_)[:2], 60.0)
    assert found.upper >= 2 * (1 - 1 / size) - 1e-9
    assert found.upper == pytest.approx(2 * (1 - 1 / size), rel=1e-3)


def test_what_is_known_is_read_with_the_right_sign() -> None:
    """b is the negation of a; of a, c, d at most one is selected: with b for a, the start would be no solution."""
    cnf = Cnf(VarMap.from_names("abcd"), ((1, 2), (-1, -2), (-1, -3), (-1, -4), (-3, -4)))
    expected = mean_distance_limit(find_choices(build_diagram(cnf)), 4, 100_000)
    found = hull_limit(cnf, np.array([[False, True, True, False]]), 60.0)
    assert found.at(100_000).upper == pytest.approx(expected.upper, rel=2e-3)
    assert found.reached <= expected.upper * 4


def test_one_configuration_has_no_distance_to_bound() -> None:
    only = Cnf(VarMap.from_names(("a", "b")), ((1,), (2,)))
    assert hull_limit(only, np.ones((1, 2), dtype=np.bool_), 1.0).at(2).upper == 0
    with pytest.raises(AssertionError, match="found 1 solutions"):
        HullLimit(2, 1.0, 1.0).at(1)


def test_what_the_solver_raises_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver runs in a thread of its own."""

    def full(*_: object, **__: object) -> None:
        raise MemoryError("no memory")

    cnf = Cnf(VarMap.from_names(("a", "b")), ((1, 2),))
    monkeypatch.setattr(optimize, "milp", full)
    with pytest.raises(MemoryError, match="no memory"):
        hull_limit(cnf, np.ones((1, 2), dtype=np.bool_), 1.0)


def test_shares_that_are_not_found_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """SciPy raises an error if its method does not converge."""
    cnf = Cnf(VarMap.from_names(("a", "b")), ((1, 2),))
    start = np.ones((1, 2), dtype=np.bool_)
    expected = hull_limit(cnf, start, 60.0).upper

    def endless(*_: object, **__: object) -> None:
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(optimize, "nnls", endless)
    assert hull_limit(cnf, start, 60.0).upper >= expected - 1e-9
