"""The command `architectures show`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.options import Force, InputShape, Json, Quiet, parse_input_shape
from featurenet_uvl.cli.console.streams import check_output, put, put_json, say, write_output
from featurenet_uvl.errors import ReadError, UsageError
from featurenet_uvl.system.streams import STREAM

if TYPE_CHECKING:
    from featurenet_uvl.ir.architecture import Architecture
    from featurenet_uvl.ir.layers import Shape

FORMATS = ("svg", "png", "text")
_ENDINGS = {".svg": "svg", ".png": "png", ".txt": "text"}


def show(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE|FOLDER",
            help="A named architecture, a network's .toml or .json, or a folder that decode wrote.",
        ),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", help="The .svg, .png or .txt to write. Else text on stdout.")
    ] = STREAM,
    to: Annotated[str | None, typer.Option("--to", help="svg, png or text. Else by the ending.")] = None,
    index: Annotated[
        int | None, typer.Option("--index", metavar="N", help="Number of the network in a folder, from 1.")
    ] = None,
    input_shape: InputShape = None,
    classes: Annotated[
        int | None,
        typer.Option("--classes", metavar="N", help="Number of classes that the network tells apart. Else 10."),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw a network: its blocks, cells and layers with their connections, shapes and weights.

    The picture is an SVG, a PNG, or text for the terminal. A network in a .json has its own input shape and classes.
    """
    from featurenet_uvl.drawing.layout import draw_network
    from featurenet_uvl.drawing.png import to_png
    from featurenet_uvl.drawing.svg import to_svg
    from featurenet_uvl.drawing.text import architecture_text
    from featurenet_uvl.system.files import write_file

    target = _target(output, to)
    if target != "text" or output != STREAM:
        check_output(output, force=force, as_json=as_json)
    shape = parse_input_shape(input_shape)
    if classes is not None and classes < 1:
        raise UsageError(f"--classes: found {classes}, expected at least 1")
    name, network = _network(source, index, shape, classes)
    if as_json:
        put_json(_facts(name, network))
    if target == "png":
        write_file(output, to_png(draw_network(network, name)), force=force)
    elif target == "svg":
        write_output(output, to_svg(draw_network(network, name)), force=force)
    elif output != STREAM:
        write_output(output, architecture_text(network, name), force=force)
    elif not as_json:
        put(architecture_text(network, name, shutil.get_terminal_size((80, 24)).columns))
    if output != STREAM:
        say(f"{name} in {output}", quiet=quiet or as_json)


def _target(output: str, to: str | None) -> str:
    target = to or ("text" if output == STREAM else _ENDINGS.get(Path(output).suffix.lower()))
    if target is None:
        raise UsageError(f"{output}: found no known ending, expected .svg, .png or .txt, or --to")
    if target not in FORMATS:
        raise UsageError(f"--to: found format {target!r}, expected one of {', '.join(FORMATS)}")
    if target == "png" and output == STREAM:
        raise UsageError("found png on stdout, expected a file: name it with -o")
    return target


def _network(source: str, index: int | None, shape: Shape | None, classes: int | None) -> tuple[str, Architecture]:
    """Return the name of the chosen network, and the network."""
    from featurenet_uvl.operations.network_files import load_named_model, load_network
    from featurenet_uvl.translators.rules.registry import model_input_shape

    path = Path(source)
    if os.path.isdir(path):
        path = _file_of(path, index)
    elif index is not None:
        raise UsageError(f"found --index with {source}, expected a folder of networks with it")
    if os.path.isfile(path) and path.suffix.lower() == ".json":
        if shape is not None or classes is not None:
            raise UsageError(f"{path}: found --input-shape or --classes, expected none: the file has its own")
        return path.stem, load_network(str(path), (), 0)
    found = shape or model_input_shape(load_named_model(None, (), {}).model)
    return path.stem, load_network(str(path), found, classes or 10)


def _file_of(folder: Path, index: int | None) -> Path:
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ReadError(f"{folder}: found no file *.json, expected networks as decode writes them")
    if index is None and len(files) > 1:
        raise UsageError(
            f"{folder}: found {len(files):,} networks, expected one: choose it with --index 1..{len(files)}"
        )
    number = 1 if index is None else index
    if not 1 <= number <= len(files):
        raise UsageError(f"--index: found {number}, expected 1 to {len(files)}")
    return files[number - 1]


def _facts(name: str, network: Architecture) -> dict[str, Any]:
    """Return the content of the picture, for programs."""
    from featurenet_uvl.drawing.wording import network_steps

    return {
        "name": name,
        "hash": network.hash(),
        "input_shape": list(network.input_shape),
        "classes": network.classes,
        "weights": network.weights(),
        "macs": network.macs(),
        "cells": [
            {
                "cell": str(steps.id),
                "sources": list(steps.sources),
                "weights": steps.weights,
                "macs": steps.macs,
                "layers": [
                    {
                        "place": step.place,
                        "kind": step.kind,
                        "parameters": dict(parameter.split(" ", 1) for parameter in step.parameters),
                        "shape": list(step.shape),
                        "weights": step.weights,
                        "macs": step.macs,
                    }
                    for step in steps.steps()
                ],
            }
            for steps in network_steps(network)
        ],
    }
