"""The samplers by name, and the one way to draw a sample with any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from featurenet_uvl.errors import LimitError, UnsatisfiableError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.assumptions import format_assumptions
from featurenet_uvl.sampling.checked import checked_sample
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.covering import solve_covering
from featurenet_uvl.sampling.engines.diverse import solve_diverse
from featurenet_uvl.sampling.engines.external import solve_external
from featurenet_uvl.sampling.engines.pledge import solve_pledge
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.engines.t_wise import solve_t_wise
from featurenet_uvl.sampling.engines.uniform import solve_uniform
from featurenet_uvl.sampling.request import Engine, Request

SAMPLERS: Mapping[str, Engine] = MappingProxyType(
    {
        "diverse": solve_diverse,
        "covering": solve_covering,
        "uniform": solve_uniform,
        "steered": solve_steered,
        "cmsgen": solve_cmsgen,
        "random": solve_random,
        "t-wise": solve_t_wise,
        "pledge": solve_pledge,
        "external": solve_external,
    }
)
DEFAULT = "diverse"
GROUP = "featurenet_uvl.samplers"
"""The entry-point group in which other packages offer samplers: a name, and an `Engine`."""


def draw(cnf: Cnf, request: Request, sampler: str = DEFAULT, engine: Engine | None = None) -> Sample:
    """The configurations that a sampler finds; fewer than asked for only where the sample's `stop` says why.

    Every solution is checked against every clause before it is returned, whatever engine found it.

    Args:
        cnf: The formula.
        request: How many, and what they should be like.
        sampler: A name of `sampler_names`.
        engine: What runs in place of the sampler of that name, for samplers that are made on the spot.

    Raises:
        UsageError: Unknown sampler, or a request without sense.
        UnsatisfiableError: No configuration exists, or none with the assumptions.
        LimitError: The time was over before there was any.

    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log"]), ((1,), (-2, 1)))
    >>> sample = draw(cnf, Request(10, seed=7))
    >>> sorted(sample.configurations()), sample.is_exhaustive
    ([('App',), ('App', 'Log')], True)
    """
    run = find_sampler(sampler) if engine is None else engine
    cnf.verify()
    request.verify(cnf)
    if not all(cnf.clauses):
        raise UnsatisfiableError("no configuration exists: the CNF has an empty clause")
    assumed = Cnf(cnf.variables, (*cnf.clauses, *((literal,) for literal in request.assumptions)))
    assumed.verify()
    try:
        solutions = run(assumed, replace(request, assumptions=()))
    except UnsatisfiableError as error:
        if not request.assumptions:
            raise
        what = format_assumptions(request.assumptions, cnf.variables)
        raise UnsatisfiableError(f"no configuration exists with {what}") from error
    if not len(solutions.values):
        _explain_nothing(solutions.stop, sampler, request)
    return replace(checked_sample(assumed, solutions, request, sampler), formula=cnf.fingerprint())


def sampler_names() -> tuple[str, ...]:
    """The samplers that are there: those of the project, then those of other packages."""
    return (*SAMPLERS, *sorted(name for name in _offered() if name not in SAMPLERS))


def find_sampler(name: str) -> Engine:
    """The sampler of this name.

    Raises:
        UsageError: There is none.
        UnsupportedError: Another package offers it, and it cannot be loaded.
    """
    if name in SAMPLERS:
        return SAMPLERS[name]
    offered = _offered().get(name)
    if offered is None:
        raise UsageError(f"found sampler {name!r}, expected one of {', '.join(sampler_names())}")
    try:
        engine: Engine = offered.load()
    except (ImportError, AttributeError) as error:
        raise UnsupportedError(f"sampler {name}: cannot be loaded from {offered.value}: {error}") from error
    return engine


def _offered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _explain_nothing(stop: Stop, sampler: str, request: Request) -> None:
    """An empty answer as the error that it is; none at all where no more exist beside the known ones."""
    match stop:
        case Stop.INTERRUPTED:
            raise KeyboardInterrupt
        case Stop.TIME:
            raise LimitError(f"{sampler}: found no configuration within {request.time_limit_s:g} s")
        case Stop.GAVE_UP:
            raise LimitError(f"{sampler}: found no configuration; another --sampler may find some")
        case Stop.EXHAUSTED | Stop.COVERED if len(request.known):
            return
        case _:
            raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
