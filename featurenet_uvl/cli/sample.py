"""The command `sample`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.options import Force, Json, Output, Quiet, Seed
from featurenet_uvl.cli.progress import ProgressLine
from featurenet_uvl.cli.streams import check_output, put_json, read_input, say, write_output

if TYPE_CHECKING:
    from featurenet_uvl.sampling.metrics import Diversity


def sample(
    source: Annotated[str, typer.Argument(metavar="DIMACS", help="A CNF with names; - is stdin.")],
    output: Output,
    count: Annotated[int, typer.Option("-n", "--count", help="How many configurations.")] = 100,
    seed: Seed = 1,
    sampler: Annotated[str, typer.Option("--sampler", help="Which sampler draws them.")] = "steered",
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw a diverse sample of the configurations of a DIMACS file, and measure it."""
    from featurenet_uvl.sampling.metrics import diversity
    from featurenet_uvl.sampling.registry import draw
    from featurenet_uvl.sampling.request import Request, Stop
    from featurenet_uvl.sampling.sample_file import format_sample
    from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs

    check_output(output, force=force, as_json=as_json)
    cnf = read_dimacs(*read_input(source))
    with ProgressLine(quiet=quiet) as line:
        request = Request(count, seed, on_progress=lambda done: line.show(f"sampled {done:,} of {count:,}"))
        drawn = draw(cnf, request, sampler)
    if drawn.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    write_output(output, format_sample(drawn), force=force)
    measured = diversity(drawn.selected)
    if as_json:
        facts = {"output": output, "asked": count, "exhaustive": drawn.is_exhaustive, "sampler": sampler, "seed": seed}
        put_json({**facts, **asdict(measured)})
        return
    if drawn.is_exhaustive:
        say(f"all {len(drawn):,} configurations that exist; {count:,} were asked for", quiet=quiet)
    for text in _metrics(measured):
        say(text, quiet=quiet)


def _metrics(measured: Diversity) -> tuple[str, ...]:
    mean, nearest, minimum = (
        "none" if value is None else f"{value:.4f}"
        for value in (measured.mean_distance, measured.nearest_mean, measured.minimum)
    )
    return (
        f"{measured.count:,} configurations ({measured.distinct:,} distinct) of {measured.features:,} features",
        f"distance: mean {mean}, to the nearest {nearest}, minimum {minimum}",
        f"selected features: {measured.size_min} to {measured.size_max}, median {measured.size_median:g}",
    )
