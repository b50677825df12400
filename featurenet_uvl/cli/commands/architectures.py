"""The commands `architectures list`, `export` and `import`: named networks, and networks as configurations."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from featurenet_uvl.cli.commands.show import show
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
from featurenet_uvl.cli.console.streams import check_output, put, put_json, say, write_output
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.counted import counted

architectures = typer.Typer(
    name="architectures", no_args_is_help=True, help="Named networks, and networks as configurations of the model."
)

architectures.command("show")(show)

SIZES = ((28, 28, 1), (32, 32, 3))
"""The images for which `list` counts weights and MACs: MNIST's and CIFAR-10's."""

Model = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="The model: a file, or a packaged model's name. Else dnn."),
]
To = Annotated[
    str | None,
    typer.Option("--to", help="Format to write: toml, json, featureide or sample. Else by the ending."),
]
Classes = Annotated[int, typer.Option("--classes", help="Number of classes that the network tells apart.")]


@architectures.command("list")
def list_architectures(as_json: Json = False) -> None:
    """List the named architectures: their cells, and their weights and MACs on the images of MNIST and CIFAR-10."""
    from featurenet_uvl.operations.network_files import named_facts

    facts = named_facts(SIZES, classes=10)
    if as_json:
        put_json(facts)
    else:
        put(_table(facts))


@architectures.command("export")
def export(
    source: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A named architecture, or a network's .toml or .json.")
    ],
    output: Output,
    to: To = None,
    model: Model = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    classes: Classes = 10,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a network as a configuration of the model, or as JSON.

    toml is the form for people, json the form that decode writes. featureide and sample list the features of the
    unfolded model, with its restrictions and bounds; the network must be one of its configurations.
    """
    from featurenet_uvl.operations.network_files import load_network, network_text, target_format

    target = target_format(output, to)
    check_output(output, force=force, as_json=as_json)
    loaded, shape = _model(model, restrict, bound, input_shape)
    network = load_network(source, shape, _at_least_one(classes))
    write_output(output, network_text(network, target, loaded), force=force)
    _report(output, target, network, quiet, as_json)


@architectures.command("import")
def import_keras(
    source: Annotated[str, typer.Argument(metavar="FILE.keras", help="A model saved by Keras 3.")],
    output: Output,
    to: To = None,
    model: Model = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Read a Keras model back as a configuration of the model, or name its parts that the model does not have.

    The file is only read: no code in it runs, and its weights are left alone. Networks that were built here keep their
    blocks and cells; for others, they are chosen (see docs/models.md).
    """
    from featurenet_uvl.decoding.keras.importer import import_keras_file
    from featurenet_uvl.operations.network_files import network_text, target_format

    target = target_format(output, to)
    check_output(output, force=force, as_json=as_json)
    loaded, _ = _model(model, restrict, bound, None)
    network = import_keras_file(source, loaded.model)
    write_output(output, network_text(network, target, loaded), force=force)
    _report(output, target, network, quiet, as_json)


def _model(model: str | None, restrict: list[str] | None, bound: list[str] | None, input_shape: str | None) -> Any:
    """Return the model, and the shape of the images: the given one, or the model's own."""
    from featurenet_uvl.operations.network_files import load_named_model
    from featurenet_uvl.translators.rules.registry import model_input_shape

    shape = parse_input_shape(input_shape)
    loaded = load_named_model(model, restrict or (), parse_bounds(bound or ()))
    return loaded, shape or model_input_shape(loaded.model)


def _at_least_one(classes: int) -> int:
    if classes < 1:
        raise UsageError(f"--classes: found {classes}, expected at least 1")
    return classes


def _report(output: str, target: str, network: Any, quiet: bool, as_json: bool) -> None:
    from featurenet_uvl.ir.layers import format_shape

    facts = {
        "output": output,
        "format": target,
        "hash": network.hash(),
        "blocks": len({cell.id.block for cell in network.cells}),
        "cells": len(network.cells),
        "input_shape": format_shape(network.input_shape),
        "weights": network.weights(),
        "macs": network.macs(),
    }
    if as_json:
        put_json(facts)
    cells, blocks = counted(facts["cells"], "cell"), counted(facts["blocks"], "block")
    counts = f"{cells} in {blocks}, {counted(facts['weights'], 'weight')}, {counted(facts['macs'], 'MAC')}"
    say(f"{counts} for {facts['input_shape']} images; {target} in {output}", quiet=quiet or as_json)


def _table(facts: list[dict[str, Any]]) -> str:
    from featurenet_uvl.ir.layers import format_shape

    counts = [(count, format_shape(shape)) for shape in SIZES for count in ("weights", "macs")]
    heads = [f"{'MACs' if count == 'macs' else count} {shape}" for count, shape in counts]
    head = ["name", "blocks", "cells", *heads, "what it is"]
    rows = [
        [
            entry["name"],
            str(entry["blocks"]),
            str(entry["cells"]),
            *("-" if (number := entry[count][shape]) is None else f"{number:,}" for count, shape in counts),
            f"{entry['title']}: {entry['about']}",
        ]
        for entry in facts
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    numbers = range(1, len(head) - 1)
    return "".join(
        "  ".join(
            text.rjust(width) if column in numbers else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + "\n"
        for row in (head, *rows)
    )
