"""Phases steer a solver close to wanted values, and the time limit ends it."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.solvers.limits import OutOfTimeError
from featurenet_uvl.solvers.phases import PhaseSolver
from tests.unit.sampling.brute_force import hard_cnf, tree

FREE = Cnf(VarMap.from_names([f"f{i}" for i in range(30)]), ((1,), (-2, 3)))


def test_a_wish_that_is_a_solution_is_found() -> None:
    rng = np.random.default_rng(3)
    with PhaseSolver(FREE, 1) as solver:
        for _ in range(20):
            wish = rng.random(30) < 0.5
            wish[0] = True
            wish[2] |= wish[1]
            found = solver.solve(wish)
            assert found is not None
            assert np.array_equal(found, wish)
            opposite = solver.solve(wish, (30 if not wish[29] else -30,))
            assert opposite is not None
            assert opposite[29] != wish[29]


def test_random_phases_depend_on_the_seed_alone() -> None:
    def rows(seed: int) -> list[list[bool]]:
        with PhaseSolver(FREE, seed) as solver:
            return [row.tolist() for _ in range(5) if (row := solver.next()) is not None]

    assert rows(1) == rows(1) != rows(2)


def test_what_is_forbidden_does_not_come_again() -> None:
    with PhaseSolver(Cnf(VarMap.from_names(["a", "b"]), ((1, 2),)), 1) as solver:
        found = set()
        while (row := solver.next()) is not None:
            found.add(tuple(row.tolist()))
            solver.forbid([1 if row[0] else -1, 2 if row[1] else -2])
        assert found == {(True, True), (True, False), (False, True)}
        assert solver.implied(1) is None


def test_conflicts_and_time() -> None:
    hard = hard_cnf(12)
    with PhaseSolver(hard, 1, lambda: True, pause=10) as solver:
        assert not solver.is_within(10)
        with pytest.raises(OutOfTimeError):
            solver.next()
    with PhaseSolver(tree(50), 1) as solver:
        assert solver.is_within(1000)
