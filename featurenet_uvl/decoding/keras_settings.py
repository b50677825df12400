"""Which layer of the model a Keras layer is, and which of its settings the model cannot say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any

from featurenet_uvl.decoding.keras_file import KerasLayer
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layer_kinds import input_kinds, operation_kinds
from featurenet_uvl.ir.layers import (
    INPUT_LAYERS,
    OPERATION_LAYERS,
    Activation,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Padding,
    Pooling,
    ShapeError,
)

Settings = Mapping[str, Any]


MAX_OFFERED = 10_000
"""How many layers of kinds from other packages are compared with a layer of an unknown class."""


class LayerReader:
    """Tells which layer of the model a Keras layer is, and what the model cannot say of it.

    Args:
        offered: Layers of kinds from other packages; looked at only where Keras has no class of that name.
    """

    def __init__(self, offered: Iterable[Layer] = ()) -> None:
        self._offered = offered
        self._by_call: dict[str, Layer] | None = None

    def layer_of(self, layer: KerasLayer) -> Layer:
        """The layer of the model, going by the class and the settings that the model knows.

        Raises:
            DecodeError: A class that the model has not, or a value that no layer of the model can have.
        """
        make = LAYERS.get(layer.kind)
        if make is None or not _is_of_keras(layer):
            return self._offered_layer(layer)
        try:
            return make(layer.settings)
        except ShapeError as error:
            raise DecodeError(str(error)) from None
        except (KeyError, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
            raise DecodeError(f"found settings that {layer.kind} cannot have ({problem})") from None

    def _offered_layer(self, layer: KerasLayer) -> Layer:
        if self._by_call is None:
            self._by_call = {_call_of(made): made for made in islice(self._offered, MAX_OFFERED)}
        found = self._by_call.get(_call_text(layer.kind, layer.settings))
        if found is None:
            known = ", ".join([*LAYERS, *COMBINATIONS])
            raise DecodeError(f"found a layer of class {layer.kind}, expected one that the model knows: {known}")
        return found

    def setting_problems(self, layer: KerasLayer, known: Layer | str) -> Iterator[str]:
        """The settings of which the model does not speak, and which are not Keras' defaults.

        Args:
            known: What `layer_of` or `merge_of` found.
        """
        if not _is_of_keras(layer):
            return
        import keras

        if isinstance(known, str) or layer.kind in _BY_OTHER_NAME:
            made = getattr(keras.layers, layer.kind)()
        else:
            made = known.keras_layer(keras, layer.name)
        expected = keras.saving.serialize_keras_object(made)["config"]
        for key, value in layer.settings.items():
            if key == "name" or (key == "axis" and isinstance(known, str) and value == 3):
                continue
            if key not in expected:
                if value is not None:
                    yield f"found {key} {_shown(value)}, which this version of Keras does not have"
            elif not _is_same(value, expected[key]):
                yield f"found {key} {_shown(value)}, expected {_shown(expected[key])}: the model has nothing else"


def offered_layers(model: FeatureModel) -> Iterator[Layer]:
    """Every layer of a kind from another package that the model has, with all values of its attributes' domains."""
    features = {feature.name: feature for feature in model.features()}
    for prefix, kinds in (("Input1_", input_kinds()), ("Operation1_", operation_kinds())):
        for name, kind in kinds.items():
            if name in INPUT_LAYERS or name in OPERATION_LAYERS or prefix + name not in features:
                continue
            domains = {a.name: a.domain for a in features[prefix + name].attributes if a.domain is not None}
            for values in product(*domains.values()):
                yield kind(**dict(zip(domains, values, strict=True)))


def _call_of(layer: Layer) -> str:
    import keras

    data = keras.saving.serialize_keras_object(layer.keras_layer(keras, "layer"))
    return _call_text(data["class_name"], data["config"])


def _call_text(kind: str, settings: Settings) -> str:
    """A class with all its settings but the name, as a text."""
    return json.dumps([kind, _plain({key: value for key, value in settings.items() if key != "name"})], sort_keys=True)


def _plain(value: Any) -> Any:
    """A setting without what differs from file to file."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items() if key != "shared_object_id"}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def merge_of(layer: KerasLayer) -> str | None:
    """The combination that a Keras layer is, or None for other layers; also the `+` and `*` of two tensors."""
    is_operator = layer.module == "keras.src.ops.numpy" and layer.kind in ("Add", "Multiply")
    return COMBINATIONS.get(layer.kind) if is_operator or _is_of_keras(layer) else None


def _is_of_keras(layer: KerasLayer) -> bool:
    return layer.module in ("keras.layers", "keras")


def _is_same(found: Any, expected: Any) -> bool:
    """Whether two serialised settings mean the same; an older Keras may know less of it, and names types shortly."""
    if isinstance(expected, Mapping) and isinstance(found, str):
        return bool(found == expected.get("config", {}).get("name"))
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        parts = {key: value for key, value in found.items() if key not in ("shared_object_id", "registered_name")}
        return all(key in expected and _is_same(value, expected[key]) for key, value in parts.items())
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        return len(found) == len(expected) and all(map(_is_same, found, expected))
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


def _shown(value: Any) -> str:
    """A setting in a message: of an object, its class and what it was made with."""
    if isinstance(value, Mapping) and "class_name" in value:
        settings = value.get("config") or {}
        text = f"{value['class_name']}({', '.join(f'{key}={settings[key]!r}' for key in settings)})"
    else:
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _square(settings: Settings, key: str) -> int:
    """A number that is the same for height and width."""
    sizes = settings[key]
    if not isinstance(sizes, list) or len(sizes) != 2 or sizes[0] != sizes[1]:
        raise ShapeError(f"found {key} {sizes!r}, expected the same for height and width")
    return int(sizes[0])


def _kernel(sizes: Any) -> str:
    if not isinstance(sizes, list) or len(sizes) != 2:
        raise ShapeError(f"found kernel {sizes!r}, expected height and width")
    return f"{sizes[0]}x{sizes[1]}"


def _convolution(kind: str) -> Callable[[Settings], Layer]:
    return lambda s: Convolution(
        _kernel(s["kernel_size"]), s["filters"], _square(s, "strides"), s["padding"], _function(s), kind
    )


def _pooling(kind: str) -> Callable[[Settings], Layer]:
    return lambda s: Pooling(_kernel(s["pool_size"]), _square(s, "strides"), kind, s["padding"])


def _padding(settings: Settings) -> Layer:
    sizes = settings["padding"]
    flat = [size for pair in sizes for size in pair] if isinstance(sizes, list) else [sizes]
    if len(flat) != 4 or len(set(flat)) != 1:
        raise ShapeError(f"found padding {sizes!r}, expected the same on all four sides")
    return Padding(flat[0])


def _function(settings: Settings) -> str:
    function = settings["activation"]
    if not isinstance(function, str):
        raise ShapeError(f"found activation {_shown(function)}, expected the name of a function")
    return function


LAYERS: Mapping[str, Callable[[Settings], Layer]] = {
    "Dense": lambda s: Dense(s["units"], _function(s)),
    "Conv2D": _convolution("normal"),
    "SeparableConv2D": _convolution("separable"),
    "MaxPooling2D": _pooling("max"),
    "AveragePooling2D": _pooling("average"),
    "Flatten": lambda _: Flatten(),
    "ZeroPadding2D": _padding,
    "Activation": lambda s: Activation(_function(s)),
    "ReLU": lambda _: Activation("relu"),
    "Softmax": lambda _: Activation("softmax"),
    "Dropout": lambda s: Dropout(s["rate"]),
    "BatchNormalization": lambda _: BatchNormalization(),
}
"""By Keras class: the layer with these settings."""

_BY_OTHER_NAME = ("ReLU", "Softmax")
"""Classes that compute what a layer of the model of another class does, if all their settings are the defaults."""

COMBINATIONS: Mapping[str, str] = {"Add": "Sum", "Multiply": "Product", "Concatenate": "Concat"}
"""By Keras class: the combination of two tensors."""
