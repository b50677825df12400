"""The Keras model of an architecture: exactly its layers, connections and shapes, with nothing altered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featurenet_uvl.decoding.keras.globals import building
from featurenet_uvl.decoding.keras.model_name import name_of_cells
from featurenet_uvl.decoding.layer_names import IMAGE, end_flatten_name, layer_name, merge_name, softmax_name
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.cell_features import CONCAT, PRODUCT, SUM
from featurenet_uvl.ir.layer_kinds import guarded
from featurenet_uvl.ir.layers import IMAGES, NUMBERS, Layer, Shape

_MERGING_LAYERS = {SUM: "Add", PRODUCT: "Multiply", CONCAT: "Concatenate"}
"""Name of Keras' merging layer, by combination."""


def build_keras_model(architecture: Architecture) -> Any:
    """Return the architecture as a functional `keras.Model`, built but not compiled.

    The name of a layer tells its place: `b1_c2_in1_conv`, `b1_c2_op1_drop`, `b1_c2_sum`, `b1_c2_out_softmax`.
    Identity, Void and Zeros make no layer, and a cell with one half makes no combination. The name of the model tells
    where the outputs of the cells go (`model_name.py`), so that a saved model reads back to the same architecture.

    No setting outside of the architecture plays a part, such as `keras.json`, an environment variable or a global
    policy of Keras: channels are last, and numbers have 32 bits. The values of the weights follow from Python's
    `random`, as for every Keras model, so `keras.utils.set_random_seed` decides them.

    Input shape:
        (batch, height, width, channels), as `architecture.input_shape`.
    Output shape:
        (batch, classes) for each cell that ends the network; a list if several do.

    Raises:
        DecodeError: The shapes of the architecture do not fit; no Keras layer was made yet.
        ToolError: Keras or its backend is not installed, or the kind of a layer of another package fails.
    """
    shapes = architecture.shapes()
    with building() as keras:
        return _model(keras, architecture, {id_: at.output for id_, at in shapes.items()})


def _model(keras: Any, architecture: Architecture, shapes: Mapping[CellId, Shape]) -> Any:
    image = keras.Input(architecture.input_shape, name=IMAGE, **NUMBERS)
    tensors: dict[CellId, Any] = {}
    outputs = []
    for cell in architecture.cells:
        tensors[cell.id] = _cell(keras, cell, [tensors[source] for source in cell.sources] or [image])
        if cell.ends_network:
            end = tensors[cell.id]
            if len(shapes[cell.id]) > 1:
                end = keras.layers.Flatten(name=end_flatten_name(cell.id), **IMAGES)(end)
            name = softmax_name(cell.id)
            softmax = keras.layers.Dense(architecture.classes, activation="softmax", name=name, **NUMBERS)
            outputs.append(softmax(end))
    return keras.Model(image, outputs if len(outputs) > 1 else outputs[0], name=name_of_cells(architecture.cells))


def _cell(keras: Any, cell: Cell, sources: list[Any]) -> Any:
    first = _layer(keras, cell, "in1", cell.input1, sources[0])
    first = _layer(keras, cell, "op1", cell.operation1, first)
    if not cell.has_second_half:
        return first
    second = _layer(keras, cell, "in2", cell.input2, sources[-1])
    second = _layer(keras, cell, "op2", cell.operation2, second)
    merging = getattr(keras.layers, _MERGING_LAYERS[cell.combination])
    return merging(name=merge_name(cell.id, cell.combination), **NUMBERS)([first, second])


def _layer(keras: Any, cell: Cell, part: str, layer: Layer, tensor: Any) -> Any:
    made = layer.keras_layer(keras, layer_name(cell.id, part, layer))
    if made is None:
        return tensor
    with guarded(type(layer), "Keras cannot call its layer"):
        return made(tensor)


def serialised_layer(layer: Layer) -> tuple[str, str, Mapping[str, Any]]:
    """Return the module, the class name and the settings with which Keras would save a layer.

    Raises:
        ToolError: As `build_keras_model`.
    """
    with building() as keras:
        data = keras.saving.serialize_keras_object(layer.keras_layer(keras, "layer"))
    return data["module"] or "", data["class_name"], data["config"]
