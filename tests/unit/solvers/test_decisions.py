"""CaDiCaL follows the decisions of a decider, and interrupts and time leave it in order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.solvers.decisions import OPEN, DecidedSolver, Decider
from featurenet_uvl.solvers.limits import OutOfTimeError
from tests.unit.sampling.brute_force import all_configurations, small_cnf


class InOrder(Decider):
    """Selects every variable in order, or none."""

    def __init__(self, variables: int, sign: int, **more: object) -> None:
        super().__init__(variables, **more)  # type: ignore[arg-type]  # of the base class
        self._sign = sign

    def choose(self) -> int:
        return self._sign * max(0, self.values.find(OPEN))


@pytest.mark.parametrize("seed", range(40))
def test_the_first_solution_in_order_and_then_all_others(seed: int) -> None:
    """Deciding in order for `true` finds the lexicographically largest solution first, and so on."""
    cnf = small_cnf(seed)
    features = cnf.variables.feature_count
    expected = sorted(set(all_configurations(cnf)), reverse=True)
    decider = InOrder(features, 1)
    found = []
    with DecidedSolver(cnf, decider) as solver:
        while (row := solver.next()) is not None:
            assert row.shape == (len(cnf.variables),)
            found.append(tuple(row[:features].tolist()))
            decisions = decider.decisions()
            if not decisions:
                break
            solver.forbid(decisions)
    assert found == expected


def test_a_variable_in_no_clause_is_decided_too() -> None:
    cnf = Cnf(VarMap.from_names(["a", "b", "c"]), ((2,),))
    for sign in (1, -1):
        with DecidedSolver(cnf, InOrder(3, sign)) as solver:
            row = solver.next()
            assert row is not None
            assert row.tolist() == [sign > 0, True, sign > 0]


def test_time_ends_it_within_a_solution() -> None:
    looks = iter([False] * 3 + [True])
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(50)]), ())
    with (
        DecidedSolver(cnf, InOrder(50, 1, is_over=lambda: next(looks), check_interval=5)) as solver,
        pytest.raises(OutOfTimeError),
    ):
        solver.next()
    assert list(looks) == []


def test_an_interrupt_in_a_decision_ends_it() -> None:
    class Interrupted(InOrder):
        def choose(self) -> int:
            raise KeyboardInterrupt

    with DecidedSolver(small_cnf(1), Interrupted(2, 1)) as solver, pytest.raises(KeyboardInterrupt):
        solver.next()


def test_open_variables_are_no_solution() -> None:
    with pytest.raises(AssertionError, match="variable 1 is open in a solution"):
        InOrder(2, 1).decisions()


def test_levels_are_undone() -> None:
    decider = InOrder(4, 1)
    for literal in (1, -2, 3):
        decider.on_new_level()
        decider.on_assignment(literal)
    decider.on_assignment(4, fixed=True)
    assert decider.decisions() == [1, -2, 3]
    decider.on_backtrack(1)
    assert [decider.values[number] != OPEN for number in range(1, 5)] == [True, False, False, True]
    for pair in itertools.pairwise((5, 1)):
        decider.on_backtrack(pair[0])  # a level that does not exist changes nothing
    assert np.count_nonzero(np.frombuffer(bytes(decider.values), dtype=np.uint8) == OPEN) == 2


def test_an_old_python_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("pysat.solvers.Cadical195")
    with pytest.raises(UnsupportedError, match="found a python-sat without Cadical195"):
        DecidedSolver(small_cnf(1), InOrder(1, 1))
