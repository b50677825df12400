"""From a configuration of the DNN model to the network that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import MAX_SOURCES, Architecture, Cell, CellId, Destination, sources_of_cells
from featurenet_uvl.ir.cell_features import COMBINATIONS, DESTINATIONS, RELATIVE_INDEX, TO_CELL, CellFeatures, Part
from featurenet_uvl.ir.configuration import Configuration
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.layer_kinds import kinds_of
from featurenet_uvl.ir.layers import Layer, Shape, ShapeError, Zeros


def to_architecture(configuration: Configuration, input_shape: Shape, classes: int) -> Architecture:
    """Return the network of a configuration, with cells connected as `sources_of_cells` says and shapes checked.

    Args:
        configuration: A configuration of the DNN model.
        input_shape: (height, width, channels) of the images.
        classes: The number of classes.

    Raises:
        DecodeError: The configuration is not a network; the message names the cell. Nothing is altered to make it one.
    """
    found = _features_by_cell(configuration)
    if not found:
        raise DecodeError("found a configuration without cells, expected at least one")
    drafts = {id_: _draft(id_, features) for id_, features in found.items()}
    sources = sources_of_cells({id_: draft.destination for id_, draft in drafts.items()})
    for id_, draft in drafts.items():
        if len(sources[id_]) == MAX_SOURCES and isinstance(draft.input2, Zeros):
            raise DecodeError(
                f"cell {id_}: found two sources and {Part.INPUT2.feature(Zeros.name)}, expected an"
                f" {Part.INPUT2.value} that takes the second"
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
    """A cell whose sources are not known yet."""

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
    combination = _option(id_, features, Part.COMBINATION, COMBINATIONS)
    kind = _option(id_, features, Part.OUTPUT, DESTINATIONS)
    to_cell = Part.OUTPUT.feature(TO_CELL)
    index = features.get(to_cell, {}).get(RELATIVE_INDEX)
    if kind == TO_CELL and not isinstance(index, int):
        raise DecodeError(f"cell {id_}: found {to_cell} without a {RELATIVE_INDEX}, expected a number")
    return _Draft(
        _layer(id_, features, Part.INPUT1),
        _layer(id_, features, Part.OPERATION1),
        _layer(id_, features, Part.INPUT2),
        _layer(id_, features, Part.OPERATION2),
        combination,
        Destination(kind, int(index) if kind == TO_CELL and isinstance(index, int) else None),
    )


def _option(id_: CellId, features: CellFeatures, part: Part, options: Sequence[str]) -> str:
    """Return the one option that the cell selects for a part."""
    found = part.options_in(features)
    if len(found) != 1 or found[0] not in options:
        raise DecodeError(
            f"cell {id_}: found {', '.join(map(part.feature, found)) or 'nothing'},"
            f" expected one of {', '.join(map(part.feature, options))}"
        )
    return found[0]


def _layer(id_: CellId, features: CellFeatures, part: Part) -> Layer:
    kinds = kinds_of(part)
    name = _option(id_, features, part, tuple(kinds))
    kind, attributes = kinds[name], features[part.feature(name)]
    expected = [field.name for field in fields(kind)]
    if sorted(attributes) != sorted(expected):
        raise DecodeError(
            f"cell {id_}: found {part.feature(name)} with {', '.join(sorted(attributes)) or 'no attributes'},"
            f" expected {', '.join(expected) or 'none'}"
        )
    try:
        return kind(**attributes)
    except ShapeError as error:
        raise DecodeError(f"cell {id_}: {part.feature(name)}: {error}") from error
