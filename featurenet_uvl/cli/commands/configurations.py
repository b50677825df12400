"""The command `configurations`: samples to and from the formats of other tools."""

from __future__ import annotations

from typing import Annotated

import typer

from featurenet_uvl.cli.console.options import (
    Bounds,
    Force,
    InputShape,
    Json,
    Output,
    Quiet,
    Restrictions,
    parse_bounds,
    parse_input_shape,
)
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.counted import counted


def configurations(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="A sample file, a file of another tool, or a folder; - is stdin.")
    ],
    output: Output,
    read_as: Annotated[
        str | None,
        typer.Option(
            "--from", help="Format of the input: sample, featureide, config, csv, pdt or literals. Else by its content."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="Format to write: sample, featureide, config, csv, pdt or literals. Else by the ending."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL|DIMACS", help="Check each configuration, and complete it."),
    ] = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Convert configurations: a sample to the formats of other tools, and back.

    Formats that hold one configuration per file (featureide, config) are written to a folder. Give the model, and the
    restrictions, bounds and input shape of the sample, to check the configurations of another tool.
    """
    from featurenet_uvl.ir.sample import Sample
    from featurenet_uvl.operations.configurations import check_target, read_selections, write_folder
    from featurenet_uvl.operations.sources import load_cnf
    from featurenet_uvl.translators.formats.configurations.registry import find_format, format_of_ending

    target = format_of_ending(output) if to is None else to
    holds_many = find_format(target).holds_many
    if read_as is not None:
        find_format(read_as, "read_as")
    options = (restrict or [], parse_bounds(bound or ()), parse_input_shape(input_shape))
    if model is None and any(options):
        raise UsageError("found --restrict, --bound or --input-shape without --model, which they belong to")
    if holds_many:
        check_output(output, force=force, as_json=as_json)
    else:
        check_target(output, target, force=force)
    cnf = None if model is None else load_cnf(model, *options).cnf
    found = read_selections(source, cnf, read_as)
    has_order = cnf is not None or (isinstance(found, Sample) and found.formula != "")
    if target == "literals" and not has_order:
        raise UsageError(f"found --to {target} without --model, expected both: the model numbers the features")
    variables = None if cnf is None else cnf.variables
    if holds_many:
        write_output(output, find_format(target).write(found, variables), force=force)
    else:
        write_folder(output, target, found, variables)
    facts = {"output": output, "format": target, "configurations": len(found), "features": len(found.names)}
    if target == "config" and cnf is None:
        say("the .config files name abstract features, too, if any; give --model to leave them out, as FeatureIDE does")
    if as_json:
        put_json(facts)
    checked = "; each is one of the model" if cnf is not None else ""
    counts = f"{counted(len(found), 'configuration')} of {counted(len(found.names), 'feature')}"
    say(counts + checked, quiet=quiet or as_json)
