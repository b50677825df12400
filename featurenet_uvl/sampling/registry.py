"""The samplers by name, and the one way to draw a sample with any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from featurenet_uvl.errors import LimitError, ToolError, UnsatisfiableError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.assumptions import format_assumptions, under_assumptions
from featurenet_uvl.sampling.checked import InvalidSolutionError, checked_sample
from featurenet_uvl.sampling.engines import external, pledge
from featurenet_uvl.sampling.engines.cmsgen import solve_cmsgen
from featurenet_uvl.sampling.engines.covering import solve_covering
from featurenet_uvl.sampling.engines.diverse import solve_diverse
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.engines.t_wise import solve_t_wise
from featurenet_uvl.sampling.engines.uniform import solve_uniform
from featurenet_uvl.sampling.request import Engine, Request, Sampler, Solutions
from featurenet_uvl.system.plugins import foreign_code, load_offer, offer_label, offered_names

SAMPLERS: Mapping[str, Sampler] = MappingProxyType(
    {
        "diverse": Sampler(solve_diverse),
        "covering": Sampler(solve_covering),
        "uniform": Sampler(solve_uniform),
        "steered": Sampler(solve_steered),
        "cmsgen": Sampler(solve_cmsgen),
        "random": Sampler(solve_random),
        "t-wise": Sampler(solve_t_wise),
        "pledge": Sampler(pledge.solve_pledge, {pledge.OPTION: "path of PLEDGE.jar"}),
        "external": Sampler(external.solve_external, {external.OPTION: "command with {dimacs} {n} {seed} {out}"}),
    }
)
"""The samplers of this project."""
DEFAULT = "diverse"
"""Name of the sampler that draws if the caller names none."""
GROUP = "featurenet_uvl.samplers"
"""Entry-point group in which other packages offer samplers: a name, and an `Engine` or a `Sampler`."""


def draw(cnf: Cnf, request: Request, sampler: str = DEFAULT, engine: Engine | Sampler | None = None) -> Sample:
    """Draw a sample; it is smaller than requested only if its `stop` says why.

    Every solution is checked against every clause before it is returned, whichever engine found it.

    Args:
        cnf: The formula.
        request: Number and properties of the configurations.
        sampler: One of `sampler_names()`.
        engine: Runs in place of the sampler of that name; for samplers that are made on the spot.

    Raises:
        UsageError: Unknown sampler, an option that it does not know, or a request that makes no sense.
        UnsatisfiableError: No configuration exists, or none with the assumptions.
        LimitError: The time was over before the first configuration.
        ToolError: A sampler of another package fails, or gives a wrong answer.

    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log"]), ((1,), (-2, 1)))
    >>> sample = draw(cnf, Request(10, seed=7))
    >>> sorted(sample.configurations()), sample.is_exhaustive
    ([('App',), ('App', 'Log')], True)
    """
    found = find_sampler(sampler) if engine is None else _as_sampler(engine)
    found.check_options(sampler, request.options)
    cnf.verify()
    request.verify(cnf)
    if not all(cnf.clauses):
        raise UnsatisfiableError("no configuration exists: the CNF has an empty clause")
    assumed = under_assumptions(cnf, request.assumptions)
    assumed.verify()
    try:
        solutions = found.engine(assumed, replace(request, assumptions=()))
    except UnsatisfiableError as error:
        if not request.assumptions:
            raise
        texts = format_assumptions(request.assumptions, cnf.variables)
        raise UnsatisfiableError(f"no configuration exists with {texts}") from error
    if not len(solutions.values):
        _explain_nothing(solutions.stop, sampler, request)
    try:
        return replace(checked_sample(assumed, solutions, request, sampler), formula=cnf.sample_fingerprint())
    except InvalidSolutionError as error:
        if engine is not None or sampler in SAMPLERS:
            raise
        raise ToolError(f"{offer_label(GROUP, sampler, 'sampler')}: its answer is wrong: {error}") from error


def sampler_names() -> tuple[str, ...]:
    """Return the names of all samplers: those of this project, then those of other packages."""
    return (*SAMPLERS, *offered_names(GROUP, SAMPLERS))


def find_sampler(name: str) -> Sampler:
    """Return the sampler of this name.

    Raises:
        UsageError: No sampler has this name.
        UnsupportedError: Another package offers it, but it cannot be loaded or is no sampler.
    """
    if name in SAMPLERS:
        return SAMPLERS[name]
    offer = load_offer(GROUP, name, "sampler")
    if offer is None:
        raise UsageError(f"found sampler {name!r}, expected one of {', '.join(sampler_names())}")
    loaded, place = offer
    found = loaded if isinstance(loaded, Sampler) else Sampler(loaded)
    if not callable(found.engine) or not isinstance(found.options, Mapping):
        raise UnsupportedError(
            f"{offer_label(GROUP, name, 'sampler')}: found {type(loaded).__name__} at {place}, expected a function of a"
            " CNF and a request, or a Sampler of one with its options by name"
        )
    return Sampler(_guarded(name, found.engine), found.options)


def _guarded(name: str, engine: Engine) -> Engine:
    """Return an engine of another package whose errors name it."""
    label = offer_label(GROUP, name, "sampler")

    def run(cnf: Cnf, request: Request) -> Solutions:
        with foreign_code(f"{label}: failed"):
            found = engine(cnf, request)
        if not isinstance(found, Solutions):
            raise ToolError(f"{label}: found {type(found).__name__} as its answer, expected Solutions")
        return found

    return run


def _as_sampler(found: Engine | Sampler) -> Sampler:
    """Return a sampler as it is, and a bare engine as a sampler without options."""
    return found if isinstance(found, Sampler) else Sampler(found)


def _explain_nothing(stop: Stop, sampler: str, request: Request) -> None:
    """Raise the error that an empty answer means; none if no more configurations exist beside the known ones."""
    match stop:
        case Stop.INTERRUPTED:
            raise KeyboardInterrupt
        case Stop.TIME:
            raise LimitError(f"{sampler}: found no configuration within {request.time_limit_s:g} s")
        case Stop.GAVE_UP:
            raise LimitError(f"{sampler}: found no configuration; another sampler may find some")
        case Stop.EXHAUSTED | Stop.COVERED if len(request.known):
            return
        case _:
            raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
