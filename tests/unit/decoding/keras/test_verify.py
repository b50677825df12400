"""The check of Keras models against architectures: equal ones pass, and every change is found."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from featurenet_uvl.decoding.keras import build as build_module
from featurenet_uvl.decoding.keras import verify
from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.keras.verify import verify_architecture, verify_keras_model
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
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
    Void,
    Zeros,
)
from tests.layer_domains import layer_domains


def cell(
    id_: tuple[int, int],
    sources: list[tuple[int, int]],
    first: tuple[Layer, Layer],
    second: tuple[Layer, Layer] = (Zeros(), Void()),
    combination: str = "Sum",
    to: str = "Block",
) -> Cell:
    return Cell(CellId(*id_), tuple(CellId(*s) for s in sources), *first, *second, combination, Destination(to))


def convolution(kernel: str = "3x3", filters: int = 4, type_: str = "normal") -> Convolution:
    return Convolution(kernel, filters, 1, "same", "relu", type_)


NETWORK = Architecture(
    (8, 8, 3),
    5,
    (
        cell((1, 1), [], (convolution(), BatchNormalization()), (convolution("1x3", 4, "separable"), Dropout(0.4))),
        cell((1, 2), [], (Identity(), Void()), (Pooling("2x2", 1, "max", "same"), Activation("tanh")), "Product"),
        cell((2, 1), [(1, 1), (1, 2)], (Identity(), Padding(1)), (Identity(), Padding(1)), "Concat"),
        cell((2, 2), [(1, 1)], (Pooling("3x1", 2, "average", "valid"), Flatten())),
        cell((3, 1), [(2, 1), (2, 2)], (Identity(), Flatten()), (Dense(7, "relu"), Void()), "Concat"),
        cell((3, 2), [(2, 1)], (Identity(), Void()), (Zeros(), Void()), to="Out"),
        cell((3, 3), [(3, 1)], (Dense(9, "tanh"), Void()), (Dense(9, "sigmoid"), Void()), to="Out"),
    ),
)
"""A network with every kind of layer, every combination, two ends, and cells that only pass a tensor on."""


@pytest.fixture(scope="module")
def model() -> Any:
    return build_keras_model(NETWORK)


def test_the_model_of_an_architecture_passes(model: Any) -> None:
    assert verify_keras_model(NETWORK, model) == ()


def test_the_network_above_has_every_kind_of_the_project() -> None:
    """Its check passes, so the table of the check has every kind."""
    layers = [getattr(one, half) for one in NETWORK.cells for half in ("input1", "operation1", "input2", "operation2")]
    assert {type(layer) for layer in layers} == {*INPUT_LAYERS.values(), *OPERATION_LAYERS.values()}


def test_a_kind_of_the_project_without_a_second_description_is_an_error() -> None:
    kinds = {kind: description for kind, description in verify._LAYERS.items() if kind is not Padding}
    with pytest.raises(LookupError, match="layer kind Padding: found no entry in the table"):
        verify._description(Padding(1), kinds)


@dataclass(frozen=True)
class Foreign(Layer):
    """A kind of another package that nothing but this class describes."""

    rate: float
    name = "Foreign"
    short_name = "foreign"

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.GaussianNoise(self.rate, name=name)


class Described(Foreign):
    name = "Described"

    def expected_in_keras(self) -> tuple[str, Mapping[str, object]]:
        return "GaussianNoise", {"stddev": self.rate}


class WronglyBuilt(Described):
    """A kind whose class makes another layer than its second description."""

    name = "WronglyBuilt"

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.GaussianNoise(2 * self.rate, name=name)


class OfItsOwnClass(Described):
    """A kind whose Keras class belongs to its own package."""

    name = "OfItsOwnClass"

    def keras_layer(self, keras: Any, name: str) -> Any:
        return own_keras_class()(stddev=self.rate, name=name)

    def expected_in_keras(self) -> Any:
        return own_keras_class(), {"stddev": self.rate}


@functools.cache
def own_keras_class() -> type:
    import keras

    return type("Own", (keras.layers.GaussianNoise,), {})


def with_operation(layer: Layer) -> Architecture:
    return Architecture((4, 4, 1), 3, (cell((1, 1), [], (Identity(), layer), to="Out"),))


def test_a_foreign_kind_that_only_its_class_describes_is_reported() -> None:
    assert verify_architecture(with_operation(Foreign(0.5))) == ("Foreign",)
    for kind in (Described, OfItsOwnClass):
        assert verify_architecture(with_operation(kind(0.5))) == ()


def test_a_foreign_kind_is_compared_with_its_second_description() -> None:
    with pytest.raises(DecodeError, match=r"layer b1_c1_op1_foreign: found stddev 1\.0, expected 0\.5"):
        verify_architecture(with_operation(WronglyBuilt(0.5)))


def changed_layers(layer: Layer) -> Iterator[Layer]:
    for name, values in layer_domains(type(layer)).items():
        yield from (new for value in values[:3] if (new := replace(layer, **{name: value})) != layer)
    if not fields(layer):
        nothing = () if isinstance(layer, Identity) else (Void(),)
        yield from (new for new in (*nothing, Flatten(), BatchNormalization(), Activation("relu")) if new != layer)


def changed_cells(one: Cell) -> Iterator[Cell]:
    for half in ("input1", "operation1", "input2", "operation2"):
        if half.endswith("2") and not one.has_second_half:
            continue
        yield from (replace(one, **{half: new}) for new in changed_layers(getattr(one, half)))
    if one.has_second_half:
        yield from (replace(one, combination=c) for c in ("Sum", "Product", "Concat") if c != one.combination)
        yield replace(one, input2=Zeros(), operation2=Void())
    if len(one.sources) == 2:
        yield from (replace(one, sources=s) for s in (one.sources[::-1], one.sources[:1], one.sources[1:]))
    if one.destination.kind == "Out":
        yield replace(one, destination=Destination("Cell", 0))


def changed_architectures() -> Iterator[Architecture]:
    yield replace(NETWORK, classes=6)
    yield replace(NETWORK, input_shape=(8, 9, 3))
    for i, one in enumerate(NETWORK.cells):
        for new in changed_cells(one):
            yield replace(NETWORK, cells=(*NETWORK.cells[:i], new, *NETWORK.cells[i + 1 :]))


def test_the_model_of_any_other_architecture_is_refused(model: Any) -> None:
    """Change each attribute, layer, source, combination and end alone; skip results that are not networks."""
    tried = 0
    for other in changed_architectures():
        try:
            other.shapes()
        except DecodeError:
            continue
        tried += 1
        with pytest.raises(DecodeError, match="Keras model: "):
            verify_keras_model(other, model)
    assert tried > 60


ALTERED: dict[str, Any] = {
    "activation": "elu",
    "axis": 1,
    "center": False,
    "dilation_rate": (2, 2),
    "epsilon": 0.01,
    "filters": 9,
    "momentum": 0.5,
    "padding": "valid",
    "pool_size": (1, 1),
    "rate": 0.25,
    "strides": (2, 2),
    "trainable": False,
    "units": 13,
    "use_bias": False,
    "kernel_initializer": "zeros",
    "depth_multiplier": 2,
    "bias_regularizer": "l2",
    "seed": 3,
}


def altered_configs(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the model's description with one change each: of a setting, a call or a connection."""
    for i, layer in enumerate(config["layers"]):
        for key, value in ALTERED.items():
            if key in layer["config"] and layer["config"][key] != value:
                other = copy.deepcopy(config)
                other["layers"][i]["config"][key] = value
                yield f"{layer['name']}.{key}", other
        for node in range(len(layer["inbound_nodes"])):
            other = copy.deepcopy(config)
            arguments = other["layers"][i]["inbound_nodes"][node]
            if layer["class_name"] == "Dropout":
                arguments["kwargs"]["training"] = True
                yield f"{layer['name']} in training", other
            elif isinstance(arguments["args"][0], list):
                arguments["args"][0].reverse()
                yield f"{layer['name']} with halves exchanged", other


def is_refused(model: Any) -> bool:
    try:
        verify_keras_model(NETWORK, model)
    except DecodeError:
        return True
    return False


@pytest.mark.slow
def test_any_other_keras_model_is_refused(model: Any) -> None:
    """Change one setting, call or connection at a time in Keras' own description of the model."""
    from keras import Model

    tried, passed = 0, []
    for what, config in altered_configs(model.get_config()):
        try:
            other = Model.from_config(config)
        except (TypeError, ValueError):  # no such network
            continue
        tried += 1
        if is_refused(other):
            continue
        passed.append(what)
    assert passed == []
    assert tried > 60
    verify_keras_model(NETWORK, Model.from_config(model.get_config()))


def test_layers_called_twice_and_missing_ends_are_found(model: Any) -> None:
    import keras

    first, second = model.outputs
    dense = model.get_layer("b3_c3_in1_dense")
    again = keras.layers.Add(name="again")([dense(model.get_layer("b3_c1_concat").output), dense.output])
    for outputs, message in (
        ([first], "found no layer b3_c3_out_softmax, expected a Dense"),
        ([second, first], "found outputs b3_c3_out_softmax, b3_c2_out_softmax, expected b3_c2"),
        ([first, second, again], "layer b3_c3_in1_dense: found 2 calls, expected 1"),
        ([first, second, again], r"found layer again \(Add\), which the architecture lacks"),
    ):
        with pytest.raises(DecodeError, match=message):
            verify_keras_model(NETWORK, keras.Model(model.inputs, outputs))


def test_what_is_no_functional_model_is_refused(model: Any) -> None:
    import keras

    with pytest.raises(DecodeError, match="found Dense, expected a functional Keras model"):
        verify_keras_model(NETWORK, keras.layers.Dense(1))


def same_padding(keras: Any) -> tuple[str, Any]:
    """Pad the input: the usual way to make a kernel fit."""
    pooling = keras.layers.AveragePooling2D
    return "AveragePooling2D", lambda *args, padding, **more: pooling(*args, padding="same", **more)


def one_input(keras: Any) -> tuple[str, Any]:
    """Keep one tensor of a sum."""

    def make(name: str) -> Any:
        return lambda tensors: keras.layers.Activation("linear", name=name)(tensors[0])

    return "Add", make


def no_layer(keras: Any) -> tuple[str, Any]:
    """Leave a layer out."""
    return "Flatten", lambda *args, **more: keras.layers.Identity(**more)


def fewer_filters(keras: Any) -> tuple[str, Any]:
    """Build a smaller network than the configured one."""
    return "Conv2D", lambda filters, *args, **more: keras.layers.Conv2D(max(1, filters // 2), *args, **more)


def no_dropout(keras: Any) -> tuple[str, Any]:
    return "Dropout", lambda rate, **more: keras.layers.Dropout(0.0, **more)


def other_stride(keras: Any) -> tuple[str, Any]:
    return "MaxPooling2D", lambda *args, strides, **more: keras.layers.MaxPooling2D(*args, strides=2, **more)


@pytest.mark.parametrize(
    "fallback", [same_padding, one_input, no_layer, fewer_filters, no_dropout, other_stride], ids=lambda f: f.__name__
)
def test_a_builder_with_a_fallback_is_refused(fallback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fallbacks of the paper's first implementations into Keras, below the builder: none passes."""
    import keras

    verify_architecture(NETWORK)
    name, substitute = fallback(keras)
    real = keras.layers

    class Layers:
        def __getattr__(self, asked: str) -> Any:
            return substitute if asked == name else getattr(real, asked)

    class Keras:
        layers = Layers()

        def __getattr__(self, asked: str) -> Any:
            return getattr(keras, asked)

    original = build_keras_model

    def build_with_fallback(architecture: Architecture) -> Any:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "keras", Keras())
            return original(architecture)

    monkeypatch.setattr(build_module, "build_keras_model", build_with_fallback)
    with pytest.raises(DecodeError, match="Keras model: "):
        verify_architecture(NETWORK)
