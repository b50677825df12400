"""The conformance check of a layer kind: it compares the arithmetic of the class with the Keras layer that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from math import prod
from random import Random
from typing import Any, TypeAlias

from featurenet_uvl.decoding.keras.globals import building
from featurenet_uvl.decoding.keras.macs import layer_macs
from featurenet_uvl.errors import DecodeError, UnsupportedError, first_lines
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layer_kinds import kind_problems
from featurenet_uvl.ir.layers import HEIGHT, WIDTH, Layer, Shape, ShapeError, format_shape

SHAPES: tuple[Shape, ...] = ((28, 28, 1), (8, 8, 16), (7, 3, 5), (1, 2, 4), (1, 1, 12), (9,), (120,))
"""Shapes on which the check tries each layer: matrices and vectors, large and small, square and oblong."""

MAX_LAYERS = 100
"""Number of layers of a kind up to which all are tried; of more, each value once and a fixed random choice."""

MAX_PROBLEMS = 10
"""Largest number of problems that a message lists."""

_Made: TypeAlias = tuple[str, Mapping[str, Any]] | None
"""The class and the settings of a Keras layer, or None for no layer."""


def check_layer_kind(
    kind: type[Layer], domains: Mapping[str, Sequence[Value]], shapes: Sequence[Shape] = SHAPES
) -> None:
    """Check that Keras agrees with a kind's class on shapes, weights, MACs and, if it gives one, its description.

    Args:
        kind: The class.
        domains: Values of each attribute, as the model has them.
        shapes: The shapes on which to try the layers.

    Raises:
        UnsupportedError: They differ, or the class cannot be a kind. Each line of the message is a problem.

    Example:
        check_layer_kind(SeparableConvolution, {"kernel": ["3x3"], "filters": [16, 64], "stride": [1, 2]})
    """
    name = getattr(kind, "__name__", repr(kind))
    problems = list(kind_problems(kind)) or list(_domain_problems(kind, domains))
    if not problems:
        layers = [kind(**values) for values in _assignments(domains)]
        problems = [
            *_size_attribute_problems(layers, shapes),
            *_keras_problems(layers, shapes),
            *_description_problems(layers),
        ]
    if problems:
        lines = first_lines(problems, MAX_PROBLEMS)
        raise UnsupportedError("\n".join(f"layer kind {name}: {line}" for line in lines))


def _domain_problems(kind: type[Layer], domains: Mapping[str, Sequence[Value]]) -> Iterator[str]:
    expected = [field.name for field in fields(kind)]
    if sorted(domains) != sorted(expected) or not all(domains.values()):
        found = ", ".join(f"{name} ({len(values)} values)" for name, values in domains.items()) or "none"
        yield f"found domains of {found}, expected values of {', '.join(expected) or 'nothing'}"
        return
    first = {name: values[0] for name, values in domains.items()}
    for name, values in domains.items():
        for value in values:
            try:
                kind(**(first | {name: value}))
            except ShapeError as error:
                yield f"{name} {value!r}: {error}"


def _assignments(domains: Mapping[str, Sequence[Value]]) -> list[dict[str, Any]]:
    """Return all combinations of values; if they are more than `MAX_LAYERS`, each value once and a random choice."""
    if prod(map(len, domains.values())) <= MAX_LAYERS:
        return [dict(zip(domains, values)) for values in product(*domains.values())]
    random = Random(0)
    chosen = [
        {other: value if other == name else random.choice(list(others)) for other, others in domains.items()}
        for name, values in domains.items()
        for value in values
    ]
    while len(chosen) < MAX_LAYERS:
        chosen.append({name: random.choice(list(values)) for name, values in domains.items()})
    return chosen


def _size_attribute_problems(layers: Sequence[Layer], shapes: Sequence[Shape]) -> Iterator[str]:
    """Check that `resize` depends on `size_attributes` alone: the clauses read no other attribute."""
    sizes = sorted({size for shape in shapes if len(shape) > 1 for size in shape[:2]})
    known: dict[tuple[object, ...], tuple[Layer, tuple[int | None, ...]]] = {}
    for layer in layers:
        key = tuple(getattr(layer, name) for name in layer.size_attributes)
        table = tuple(layer.resize(axis, size) for axis in (HEIGHT, WIDTH) for size in sizes)
        other, seen = known.setdefault(key, (layer, table))
        if seen != table:
            yield (
                f"found that {layer} resizes otherwise than {other}, expected size_attributes to name the attribute"
                " that makes the difference"
            )
            return


def _keras_problems(layers: Sequence[Layer], shapes: Sequence[Shape]) -> Iterator[str]:
    for layer in layers:
        for shape in shapes:
            with building("checking a kind of layer") as keras:
                problem = _keras_problem(keras, layer, shape)
            if problem:
                yield f"{layer} on {format_shape(shape)}: {problem}"


def _keras_problem(keras: Any, layer: Layer, shape: Shape) -> str:
    made = layer.keras_layer(keras, "layer")
    try:
        expected = layer.output_shape(shape)
    except ShapeError as error:
        is_taken = layer.takes_matrix if len(shape) > 1 else layer.takes_vector
        if not is_taken or made is None:
            return ""  # a kind may be stricter than Keras about vectors and matrices, as the model is
        found, _ = _keras_shape(keras, made, shape)
        return f"the class refuses it ({error}), Keras gives {format_shape(found)}" if found else ""
    if made is None:
        is_unchanged = (expected, layer.weights(shape)) == (shape, 0)
        return "" if is_unchanged else "the class changes the tensor, but makes no Keras layer"
    found, weights = _keras_shape(keras, made, shape)
    if found != expected:
        gives = f"gives {format_shape(found)}" if found else "refuses it"
        return f"the class gives {format_shape(expected)}, Keras {gives}"
    if weights != layer.weights(shape):
        return f"the class counts {layer.weights(shape):,} weights, Keras {weights:,}"
    if type(layer).macs is not Layer.macs and layer.macs(shape) != layer_macs(made):
        return f"the class counts {layer.macs(shape):,} MACs, its Keras layer has {layer_macs(made):,}"
    return ""


def _description_problems(layers: Sequence[Layer]) -> Iterator[str]:
    """Check that `keras_layer` makes the layers that `expected_in_keras` describes, if the class has that method."""
    from featurenet_uvl.decoding.keras.verify import described_layer

    for layer in layers:
        description = layer.expected_in_keras()
        if description is None:
            continue
        try:
            with building("checking a kind of layer") as keras:
                pair = (layer.keras_layer(keras, "layer"), described_layer(keras, description))
        except DecodeError as error:
            yield f"{layer}: expected_in_keras: {error}"
            continue
        found, expected = (
            None if made is None else (type(made).__name__, {**made.get_config(), "name": None}) for made in pair
        )
        if found != expected:
            yield f"{layer}: keras_layer makes {_shown(found, expected)}, expected_in_keras {_shown(expected, found)}"


def _shown(made: _Made, other: _Made) -> str:
    """Return the class of a Keras layer and the settings in which it differs from another one."""
    if made is None:
        return "no layer"
    settings = [f"{key}={value!r}" for key, value in made[1].items() if other is None or other[1].get(key) != value]
    return f"{made[0]}({', '.join(settings)})"


def _keras_shape(keras: Any, made: Any, shape: Shape) -> tuple[Shape, int]:
    """Return the output shape and the weights of a Keras layer; the shape is empty if Keras refuses the input."""
    try:
        output = made(keras.Input(shape))
    except ValueError:
        return (), 0
    return tuple(output.shape[1:]), made.count_params()
