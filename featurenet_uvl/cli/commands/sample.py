"""The command `sample`."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.options import Force, Json, Output, Quiet, Seed, parse_time_limit
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.cli.console.wording import in_options
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.system.streams import STREAM, read_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.sample import BoolMatrix, Sample
    from featurenet_uvl.sampling.metrics.measures import Measures
    from featurenet_uvl.sampling.request import Request


def sample(
    source: Annotated[str, typer.Argument(metavar="DIMACS", help="A CNF with names; - is stdin.")],
    output: Output,
    count: Annotated[int, typer.Option("-n", "--count", help="How many configurations.")] = 100,
    seed: Seed = 1,
    sampler: Annotated[
        str,
        typer.Option(
            "--sampler",
            help="diverse, covering, uniform, steered, cmsgen, random, t-wise, pledge, external, or a package's own.",
        ),
    ] = "diverse",
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", metavar="FEATURE", help="A feature that all have, or !FEATURE; repeatable."),
    ] = None,
    append: Annotated[
        str | None,
        typer.Option(
            "--append", metavar="SAMPLE", help="Put the new ones behind those of a sample, and far from them."
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", help="When to stop with what there is.")
    ] = None,
    command: Annotated[
        str | None,
        typer.Option("--command", metavar="COMMAND", help="Of the sampler external, with {dimacs} {n} {seed} {out}."),
    ] = None,
    pledge_jar: Annotated[
        str | None, typer.Option("--pledge-jar", metavar="JAR", help="Of the sampler pledge: where PLEDGE.jar is.")
    ] = None,
    no_measures: Annotated[bool, typer.Option("--no-measures", help="Do not measure the sample.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw a diverse sample of the configurations of a DIMACS file, and measure it.

    What there is at the end of --time-limit, or when you interrupt, is written: the exit code is then 4, or 130.
    """
    from featurenet_uvl.sampling.assumptions import parse_assumptions
    from featurenet_uvl.sampling.registry import draw, find_sampler
    from featurenet_uvl.sampling.request import Request
    from featurenet_uvl.translators.formats.configurations.sample_file import format_sample
    from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs

    find_sampler(sampler)
    _check_options(sampler, {"external": ("--command", command), "pledge": ("--pledge-jar", pledge_jar)})
    check_output(output, force=force or _is_same(output, append), as_json=as_json)
    started = time.monotonic()
    cnf = read_dimacs(*read_input(source))
    notes = _Notes(quiet)
    with ProgressLine(quiet=quiet) as line:
        request = Request(
            count,
            seed,
            known=_known(append, cnf),
            assumptions=parse_assumptions(assume or (), cnf.variables),
            time_limit_s=None if time_limit is None else parse_time_limit(time_limit),
            on_progress=lambda done: line.show(f"sampled {done:,} of {count:,}"),
            on_step=line.show,
            on_note=notes.add,
            options={k: v for k, v in {"command": command, "pledge_jar": pledge_jar}.items() if v is not None},
        )
        drawn = draw(cnf, request, sampler)
    whole = drawn.after(request.known_rows(cnf))
    write_output(output, format_sample(whole), force=force or _is_same(output, append))
    seconds = time.monotonic() - started
    _say_how_many(drawn, request, seconds, quiet)
    measured = None if no_measures or drawn.stop.value == "interrupted" else _measures(cnf, request, whole)
    if as_json:
        facts = _facts(output, request, drawn, sampler, assume or [], seconds, notes.texts)
        put_json({**facts, **({} if measured is None else measured.to_json())})
    elif measured is not None:
        for text in _lines(measured):
            say(text, quiet=quiet)
    _end(drawn, request)


def _check_options(sampler: str, options: Mapping[str, tuple[str, str | None]]) -> None:
    """Raises UsageError for an option of one sampler with another, which would not look at it."""
    for owner, (option, value) in options.items():
        if value is not None and sampler != owner:
            raise UsageError(f"found {option} with --sampler {sampler}, expected --sampler {owner} with it")


@dataclass(slots=True)
class _Notes:
    """What a sampler says on its way: shown at once, and kept."""

    quiet: bool
    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.texts.append(in_options(text))
        say(self.texts[-1], quiet=self.quiet)


def _is_same(output: str, append: str | None) -> bool:
    """Whether the sample that is continued is the output: then nothing is lost."""
    return (
        append is not None and STREAM not in (output, append) and os.path.realpath(output) == os.path.realpath(append)
    )


def _known(append: str | None, cnf: Cnf) -> BoolMatrix:
    """The configurations of the sample to continue: of this model, and each once."""
    import numpy as np

    from featurenet_uvl.analysis.violations import first_duplicate
    from featurenet_uvl.translators.formats.configurations.detect import (
        checked_selections,
        read_listed,
        selected_matrix,
    )

    if append is None:
        return np.zeros((0, 0), dtype=np.bool_)
    text, place = read_input(append)
    rows = selected_matrix(checked_selections(read_listed(text, place, cnf.variables), cnf, place))
    twice = first_duplicate(rows)
    if twice is not None:
        raise UsageError(f"{place}: configuration {twice[1] + 1} repeats {twice[0] + 1}, expected each once")
    return rows


def _say_how_many(drawn: Sample, request: Request, seconds: float, quiet: bool) -> None:
    new = "new configurations" if len(request.known) else "configurations"
    say(f"{len(drawn):,} {new} by the sampler {drawn.sampler} in {seconds:.1f} s", quiet=quiet)
    if drawn.is_exhaustive:
        such = " with the assumptions" if request.assumptions else ""
        what = f"no more exist{such}" if len(request.known) else f"all {len(drawn):,} configurations that exist{such}"
        say(f"{what}; {request.count:,} were asked for", quiet=quiet)
    elif drawn.stop.value == "covered":
        say("every pair that can be covered is covered; more would add none", quiet=quiet)


def _measures(cnf: Cnf, request: Request, whole: Sample) -> Measures:
    """All metrics; the limit and the coverage where a diagram tells them."""
    from featurenet_uvl.analysis.exact_model import exact_model
    from featurenet_uvl.sampling.metrics.measures import Landscape, measure
    from featurenet_uvl.sampling.pairs.coverage import find_coverable

    try:
        model = exact_model(cnf)
        return measure(whole.selected, Landscape(find_coverable(cnf, whole.selected, diagram=model.diagram), model))
    except LimitError:
        return measure(whole.selected)


def _facts(
    output: str, request: Request, drawn: Sample, asked: str, assume: list[str], seconds: float, notes: list[str]
) -> dict[str, Any]:
    return {
        "output": output,
        "asked": request.count,
        "new": len(drawn),
        "stop": drawn.stop.value,
        "exhaustive": drawn.is_exhaustive,
        "sampler": drawn.sampler,
        "asked_sampler": asked,
        "seed": request.seed,
        "assumptions": assume,
        "seconds": round(seconds, 3),
        "notes": notes,
    }


def _lines(measured: Measures) -> tuple[str, ...]:
    found, limit, covered = measured.diversity, measured.limit, measured.coverage
    mean, nearest, minimum = (
        "none" if value is None else f"{value:.4f}"
        for value in (found.mean_distance, found.nearest_mean, found.minimum)
    )
    share = ""
    if found.mean_distance is not None:
        share = ", how large it can be is unknown: diversity SAMPLE --cnf DIMACS looks for a bound"
    if limit is not None and measured.share_of_limit is not None:
        share = f", {measured.share_of_limit:.4f} of the limit (certified within {limit.gap:.4f})"
    pairs = f"{measured.covered:,} pairs of features covered; how many can be is unknown"
    if covered is not None:
        pairs = f"{covered.share:.4f} of the pairs of features that can be covered"
    return (
        f"{found.count:,} configurations ({found.distinct:,} distinct) of {found.features:,} features",
        f"distance: mean {mean}{share}",
        f"distance to the nearest: mean {nearest}, minimum {minimum}",
        pairs,
        f"selected features: {found.size_min} to {found.size_max}, median {found.size_median:g}",
    )


def _end(drawn: Sample, request: Request) -> None:
    """A sample that was cut short ends so."""
    short = f"found {len(drawn):,} of {request.count:,} configurations, which are written"
    match drawn.stop.value:
        case "interrupted":
            say(short)
            raise KeyboardInterrupt
        case "time":
            raise LimitError(f"{short}: the time limit of {request.time_limit_s:g} s is over")
        case "gave-up":
            raise LimitError(f"{short}: {drawn.sampler} finds no more, though more may exist; another --sampler may")
