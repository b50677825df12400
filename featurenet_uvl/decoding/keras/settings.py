"""Which layer of the model a Keras layer is, and which of its settings the model cannot say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from types import MappingProxyType
from typing import Any

from featurenet_uvl.decoding.keras.build import serialised_layer
from featurenet_uvl.decoding.keras.file import KerasLayer
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
    """Tells which layer of the model a Keras layer is.

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
    return _call_text(*serialised_layer(layer))


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


def setting_problems(layer: KerasLayer) -> Iterator[str]:
    """The settings of which the model does not speak, and which are not Keras' defaults."""
    if not _is_of_keras(layer):
        return
    kind = _KINDS.get(layer.kind, _Kind())
    for key, value in layer.settings.items():
        if key in kind.known or key == "name":
            continue
        found, expected = _plain_value(value), kind.defaults.get(key)
        if not _is_same(found, expected) and not (key == "axis" and layer.kind == "Concatenate" and found == 3):
            yield f"found {key} {_shown(value)}, expected {expected!r}: the model has nothing else"


def _is_of_keras(layer: KerasLayer) -> bool:
    return layer.module in ("keras.layers", "keras")


def _plain_value(value: Any) -> Any:
    """A setting as its default is written here: an initialiser as its class, a policy of number types as its name."""
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    settings = {key: part for key, part in (value.get("config") or {}).items() if part is not None}
    if value["class_name"] == "DTypePolicy":
        return settings.get("name")
    return value if settings else value["class_name"]


def _is_same(found: Any, expected: Any) -> bool:
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


def _shown(value: Any) -> str:
    """A setting in a message: of an object, its class and what it was made with."""
    if isinstance(value, Mapping) and "class_name" in value:
        settings = {key: part for key, part in (value.get("config") or {}).items() if part is not None}
        text = f"{value['class_name']}({', '.join(f'{key}={part!r}' for key, part in settings.items())})"
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
"""By Keras class: the layer with these settings. ReLU and Softmax compute what Activation does."""

COMBINATIONS: Mapping[str, str] = {"Add": "Sum", "Multiply": "Product", "Concatenate": "Concat"}
"""By Keras class: the combination of two tensors."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A Keras class: the settings that the model knows, and the defaults of the others where they are not None."""

    known: frozenset[str] = frozenset()
    defaults: Settings = field(default_factory=lambda: _EVERY)


_EVERY: Settings = MappingProxyType({"trainable": True, "dtype": "float32"})
_IMAGES: Settings = MappingProxyType({**_EVERY, "data_format": "channels_last"})
_BIAS: Settings = MappingProxyType({"use_bias": True, "bias_initializer": "Zeros"})
_WINDOW: Settings = MappingProxyType({**_IMAGES, **_BIAS, "dilation_rate": [1, 1], "groups": 1})
_GLOROT = "GlorotUniform"

_NORMALIZATION: Settings = MappingProxyType(
    {
        **_EVERY,
        **{"axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True},
        **{"beta_initializer": "Zeros", "gamma_initializer": "Ones"},
        **{"moving_mean_initializer": "Zeros", "moving_variance_initializer": "Ones"},
        **{"synchronized": False, "renorm": False, "renorm_momentum": 0.99},
    }
)

_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "Dense": _Kind(frozenset({"units", "activation"}), {**_EVERY, **_BIAS, "kernel_initializer": _GLOROT}),
        "Conv2D": _Kind(
            frozenset({"kernel_size", "filters", "strides", "padding", "activation"}),
            {**_WINDOW, "kernel_initializer": _GLOROT},
        ),
        "SeparableConv2D": _Kind(
            frozenset({"kernel_size", "filters", "strides", "padding", "activation"}),
            {**_WINDOW, "depth_multiplier": 1, "depthwise_initializer": _GLOROT, "pointwise_initializer": _GLOROT},
        ),
        "MaxPooling2D": _Kind(frozenset({"pool_size", "strides", "padding"}), _IMAGES),
        "AveragePooling2D": _Kind(frozenset({"pool_size", "strides", "padding"}), _IMAGES),
        "Flatten": _Kind(defaults=_IMAGES),
        "ZeroPadding2D": _Kind(frozenset({"padding"}), _IMAGES),
        "Activation": _Kind(frozenset({"activation"})),
        "ReLU": _Kind(defaults={**_EVERY, "negative_slope": 0.0, "threshold": 0.0}),
        "Softmax": _Kind(defaults={**_EVERY, "axis": -1}),
        "Dropout": _Kind(frozenset({"rate"})),
        "BatchNormalization": _Kind(defaults=_NORMALIZATION),
        "Concatenate": _Kind(defaults={**_EVERY, "axis": -1}),
    }
)
"""By Keras class. A test compares them with Keras' own."""
