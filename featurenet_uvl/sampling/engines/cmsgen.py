"""The sampler `cmsgen`: CMSGen, which aims at uniformly distributed solutions."""

from __future__ import annotations

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.request import Request, Solutions
from featurenet_uvl.solvers.cmsgen import PAUSE, CmsGen


def solve_cmsgen(cnf: Cnf, request: Request, pause: int = PAUSE) -> Solutions:
    """Return up to `request.count` solutions of CMSGen.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        pause: Conflicts between two looks at the clock.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        UnsupportedError: pycmsgen is not installed.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_cmsgen(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    return collect(CmsGen(cnf, request.seed, request.is_out_of_time, pause), cnf, request)
