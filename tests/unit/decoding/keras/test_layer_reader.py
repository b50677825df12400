"""Single Keras layers: their settings against Keras' own defaults, and layers of kinds without a reader."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from featurenet_uvl.decoding.keras.file import KerasLayer
from featurenet_uvl.decoding.keras.layer_reader import (
    READERS,
    LayerReader,
    candidate_layers,
    combination_of,
    setting_problems,
)
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir import layer_kinds
from featurenet_uvl.ir.layers import OPERATION_LAYERS, Activation, Layer
from featurenet_uvl.translators.pipeline import load_model
from tests.places import MODELS

CLASSES = [name for readers in READERS.values() for name in readers]


@pytest.mark.parametrize("kind", [*CLASSES, "Add", "Multiply", "Concatenate"])
def test_the_defaults_written_down_are_those_of_keras(kind: str) -> None:
    """A plain Keras layer is accepted; and each of its settings, changed, is either the model's or refused."""
    import keras

    arguments = {
        "Dense": (16,),
        "Conv2D": (16, 3),
        "SeparableConv2D": (16, 3),
        "Activation": ("relu",),
        "Dropout": (0.5,),
        "AveragePooling2D": (2,),
    }.get(kind, ())
    made = keras.saving.serialize_keras_object(getattr(keras.layers, kind)(*arguments))
    data = json.loads(json.dumps(made))
    layer = KerasLayer("x", data["class_name"], data["module"], data["config"], ())
    assert list(setting_problems(layer)) == []
    known = combination_of(layer) or LayerReader().layer_of(layer)
    for key in sorted(set(layer.settings) - {"name"}):
        odd = replace(layer, settings={**layer.settings, key: "odd"})
        try:
            changes = not isinstance(known, str) and LayerReader().layer_of(odd) != known
        except DecodeError:
            changes = True
        assert changes or list(setting_problems(odd)), key


def test_relu_and_softmax_layers_are_activations() -> None:
    for kind in ("ReLU", "Softmax"):
        layer = KerasLayer("x", kind, "keras.layers", {}, ())
        assert LayerReader().layer_of(layer) == Activation(kind.lower())


@dataclass(frozen=True)
class Noise(Layer):
    """A kind without an entry in READERS."""

    rate: float
    name = "Dropout"  # so that dnn.uvl has a feature with values of `rate` for it
    short_name = "noise"

    def keras_layer(self, keras: Any, name: str) -> Any:
        return keras.layers.GaussianNoise(self.rate, name=name)


def test_kinds_without_a_reader_are_found_among_the_layers_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    model = load_model(str(MODELS / "dnn.uvl"))
    assert list(candidate_layers(model)) == []
    operations = {**OPERATION_LAYERS, "Dropout": Noise}
    monkeypatch.setattr(layer_kinds, "operation_kinds", lambda: operations)
    candidates = list(candidate_layers(model))
    assert {type(layer) for layer in candidates} == {Noise}
    reader = LayerReader(candidates)
    for rate, expected in ((0.5, Noise(0.5)), (0.45, None)):
        made = json.loads(json.dumps(keras.saving.serialize_keras_object(keras.layers.GaussianNoise(rate))))
        layer = KerasLayer("x", made["class_name"], made["module"], made["config"], ())
        if expected is not None:
            assert reader.layer_of(layer) == expected
            continue
        with pytest.raises(DecodeError, match="found a layer of class GaussianNoise, expected one that the model"):
            reader.layer_of(layer)
