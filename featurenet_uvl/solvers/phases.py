"""MiniSat with phases: a value per variable that the solver tries first when it is free to choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.solvers.limits import IsOver, never
from featurenet_uvl.solvers.session import MINISAT, PAUSE, Session


class PhaseSolver:
    """A source of solutions near given phases, or random ones.

    Args:
        cnf: The formula.
        seed: Seed of the random phases.
        is_over: Says whether the time is over.
        pause: Conflicts between two looks at the clock.
    """

    def __init__(self, cnf: Cnf, seed: int, is_over: IsOver = never, pause: int = PAUSE) -> None:
        self.variables = len(cnf.variables)
        self.rng = np.random.default_rng(seed)
        self.session = Session(cnf.clauses, self.variables, name=MINISAT, is_over=is_over, pause=pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def next(self) -> BoolMatrix | None:
        """Return a solution with random phases, or None if none exists.

        Raises:
            OutOfTimeError: The time was over first.
        """
        return self.solve(self.rng.random(self.variables) < 0.5)

    def solve(self, phases: BoolMatrix, assumptions: Sequence[int] = ()) -> BoolMatrix | None:
        """Return a solution with these literals, and near these phases, or None if none exists.

        Args:
            phases: One value per variable.
            assumptions: Literals of the solution.

        Raises:
            OutOfTimeError: The time was over first.
        """
        self._prefer(phases)
        return np.array(self.session.model(), dtype=np.int64) > 0 if self.session.solve(assumptions) else None

    def is_within(self, conflicts: int) -> bool:
        """Whether this many conflicts suffice to find a solution with random phases, or that none exists."""
        self._prefer(self.rng.random(self.variables) < 0.5)
        return self.session.decide(conflicts) is not None

    def implied(self, literal: int) -> Sequence[int] | None:
        """Return the literals that follow by unit propagation, `literal` included; None if it cannot hold."""
        return self.session.implied(literal)

    def forbid(self, literals: Sequence[int]) -> None:
        """Exclude solutions that have all of these literals from now on."""
        self.session.add([-literal for literal in literals])

    def _prefer(self, phases: BoolMatrix) -> None:
        numbers = np.arange(1, self.variables + 1)
        self.session.prefer(np.where(phases, numbers, -numbers).tolist())
