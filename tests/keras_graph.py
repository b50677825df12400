"""The layers of a Keras model against those of its Architecture: class, settings, connections, shapes, weights.

The expected layers are derived here once more, from the names of the features, without any code of the builder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
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

MERGING = {"Sum": "Add", "Product": "Multiply", "Concat": "Concatenate"}


@dataclass(frozen=True)
class Node:
    """A Keras layer: its class, its configured settings, its inputs, its output and its number of weights."""

    kind: str
    settings: Mapping[str, Any]
    inbound: tuple[str, ...]
    shape: Shape
    weights: int = 0


def expected_layer(layer: Layer) -> tuple[str, str, dict[str, Any]] | None:
    """Return short name, Keras class and settings; None if there is nothing to build."""
    match layer:
        case Dense():
            return "dense", "Dense", {"units": layer.neurons, "activation": layer.activation, "use_bias": True}
        case Convolution():
            kind = {"normal": "Conv2D", "separable": "SeparableConv2D"}[layer.type]
            settings = {"filters": layer.filters, "activation": layer.activation, "padding": layer.padding}
            settings |= {"kernel_size": parse_kernel(layer.kernel), "strides": (layer.stride, layer.stride)}
            return "conv", kind, {**settings, "use_bias": True, "dilation_rate": (1, 1)}
        case Pooling():
            kind = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[layer.type]
            settings = {"pool_size": parse_kernel(layer.kernel), "padding": layer.padding}
            return "pool", kind, {**settings, "strides": (layer.stride, layer.stride)}
        case Flatten():
            return "flatten", "Flatten", {}
        case Padding():
            return "pad", "ZeroPadding2D", {"padding": ((layer.size, layer.size),) * 2}
        case Activation():
            return "act", "Activation", {"activation": layer.function}
        case Dropout():
            return "drop", "Dropout", {"rate": layer.rate}
        case BatchNormalization():
            return "bn", "BatchNormalization", {"axis": -1}
        case _:
            return None


@dataclass
class _Expectation:
    """The graph under construction; `ends` has the name of the last layer of each cell."""

    architecture: Architecture
    nodes: dict[str, Node] = field(default_factory=dict)
    ends: dict[CellId, str] = field(default_factory=dict)

    def half(self, cell: Cell, number: int, source: str, at: tuple[Shape | None, Shape | None]) -> str:
        kinds = (cell.input1, cell.operation1) if number == 1 else (cell.input2, cell.operation2)
        for place, layer, shape in zip((f"in{number}", f"op{number}"), kinds, at):
            found = expected_layer(layer)
            if found is not None:
                assert shape is not None
                name = f"b{cell.id.block}_c{cell.id.cell}_{place}_{found[0]}"
                weights = layer.weights(self.nodes[source].shape)
                self.nodes[name] = Node(found[1], found[2], (source,), shape, weights)
                source = name
        return source

    def end(self, cell: Cell, source: str, shape: Shape) -> None:
        prefix, classes = f"b{cell.id.block}_c{cell.id.cell}", self.architecture.classes
        if len(shape) > 1:
            self.nodes[f"{prefix}_out_flatten"] = Node("Flatten", {}, (source,), (prod(shape),))
            source = f"{prefix}_out_flatten"
        settings = {"units": classes, "activation": "softmax", "use_bias": True}
        self.nodes[f"{prefix}_out_softmax"] = Node(
            "Dense", settings, (source,), (classes,), (prod(shape) + 1) * classes
        )


def expected_nodes(architecture: Architecture) -> dict[str, Node]:
    """Return the layers that Keras should have built, by name."""
    shapes = architecture.shapes()
    graph = _Expectation(architecture)
    graph.nodes["image"] = Node("InputLayer", {}, (), architecture.input_shape)
    for cell in architecture.cells:
        at = shapes[cell.id]
        sources = [graph.ends[source] for source in cell.sources] or ["image"]
        end = graph.half(cell, 1, sources[0], (at.input1, at.operation1))
        if cell.input2.name != "Zeros":
            second = graph.half(cell, 2, sources[-1], (at.input2, at.operation2))
            name = f"b{cell.id.block}_c{cell.id.cell}_{cell.combination.lower()}"
            settings = {"axis": -1} if cell.combination == "Concat" else {}
            graph.nodes[name] = Node(MERGING[cell.combination], settings, (end, second), at.output)
            end = name
        graph.ends[cell.id] = end
        if cell.destination.kind == "Out":
            graph.end(cell, end, at.output)
    return graph.nodes


def found_nodes(model: Any, expected: Mapping[str, Node]) -> dict[str, Node]:
    """Return the layers that Keras has built, by name, with the settings that are expected of a layer."""
    found = {}
    for layer in model.layers:
        (node,) = layer._inbound_nodes
        inbound = tuple(parent.operation.name for parent in node.parent_nodes)
        wanted = expected[layer.name].settings if layer.name in expected else {}
        settings = {key: value for key, value in layer.get_config().items() if key in wanted}
        shape = tuple(layer.output.shape[1:])
        found[layer.name] = Node(type(layer).__name__, settings, inbound, shape, layer.count_params())
    return found


def differences(model: Any, architecture: Architecture) -> list[str]:
    """Return the differences between the Keras model and its architecture."""
    expected = expected_nodes(architecture)
    found = found_nodes(model, expected)
    result = [
        f"{name}: found {found.get(name)}, expected {expected.get(name)}"
        for name in sorted({*expected, *found})
        if found.get(name) != expected.get(name)
    ]
    if model.count_params() != architecture.weights():
        result.append(f"found {model.count_params()} weights, expected {architecture.weights()}")
    ends = [output.shape for output in model.outputs]
    if ends != [(None, architecture.classes)] * len(architecture.outputs):
        result.append(f"found outputs {ends}, expected {len(architecture.outputs)} of {architecture.classes} classes")
    return result


@contextmanager
def no_weights() -> Iterator[None]:
    """Let Keras infer and check all shapes inside, but allocate no memory for weights."""
    import keras

    keras.backend.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        yield
