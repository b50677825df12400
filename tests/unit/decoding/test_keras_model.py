"""Sampled networks in Keras against their Architecture, layer by layer."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.decoding.decoder import decode_solution
from featurenet_uvl.decoding.keras_model import build_keras_model
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.ir.architecture import Architecture, Cell
from featurenet_uvl.ir.layers import (
    Activation,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Padding,
    Pooling,
    Shape,
    parse_kernel,
)
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model

MODELS = Path(__file__).parents[3] / "models"

Expected = dict[str, tuple[str, dict[str, Any], list[str], Shape]]
"""By layer name: Keras class, settings, the layers whose outputs it takes, output shape."""


def expected_layer(layer: Layer) -> tuple[str, str, dict[str, Any]] | None:
    """Short name, Keras class and settings, written down here again from the names of the features."""
    match layer:
        case Dense():
            return "dense", "Dense", {"units": layer.neurons, "activation": layer.activation}
        case Convolution():
            kind = {"normal": "Conv2D", "separable": "SeparableConv2D"}[layer.type]
            settings = {"filters": layer.filters, "activation": layer.activation, "padding": layer.padding}
            return (
                "conv",
                kind,
                settings
                | {
                    "kernel_size": parse_kernel(layer.kernel),
                    "strides": (layer.stride, layer.stride),
                },
            )
        case Pooling():
            kind = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[layer.type]
            settings = {"pool_size": parse_kernel(layer.kernel), "padding": layer.padding}
            return "pool", kind, settings | {"strides": (layer.stride, layer.stride)}
        case Flatten():
            return "flatten", "Flatten", {}
        case Padding():
            return "pad", "ZeroPadding2D", {"padding": ((layer.size, layer.size),) * 2}
        case Activation():
            return "act", "Activation", {"activation": layer.function}
        case Dropout():
            return "drop", "Dropout", {"rate": layer.rate}
        case BatchNormalization():
            return "bn", "BatchNormalization", {}
        case _:
            return None


def expected_layers(architecture: Architecture) -> Expected:
    shapes = architecture.shapes()
    layers: Expected = {"image": ("InputLayer", {}, [], architecture.input_shape)}
    ends: dict[Any, str] = {}

    def half(cell: Cell, number: int, source: str, at: tuple[Shape | None, Shape | None]) -> str:
        kinds = (cell.input1, cell.operation1) if number == 1 else (cell.input2, cell.operation2)
        for place, layer, shape in zip((f"in{number}", f"op{number}"), kinds, at):
            found = expected_layer(layer)
            if found is not None:
                assert shape is not None
                name = f"b{cell.id.block}_c{cell.id.cell}_{place}_{found[0]}"
                layers[name] = (found[1], found[2], [source], shape)
                source = name
        return source

    for cell in architecture.cells:
        at, prefix = shapes[cell.id], f"b{cell.id.block}_c{cell.id.cell}"
        sources = [ends[source] for source in cell.sources] or ["image"]
        end = half(cell, 1, sources[0], (at.input1, at.operation1))
        if cell.input2.name != "Zeros":
            second = half(cell, 2, sources[-1], (at.input2, at.operation2))
            merging = {"Sum": "Add", "Product": "Multiply", "Concat": "Concatenate"}[cell.combination]
            layers[f"{prefix}_{cell.combination.lower()}"] = (merging, {}, [end, second], at.output)
            end = f"{prefix}_{cell.combination.lower()}"
        ends[cell.id] = end
        if cell.destination.kind == "Out":
            if len(at.output) > 1:
                layers[f"{prefix}_out_flatten"] = ("Flatten", {}, [end], (prod(at.output),))
                end = f"{prefix}_out_flatten"
            settings = {"units": architecture.classes, "activation": "softmax"}
            layers[f"{prefix}_out_softmax"] = ("Dense", settings, [end], (architecture.classes,))
    return layers


def keras_layers(model: Any, expected: Expected) -> Expected:
    """What Keras built, with the settings that are expected of it."""
    found: Expected = {}
    for layer in model.layers:
        (node,) = layer._inbound_nodes
        inbound = [parent.operation.name for parent in node.parent_nodes]
        config = {
            key: value for key, value in layer.get_config().items() if key in expected.get(layer.name, ("", {}))[1]
        }
        shape = layer.output.shape[1:]
        found[layer.name] = (type(layer).__name__, config, inbound, tuple(shape))
    return found


def assert_built_as_configured(architecture: Architecture) -> None:
    model = build_keras_model(architecture)
    expected = expected_layers(architecture)
    assert keras_layers(model, expected) == expected
    assert architecture.weights() == model.count_params()
    assert [output.shape for output in model.outputs] == [(None, architecture.classes)] * len(architecture.outputs)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "count"), [((28, 28, 1), 100), ((32, 32, 3), 15)])
def test_every_sampled_configuration_of_s1_builds_exactly_as_configured(shape: Shape, count: int) -> None:
    cnf = compile_model(str(MODELS / "s1.uvl"), input_shape=shape)
    sample = draw(cnf, Request(count, seed=2019))
    architectures = [to_architecture(decode_solution(row, cnf.variables), shape, 10) for row in sample.selected]
    assert len({architecture.hash() for architecture in architectures}) == count
    for architecture in architectures:
        assert_built_as_configured(architecture)


@pytest.mark.slow
def test_padding_normalisation_product_and_several_outputs_build_exactly_as_configured(tmp_path: Path) -> None:
    restriction = tmp_path / "no_concat.uvl"
    restriction.write_text("imports\n\tdnn as d\nfeatures\n\td.Architecture\nconstraints\n\t!d.Combination_Concat\n")
    (tmp_path / "dnn.uvl").write_text((MODELS / "dnn.uvl").read_text())
    cnf = compile_model(str(restriction), bounds={"Block": 2, "Cell": 3}, input_shape=(8, 8, 1))
    sample = draw(cnf, Request(40, seed=7))
    architectures = [to_architecture(decode_solution(row, cnf.variables), (8, 8, 1), 10) for row in sample.selected]
    for architecture in architectures:
        assert_built_as_configured(architecture)
    kinds = {type(layer) for a in architectures for c in a.cells for layer in (c.operation1, c.operation2)}
    assert {Padding, BatchNormalization} <= kinds
    assert any(cell.combination == "Product" for a in architectures for cell in a.cells)
    assert any(len(a.outputs) > 1 for a in architectures)
