"""The Keras model of an architecture: exactly its layers, connections and shapes, with nothing altered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featurenet_uvl.decoding.keras.model_name import name_of_cells
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.cell_features import CONCAT, PRODUCT, SUM
from featurenet_uvl.ir.layers import Layer
from featurenet_uvl.system.extras import require

_MERGING_LAYERS = {SUM: "Add", PRODUCT: "Multiply", CONCAT: "Concatenate"}
"""Name of Keras' merging layer, by combination."""


def build_keras_model(architecture: Architecture) -> Any:
    """Return the architecture as a functional `keras.Model`, built but not compiled.

    The name of a layer tells its place: `b1_c2_in1_conv`, `b1_c2_op1_drop`, `b1_c2_sum`, `b1_c2_out_softmax`.
    Identity, Void and Zeros make no layer, and a cell with one half makes no combination. The name of the model tells
    where the outputs of the cells go (`model_name.py`), so that a saved model reads back to the same architecture.

    Input shape:
        (batch, height, width, channels), as `architecture.input_shape`.
    Output shape:
        (batch, classes) for each cell that ends the network; a list if several do.

    Raises:
        DecodeError: The shapes of the architecture do not fit; no Keras layer was made yet.
    """
    require("keras", "building a network")
    import keras

    shapes = architecture.shapes()
    image = keras.Input(architecture.input_shape, name="image")
    tensors: dict[CellId, Any] = {}
    outputs = []
    for cell in architecture.cells:
        tensors[cell.id] = _cell(keras, cell, [tensors[source] for source in cell.sources] or [image])
        if cell.ends_network:
            end = tensors[cell.id]
            if len(shapes[cell.id].output) > 1:
                end = keras.layers.Flatten(name=f"{cell.id}_out_flatten")(end)
            softmax = keras.layers.Dense(architecture.classes, activation="softmax", name=f"{cell.id}_out_softmax")
            outputs.append(softmax(end))
    return keras.Model(image, outputs if len(outputs) > 1 else outputs[0], name=name_of_cells(architecture.cells))


def _cell(keras: Any, cell: Cell, sources: list[Any]) -> Any:
    first = _layer(keras, cell.input1, f"{cell.id}_in1", sources[0])
    first = _layer(keras, cell.operation1, f"{cell.id}_op1", first)
    if not cell.has_second_half:
        return first
    second = _layer(keras, cell.input2, f"{cell.id}_in2", sources[-1])
    second = _layer(keras, cell.operation2, f"{cell.id}_op2", second)
    merge = getattr(keras.layers, _MERGING_LAYERS[cell.combination])(name=f"{cell.id}_{cell.combination.lower()}")
    return merge([first, second])


def _layer(keras: Any, layer: Layer, place: str, tensor: Any) -> Any:
    made = layer.keras_layer(keras, f"{place}_{layer.short_name}")
    return tensor if made is None else made(tensor)


def serialised_layer(layer: Layer) -> tuple[str, Mapping[str, Any]]:
    """Return the class name and the settings with which Keras would save a layer."""
    require("keras", "building a network")
    import keras

    data = keras.saving.serialize_keras_object(layer.keras_layer(keras, "layer"))
    return data["class_name"], data["config"]
