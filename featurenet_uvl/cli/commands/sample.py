"""The command `sample`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.data_option import Channels, DataForShape, ImageSize, parse_images
from featurenet_uvl.cli.console.options import (
    Assumptions,
    Bounds,
    Force,
    InputShape,
    Json,
    Output,
    Quiet,
    Restrictions,
    Seed,
    parse_bounds,
    parse_time_limit,
)
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.cli.console.wording import in_options
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.deprecated import GONE_IN
from featurenet_uvl.system.streams import STREAM

if TYPE_CHECKING:
    from featurenet_uvl.ir.sample import Sample
    from featurenet_uvl.operations.sample import DrawnConfigurations
    from featurenet_uvl.sampling.metrics.measures import Measures


def sample(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|DIMACS", help="A model, a packaged model's name such as s1, or DIMACS; - is stdin."
        ),
    ],
    output: Output,
    count: Annotated[int, typer.Option("-n", "--count", help="Number of configurations.")] = 100,
    seed: Seed = 1,
    sampler: Annotated[
        str,
        typer.Option(
            "--sampler",
            help="diverse, covering, uniform, steered, cmsgen, random, t-wise, pledge, external, or a package's own.",
        ),
    ] = "diverse",
    sampler_option: Annotated[
        list[str] | None,
        typer.Option(
            "--sampler-option",
            metavar="NAME=VALUE",
            help="An option of the sampler: command of external, with {dimacs} {n} {seed} {out}; pledge_jar of pledge."
            " Repeatable.",
        ),
    ] = None,
    assume: Assumptions = None,
    append: Annotated[
        str | None,
        typer.Option(
            "--append",
            metavar="SAMPLE",
            help="Write the configurations of this sample first; the new ones are far from them.",
        ),
    ] = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    data: DataForShape = None,
    image_size: ImageSize = None,
    channels: Channels = None,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", metavar="SECONDS", help="Stop then with the configurations found so far."),
    ] = None,
    command: Annotated[
        str | None, typer.Option("--command", metavar="COMMAND", help="Old name of --sampler-option command=COMMAND.")
    ] = None,
    pledge_jar: Annotated[
        str | None, typer.Option("--pledge-jar", metavar="JAR", help="Old name of --sampler-option pledge_jar=JAR.")
    ] = None,
    no_measures: Annotated[bool, typer.Option("--no-measures", help="Do not measure the sample.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw a diverse sample of the configurations of a model or a DIMACS file, and measure it.

    At the end of --time-limit, or when you interrupt, the configurations found so far are written: the exit code is
    then 4, or 130.
    """
    from featurenet_uvl.operations.configurations import read_sample
    from featurenet_uvl.operations.endings import sample_format
    from featurenet_uvl.operations.sample import Listeners, draw_sample, measure_sample
    from featurenet_uvl.operations.sources import load_cnf
    from featurenet_uvl.sampling.registry import find_sampler
    from featurenet_uvl.translators.formats.configurations.registry import find_format

    options = _sampler_options(sampler_option or (), {"command": command, "pledge_jar": pledge_jar}, quiet)
    find_sampler(sampler).check_options(sampler, options)
    shape, _ = parse_images(input_shape, data, image_size, channels)
    model = (restrict or [], parse_bounds(bound or ()), shape)
    limit_s = None if time_limit is None else parse_time_limit(time_limit)
    target = sample_format(output)
    may_replace = force or _is_same(output, append)
    check_output(output, force=may_replace, as_json=as_json)
    started = time.monotonic()
    with ProgressLine(quiet=quiet) as line:
        line.show(f"compiling {source}")
        cnf = load_cnf(source, *model).cnf
    known = None if append is None else read_sample(append, cnf, any_formula=True)
    with ProgressLine(quiet=quiet) as line:
        drawn = draw_sample(
            cnf,
            count,
            seed=seed,
            sampler=sampler,
            options=options,
            assume=assume or (),
            known=known,
            time_limit_s=limit_s,
            listeners=Listeners(
                on_progress=lambda done: line.show(f"sampled {done:,} of {count:,}"),
                on_step=line.show,
                on_note=lambda text: say(in_options(text), quiet=quiet),
            ),
        )
    write_output(output, find_format(target).write(drawn.whole, cnf.variables), force=may_replace)
    if target != "sample":
        say(f"note: {find_format(target).title} keeps the configurations, not sampler, seed and formula", quiet=quiet)
    seconds = time.monotonic() - started
    _say_how_many(drawn, count, bool(assume), seconds, quiet)
    measured = None
    if not no_measures and drawn.new.stop.value != "interrupted":
        with ProgressLine(quiet=quiet) as line:
            line.show("measuring")
            measured = measure_sample(cnf, drawn.whole, drawn.kept)
    if as_json:
        facts = _facts(output, drawn, count, sampler, assume or [], seconds)
        put_json({**facts, **({} if measured is None else measured.to_json())})
    elif measured is not None:
        for text in _lines(measured, assume or [], is_kept=bool(drawn.kept)):
            say(text, quiet=quiet)
    _end(drawn.new, count, limit_s)


def _sampler_options(texts: Sequence[str], old: Mapping[str, str | None], quiet: bool) -> dict[str, str]:
    """Return the sampler's options by name; warn of those that were given by an old option.

    Raises:
        UsageError: A text that is not NAME=VALUE, or an option with two values.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--sampler-option: found {text!r}, expected NAME=VALUE")
        if found.setdefault(name, value) != value:
            raise UsageError(f"--sampler-option: found two values of {name}, expected one")
    for name, old_value in old.items():
        if old_value is not None:
            option = f"--{name.replace('_', '-')}"
            if found.setdefault(name, old_value) != old_value:
                raise UsageError(f"found {option} and --sampler-option {name}=..., expected the latter alone")
            say(f"warning: {option} is now --sampler-option {name}=...; it goes away in {GONE_IN}", quiet=quiet)
    return found


def _is_same(output: str, append: str | None) -> bool:
    """Whether the output is the sample file that is continued: then nothing is lost, unlike a file of another tool."""
    from featurenet_uvl.system.files import read_text
    from featurenet_uvl.translators.formats.configurations.sample_header import is_sample

    if append is None or STREAM in (output, append) or not os.path.isfile(append):
        return False
    return os.path.realpath(output) == os.path.realpath(append) and is_sample(read_text(append))


def _say_how_many(drawn: DrawnConfigurations, asked: int, has_assumptions: bool, seconds: float, quiet: bool) -> None:
    """Say how many configurations the sampler found, and why there are no more."""
    new, is_continued = drawn.new, len(drawn.whole) > len(drawn.new)
    found = counted(len(new), "new configuration" if is_continued else "configuration")
    say(f"{found} by the sampler {new.sampler} in {seconds:.1f} s", quiet=quiet)
    if new.is_exhaustive:
        condition = " with the assumptions" if has_assumptions else ""
        fact = "no more exist" if is_continued else f"all {len(new):,} configurations that exist"
        if len(new) == 1 and not is_continued:
            fact = "the only configuration that exists"
        say(f"{fact}{condition}; {asked:,} were asked for", quiet=quiet)
    elif new.stop.value == "covered":
        say("every pair that can be covered is covered; more configurations would add none", quiet=quiet)


def _facts(
    output: str, drawn: DrawnConfigurations, asked: int, asked_sampler: str, assume: list[str], seconds: float
) -> dict[str, Any]:
    new = drawn.new
    return {
        "output": output,
        "asked": asked,
        "new": len(new),
        "stop": new.stop.value,
        "exhaustive": new.is_exhaustive,
        "sampler": new.sampler,
        "asked_sampler": asked_sampler,
        "seed": new.seed,
        "assumptions": assume,
        "limits_with_assumptions": bool(drawn.kept),
        "seconds": round(seconds, 3),
        "notes": [in_options(text) for text in drawn.notes],
    }


def _lines(measured: Measures, assume: Sequence[str], *, is_kept: bool) -> tuple[str, ...]:
    """Return the lines about a whole sample.

    Args:
        measured: Its measures.
        assume: The assumptions of the new configurations.
        is_kept: Whether all configurations keep them, so that the limits are those with the assumptions.
    """
    found, limit, covered = measured.diversity, measured.limit, measured.coverage
    mean, nearest, minimum = (
        "none" if value is None else f"{value:.4f}"
        for value in (found.mean_distance, found.nearest_mean, found.minimum)
    )
    condition = "" if not assume else " with the assumptions" if is_kept else " without the assumptions"
    share, why = "", list[str]()
    if assume and not is_kept:
        why.append("configurations of --append do not keep the assumptions, so the limits are those without them")
    if found.mean_distance is not None:
        options = "".join(f" --assume {quote(text)}" for text in assume if is_kept)
        share = f", how large it can be is unknown: featurenet-uvl diversity SAMPLE --cnf DIMACS{options} looks for one"
    if limit is not None and measured.share_of_limit is not None:
        share = f", {measured.share_of_limit:.4f} of the limit{condition} (certified within {limit.gap:.4f})"
    pairs = f"{counted(measured.covered, 'pair')} of features covered; how many can be is unknown"
    if covered is not None:
        pairs = f"{covered.share:.4f} of the pairs of literals that can be covered{condition}"
    count = f"{counted(found.count, 'configuration')} ({found.distinct:,} distinct)"
    return (
        f"{count} of {counted(found.features, 'feature')}",
        f"distance: mean {mean}{share}",
        f"distance to the nearest: mean {nearest}, minimum {minimum}",
        pairs,
        f"selected features: {found.size_min} to {found.size_max}, median {found.size_median:g}",
        *why,
    )


def _end(new: Sample, asked: int, limit_s: float | None) -> None:
    """Raise the interrupt or the limit that cut a sample short."""
    short = f"found {len(new):,} of {counted(asked, 'configuration')}, which are written"
    match new.stop.value:
        case "interrupted":
            say(short)
            raise KeyboardInterrupt
        case "time":
            raise LimitError(f"{short}: the time limit of {limit_s:g} s is over")
        case "gave-up":
            raise LimitError(f"{short}: {new.sampler} finds no more, though more may exist; another --sampler may")
