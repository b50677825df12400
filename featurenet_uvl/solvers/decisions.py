"""CaDiCaL with its decisions made in Python.

Source: CaDiCaL 1.9.5 (Biere et al., 2024) with an external propagator (IPASIR-UP: Fazekas et al., *IPASIR-UP: User
Propagators for CDCL*, 2023), both from python-sat.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.solvers.limits import IsOver, OutOfTimeError, never

OPEN, TRUE, FALSE = 0, 1, 2
"""States of a variable in `Decider.values`."""
ALWAYS = 0
"""Index in `Decider.values` that stands for no variable; its state is always TRUE."""
CHECK_INTERVAL = 256
"""Decisions between two looks at the clock."""
_OPTIONS = {"chrono": 0, "ilb": 0, "lucky": 0, "stabilizeonly": 1, "walk": 0}
"""Options of CaDiCaL, so that only decisions and unit propagation assign, and a literal of level i is assigned after
the decision of level i. Restarts are rare, as in its stable mode: after each, a solution's decisions are repeated.
"""


class Decider(ABC):
    """Follows the assignment of the first variables and decides them. An external propagator in terms of IPASIR-UP.

    The solver calls the public methods, by these names. A subclass says in `choose` which literal comes next. It must
    not draw random numbers there: its choices for one solution have to stay the same over conflicts and restarts.

    Args:
        variables: Number of the first variables to follow and to decide.
        is_over: Says whether the time is over.
        check_interval: Decisions between two looks at the clock.
    """

    is_lazy = False

    def __init__(self, variables: int, is_over: IsOver = never, check_interval: int = CHECK_INTERVAL) -> None:
        self.variables = variables
        self.values = bytearray(variables + 1)
        """State of each variable: OPEN, TRUE or FALSE."""
        self.values[ALWAYS] = TRUE
        self._is_over = is_over
        self._check_interval = check_interval
        self._calls = 0
        self._fixed: set[int] = set()
        self._trail: list[int] = []
        self._level_starts: list[int] = []

    @abstractmethod
    def choose(self) -> int:
        """Return the literal to decide next, of a variable that is OPEN; 0 if none is."""

    def decide(self) -> int:
        self._calls += 1
        if self._calls % self._check_interval == 0 and self._is_over():
            raise OutOfTimeError
        return self.choose()

    def on_assignment(self, lit: int, fixed: bool = False) -> None:
        # Called thousands of times per solution, hence the spelling.
        values = self.values
        if lit > 0:
            variable, value = lit, TRUE
        else:
            variable, value = -lit, FALSE
        if fixed:
            self._fixed.add(variable)
        elif not values[variable]:
            self._trail.append(lit)
        values[variable] = value

    def on_new_level(self) -> None:
        self._level_starts.append(len(self._trail))

    def on_backtrack(self, to: int) -> None:
        if to >= len(self._level_starts):
            return
        start = self._level_starts[to]
        values, fixed = self.values, self._fixed
        for literal in self._trail[start:]:
            variable = literal if literal > 0 else -literal
            if variable not in fixed:
                values[variable] = OPEN
        del self._trail[start:], self._level_starts[to:]

    def decisions(self) -> list[int]:
        """Return the decided literals of a solution, from which all others follow."""
        if self.values.find(OPEN) >= 0:
            raise AssertionError(f"variable {self.values.find(OPEN)} is open in a solution")
        ends = [*self._level_starts[1:], len(self._trail)]
        return [self._trail[start] for start, end in zip(self._level_starts, ends) if start < end]

    def check_model(self, model: list[int]) -> bool:
        return True

    def propagate(self) -> list[int]:
        return []

    def provide_reason(self, lit: int) -> list[int]:
        return []

    def add_clause(self) -> list[int]:
        return []


class DecidedSolver:
    """A source of solutions whose decisions a `Decider` makes; the solver propagates and learns.

    A KeyboardInterrupt within a callback leaves the solver in order.

    Args:
        cnf: The formula.
        decider: Decides the first `decider.variables` variables; the others follow from them.

    Raises:
        UnsupportedError: python-sat is too old for it.
    """

    def __init__(self, cnf: Cnf, decider: Decider) -> None:
        self._variables = len(cnf.variables)
        with _interrupts():
            self._solver = _new_solver()
            self._solver.configure(_OPTIONS)
            self._solver.append_formula(cnf.clauses)
            self._solver.connect_propagator(decider)
            for variable in range(1, decider.variables + 1):
                self._solver.observe(variable)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with _interrupts():
            self._solver.delete()

    def next(self) -> BoolMatrix | None:
        """Return a solution, or None if none exists.

        Raises:
            OutOfTimeError: The time was over first.
        """
        with _interrupts():
            return _values(self._solver.get_model(), self._variables) if _solve(self._solver) else None

    def forbid(self, literals: Sequence[int]) -> None:
        """Exclude solutions that have all of these literals from now on."""
        with _interrupts():
            self._solver.add_clause([-literal for literal in literals])


@contextmanager
def _interrupts() -> Iterator[None]:
    """Unpack a KeyboardInterrupt that python-sat wraps: some of its functions expect no exception of a callback."""
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise


def _new_solver() -> Any:
    try:
        from pysat.solvers import Cadical195
    except ImportError as error:
        raise UnsupportedError(
            "found a python-sat without Cadical195, expected 1.9.dev7 or newer: pip install 'python-sat>=1.9.dev7'"
        ) from error
    return Cadical195()


def _solve(solver: Any) -> bool:
    """Solve as `solver.solve()` does, but without python-sat's handler of SIGINT.

    That handler leaves the solver by a long jump, over the frames of a callback that may be running, and the process
    then aborts. Without it, Python raises KeyboardInterrupt in the next callback, and the solver is left in order.
    """
    from pysat import solvers

    handle_interrupts = 0
    solver.status = solvers.pysolvers.cadical195_solve(solver.cadical, [], handle_interrupts)
    return bool(solver.status)


def _values(model: list[int], variables: int) -> BoolMatrix:
    """Return the assignment as one row; a variable that occurs in no clause is false."""
    literals = np.array(model, dtype=np.int64)
    row = np.zeros(variables, dtype=np.bool_)
    row[literals[literals > 0] - 1] = True
    return row
