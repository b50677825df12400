"""From a configuration of the DNN model to the network that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.configuration import Configuration
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.flow import MAX_SOURCES, sources_of_cells
from featurenet_uvl.ir.layer_kinds import input_kinds, operation_kinds
from featurenet_uvl.ir.layers import Layer, Shape, ShapeError

CellFeatures = Mapping[str, Mapping[str, Value]]
"""The selected features inside one cell, with their attributes."""


def to_architecture(configuration: Configuration, input_shape: Shape, classes: int) -> Architecture:
    """The network of a configuration, wired as `ir.flow` says; its shapes are checked.

    Args:
        input_shape: (height, width, channels) of the images.
        classes: The number of classes.

    Raises:
        DecodeError: The configuration is no network; the cell is named. Nothing is altered to make it one.
    """
    found = _features_by_cell(configuration)
    if not found:
        raise DecodeError("found a configuration without cells, expected at least one")
    drafts = {id_: _draft(id_, features) for id_, features in found.items()}
    sources = sources_of_cells({id_: draft.destination for id_, draft in drafts.items()})
    for id_, draft in drafts.items():
        if len(sources[id_]) == MAX_SOURCES and draft.input2.name == "Zeros":
            raise DecodeError(
                f"cell {id_}: found two sources and Input2_Zeros, expected an Input2 that takes the second"
            )
    cells = tuple(
        Cell(
            id_,
            sources[id_],
            draft.input1,
            draft.operation1,
            draft.input2,
            draft.operation2,
            draft.combination,
            draft.destination,
        )
        for id_, draft in drafts.items()
    )
    architecture = Architecture(input_shape, classes, cells)
    architecture.shapes()
    return architecture


@dataclass(frozen=True, slots=True)
class _Draft:
    """A cell without its sources."""

    input1: Layer
    operation1: Layer
    input2: Layer
    operation2: Layer
    combination: str
    destination: Destination


def _features_by_cell(configuration: Configuration) -> dict[CellId, CellFeatures]:
    cells: dict[CellId, dict[str, Mapping[str, Value]]] = {}
    for instance, attributes in configuration.instances.items():
        if len(instance.indices) == 2:
            cells.setdefault(CellId(*instance.indices), {})[instance.feature] = attributes
    return {id_: cells[id_] for id_ in sorted(cells)}


def _draft(id_: CellId, features: CellFeatures) -> _Draft:
    combination = _one(id_, features, "Combination_", ("Sum", "Concat", "Product"))
    kind = _one(id_, features, "Output_", ("Cell", "Block", "Out"))
    index = features.get("Output_Cell", {}).get("relativeIndex")
    if kind == "Cell" and not isinstance(index, int):
        raise DecodeError(f"cell {id_}: found Output_Cell without a relativeIndex, expected a number")
    return _Draft(
        _layer(id_, features, "Input1_", input_kinds()),
        _layer(id_, features, "Operation1_", operation_kinds()),
        _layer(id_, features, "Input2_", input_kinds()),
        _layer(id_, features, "Operation2_", operation_kinds()),
        combination,
        Destination(kind, int(index) if kind == "Cell" and isinstance(index, int) else None),
    )


def _one(id_: CellId, features: CellFeatures, prefix: str, names: Sequence[str]) -> str:
    """The one of these names that the cell has."""
    found = [name.removeprefix(prefix) for name in features if name.startswith(prefix)]
    if len(found) != 1 or found[0] not in names:
        wish = ", ".join(prefix + name for name in names)
        raise DecodeError(
            f"cell {id_}: found {', '.join(prefix + name for name in found) or 'nothing'}, expected one of {wish}"
        )
    return found[0]


def _layer(id_: CellId, features: CellFeatures, prefix: str, kinds: Mapping[str, type[Layer]]) -> Layer:
    name = _one(id_, features, prefix, tuple(kinds))
    kind, attributes = kinds[name], features[prefix + name]
    expected = [field.name for field in fields(kind)]
    if sorted(attributes) != sorted(expected):
        raise DecodeError(
            f"cell {id_}: found {prefix}{name} with {', '.join(sorted(attributes)) or 'no attributes'},"
            f" expected {', '.join(expected) or 'none'}"
        )
    try:
        return kind(**attributes)
    except ShapeError as error:
        raise DecodeError(f"cell {id_}: {prefix}{name}: {error}") from error
