"""The reader of single Keras layers: it finds the layer of the DNN model, and the settings outside of the DNN model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from types import MappingProxyType
from typing import Any

from featurenet_uvl.decoding.keras.build import serialised_layer
from featurenet_uvl.decoding.keras.file import KerasLayer
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.cell_features import CONCAT, PRODUCT, SUM, Part
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.layer_kinds import kinds_of
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
    ShapeError,
)

Settings = Mapping[str, Any]


MAX_CANDIDATES = 10_000
"""Largest number of candidates with which a Keras layer of an unknown class is compared."""


class LayerReader:
    """Finds the layer of the DNN model that a Keras layer is.

    Args:
        candidates: Layers of kinds without an entry in `READERS`. A Keras layer of a class without an entry must
            equal the layer that one of them makes. A Keras layer of a class with an entry is a candidate's if only the
            candidate has all its settings, or if its name has the candidate's short name, as in `b1_c2_op1_blur`.
    """

    def __init__(self, candidates: Iterable[Layer] = ()) -> None:
        self._candidates = candidates
        self._by_call: dict[str, Layer] | None = None

    def layer_of(self, layer: KerasLayer) -> Layer:
        """Return the layer of the DNN model with the same class and the same values of the DNN model's attributes.

        Raises:
            DecodeError: The DNN model has no layer of this class, or none with these values.
        """
        make = _BY_CLASS.get(layer.kind) if _is_of_keras(layer) else None
        candidate = self._candidate(layer)
        if make is None and candidate is None:
            known = ", ".join([*_BY_CLASS, *_COMBINATIONS])
            raise DecodeError(f"found a layer of class {layer.kind}, expected one that the model knows: {known}")
        if make is None or (candidate is not None and _has_short_name(layer.name, candidate)):
            assert candidate is not None
            return candidate
        if candidate is not None and any(setting_problems(layer)):
            return candidate
        try:
            return make(layer.settings)
        except ShapeError as error:
            if candidate is not None:
                return candidate
            raise DecodeError(str(error)) from None
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
            raise DecodeError(f"found settings that {layer.kind} cannot have ({problem})") from None

    def _candidate(self, layer: KerasLayer) -> Layer | None:
        if self._by_call is None:
            self._by_call = {_call_of(made): made for made in islice(self._candidates, MAX_CANDIDATES)}
        return self._by_call.get(_call_text(layer.module, layer.kind, layer.settings))


def _has_short_name(name: str, layer: Layer) -> bool:
    return re.fullmatch(rf"b\d+_c\d+_(in|op)[12]_{re.escape(layer.short_name)}", name) is not None


def candidate_layers(model: FeatureModel) -> Iterator[Layer]:
    """Yield every layer that the model has of the kinds without an entry in `READERS`, with all values of its domains.

    These are the kinds of other packages, and those of this project that nobody gave an entry.
    """
    features = {feature.name: feature for feature in model.features()}
    for part in (Part.INPUT1, Part.OPERATION1):
        for name, kind in kinds_of(part).items():
            makes_layer = kind.keras_layer is not Layer.keras_layer
            if kind in READERS or not makes_layer or part.feature(name) not in features:
                continue
            domains = {a.name: a.domain for a in features[part.feature(name)].attributes if a.domain is not None}
            for values in product(*domains.values()):
                yield kind(**dict(zip(domains, values, strict=True)))


def _call_of(layer: Layer) -> str:
    return _call_text(*serialised_layer(layer))


def _call_text(module: str, kind: str, settings: Settings) -> str:
    """Return a text that equals that of another layer if the class and all settings but the name are equal."""
    return json.dumps(
        [module, kind, _plain({key: value for key, value in settings.items() if key != "name"})], sort_keys=True
    )


def _plain(value: Any) -> Any:
    """Return a setting without the numbers that differ from file to file."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items() if key != "shared_object_id"}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def combination_of(layer: KerasLayer) -> str | None:
    """Return the combination that a merging layer computes, or a `+` or `*` of tensors; None for other layers."""
    is_operator = layer.module == "keras.src.ops.numpy" and layer.kind in ("Add", "Multiply")
    return _COMBINATIONS.get(layer.kind) if is_operator or _is_of_keras(layer) else None


def setting_problems(layer: KerasLayer) -> Iterator[str]:
    """Yield a problem for each setting that the DNN model cannot express and that is not Keras' default."""
    if not _is_of_keras(layer):
        return
    kind = _KINDS.get(layer.kind, _Kind())
    for key, value in layer.settings.items():
        if key in kind.known or key == "name":
            continue
        found, expected = _plain_value(value), kind.defaults.get(key)
        if not _is_same(found, expected) and not (key == "axis" and layer.kind == "Concatenate" and found == 3):
            yield f"found {key} {_shown(value)}, expected {expected!r}, the only value that the model has"


def _is_of_keras(layer: KerasLayer) -> bool:
    return layer.module in ("keras.layers", "keras")


def _plain_value(value: Any) -> Any:
    """Return a setting as `_KINDS` spells it: an initialiser by its class, a policy of number types by its name."""
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    settings = _settings_of(value)
    if value["class_name"] == "DTypePolicy":
        return settings.get("name")
    return value if settings else value["class_name"]


def _is_same(found: Any, expected: Any) -> bool:
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


def _shown(value: Any) -> str:
    """Return a setting for a message; an object as its class with its arguments."""
    if isinstance(value, Mapping) and "class_name" in value:
        text = f"{value['class_name']}({', '.join(f'{key}={part!r}' for key, part in _settings_of(value).items())})"
    else:
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _settings_of(value: Settings) -> Settings:
    """Return the settings of an object within the settings of a layer, without those that are None."""
    settings = value.get("config")
    return {key: part for key, part in settings.items() if part is not None} if isinstance(settings, Mapping) else {}


def _square(settings: Settings, key: str) -> int:
    """Return a number that a setting gives twice, for height and for width.

    Raises:
        ShapeError: The two differ.
    """
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


READERS: Mapping[type[Layer], Mapping[str, Callable[[Settings], Layer]]] = {
    Dense: {"Dense": lambda s: Dense(s["units"], _function(s))},
    Convolution: {"Conv2D": _convolution("normal"), "SeparableConv2D": _convolution("separable")},
    Pooling: {"MaxPooling2D": _pooling("max"), "AveragePooling2D": _pooling("average")},
    Flatten: {"Flatten": lambda _: Flatten()},
    Padding: {"ZeroPadding2D": _padding},
    Activation: {
        "Activation": lambda s: Activation(_function(s)),
        "ReLU": lambda _: Activation("relu"),
        "Softmax": lambda _: Activation("softmax"),
    },
    Dropout: {"Dropout": lambda s: Dropout(s["rate"])},
    BatchNormalization: {"BatchNormalization": lambda _: BatchNormalization()},
}
"""By kind: the Keras classes that compute it, each with a function from the settings to the layer.

A kind needs no entry. Without one, a Keras layer is compared with all layers of the kind that the model has; an entry
also reads values outside of the model's domains, so that the message can name them, and classes such as ReLU.
"""

_BY_CLASS = {name: make for makers in READERS.values() for name, make in makers.items()}

_COMBINATIONS: Mapping[str, str] = {"Add": SUM, "Multiply": PRODUCT, "Concatenate": CONCAT}
"""By Keras class: the combination of two tensors."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The settings of a Keras class: those that the DNN model can express, and the defaults of all others but None."""

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
"""By Keras class. A test compares the defaults with Keras' own."""
