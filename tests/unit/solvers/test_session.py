"""A session answers as brute force does, and stops in one way."""

from __future__ import annotations

import itertools

import pytest

from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.solvers.limits import OutOfConflictsError, OutOfTimeError, UndecidedError, deadline
from featurenet_uvl.solvers.session import GLUCOSE, MINISAT, Session
from tests.unit.sampling.brute_force import hard_cnf, small_cnf

names = pytest.mark.parametrize("name", [GLUCOSE, MINISAT])
HARD = hard_cnf(12)


def models(cnf: Cnf, literals: tuple[int, ...]) -> list[list[int]]:
    """Return all models with these literals, by trying every assignment."""
    rows = itertools.product((-1, 1), repeat=len(cnf.variables))
    found = [[sign * number for number, sign in enumerate(row, 1)] for row in rows]
    return [
        row
        for row in found
        if set(literals) <= set(row) and cnf.is_satisfied_by(literal for literal in row if literal > 0)
    ]


@names
@pytest.mark.parametrize("seed", range(30))
def test_answers_under_assumptions(name: str, seed: int) -> None:
    cnf = small_cnf(seed)
    with Session(cnf.clauses, len(cnf.variables), name=name) as session:
        for first, second in itertools.permutations(range(1, len(cnf.variables) + 1), 2):
            literals = (first, -second)
            expected = models(cnf, literals)
            assert session.solve(literals) == bool(expected)
            if expected:
                assert session.model() in expected
            else:
                assert set(session.failed()) <= set(literals)
                assert not models(cnf, tuple(session.failed()))


@names
def test_models_assign_variables_that_occur_in_no_clause(name: str) -> None:
    with Session([(2,)], 5, name=name) as session:
        assert session.solve([-5])
        assert [abs(literal) for literal in session.model()] == [1, 2, 3, 4, 5]
        assert session.model()[4] == -5
    with Session([], 0, name=name) as session:
        assert session.solve()
        assert session.model() == []


@names
def test_new_variables_and_clauses(name: str) -> None:
    with Session([(1, 2)], 3, name=name) as session:
        switch = session.new_variable()
        assert switch == 4
        session.add([-switch, -1])
        session.add([-switch, -2])
        assert not session.solve([switch])
        assert session.failed() == [switch]
        assert session.solve([-switch])
        assert len(session.model()) == 4


@names
def test_unit_propagation(name: str) -> None:
    with Session([(-1, 2), (-2, -3), (-4, 1), (-4, 3)], 4, name=name) as session:
        implied = session.implied(1)
        assert implied is not None
        assert {1, 2, -3} <= set(implied)
        assert session.implied(4) is None


@names
def test_preferred_values_are_taken_where_the_solver_is_free(name: str) -> None:
    with Session([(1, 2)], 6, name=name) as session:
        for wish in ([1, 2, 3, -4, 5, -6], [1, -2, -3, 4, -5, 6]):
            session.prefer(wish)
            assert session.solve()
            assert session.model() == wish


@names
def test_the_clock_is_looked_at_every_few_conflicts(name: str) -> None:
    looks = iter([False, False, True])
    with (
        Session(HARD.clauses, len(HARD.variables), name=name, is_over=lambda: next(looks), pause=10) as session,
        pytest.raises(OutOfTimeError),
    ):
        session.solve()
    assert list(looks) == []
    with Session(HARD.clauses, len(HARD.variables), name=name, is_over=deadline(0.0), pause=10) as session:
        assert session.solve([-number for number in range(1, 12)]) is False  # an answer that comes at once counts


@names
def test_conflicts_are_a_limit(name: str) -> None:
    with Session(HARD.clauses, len(HARD.variables), name=name, max_conflicts=25, pause=10) as session:
        with pytest.raises(OutOfConflictsError):
            session.solve()
        assert session.decide(10) is None
    assert issubclass(OutOfConflictsError, UndecidedError)
    small = hard_cnf(5)
    with Session(small.clauses, len(small.variables), name=name, pause=3) as session:
        assert not session.solve()


@names
def test_an_interrupt_leaves_the_session_usable(name: str) -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    free = len(HARD.variables) + 1
    clauses = [(*clause, free) for clause in HARD.clauses]
    with Session(clauses, free, name=name, is_over=interrupt, pause=10) as session:
        with pytest.raises(KeyboardInterrupt):
            session.solve([-free])
        assert session.solve([free])
        assert session.model()[-1] == free


def test_a_literal_beyond_the_variables_is_still_declared() -> None:
    cnf = Cnf(VarMap.from_names(["a", "b"]), ((1,),))
    with Session(cnf.clauses, 2) as session:
        assert session.solve([3])
        assert len(session.model()) == 2
