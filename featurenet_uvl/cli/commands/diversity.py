"""The command `diversity`: all metrics of samples, whichever tool drew them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.console.options import (
    Assumptions,
    Bounds,
    Force,
    InputShape,
    Json,
    NoRules,
    Quiet,
    Restrictions,
    TimeLimit,
    parse_bounds,
    parse_input_shape,
    parse_time_limit,
)
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import check_output, put, put_json, say
from featurenet_uvl.errors import UsageError
from featurenet_uvl.operations.sources import load_cnf
from featurenet_uvl.system.streams import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.sample import Selections
    from featurenet_uvl.sampling.metrics.measures import Landscape


def diversity(
    samples: Annotated[
        list[str],
        typer.Argument(metavar="SAMPLE...", help="Sample files, files of other tools, or folders; - is stdin."),
    ],
    cnf: Annotated[
        str | None,
        typer.Option("--cnf", metavar="DIMACS|MODEL", help="The model of the samples: checks them, and gives limits."),
    ] = None,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE", help="Draw them side by side: a .png or .pdf file.")
    ] = None,
    assume: Assumptions = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    no_rules: NoRules = False,
    time_limit: TimeLimit = 60.0,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure samples: distances, nearest neighbours, pairwise coverage, sizes; several side by side.

    With --cnf, each configuration is checked, and two limits of the model are found: the largest possible mean
    distance, and the pairs of literals that any configuration covers. --time-limit holds for each of the two. Give the
    restrictions, bounds, input shape and assumptions that the samples were drawn with: the limits depend on them.
    """
    import numpy as np

    from featurenet_uvl.operations.configurations import read_side_by_side
    from featurenet_uvl.sampling.metrics.measures import explore, format_measures, measure

    limit_s = parse_time_limit(time_limit)
    form = None if plot is None else _form(plot, force)
    if samples.count("-") > 1:
        raise UsageError("found - twice, expected it once: stdin can be read once")
    options = (restrict or [], parse_bounds(bound or ()), parse_input_shape(input_shape), no_rules)
    if cnf is None and any((*options, assume)):
        raise UsageError(
            "found --assume, --restrict, --bound, --input-shape or --no-rules without --cnf, which they belong to"
        )
    model = None if cnf is None else load_cnf(cnf, *options).cnf
    listed = read_side_by_side(samples, model)
    if model is not None and assume:
        model = _assumed(model, assume, samples, listed)
    landscape = None
    if model is not None:
        known = np.concatenate([sample.selected for sample in listed])
        with ProgressLine(quiet=quiet) as line:
            landscape = explore(model, known, limit_s, line.show)
    for note in landscape.notes if landscape is not None else ():
        say(note, quiet=quiet)
    measured = [measure(sample.selected, landscape) for sample in listed]
    if plot is not None and form is not None:
        _draw(samples, listed, landscape, plot, form, force)
    if as_json:
        put_json([{"sample": path, **m.to_json()} for path, m in zip(samples, measured, strict=True)])
    else:
        put(format_measures([printable(label) for label in _labels(samples)], measured) + "\n")
    if model is None:
        say("--cnf DIMACS tells which pairs can be covered at all, and checks each configuration", quiet=quiet)


def _assumed(model: Cnf, assume: Sequence[str], samples: Sequence[str], listed: Sequence[Selections]) -> Cnf:
    """Return the formula under the assumptions.

    Raises:
        UsageError: A text names no feature, or a configuration does not keep the assumptions.
    """
    from featurenet_uvl.sampling.assumptions import keep_assumptions, parse_assumptions, under_assumptions

    literals = parse_assumptions(assume, model.variables)
    for path, one in zip(samples, listed, strict=True):
        for number, row in enumerate(one.selected, 1):
            if not keep_assumptions(row[None, :], literals):
                raise UsageError(
                    f"{path}: configuration {number} does not keep the assumptions {', '.join(assume)}, expected each"
                    " to keep them; without --assume, the limits are those of all configurations"
                )
    return under_assumptions(model, literals)


def _form(plot: str, force: bool) -> str:
    """Return the format of the plot's ending."""
    from featurenet_uvl.report.content.figure import FORMATS

    ending = Path(plot).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise UsageError(f"--plot: found {plot!r}, expected a file that ends in .{' or .'.join(FORMATS)}")
    check_output(plot, force=force)
    return ending


def _labels(paths: Sequence[str]) -> list[str]:
    """Return the names of the files, or their paths if two names are equal."""
    names = [Path(path).name for path in paths]
    return names if len(set(names)) == len(names) else list(paths)


def _draw(
    paths: Sequence[str],
    listed: Sequence[Selections],
    landscape: Landscape | None,
    plot: str,
    form: str,
    force: bool,
) -> None:
    from featurenet_uvl.report.content.figure import draw
    from featurenet_uvl.report.content.sample_figure import PlottedSample, sample_figure
    from featurenet_uvl.system.files import write_file

    plotted = [PlottedSample(label, one.selected) for label, one in zip(_labels(paths), listed, strict=True)]
    figure = sample_figure(plotted, None if landscape is None else landscape.coverable)
    write_file(plot, draw(figure, form), force=force)
