"""Saved Keras models read back as networks of the model; a refusal lists the parts outside of the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.decoding.graph import graph_of
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.keras.importer import import_keras_file
from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.placement.place import canonical, structure_limits
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.errors import DecodeError, ReadError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.training.baselines import BASELINES
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model
from tests.places import MODELS
from tests.unit.decoding.keras.keras_files import (
    END,
    FLAT,
    START,
    described,
    description,
    entry,
    file_with,
    functional,
    renamed,
    saved,
)

IMAGE = (28, 28, 1)


@pytest.fixture(scope="module")
def dnn() -> FeatureModel:
    return load_model(str(MODELS / "dnn.uvl"))


def assert_round_trip(
    network: Architecture, model: FeatureModel, folder: Path, write: Callable[[Any, Path], str] = saved
) -> None:
    path = write(build_keras_model(network), folder)
    assert import_keras_file(path, model) == network
    again = import_keras_file(renamed(path, folder), model)
    assert again == canonical(network, structure_limits(model))
    assert again.weights() == network.weights()


@pytest.mark.parametrize("name", architecture_names())
def test_a_named_architecture_comes_back_from_keras(name: str, dnn: FeatureModel, tmp_path: Path) -> None:
    assert_round_trip(named_architecture(name).architecture(IMAGE, 10), dnn, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "bound", "count"), [("s1.uvl", (3, 4), 15), ("dnn.uvl", (2, 3), 15)])
def test_a_sampled_network_comes_back_from_keras(
    path: str, bound: tuple[int, int], count: int, dnn: FeatureModel, tmp_path: Path
) -> None:
    model = load_model(str(MODELS / path), bounds={"Block": bound[0], "Cell": bound[1]})
    cnf = compile_feature_model(model, input_shape=IMAGE)
    for row in draw(cnf, Request(count, seed=4), "steered").selected:
        assert_round_trip(to_architecture(decode_solution(row, cnf.variables), IMAGE, 10), dnn, tmp_path, described)


def test_names_that_lie_are_not_believed(dnn: FeatureModel, tmp_path: Path) -> None:
    """If the names describe another network than the layers, the layers count."""
    network = named_architecture("lenet5").architecture(IMAGE, 10)
    data = description(saved(build_keras_model(network), tmp_path))
    dense = next(layer for layer in data["config"]["layers"] if layer["config"]["name"] == "b3_c2_in1_dense")
    dense["config"]["units"] = 96
    found = import_keras_file(file_with(data, tmp_path), dnn)
    assert found.cells[-1].input1.neurons == 96  # type: ignore[attr-defined]  # a Dense
    data["config"]["name"] = "architecture-0.B-0.B-3.O"
    assert import_keras_file(file_with(data, tmp_path), dnn) == canonical(found, structure_limits(dnn))


def test_a_sequential_model_written_by_hand_is_read(dnn: FeatureModel, tmp_path: Path) -> None:
    found = import_keras_file(saved(BASELINES["lenet5"](IMAGE, 10), tmp_path), dnn)
    lenet = named_architecture("lenet5").architecture(IMAGE, 10)
    assert found == canonical(lenet, structure_limits(dnn))
    assert [cell.sources for cell in found.cells[1:]] == [(cell.id,) for cell in found.cells[:-1]]


def residual(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input(IMAGE)
    start = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(image)))
    middle = layers.Conv2D(16, 3, padding="same", activation="relu")(start)
    end = start + layers.Conv2D(16, 3, padding="same")(middle)
    flat = layers.Flatten()(layers.Activation("relu")(end))
    return keras.Model(image, layers.Dense(10, activation="softmax")(flat))


def inception(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input(IMAGE)
    conv = lambda filters, size: layers.Conv2D(filters, size, padding="same", activation="relu")  # noqa: E731 - short
    start = conv(16, 3)(image)
    branches = [conv(64, 1)(start), conv(128, 3)(conv(96, 1)(start)), conv(32, 5)(conv(16, 1)(start))]
    branches.append(conv(32, 1)(layers.MaxPooling2D(3, strides=1, padding="same")(start)))
    flat = layers.Flatten()(layers.Concatenate(axis=3)(branches))
    return keras.Model(image, layers.Dense(10, activation="softmax")(flat))


def two_ends(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input(IMAGE)
    flat = layers.Flatten()(layers.Dropout(0.5)(image))
    hidden = layers.Dense(16, activation="tanh")(flat)
    ends = [layers.Dense(7, activation="softmax")(tensor) for tensor in (flat, hidden, flat)]
    return keras.Model(image, ends)


@pytest.mark.parametrize("write", [residual, inception, two_ends])
def test_a_functional_model_written_by_hand_is_the_network_that_is_read(
    write: Callable[[Any], Any], dnn: FeatureModel, tmp_path: Path
) -> None:
    import keras
    import numpy as np

    by_hand = write(keras)
    network = import_keras_file(saved(by_hand, tmp_path), dnn)
    ours = build_keras_model(network)
    assert ours.count_params() == by_hand.count_params() == network.weights()
    assert [output.shape for output in ours.outputs] == [output.shape for output in by_hand.outputs]
    random = np.random.default_rng(3)
    images = random.random((4, *IMAGE)).astype("float32")
    by_name = {layer.name: layer for layer in by_hand.layers}
    for mine, theirs in _partners(ours, by_hand):
        mine.set_weights(by_name[theirs].get_weights())
    for one, other in zip(_all(ours(images)), _all(by_hand(images)), strict=True):
        assert np.allclose(one, other, atol=1e-6)


def _all(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _partners(ours: Any, by_hand: Any) -> list[tuple[Any, str]]:
    """Return pairs of layers with weights that compute the same, found by walking both graphs from their ends."""
    pairs: dict[int, tuple[Any, str]] = {}
    stack = list(zip(_all(ours.outputs), _all(by_hand.outputs), strict=True))
    while stack:
        one, other = stack.pop()
        (mine, *_), (theirs, *_) = one._keras_history, other._keras_history
        if type(mine).__name__ in ("Flatten", "Concatenate") and type(theirs).__name__ != type(mine).__name__:
            continue
        if mine.weights:
            pairs[id(mine)] = (mine, theirs.name)
        left, right = _parents(mine), _parents(theirs)
        stack += zip(_flat(left), _flat(right), strict=len(left) == len(right))
    return list(pairs.values())


def _parents(layer: Any) -> list[Any]:
    return list(layer._inbound_nodes[0].input_tensors)


def _flat(tensors: list[Any]) -> list[Any]:
    """Return the tensors behind a chain of concatenations, which one of many tensors became."""
    result = []
    for tensor in tensors:
        layer = tensor._keras_history[0]
        result += _flat(_parents(layer)) if type(layer).__name__ == "Concatenate" else [tensor]
    return result


def test_what_is_outside_of_the_model_is_named_layer_by_layer(dnn: FeatureModel, tmp_path: Path) -> None:
    import keras

    layers, image = keras.layers, keras.Input(IMAGE)
    tensor = layers.Conv2D(32, (3, 5), strides=(1, 2), name="oblong")(image)
    tensor = layers.Conv2D(33, 3, use_bias=False, kernel_initializer="he_normal", name="odd")(tensor)
    tensor = layers.LeakyReLU(name="leaky")(tensor)
    model = keras.Model(image, layers.Dense(10, name="end")(layers.Flatten()(tensor)))
    with pytest.raises(DecodeError) as error:
        import_keras_file(saved(model, tmp_path), dnn)
    lines = [line.split("model.keras: ")[1] for line in str(error.value).splitlines()]
    assert lines[0] == "layer 'oblong': found strides [1, 2], expected the same for height and width"
    assert lines[1] == "layer 'odd': found use_bias False, expected True, the only value that the model has"
    assert lines[2].startswith("layer 'odd': found kernel_initializer HeNormal(), expected 'GlorotUniform'")
    assert lines[3].startswith(
        "layer 'leaky': found a layer of class LeakyReLU, expected one that the model knows: Dense"
    )
    assert lines[4] == (
        "layer 'end': found Dense with activation 'linear' as an output, expected Dense with activation 'softmax'"
    )


def test_values_outside_of_their_domains_are_named_with_their_layer(dnn: FeatureModel, tmp_path: Path) -> None:
    import keras

    image = keras.Input(IMAGE)
    tensor = keras.layers.Flatten()(keras.layers.Conv2D(33, 3, name="odd")(image))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(tensor))
    with pytest.raises(
        DecodeError, match=r"layer 'odd', cell b1_c1: Input1_Convolution\.filters: found 33, expected one"
    ):
        import_keras_file(saved(model, tmp_path), dnn)


def bypass(keras: Any) -> Any:
    """Return a network in which two tensors are used twice, with overlapping uses."""
    layers, image = keras.layers, keras.Input(IMAGE)
    conv = lambda name: layers.Conv2D(16, 3, padding="same", name=name)  # noqa: E731 - short
    one = conv("one")(image)
    two = conv("two")(one)
    three = layers.Add(name="three")([one, conv("inner")(two)])
    flat = layers.Flatten()(layers.Add(name="four")([two, three]))
    return keras.Model(image, layers.Dense(10, activation="softmax")(flat))


def deep(keras: Any) -> Any:
    layers = keras.layers
    tensor = image = keras.Input(IMAGE)
    for _ in range(50):
        tensor = layers.Conv2D(16, 3, padding="same")(tensor)
    return keras.Model(image, layers.Dense(10, activation="softmax")(layers.Flatten()(tensor)))


def wide(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input(IMAGE)
    branches = [layers.Conv2D(16, 3)(image) for _ in range(12)]
    flat = layers.Flatten()(layers.Concatenate()(branches))
    return keras.Model(image, layers.Dense(10, activation="softmax")(flat))


def shared(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input(IMAGE)
    conv = layers.Conv2D(1, 3, padding="same", name="twice")
    flat = layers.Flatten()(conv(conv(image)))
    return keras.Model(image, layers.Dense(10, activation="softmax")(flat))


def two_images(keras: Any) -> Any:
    layers, images = keras.layers, [keras.Input(IMAGE), keras.Input(IMAGE)]
    flat = layers.Flatten()(layers.Add()(images))
    return keras.Model(images, layers.Dense(10, activation="softmax")(flat))


def unknown_size(keras: Any) -> Any:
    layers, image = keras.layers, keras.Input((None, None, 3))
    tensor = layers.Dense(10, activation="softmax")(image)
    return keras.Model(image, tensor)


@pytest.mark.parametrize(
    ("write", "kind", "message"),
    [
        (bypass, DecodeError, "layer 'two': found its output taken by 'three', 'four' while other tensors pass it by"),
        (deep, DecodeError, "found a network that needs 6 blocks of at most 9 cells, expected at most 5 blocks"),
        (wide, DecodeError, "found 11 cells that no blocks of at most 9 cells can hold"),
        (shared, ReadError, "layer 'twice': found 2 calls, expected 1"),
        (two_images, DecodeError, "found 2 inputs, expected one"),
        (unknown_size, DecodeError, r"found shape \[None, None, None, 3\], expected \(height, width, channels\)"),
    ],
)
def test_connections_that_the_model_has_not_are_refused(
    write: Callable[[Any], Any], kind: type[Exception], message: str, dnn: FeatureModel, tmp_path: Path
) -> None:
    import keras

    with pytest.raises(kind, match=message):
        import_keras_file(saved(write(keras), tmp_path), dnn)


def test_a_description_made_by_hand_is_read(dnn: FeatureModel, tmp_path: Path) -> None:
    found = import_keras_file(file_with(functional(END, FLAT, START), tmp_path), dnn)
    assert (found.weights(), len(found.cells)) == (650, 1)
    assert graph_of(found).outputs == ("b1_c1_out_flatten",)


HOSTILE: list[tuple[Any, str]] = [
    ("{", "config.json:1:2: found no JSON"),
    ("[" * 100_000, "config.json: found JSON that is nested too deeply"),
    ("[]", "config.json is not as Keras 3 writes it"),
    ("null", "config.json is not as Keras 3 writes it"),
    (
        {"class_name": "__lambda__", "config": {"layers": []}},
        "found a model of class '__lambda__', expected a functional",
    ),
    ({"class_name": ["Functional"], "config": {}}, "found a model of class"),
    ({"class_name": "Sequential", "config": {"name": "m", "layers": []}}, "found a model without layers"),
    ({"class_name": "Functional", "config": 7}, "not as Keras 3 writes it"),
    (
        functional(START, entry("end", "Lambda", "image", function={"class_name": "__lambda__"})),
        "found Lambda as an output",
    ),
    (
        functional(START, entry("f", "Lambda", "image"), entry("end", "Dense", "f", units=9)),
        "found a layer of class Lambda",
    ),
    (
        functional(START, {**FLAT, "module": "os"}, {**END, "module": "builtins"}),
        "layer 'flat': found a layer of class Flatten, expected one that the model knows",
    ),
    (functional(START, entry("end", "Dense", "end", units=10)), "layer 'end': found a cycle"),
    (functional(START, FLAT, FLAT, END), "found two layers of one name"),
    (functional(START, FLAT, entry("end", "Dense", "gone")), "layer 'end': found input 'gone', expected a layer"),
    (functional(START, FLAT, END, outputs=("gone", 0, 0)), "found outputs 'gone'"),
    (functional(START, FLAT, END, outputs=("end", 1, 0)), "found its call 1, output 0"),
    (functional(START, FLAT, END, outputs=()), "found outputs"),
    (functional(START, FLAT, {**END, "inbound_nodes": [[["flat", 0, 0, {}]]]}), "connections in the form of Keras 2"),
    (functional(START, FLAT, {**END, "config": []}), "found a layer with settings"),
    (functional(*[START] * 2001), "found 2,001 layers, expected at most 2,000"),
    (functional(START, FLAT, entry("end", "Dense", "flat", units="10", activation="softmax")), "found neurons '10'"),
    (functional(START, FLAT, entry("end", "Dense", "flat", units=10**30, activation={})), "as an output"),
    (functional(START, entry("end", "Dense", "image", units=10, activation="softmax")), "found a matrix as its input"),
    (functional(entry("image", "InputLayer", batch_shape=[None, True, 8, 1]), FLAT, END), "found shape"),
    (functional(START, {**FLAT, "config": {"name": "fl\x1b[2J"}}, END), "found name"),
]


@pytest.mark.parametrize(("data", "message"), HOSTILE, ids=[message for _, message in HOSTILE])
def test_hostile_descriptions_are_refused(data: Any, message: str, dnn: FeatureModel, tmp_path: Path) -> None:
    with pytest.raises((ReadError, DecodeError)) as error:
        import_keras_file(file_with(data, tmp_path), dnn)
    assert message in str(error.value)
    assert str(tmp_path) in str(error.value)
