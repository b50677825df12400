"""The samplers by name, and the one way to draw a sample with any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.check import checked_sample
from featurenet_uvl.sampling.sample import Progress, Sample, Solutions
from featurenet_uvl.sampling.steered import solve_steered

Engine = Callable[[Cnf, int, int, Progress | None], Solutions]
"""(cnf, count, seed, on_progress) -> complete solutions, distinct on the features."""

SAMPLERS: Mapping[str, Engine] = MappingProxyType({"steered": solve_steered})


def draw(cnf: Cnf, count: int, seed: int, sampler: str = "steered", on_progress: Progress | None = None) -> Sample:
    """Up to `count` distinct configurations of the CNF; fewer only if no more exist, and then `is_exhaustive` is set.

    Every solution is checked against every clause before it is returned, whatever engine found it.

    Args:
        cnf: The formula.
        count: How many, at least 1.
        seed: The same seed gives the same sample, in any process.
        sampler: A key of SAMPLERS.
        on_progress: Is told the number of solutions so far.

    Raises:
        UsageError: Unknown sampler, `count` below 1, `seed` not within 128 bits.
        UnsatisfiableError: No configuration exists.

    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log"]), ((1,), (-2, 1)))
    >>> sample = draw(cnf, 10, seed=7)
    >>> sorted(sample.configurations()), sample.is_exhaustive
    ([('App',), ('App', 'Log')], True)
    """
    if sampler not in SAMPLERS:
        raise UsageError(f"found sampler {sampler!r}, expected one of {', '.join(SAMPLERS)}")
    return checked_sample(cnf, SAMPLERS[sampler](cnf, count, seed, on_progress), sampler, seed)
