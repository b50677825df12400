"""The check that a Keras model is the network of an architecture. It shares no code with the builder of the model.

`_LAYERS` writes down again, apart from the classes of `ir/layers.py`, which Keras layer each kind is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

from featurenet_uvl.decoding.keras.globals import building, keras_module, own_state
from featurenet_uvl.errors import DecodeError, first_lines
from featurenet_uvl.ir.architecture import Architecture, Cell, CellShapes
from featurenet_uvl.ir.cell_features import CONCAT, PRODUCT, SUM
from featurenet_uvl.ir.layers import (
    INPUT_LAYERS,
    OPERATION_LAYERS,
    Activation,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Padding,
    Pooling,
    Shape,
    Void,
    Zeros,
    format_shape,
    parse_kernel,
)

MAX_PROBLEMS = 20
"""Largest number of differences that a message lists."""

_IGNORED = frozenset({"name"})
"""Settings outside of an architecture: names are compared separately."""

_NUMBERS: Mapping[str, object] = {"dtype": "float32"}
_IMAGES: Mapping[str, object] = {**_NUMBERS, "data_format": "channels_last"}


def verify_keras_model(architecture: Architecture, model: Any) -> tuple[str, ...]:
    """Check that the model is this network: type, settings, inputs, output shape and weights of every layer.

    The check follows the model's graph from its outputs back to its input, so that it compares everything that Keras
    would run. It identifies layers by the names that `build_keras_model` gives them. Settings that the architecture
    leaves open must have Keras' defaults.

    Args:
        architecture: The network.
        model: A functional `keras.Model`, built; its variables need no values.

    Returns:
        The names of kinds of other packages without `expected_in_keras`: nothing independent of such a kind's class
        says which Keras layer is right, so its layers were compared with new ones that the class itself made.

    Raises:
        DecodeError: They differ. Each line of the message is a difference, up to `MAX_PROBLEMS`.
        LookupError: A kind of this project has no entry in the table of this module.
    """
    with building("verifying a network") as keras:
        if not isinstance(model, keras.Model) or not hasattr(model, "operations"):
            raise DecodeError(f"found {type(model).__name__}, expected a functional Keras model")
        expected = {layer.name: layer for layer in _expected_layers(keras, architecture)}
    problems = list(_differences(expected, _called_layers(model)))
    problems.extend(_end_differences(architecture, expected, model))
    if problems:
        lines = first_lines(problems, MAX_PROBLEMS, after=" more differences")
        raise DecodeError("\n".join(f"Keras model: {line}" for line in lines))
    return _kinds_without_description(architecture)


def verify_architecture(architecture: Architecture) -> tuple[str, ...]:
    """Check that Keras builds exactly this network; takes about 0.1 CPU s for a dozen cells.

    Keras computes all shapes but allocates no memory for weights.

    Returns:
        As `verify_keras_model`.

    Raises:
        DecodeError: As `verify_keras_model`, or Keras refuses to build the network.
        LookupError: As `verify_keras_model`.
    """
    from featurenet_uvl.decoding.keras.build import build_keras_model

    keras = keras_module("verifying a network")
    try:
        with own_state(keras, ()), keras.StatelessScope(initialize_variables=False):
            return verify_keras_model(architecture, build_keras_model(architecture))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise DecodeError(f"Keras model: cannot be built: {error}") from error


@dataclass(frozen=True, slots=True)
class _Expected:
    """A layer that the model must have. `made` is a Keras layer with the expected settings; nothing ever calls it."""

    name: str
    made: Any
    sources: tuple[str, ...]
    shape: Shape
    weights: int = 0


def _expected_layers(keras: Any, architecture: Architecture) -> Iterator[_Expected]:
    shapes, ends = architecture.shapes(), dict[object, str]()
    yield _Expected(
        "image", keras.layers.InputLayer(architecture.input_shape, **_NUMBERS), (), architecture.input_shape
    )
    for cell in architecture.cells:
        at = shapes[cell.id]
        end = ""
        for layer in _cell_layers(keras, cell, at, [ends[source] for source in cell.sources] or ["image"]):
            yield layer
            end = layer.name
        ends[cell.id] = end = end or (ends[cell.sources[0]] if cell.sources else "image")
        if not cell.ends_network:
            continue
        length = prod(at.output)
        if len(at.output) != 1:
            name = f"{cell.id}_out_flatten"
            yield _Expected(name, keras.layers.Flatten(**_IMAGES), (end,), (length,))
            end = name
        softmax = keras.layers.Dense(architecture.classes, activation="softmax", **_NUMBERS)
        weights = length * architecture.classes + architecture.classes
        yield _Expected(f"{cell.id}_out_softmax", softmax, (end,), (architecture.classes,), weights)


def _cell_layers(keras: Any, cell: Cell, at: CellShapes, sources: list[str]) -> Iterator[_Expected]:
    first = [("in1", cell.input1, at.source1, at.input1), ("op1", cell.operation1, at.input1, at.operation1)]
    halves, ends = [(sources[0], first)], []
    if at.source2 is not None and at.input2 is not None and at.operation2 is not None:
        second = [("in2", cell.input2, at.source2, at.input2), ("op2", cell.operation2, at.input2, at.operation2)]
        halves.append((sources[-1], second))
    for source, steps in halves:
        for place, layer, before, after in steps:
            name = f"{cell.id}_{place}_{layer.short_name}"
            made = _made(keras, layer)
            if made is not None:
                yield _Expected(name, made, (source,), after, layer.weights(before))
                source = name
        ends.append(source)
    if len(ends) == 2:
        merging = {SUM: keras.layers.Add, PRODUCT: keras.layers.Multiply, CONCAT: keras.layers.Concatenate}
        name = f"{cell.id}_{cell.combination.lower()}"
        yield _Expected(name, merging[cell.combination](**_NUMBERS), tuple(ends), at.output)


Description: TypeAlias = tuple[str | type, Mapping[str, object]]
"""A Keras layer: the name of a class in `keras.layers`, or a class, and the arguments."""

Table: TypeAlias = Mapping[type[Layer], Callable[[Any], Description]]
"""A function from a layer to its description, by the kind of the layer."""


def _made(keras: Any, layer: Layer) -> Any:
    """Return the Keras layer that is expected, or None for a layer that only passes its input on."""
    if type(layer) in _MAKES_NO_LAYER:
        return None
    description = _description(layer)
    if description is None:
        return layer.keras_layer(keras, "expected")
    return described_layer(keras, description)


def described_layer(keras: Any, description: Description) -> Any:
    """Return the Keras layer of a description, with Keras' choice of a name.

    Raises:
        DecodeError: The description names no class of Keras, or the class refuses the arguments.
    """
    kind, settings = description
    try:
        return (getattr(keras.layers, kind) if isinstance(kind, str) else kind)(**settings)
    except (AttributeError, TypeError, ValueError) as error:
        raise DecodeError(f"found the description {kind} {settings}, expected a Keras layer: {error}") from error


def _description(layer: Layer, table: Table | None = None) -> Description | None:
    """Return a description that does not depend on `keras_layer`; None if the kind's package gives none."""
    kind, table = type(layer), _LAYERS if table is None else table
    if kind in table:
        return table[kind](layer)
    if kind in INPUT_LAYERS.values() or kind in OPERATION_LAYERS.values():
        raise LookupError(
            f"layer kind {kind.name}: found no entry in the table _LAYERS of {__name__}, expected one that says, apart"
            " from the class, which Keras layer it is"
        )
    return layer.expected_in_keras()


def _kinds_without_description(architecture: Architecture) -> tuple[str, ...]:
    layers = {
        type(layer): layer
        for cell in architecture.cells
        for layer in (cell.input1, cell.operation1, cell.input2, cell.operation2)
        if type(layer).keras_layer is not Layer.keras_layer
    }
    return tuple(sorted(kind.name for kind, layer in layers.items() if _description(layer) is None))


def _dense(layer: Dense) -> Description:
    return "Dense", {"units": layer.neurons, "activation": layer.activation, **_NUMBERS}


def _convolution(layer: Convolution) -> Description:
    settings = {
        "filters": layer.filters,
        "kernel_size": parse_kernel(layer.kernel),
        "strides": (layer.stride, layer.stride),
        "padding": layer.padding,
        "activation": layer.activation,
    }
    return {"normal": "Conv2D", "separable": "SeparableConv2D"}[layer.type], {**settings, **_IMAGES}


def _pooling(layer: Pooling) -> Description:
    stride = (layer.stride, layer.stride)
    settings = {"pool_size": parse_kernel(layer.kernel), "strides": stride, "padding": layer.padding}
    return {"max": "MaxPooling2D", "average": "AveragePooling2D"}[layer.type], {**settings, **_IMAGES}


def _padding(layer: Padding) -> Description:
    return "ZeroPadding2D", {"padding": ((layer.size, layer.size), (layer.size, layer.size)), **_IMAGES}


def _activation(layer: Activation) -> Description:
    return "Activation", {"activation": layer.function, **_NUMBERS}


def _dropout(layer: Dropout) -> Description:
    return "Dropout", {"rate": layer.rate, **_NUMBERS}


_MAKES_NO_LAYER = frozenset({Identity, Void, Zeros})

_LAYERS: Table = {
    Dense: _dense,
    Convolution: _convolution,
    Pooling: _pooling,
    Flatten: lambda _: ("Flatten", _IMAGES),
    Padding: _padding,
    Activation: _activation,
    Dropout: _dropout,
    BatchNormalization: lambda _: ("BatchNormalization", {"axis": -1, **_NUMBERS}),
}
"""The Keras layer of each kind of this project, written down apart from `Layer.keras_layer`."""


@dataclass(frozen=True, slots=True)
class _Called:
    """A call of a layer in the model's graph."""

    operation: Any
    sources: tuple[str, ...]
    shape: Shape
    arguments: tuple[str, ...]
    """Names of the arguments that are no tensors; Keras records `training=False` if the caller passed none."""


def _called_layers(model: Any) -> dict[str, list[_Called]]:
    """Return every call on which the outputs depend, by the name of the layer."""
    calls: dict[str, list[_Called]] = {}
    seen: set[tuple[int, int]] = set()
    waiting = list(model.outputs)
    while waiting:
        operation, node_index, _ = waiting.pop()._keras_history
        if (id(operation), node_index) in seen:
            continue
        seen.add((id(operation), node_index))
        node = operation._inbound_nodes[node_index]
        tensors = list(node.input_tensors)
        call = _Called(
            operation,
            tuple(_name_of(tensor) for tensor in tensors),
            tuple(node.outputs[0].shape[1:]),
            tuple(
                sorted(key for key, value in node.arguments.kwargs.items() if value is not None and value is not False)
            ),
        )
        calls.setdefault(operation.name, []).append(call)
        waiting.extend(tensors)
    return calls


def _name_of(tensor: Any) -> str:
    return str(tensor._keras_history.operation.name)


def _differences(expected: Mapping[str, _Expected], found: Mapping[str, list[_Called]]) -> Iterator[str]:
    for name in [*expected, *sorted(set(found) - set(expected))]:
        if name not in expected:
            yield f"found layer {name} ({type(found[name][0].operation).__name__}), which the architecture lacks"
        elif name not in found:
            yield f"found no layer {name}, expected a {type(expected[name].made).__name__}"
        elif len(found[name]) != 1:
            yield f"layer {name}: found {len(found[name])} calls, expected 1"
        else:
            yield from _layer_differences(expected[name], found[name][0])


def _layer_differences(expected: _Expected, found: _Called) -> Iterator[str]:
    place, layer = f"layer {expected.name}", found.operation
    if type(layer) is not type(expected.made):
        yield f"{place}: found a {type(layer).__name__}, expected a {type(expected.made).__name__}"
        return
    settings, wish = layer.get_config(), expected.made.get_config()
    for key in sorted({*settings, *wish} - _IGNORED):
        if settings.get(key) != wish.get(key):
            yield f"{place}: found {key} {settings.get(key)!r}, expected {wish.get(key)!r}"
    if found.sources != expected.sources:
        yield f"{place}: found inputs {_list(found.sources)}, expected {_list(expected.sources)}"
    if found.shape != expected.shape:
        yield f"{place}: found output shape {format_shape(found.shape)}, expected {format_shape(expected.shape)}"
    if found.arguments:
        yield f"{place}: found it called with {_list(found.arguments)}, expected tensors only"
    count = sum(prod(weight.shape) for weight in layer.weights)
    if count != expected.weights:
        yield f"{place}: found {count:,} weights, expected {expected.weights:,}"


def _end_differences(architecture: Architecture, expected: Mapping[str, _Expected], model: Any) -> Iterator[str]:
    ends = tuple(f"{cell.id}_out_softmax" for cell in architecture.outputs)
    outputs, inputs = ([_name_of(tensor) for tensor in tensors] for tensors in (model.outputs, model.inputs))
    if tuple(outputs) != ends:
        yield f"found outputs {_list(outputs)}, expected {_list(ends)}"
    if inputs != ["image"]:
        yield f"found inputs {_list(inputs)}, expected image"
    weights = sum(layer.weights for layer in expected.values())
    if model.count_params() != weights:
        yield f"found {model.count_params():,} weights in all, expected {weights:,}"
    if architecture.weights() != weights:
        yield f"the architecture counts {architecture.weights():,} weights, its layers have {weights:,}"


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "none"
