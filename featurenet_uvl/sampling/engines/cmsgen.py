"""The sampler `cmsgen`: CMSGen through pycmsgen, which aims at solutions that are drawn uniformly.

Source: Golia, Soos, Chakraborty, Meel, "Designing samplers is easy: the boon of testers", FMCAD, 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pool.distinct import OutOfTimeError, collect
from featurenet_uvl.sampling.request import Request, Solutions

_CONFLICTS = 5_000
"""After so many, the solver looks at the clock, and at whether it has been interrupted."""


def solve_cmsgen(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions of CMSGen.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        UnsupportedError: pycmsgen is not installed.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_cmsgen(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    return collect(_CmsGen(cnf, request), cnf, request)


class _CmsGen:
    def __init__(self, cnf: Cnf, request: Request) -> None:
        self._variables = len(cnf.variables)
        self._request = request
        seed = int(np.random.SeedSequence(request.seed).generate_state(1)[0]) >> 1  # it takes 31 bits, and cuts others
        self._solver = _new_solver(seed)
        self._solver.add_clauses([list(clause) for clause in cnf.clauses])
        if self._variables:
            self._solver.add_clause([self._variables, -self._variables])  # so that it gives a value to every variable

    def next(self) -> BoolMatrix | None:
        found, values = self._solver.solve()
        while found is None:
            if self._request.is_out_of_time():
                raise OutOfTimeError
            found, values = self._solver.solve()
        return np.array(values[1 : self._variables + 1], dtype=np.bool_) if found else None

    def forbid(self, literals: Sequence[int]) -> None:
        self._solver.add_clause([-literal for literal in literals])


def _new_solver(seed: int) -> Any:
    try:
        from pycmsgen import Solver
    except ImportError as error:
        raise UnsupportedError(
            "sampler cmsgen: found no pycmsgen, expected it installed: pip install pycmsgen (Python 3.12 or older)"
        ) from error
    return Solver(seed=seed, confl_limit=_CONFLICTS)
