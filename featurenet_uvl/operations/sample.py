"""A sample of a formula: drawn by any sampler, put behind known configurations, and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Sample
from featurenet_uvl.sampling.assumptions import keep_assumptions, parse_assumptions, under_assumptions
from featurenet_uvl.sampling.metrics.measures import Landscape, Measures, measure
from featurenet_uvl.sampling.pairs.coverage import find_coverable
from featurenet_uvl.sampling.registry import DEFAULT, draw
from featurenet_uvl.sampling.request import Request


@dataclass(frozen=True, slots=True)
class Listeners:
    """Functions that hear of a sampler's work. None hears nothing."""

    on_progress: Callable[[int], None] | None = None
    """Hears the number of new configurations so far."""
    on_step: Callable[[str], None] | None = None
    """Hears the name of a step in which nothing is counted."""
    on_note: Callable[[str], None] | None = None
    """Hears a line that the user should know, such as that another sampler takes over."""


@dataclass(frozen=True, slots=True)
class DrawnConfigurations:
    """The new configurations of one call, and the sample that they are part of."""

    new: Sample
    whole: Sample
    """The known configurations, followed by the new ones."""
    notes: tuple[str, ...] = field(default=())
    """Lines that the sampler reported."""
    kept: tuple[int, ...] = ()
    """The literals of the assumptions, if every configuration of the whole keeps them; else none."""


def draw_sample(
    cnf: Cnf,
    count: int,
    *,
    seed: int = 1,
    sampler: str = DEFAULT,
    options: Mapping[str, str] | None = None,
    assume: Iterable[str] = (),
    known: Sample | None = None,
    time_limit_s: float | None = None,
    listeners: Listeners | None = None,
) -> DrawnConfigurations:
    """Draw distinct configurations of a formula.

    Args:
        cnf: The formula.
        count: Number of new configurations.
        seed: Seed of all chance: the same seed gives the same sample.
        sampler: Name of the sampler.
        options: Options of this sampler by name.
        assume: Features that every new configuration selects, or, with `!` before them, does not select.
        known: A sample of this formula. The new configurations differ from its configurations, and are far from them.
        time_limit_s: Seconds after which the sampler stops with the configurations found so far.
        listeners: Functions that hear of the sampler's work.

    Raises:
        UsageError: Unknown sampler or option, or a request that makes no sense.
        UnsatisfiableError: No configuration exists, or none with the assumptions.
        LimitError: The time was over before the first configuration.
    """
    heard = Listeners() if listeners is None else listeners
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        if heard.on_note is not None:
            heard.on_note(text)

    request = Request(
        count,
        seed,
        known=np.zeros((0, 0), dtype=np.bool_) if known is None else known.selected,
        assumptions=parse_assumptions(assume, cnf.variables),
        time_limit_s=time_limit_s,
        on_progress=heard.on_progress,
        on_step=heard.on_step,
        on_note=note,
        options=dict(options or {}),
    )
    new = draw(cnf, request, sampler)
    whole = new.after(request.known_rows(cnf))
    kept = request.assumptions if keep_assumptions(whole.selected, request.assumptions) else ()
    return DrawnConfigurations(new, whole, tuple(notes), kept)


def measure_sample(cnf: Cnf, sample: Sample, assumptions: Iterable[int] = ()) -> Measures:
    """Return all measures of a sample, with its limits if a decision diagram gives them.

    Args:
        cnf: The formula of the sample.
        sample: At least one configuration.
        assumptions: Literals that every configuration keeps, such as `DrawnConfigurations.kept`: the limits are those
            of samples that keep them, too.
    """
    formula = under_assumptions(cnf, assumptions)
    try:
        model = exact_model(formula)
        coverable = find_coverable(formula, sample.selected, diagram=model.diagram)
        return measure(sample.selected, Landscape(coverable, model))
    except LimitError:
        return measure(sample.selected)
