"""Is a kind of layer right? Its arithmetic is compared with the Keras layer that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from math import prod
from random import Random
from typing import Any

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layer_kinds import kind_problems
from featurenet_uvl.ir.layers import HEIGHT, WIDTH, Layer, Shape, ShapeError, format_shape

SHAPES: tuple[Shape, ...] = ((28, 28, 1), (8, 8, 16), (7, 3, 5), (1, 2, 4), (1, 1, 12), (9,), (120,))
"""Matrices and vectors that each layer is tried on: large and small, square and not."""

MAX_LAYERS = 100
"""How many layers of a kind are made at most; of more, every value and a fixed random choice are tried."""

MAX_PROBLEMS = 10


def check_layer_kind(
    kind: type[Layer], domains: Mapping[str, Sequence[Value]], shapes: Sequence[Shape] = SHAPES
) -> None:
    """That a kind's class says of its shapes and weights what Keras does.

    Args:
        kind: The class.
        domains: Values of each attribute, as the model has them.
        shapes: What the layers are tried on.

    Raises:
        UnsupportedError: They differ, or the class cannot be a kind; each problem is a line.

    Example:
        check_layer_kind(SeparableConvolution, {"kernel": ["3x3"], "filters": [16, 64], "stride": [1, 2]})
    """
    name = getattr(kind, "__name__", repr(kind))
    problems = list(kind_problems(kind)) or list(_domain_problems(kind, domains))
    if not problems:
        layers = [kind(**values) for values in _assignments(domains)]
        problems = [*_size_attribute_problems(layers, shapes), *_keras_problems(layers, shapes)]
    if len(problems) > MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], f"and {len(problems) - MAX_PROBLEMS} more problems"]
    if problems:
        raise UnsupportedError("\n".join(f"layer kind {name}: {problem}" for problem in problems))


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
    """All combinations of values, or each value once and a random choice."""
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
    """`resize` depends on nothing but `size_attributes`: the clauses look at no other attribute."""
    sizes = sorted({size for shape in shapes if len(shape) > 1 for size in shape[:2]})
    known: dict[tuple[object, ...], tuple[Layer, tuple[int | None, ...]]] = {}
    for layer in layers:
        key = tuple(getattr(layer, name) for name in layer.size_attributes)
        table = tuple(layer.resize(axis, size) for axis in (HEIGHT, WIDTH) for size in sizes)
        other, seen = known.setdefault(key, (layer, table))
        if seen != table:
            yield (
                f"found that {layer} resizes otherwise than {other}, expected the attribute that makes it in"
                " size_attributes"
            )
            return


def _keras_problems(layers: Sequence[Layer], shapes: Sequence[Shape]) -> Iterator[str]:
    import keras

    for layer in layers:
        for shape in shapes:
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
            return ""  # a kind may be stricter than Keras about vectors and matrices, and the model is, too
        found, _ = _keras_shape(keras, made, shape)
        return f"the class refuses it ({error}), Keras gives {format_shape(found)}" if found else ""
    if made is None:
        return "" if (expected, layer.weights(shape)) == (shape, 0) else "changes the tensor without a Keras layer"
    found, weights = _keras_shape(keras, made, shape)
    if found != expected:
        gives = f"gives {format_shape(found)}" if found else "refuses it"
        return f"the class gives {format_shape(expected)}, Keras {gives}"
    if weights != layer.weights(shape):
        return f"the class counts {layer.weights(shape):,} weights, Keras {weights:,}"
    return ""


def _keras_shape(keras: Any, made: Any, shape: Shape) -> tuple[Shape, int]:
    """What Keras makes of the shape, empty where it refuses; and the weights."""
    try:
        output = made(keras.Input(shape))
    except ValueError:
        return (), 0
    return tuple(output.shape[1:]), made.count_params()
