"""The sampler `random`: MiniSat with random phases for each solution.

Many tools sample like this, so it is here for comparison. The phases decide only the variables that unit propagation
leaves open, so solutions are far from equally likely.
"""

from __future__ import annotations

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.request import Request, Solutions
from featurenet_uvl.solvers.phases import PhaseSolver
from featurenet_uvl.solvers.session import PAUSE


def solve_random(cnf: Cnf, request: Request, pause: int = PAUSE) -> Solutions:
    """Return up to `request.count` solutions of MiniSat, each with new random phases.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        pause: Conflicts between two looks at the clock.

    Raises:
        UnsatisfiableError: The CNF has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_random(Cnf(VarMap.from_names(["App", "Log"]), ((1, 2),)), Request(9, 1)).values)
    3
    """
    with PhaseSolver(cnf, request.seed, request.is_out_of_time, pause) as source:
        return collect(source, cnf, request)
