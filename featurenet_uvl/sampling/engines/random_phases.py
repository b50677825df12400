"""The sampler `random`: a SAT solver that starts each solution with phases drawn at random.

It is what many tools do for lack of better, and here to be compared with: solutions differ where the solver has a
choice, and so not evenly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pysat.solvers import Minisat22

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pool.distinct import OutOfTimeError, collect
from featurenet_uvl.sampling.request import Request, Solutions

_CONFLICTS = 2_000
"""After so many, the solver looks at the clock, and at whether it has been interrupted."""


def solve_random(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions of MiniSat, each with new random phases.

    Raises:
        UnsatisfiableError: The CNF has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_random(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    source = PhaseSolver(cnf, request)
    try:
        return collect(source, cnf, request)
    finally:
        source.close()


class PhaseSolver:
    """MiniSat, with phases: a value that each variable gets where the solver is free to choose."""

    def __init__(self, cnf: Cnf, request: Request) -> None:
        self._request = request
        self._variables = len(cnf.variables)
        self._rng = np.random.default_rng(request.seed)
        self._solver = Minisat22(bootstrap_with=[list(clause) for clause in cnf.clauses])
        self._solver.append_formula([[number, -number] for number in range(1, self._variables + 1)])

    def close(self) -> None:
        """Frees the solver."""
        self._solver.delete()

    def next(self) -> BoolMatrix | None:
        """A solution with random phases, or None if there is none."""
        return self.solve(self._rng.random(self._variables) < 0.5)

    def solve(self, phases: BoolMatrix, assumptions: Sequence[int] = ()) -> BoolMatrix | None:
        """A solution with these literals, and near these phases, or None if there is none.

        Raises:
            OutOfTimeError: The time limit was reached.
        """
        self._set_phases(phases)
        while True:
            self._solver.conf_budget(_CONFLICTS)
            # With expect_interrupt, python-sat installs no handler of SIGINT: its own jumps out of the solver.
            found = self._solver.solve_limited(assumptions=list(assumptions), expect_interrupt=True)
            if found is not None:
                break
            if self._request.is_out_of_time():
                raise OutOfTimeError
        return np.array(self._solver.get_model()[: self._variables], dtype=np.int64) > 0 if found else None

    def is_within(self, conflicts: int) -> bool:
        """Whether a solution with random phases, or that there is none, is found with so many conflicts at most."""
        self._set_phases(self._rng.random(self._variables) < 0.5)
        self._solver.conf_budget(conflicts)
        return self._solver.solve_limited(expect_interrupt=True) is not None

    def _set_phases(self, phases: BoolMatrix) -> None:
        numbers = np.arange(1, self._variables + 1)
        self._solver.set_phases(np.where(phases, numbers, -numbers).tolist())

    def implied(self, literal: int) -> Sequence[int] | None:
        """What follows from a literal by unit propagation, itself included; None if it cannot hold."""
        possible, literals = self._solver.propagate(assumptions=[literal])
        return literals if possible else None

    def forbid(self, literals: Sequence[int]) -> None:
        """No later solution has all of these literals."""
        self._solver.add_clause([-literal for literal in literals])
