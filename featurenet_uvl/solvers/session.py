"""A SAT solver that has loaded a formula and answers questions about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from pysat.solvers import Solver

from featurenet_uvl.solvers.limits import IsOver, OutOfConflictsError, OutOfTimeError, never

if TYPE_CHECKING:
    from featurenet_uvl.ir.sample import BoolMatrix  # NumPy, which compiling does without

GLUCOSE = "glucose4"
MINISAT = "minisat22"
PAUSE = 2_000
"""Conflicts between two pauses, in which the solver looks at the clock and Python can deliver an interrupt."""


def literals_of(row: BoolMatrix) -> list[int]:
    """Return one row of truth values as literals of the variables from 1 on.

    >>> import numpy as np
    >>> literals_of(np.array([True, False]))
    [1, -2]
    """
    return [number if value else -number for number, value in enumerate(row.tolist(), 1)]


class Session:
    """A loaded solver. Its models assign every variable, also those that occur in no clause.

    A KeyboardInterrupt leaves the solver in order: it takes effect between two calls of the solver.

    Args:
        clauses: The formula.
        variables: Number of variables, at least the largest in the clauses.
        name: Solver of python-sat: GLUCOSE or MINISAT.
        is_over: Says whether the time is over.
        max_conflicts: Conflicts that one answer may cost; None: no limit. Rounded up to whole pauses.
        pause: Conflicts between two looks at the clock.

    >>> with Session([(1, 2)], variables=3) as session:
    ...     session.solve([-1]), session.model()[:2], session.solve([-1, -2]), session.failed()
    (True, [-1, 2], False, [-1, -2])
    """

    def __init__(
        self,
        clauses: Iterable[Sequence[int]],
        variables: int,
        *,
        name: str = GLUCOSE,
        is_over: IsOver = never,
        max_conflicts: int | None = None,
        pause: int = PAUSE,
    ) -> None:
        self.variables = variables
        self._is_over = is_over
        self._max_conflicts = max_conflicts
        self._pause = pause
        self._solver = Solver(name=name, bootstrap_with=[list(clause) for clause in clauses])
        self._declare()

    def _declare(self) -> None:
        """Make models complete: a solver assigns all variables up to the largest that it has met in a clause."""
        if self.variables:
            self._solver.add_clause([self.variables, -self.variables])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the solver."""
        self._solver.delete()

    def solve(self, assumptions: Sequence[int] = ()) -> bool:
        """Whether a model with these literals exists.

        Raises:
            OutOfTimeError: The time was over first.
            OutOfConflictsError: The answer needs more conflicts than `max_conflicts`.
        """
        spent = 0
        while (answer := self.decide(self._pause, assumptions)) is None:
            spent += self._pause
            if self._is_over():
                raise OutOfTimeError
            if self._max_conflicts is not None and spent >= self._max_conflicts:
                raise OutOfConflictsError
        return answer

    def decide(self, conflicts: int, assumptions: Sequence[int] = ()) -> bool | None:
        """Whether a model with these literals exists; None if the answer needs more conflicts."""
        self._solver.conf_budget(conflicts)
        # With expect_interrupt, python-sat installs no handler of SIGINT: its own jumps out of the solver.
        answer: bool | None = self._solver.solve_limited(assumptions=list(assumptions), expect_interrupt=True)
        return answer

    def model(self) -> list[int]:
        """Return the model that the last answer found: the literal of variable i in position i - 1."""
        found: list[int] = self._solver.get_model()[: self.variables]
        return found

    def failed(self) -> list[int]:
        """Return assumptions of the last question that exclude each other, not necessarily a smallest set."""
        return sorted(self._solver.get_core() or (), key=abs)

    def implied(self, literal: int) -> Sequence[int] | None:
        """Return the literals that follow by unit propagation, `literal` included; None if it cannot hold."""
        is_possible, literals = self._solver.propagate(assumptions=[literal])
        return literals if is_possible else None

    def add(self, clause: Sequence[int]) -> None:
        """Add a clause for good."""
        self._solver.add_clause(list(clause))

    def new_variable(self) -> int:
        """Return a variable that occurs in no clause yet."""
        self.variables += 1
        self._declare()
        return self.variables

    def prefer(self, literals: Iterable[int]) -> None:
        """Try these values first wherever the solver is free to choose."""
        self._solver.set_phases(list(literals))
