"""One network from a name or a file, and one network to a file of any format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from featurenet_uvl.decoding.configuration_file import (
    configuration_of,
    read_cell_configuration,
    write_cell_configuration,
)
from featurenet_uvl.decoding.encoder import encode_configuration, to_configuration
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.decoding.solutions import check_solutions
from featurenet_uvl.errors import DecodeError, UsageError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.operations.network_folders import read_network
from featurenet_uvl.operations.sources import load_model
from featurenet_uvl.system.files import read_text
from featurenet_uvl.translators.formats.configurations.featureide import write_configuration
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample
from featurenet_uvl.translators.pipeline import compile_feature_model

DNN = "dnn"
"""Name of the packaged model that is used if the caller names none."""
FORMATS = ("toml", "json", "featureide", "sample")
_ENDINGS = {".toml": "toml", ".json": "json", ".xml": "featureide"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model with restrictions and bounds, and its name in messages."""

    model: FeatureModel
    name: str


def load_named_model(path: str | None, restrictions: Sequence[str], bounds: Mapping[str, int]) -> NamedModel:
    """Return the model of a file or a packaged model; without a path, the DNN model.

    Raises:
        ReadError, ModelError: As `load_model` says.
    """
    return NamedModel(load_model(path or DNN, restrictions, bounds), path or DNN)


def load_network(source: str, input_shape: Shape, classes: int) -> Architecture:
    """Return a named network, or the network of a `.toml` or `.json` file.

    Args:
        source: A name of `architecture_names`, or a path.
        input_shape: Height, width and channels of the images. A `.json` file has its own.
        classes: Number of classes that the network tells apart. A `.json` file has its own.

    Raises:
        UsageError: Neither a named network nor a file has this name.
        ReadError, DecodeError: The file is no network, or not for this shape.
    """
    if source in architecture_names():
        return _at(source, lambda: named_architecture(source).architecture(input_shape, classes))
    if not os.path.exists(source):
        names = ", ".join(architecture_names())
        raise UsageError(f"found no architecture and no file {source!r}, expected one of {names}, or a .toml or .json")
    if source.lower().endswith(".json"):
        return read_network(Path(source))
    configuration = read_cell_configuration(read_text(source), source)
    return _at(source, lambda: configuration.architecture(input_shape, classes))


def network_text(network: Architecture, target: str, model: NamedModel) -> str:
    """Return the text of a file of the network in one of FORMATS.

    Raises:
        DecodeError: The network is no configuration of the model.
    """
    if target == "json":
        return json.dumps(network.to_json(), indent=2) + "\n"
    selections = _at(model.name, lambda: _selections(network, model))
    if target == "toml":
        return write_cell_configuration(configuration_of(network))
    return format_sample(selections) if target == "sample" else write_configuration(selections)


def target_format(output: str, to: str | None) -> str:
    """Return the name of the format to write: `to`, or else the format of the output's ending.

    Raises:
        UsageError: An unknown format or ending.
    """
    target = to or _ENDINGS.get(Path(output).suffix.lower())
    if target is None:
        raise UsageError(f"{output}: found no known ending, expected `format` with one of {', '.join(FORMATS)}")
    if target not in FORMATS:
        raise UsageError(f"`format`: found format {target!r}, expected one of {', '.join(FORMATS)}")
    return target


def named_facts(shapes: Sequence[Shape], classes: int) -> list[dict[str, Any]]:
    """Return the facts of each named network; its weights and MACs are None for images that it does not fit."""
    facts = []
    for name in architecture_names():
        found = named_architecture(name)
        networks = {format_shape(shape): _fitting(name, shape, classes) for shape in shapes}
        facts.append(
            {
                "name": name,
                "title": found.title,
                "about": found.about,
                "blocks": len({id_.block for id_ in found.cells}),
                "cells": len(found.cells),
                "weights": {shape: network and network.weights() for shape, network in networks.items()},
                "macs": {shape: network and network.macs() for shape, network in networks.items()},
            }
        )
    return facts


def _fitting(name: str, shape: Shape, classes: int) -> Architecture | None:
    """Return a named network; None if it does not fit images of this shape."""
    try:
        network = named_architecture(name).architecture(shape, classes)
        network.shapes()
    except DecodeError:
        return None
    return network


def _selections(network: Architecture, model: NamedModel) -> Sample:
    """Return the network as a configuration of the unfolded model, checked against every clause.

    Rule sets are left out: `to_configuration` has checked all shapes by the same arithmetic, for the network's images.
    """
    cnf = compile_feature_model(model.model, with_rules=False)
    row = encode_configuration(to_configuration(network, model.model), cnf.variables)
    check_solutions(cnf, row[None, :], "the network")
    return Sample(cnf.variables.feature_names, row[None, :], "named", 0, Stop.COMPLETE)


def _at(place: str, work: Callable[[], T]) -> T:
    """Return the result of `work`; its errors get the place in front of every line."""
    try:
        return work()
    except DecodeError as error:
        raise DecodeError("\n".join(f"{place}: {line}" for line in str(error).splitlines())) from error
