"""CMSGen, a SAT solver whose models are close to uniformly distributed.

Source: Golia, Soos, Chakraborty, Meel, "Designing samplers is easy: the boon of testers", FMCAD, 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.solvers.limits import IsOver, OutOfTimeError, never

PAUSE = 5_000
"""Conflicts between two looks at the clock; an interrupt takes effect then, too."""


class CmsGen:
    """A source of random solutions.

    Args:
        cnf: The formula.
        seed: Seed of all random choices.
        is_over: Says whether the time is over.
        pause: Conflicts between two looks at the clock.

    Raises:
        UnsupportedError: pycmsgen is not installed.
    """

    def __init__(self, cnf: Cnf, seed: int, is_over: IsOver = never, pause: int = PAUSE) -> None:
        self._variables = len(cnf.variables)
        self._is_over = is_over
        self._solver = _new_solver(seed, pause)
        self._solver.add_clauses([list(clause) for clause in cnf.clauses])
        if self._variables:
            self._solver.add_clause([self._variables, -self._variables])  # so that it assigns every variable

    def next(self) -> BoolMatrix | None:
        """Return a solution, or None if none exists.

        Raises:
            OutOfTimeError: The time was over first.
        """
        found, values = self._solver.solve()
        while found is None:
            if self._is_over():
                raise OutOfTimeError
            found, values = self._solver.solve()
        return np.array(values[1 : self._variables + 1], dtype=np.bool_) if found else None

    def is_within_pause(self) -> bool:
        """Whether the conflicts of one pause suffice to find a solution, or that none exists."""
        return self._solver.solve()[0] is not None

    def forbid(self, literals: Sequence[int]) -> None:
        """Exclude solutions that have all of these literals from now on."""
        self._solver.add_clause([-literal for literal in literals])


def _new_solver(seed: int, pause: int) -> Any:
    try:
        from pycmsgen import Solver
    except ImportError as error:
        raise UnsupportedError(
            "found no pycmsgen, expected it for the sampler cmsgen: pip install 'pycmsgen!=6.1.1'"
            " (Python 3.12 or older)"
        ) from error
    short = int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 1  # CMSGen keeps 31 bits of a seed
    return Solver(seed=short, confl_limit=pause)
