"""The command `decode`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.at_most import AtMost, parse_at_most
from featurenet_uvl.cli.console.data_option import Channels, DataForShape, ImageSize, parse_images
from featurenet_uvl.cli.console.options import (
    Bounds,
    Force,
    InputShape,
    Json,
    Quiet,
    Restrictions,
    Specialise,
    parse_bounds,
)
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import put_json, say
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.counted import counted

if TYPE_CHECKING:
    from featurenet_uvl.ir.architecture import Architecture


def decode(
    source: Annotated[
        str, typer.Argument(metavar="SAMPLE", help="A sample file, a file of another tool, or a folder; - is stdin.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="The model that the sample was drawn from: a file, or a packaged model's name.",
        ),
    ],
    folder: Annotated[str, typer.Option("-o", "--output", metavar="FOLDER", help="The folder of the networks.")],
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    specialise: Specialise = False,
    classes: Annotated[
        int | None,
        typer.Option("--classes", help="Number of classes that the networks tell apart. Else those of --data, or 10."),
    ] = None,
    data: DataForShape = None,
    image_size: ImageSize = None,
    channels: Channels = None,
    any_formula: Annotated[
        bool,
        typer.Option("--any-formula", help="Accept a sample of another input shape, restriction or version."),
    ] = False,
    at_most: AtMost = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Build each network in Keras, too, and compare it layer by layer.")
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Decode a sample to networks, one JSON file per network.

    Give the model, restrictions, bounds and input shape (or --data) that the sample was drawn with. A sample file names
    the formula that it was drawn from, and is refused if this is another one; with --any-formula, it is enough that
    each configuration is one of this model. --at-most leaves out larger networks; the others keep their numbers.
    """
    from featurenet_uvl.decoding.placement.place import structure_limits
    from featurenet_uvl.decoding.size_limits import within
    from featurenet_uvl.operations.configurations import read_sample
    from featurenet_uvl.operations.network_folders import (
        check_folder,
        networks_of_sample,
        verify_networks,
        write_folder,
    )
    from featurenet_uvl.operations.sources import load_model
    from featurenet_uvl.translators.pipeline import compile_feature_model
    from featurenet_uvl.translators.rules.registry import model_input_shape

    if classes is not None and classes < 1:
        raise UsageError(f"--classes: found {classes}, expected at least 1")
    shape, of_data = parse_images(input_shape, data, image_size, channels)
    classes, bounds = classes or of_data or 10, parse_bounds(bound or ())
    sizes = parse_at_most(at_most)
    check_folder(folder, force=force)
    loaded = load_model(model, restrict or (), bounds)
    with ProgressLine(quiet=quiet) as line:
        line.show(f"compiling {model}")
        cnf = compile_feature_model(loaded, input_shape=shape, specialised=specialise)
    sample = read_sample(source, cnf, any_formula=any_formula)  # before a model of another kind is asked for its images
    structure_limits(loaded)  # a model of something else has no networks, whatever its images are
    images = shape or model_input_shape(loaded)
    decoded = networks_of_sample(sample, cnf, images, classes, source)
    networks = within(decoded, sizes)
    if verify:
        with ProgressLine(quiet=quiet) as line:
            kinds = verify_networks(networks, lambda done: line.show(f"verified {done:,} of {len(networks):,}"))
        if kinds:
            say(
                f"layer kinds {', '.join(kinds)}: verified against their own classes only; a method expected_in_keras"
                " is a second opinion (docs/layers.md)",
                quiet=quiet,
            )
    write_folder(folder, networks, force=force, model=Path(model).name, formula=cnf.fingerprint())
    if len(networks) < len(decoded):
        say(f"left out {counted(len(decoded) - len(networks), 'network')}: expected {sizes}", quiet=quiet)
    if as_json:
        put_json([_facts(name, network) for name, network in networks.items()])
    say(_summary(networks, folder) + ("; all of them verified in Keras" if verify else ""), quiet=quiet or as_json)


def _facts(name: str, network: Architecture) -> dict[str, Any]:
    from featurenet_uvl.decoding.network_key import network_key

    return {
        "file": name,
        "hash": network.hash(),
        "key": network_key(network),
        "blocks": len({cell.id.block for cell in network.cells}),
        "cells": len(network.cells),
        "weights": network.weights(),
        "macs": network.macs(),
    }


def _summary(networks: Mapping[str, Architecture], folder: str) -> str:
    from featurenet_uvl.decoding.network_key import count_networks

    weights = _spread([network.weights() for network in networks.values()])
    macs = _spread([network.macs() for network in networks.values()])
    different = count_networks(networks.values())
    twins = f", {different:,} different" if different < len(networks) else ""
    return f"{counted(len(networks), 'network')}{twins} in {folder}; weights: {weights}; MACs: {macs}"


def _spread(counts: list[int]) -> str:
    return f"{min(counts):,} to {max(counts):,}, median {median(counts):,.0f}"
