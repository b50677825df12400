"""From a Keras model in a file to the network of the DNN model, or to a list of its parts outside of the DNN model.

A network that `build.py` built comes back unchanged: the names of its layers tell the cell of each, and the name of the
Keras model tells where the output of each cell goes. For any other model, `placement/` chooses blocks and cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from featurenet_uvl.decoding.configuration_file import CellConfiguration
from featurenet_uvl.decoding.encoder import features_of_cell, to_configuration
from featurenet_uvl.decoding.graph import Graph, Node, graph_of
from featurenet_uvl.decoding.keras.file import KerasLayer, KerasModel, read_keras_file
from featurenet_uvl.decoding.keras.layer_reader import (
    READERS,
    LayerReader,
    candidate_layers,
    combination_of,
    setting_problems,
)
from featurenet_uvl.decoding.keras.model_name import destinations_in
from featurenet_uvl.decoding.keras.problems import Problems
from featurenet_uvl.decoding.layer_names import IMAGE, merge_name, part_prefix
from featurenet_uvl.decoding.placement.place import Placed, place, structure_limits
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.cell_features import COMBINATIONS, SUM, CellFeatures
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layers import Dense, Identity, Layer, Void, Zeros

_CELL = re.compile(r"(?:.*:)?\s*cell (b\d+_c\d+): ")


def import_keras_file(path: str, model: FeatureModel) -> Architecture:
    """Return the network in a `.keras` file.

    The network has a configuration that satisfies the model's tree. Whether it satisfies the constraints, too, is not
    checked here (`encode_configuration`, then `check_solutions`).

    Args:
        path: The file.
        model: The DNN model, with its restrictions and bounds.

    Raises:
        ReadError: The file is not a readable Keras model.
        DecodeError: A layer, a setting or a connection is outside of the DNN model. The message lists all layers and
            settings that are outside.
    """
    found = read_keras_file(path)
    try:
        return import_keras_model(found, model)
    except DecodeError as error:
        raise DecodeError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None


def import_keras_model(found: KerasModel, model: FeatureModel) -> Architecture:
    """Return the network of a Keras model that has been read, as `import_keras_file` does."""
    graph = to_graph(found, candidate_layers(model))
    ours = _named_network(found.name, graph)
    placed = place(graph, structure_limits(model)) if ours is None else Placed(ours, {})
    try:
        to_configuration(placed.architecture, model)
    except DecodeError as error:
        lines = [_with_layer(line, placed.layers) for line in str(error).splitlines()]
        raise DecodeError("\n".join(lines)) from None
    return placed.architecture


def to_graph(found: KerasModel, candidates: Iterable[Layer] = ()) -> Graph:
    """Return the Keras model as a graph of the DNN model's layers.

    A combination of more than two tensors becomes a chain of combinations of two.

    Args:
        found: The Keras model.
        candidates: As in `LayerReader`.

    Raises:
        DecodeError: Layers, settings or connections are outside of the DNN model.
    """
    image, rest = _image(found)
    if image.name in found.outputs:
        raise DecodeError(f"layer {image.name!r}: found the image as an output, expected Dense with softmax")
    reader, problems = LayerReader(candidates), Problems()
    nodes: list[Node] = []
    classes: dict[str, int] = {}
    for layer in rest:
        inputs = tuple(IMAGE if name == image.name else name for name in layer.inputs)
        with problems.of(f"layer {layer.name!r}"):
            if layer.name in found.outputs:
                classes[layer.name] = _classes(layer, found, reader)
            else:
                nodes += _nodes(layer, inputs, reader)
    problems.raise_all()
    if len(set(classes.values())) > 1:
        counts = ", ".join(f"{name!r} {count}" for name, count in classes.items())
        raise DecodeError(f"found outputs with different numbers of classes ({counts}), expected one number")
    ends = {layer.name: layer.inputs[0] for layer in rest if layer.name in classes}
    outputs = tuple(IMAGE if ends[name] == image.name else ends[name] for name in found.outputs)
    graph = Graph(_image_shape(image), next(iter(classes.values())), tuple(nodes), outputs)
    _check_outputs_are_vectors(graph, found.outputs)
    return graph


def _image(found: KerasModel) -> tuple[KerasLayer, list[KerasLayer]]:
    images = [layer for layer in found.layers if layer.kind == "InputLayer"]
    rest = [layer for layer in found.layers if layer.kind != "InputLayer"]
    if len(images) != 1:
        raise DecodeError(f"found {len(images)} inputs, expected one: images of a known size, from keras.Input(shape)")
    lost = [layer.name for layer in rest if not layer.inputs]
    if lost:
        raise DecodeError(f"layer {lost[0]!r}: found no input, expected a tensor")
    return images[0], rest


def _image_shape(image: KerasLayer) -> tuple[int, int, int]:
    shape = image.settings.get("batch_shape")
    sizes = shape[1:] if isinstance(shape, list) else []
    if len(sizes) != 3 or not all(type(size) is int and size > 0 for size in sizes):
        raise DecodeError(f"layer {image.name!r}: found shape {shape!r}, expected (height, width, channels), all known")
    return sizes[0], sizes[1], sizes[2]


def _classes(layer: KerasLayer, found: KerasModel, reader: LayerReader) -> int:
    """Return the number of classes that the softmax layer at an end of the network tells apart."""
    used_by = [other.name for other in found.layers if layer.name in other.inputs]
    if used_by:
        raise DecodeError(f"found an output that layer {used_by[0]!r} takes, too, expected one that nothing takes")
    activation = layer.settings.get("activation")
    if layer.kind != "Dense" or activation != "softmax":
        text = f"{layer.kind} with activation {activation!r}" if isinstance(activation, str) else layer.kind
        raise DecodeError(f"found {text} as an output, expected Dense with activation 'softmax'")
    (node,) = _nodes(layer, layer.inputs, reader)
    if not isinstance(node.layer, Dense):
        raise DecodeError(f"found {node.layer} as an output, expected Dense with activation 'softmax'")
    return node.layer.neurons


def _nodes(layer: KerasLayer, inputs: Sequence[str], reader: LayerReader) -> list[Node]:
    """Return a layer as nodes: a single one, or a chain of combinations."""
    combination = combination_of(layer)
    known = combination or reader.layer_of(layer)
    problems = [] if type(known) not in (str, *READERS) else list(setting_problems(layer))
    if (len(inputs) < 2) if combination else (len(inputs) != 1):
        problems.append(f"found {len(inputs)} inputs, expected {'two or more' if combination else 'one'}")
    if problems:
        raise DecodeError("\n".join(problems))
    if combination is None:
        return [Node(layer.name, known, tuple(inputs))]
    nodes: list[Node] = []
    before = inputs[0]
    for number, other in enumerate(inputs[1:], 2):
        name = layer.name if number == len(inputs) else f"{layer.name}/{number}"
        nodes.append(Node(name, combination, (before, other)))
        before = name
    return nodes


def _check_outputs_are_vectors(graph: Graph, names: Sequence[str]) -> None:
    shapes = graph.shapes()
    for name, source in zip(names, graph.outputs, strict=True):
        if len(shapes[source]) != 1:
            raise DecodeError(
                f"layer {name!r}: found a matrix as its input, expected a vector: put a Flatten before it"
            )


def _named_network(name: str, graph: Graph) -> Architecture | None:
    """Return the network that the names describe; None if they describe none, or one with another graph."""
    destinations = destinations_in(name)
    if destinations is None:
        return None
    nodes = {node.name: node for node in graph.nodes}
    cells = {id_: _named_cell(id_, destination, nodes) for id_, destination in destinations.items()}
    named: list[Architecture] = []
    with Problems().of(name):  # if the names make no network, `place` chooses the cells
        named.append(CellConfiguration("", "", cells).architecture(graph.input_shape, graph.classes))
    return named[0] if named and graph_of(named[0]).is_equal(graph) else None


def _named_cell(id_: CellId, destination: Destination, nodes: Mapping[str, Node]) -> CellFeatures:
    """Return the cell that the names of the layers describe; comparing graphs then shows whether it has all layers."""

    def layer_at(part: str, otherwise: Layer) -> Layer:
        start = part_prefix(id_, part)
        found = [node.layer for name, node in nodes.items() if name.startswith(start)]
        return found[0] if found and isinstance(found[0], Layer) else otherwise

    merges = [combination for combination in COMBINATIONS if merge_name(id_, combination) in nodes]
    second = layer_at("in2", Identity()) if merges else Zeros()
    parts = (layer_at("in1", Identity()), layer_at("op1", Void()), second, layer_at("op2", Void()))
    return features_of_cell(Cell(id_, (), *parts, merges[0] if merges else SUM, destination))


def _with_layer(line: str, layers: Mapping[CellId, str]) -> str:
    """Return a message about a cell with the name of the cell's last layer, which the user knows."""
    found = _CELL.match(line)
    names = {str(id_): name for id_, name in layers.items()}
    if found is None or found[1] not in names:
        return line
    return f"layer {names[found[1]]!r}, {line}"
