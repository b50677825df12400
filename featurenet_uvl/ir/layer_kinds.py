"""The registry of layer kinds: those of this project, then those of other packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from importlib.metadata import entry_points
from types import MappingProxyType, NoneType
from typing import Any

from featurenet_uvl.errors import ToolError, UnsupportedError
from featurenet_uvl.ir.cell_features import INPUTS, Part
from featurenet_uvl.ir.layers import INPUT_LAYERS, OPERATION_LAYERS, Layer, ShapeError
from featurenet_uvl.system.plugins import foreign_code, load, package_of

INPUT_GROUP, OPERATION_GROUP = "featurenet_uvl.input_layers", "featurenet_uvl.operation_layers"
"""The entry-point groups in which other packages offer kinds; an entry has the kind's name and its class."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SHORT_NAME = re.compile(r"[a-z][a-z0-9_]*")


def kinds_of(part: Part) -> Mapping[str, type[Layer]]:
    """Return the kinds of layers that a part of a cell can hold, by name.

    Args:
        part: One of `cell_features.INPUTS` or `cell_features.OPERATIONS`.

    Raises:
        UnsupportedError: As `input_kinds`.
    """
    return input_kinds() if part in INPUTS else operation_kinds()


@cache
def input_kinds() -> Mapping[str, type[Layer]]:
    """Return the kinds of input layers, by name.

    Raises:
        UnsupportedError: A kind of another package cannot be loaded, or its class breaks a rule of `kind_problems`.

    >>> input_kinds()["Dense"](16, "relu").output_shape((28, 28, 1))
    (28, 28, 16)
    """
    return _with_offered(INPUT_LAYERS, INPUT_GROUP)


@cache
def operation_kinds() -> Mapping[str, type[Layer]]:
    """Return the kinds of operations, by name.

    Raises:
        UnsupportedError: As `input_kinds`.
    """
    return _with_offered(OPERATION_LAYERS, OPERATION_GROUP)


def _with_offered(own: Mapping[str, type[Layer]], group: str) -> Mapping[str, type[Layer]]:
    kinds = dict(own)
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        place = f"layer kind {entry.name} of {entry.value}{package_of(entry)}"
        if entry.name in kinds:
            raise UnsupportedError(f"{place}: found a second kind of this name, expected one; uninstall one package")
        kind = load(entry.load, f"{place}: cannot be loaded")
        with foreign_code(f"{place}: its declarations cannot be read"):
            problems = list(kind_problems(kind))
        if not problems and kind.name != entry.name:
            problems = [f"found the name {kind.name!r} in the class, expected {entry.name!r}"]
        if problems:
            raise UnsupportedError("\n".join(f"{place}: {problem}" for problem in problems))
        _guard(kind, place)
        kinds[entry.name] = kind
    return MappingProxyType(kinds)


def kind_problems(kind: object) -> Iterator[str]:
    """Yield the reasons why a class cannot be a kind of layer, as far as its declarations show.

    `featurenet_uvl.testing.layer_kinds.check_layer_kind` also checks its arithmetic.
    """
    if not (isinstance(kind, type) and issubclass(kind, Layer)):
        yield f"found {kind!r}, expected a subclass of featurenet_uvl.ir.layers.Layer"
        return
    if "__dataclass_fields__" not in vars(kind) or not is_dataclass(kind) or not _is_frozen(kind):
        yield "found a class without @dataclass(frozen=True), expected it"
        return
    attributes = [field.name for field in fields(kind)]
    name = getattr(kind, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        prefixes = f"{Part.INPUT1.prefix} or {Part.OPERATION1.prefix}"
        yield f"found the name {name!r}, expected the word that follows {prefixes} in the model"
    for attribute in (*kind.size_attributes, *([kind.units_attribute] if kind.units_attribute else [])):
        if attribute not in attributes:
            yield f"found no attribute {attribute!r}, expected each that size_attributes and units_attribute name"
    if kind.output_shape is not Layer.output_shape:
        yield "found an output_shape of its own, expected resize, units_attribute or flattens: clauses know only these"
    if kind.flattens and (kind.units_attribute or kind.resize is not Layer.resize):
        yield "found flattens together with units_attribute or resize, expected one of them"
    if not (kind.takes_vector or kind.takes_matrix):
        yield "found a kind that takes neither vectors nor matrices, expected one of them at least"
    makes_layer = kind.keras_layer is not Layer.keras_layer
    if makes_layer and not (isinstance(kind.short_name, str) and _SHORT_NAME.fullmatch(kind.short_name)):
        yield f"found the short_name {kind.short_name!r}, expected a word for its Keras layers' names, such as 'conv'"
    if not makes_layer and (kind.resize is not Layer.resize or kind.flattens or kind.units_attribute):
        yield "found a kind that changes shapes without keras_layer, expected that method"


def _is_frozen(kind: type) -> bool:
    parameters = getattr(kind, "__dataclass_params__", None)
    return bool(getattr(parameters, "frozen", False))


_PLACES: dict[type[Layer], str] = {}
"""By kind of another package: its name and place, for messages."""

_METHODS = ("__post_init__", "resize", "weights", "macs", "keras_layer", "expected_in_keras")
"""Methods that a kind defines itself. Any code of this project calls them."""

_ANSWERS: Mapping[str, tuple[type, ...]] = {"resize": (int, NoneType), "weights": (int,), "macs": (int,)}
"""Types of the answers with which this project computes, by method."""


def _guard(kind: type[Layer], place: str) -> None:
    """Make each method of another package's kind name the kind when it fails: the class has one owner of all calls."""
    if kind in _PLACES:
        return
    _PLACES[kind] = place
    for name in _METHODS:
        method = getattr(kind, name, None)
        if method is not None and method is not getattr(Layer, name, None):
            setattr(kind, name, _guarded_method(kind, name, method))


def _guarded_method(kind: type[Layer], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        with guarded(kind, f"its method {name} fails"):
            answer = method(*arguments, **named)
            if name in _ANSWERS and not isinstance(answer, _ANSWERS[name]):
                raise TypeError(f"found {answer!r}, expected a whole number")
            return answer

    return call


@contextmanager
def guarded(kind: type[Layer], problem: str) -> Iterator[None]:
    """Turn an unexpected error inside into one that names the kind, if another package offers it.

    Args:
        kind: The kind whose code runs inside.
        problem: The problem in words, such as `its method resize fails`.

    Raises:
        ToolError: The code raises an error that is neither a `ShapeError` nor one of this project.
    """
    place = next((_PLACES[base] for base in kind.__mro__ if base in _PLACES), None)
    if place is None:
        yield
        return
    try:
        with foreign_code(f"{place}: {problem}"):
            yield
    except ToolError as error:
        if isinstance(error.__cause__, ShapeError):
            raise error.__cause__ from None
        raise
