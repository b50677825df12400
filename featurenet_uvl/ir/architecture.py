"""A network before Keras: blocks of cells with resolved sources, layers, shapes, weights and MACs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.cell_features import OUT, RELATIVE_INDEX, TO_BLOCK, TO_CELL, Part
from featurenet_uvl.ir.layers import Layer, Shape, ShapeError, Zeros, combined_shape
from featurenet_uvl.system.deprecated import renamed

SCHEMA = "featurenet_uvl/architecture/1"
"""Name and version of the JSON form (docs/architecture-json.md)."""

MAX_SOURCES = 2
"""Largest number of tensors that a cell can take."""


@dataclass(frozen=True, slots=True, order=True)
class CellId:
    """A cell's block and its number within the block, both from 1."""

    block: int
    cell: int

    def __str__(self) -> str:
        return f"b{self.block}_c{self.cell}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a cell's output goes.

    `kind` is one of `cell_features.DESTINATIONS`. With `Cell`, and only then, `relative_index` is the number of cells
    between this cell and the one that takes its output.
    """

    kind: str
    relative_index: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: up to two halves, each an input layer and an operation, and their combination.

    `sources` are the one or two cells whose outputs it takes; without sources it takes the network's input. A single
    source feeds both halves; of two, the first feeds `input1` and the second `input2`. A cell with one half has
    `Zeros` as `input2`.
    """

    id: CellId
    sources: tuple[CellId, ...]
    input1: Layer
    operation1: Layer
    input2: Layer
    operation2: Layer
    combination: str
    destination: Destination

    @property
    def has_second_half(self) -> bool:
        return not isinstance(self.input2, Zeros)

    @property
    def ends_network(self) -> bool:
        """Whether the cell's output is an output of the network."""
        return self.destination.kind == OUT


@dataclass(frozen=True, slots=True)
class CellShapes:
    """The tensor shapes within one cell: of each source, after each layer, and of the output.

    The three shapes of the second half are None if the cell has none.
    """

    source1: Shape
    input1: Shape
    operation1: Shape
    source2: Shape | None
    input2: Shape | None
    operation2: Shape | None
    output: Shape


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network for images of `input_shape` (height, width, channels) and `classes` classes.

    Cells are ordered by block and number, so that every source precedes the cells that take it. The network flattens
    the output of each cell that ends it, and classifies it by a softmax layer.
    """

    input_shape: Shape
    classes: int
    cells: tuple[Cell, ...]

    def shapes(self) -> Mapping[CellId, CellShapes]:
        """Return the tensor shapes within every cell.

        Raises:
            DecodeError: A layer or combination cannot take its input shapes. The message names the cell.
        """
        result: dict[CellId, CellShapes] = {}
        for cell in self.cells:
            try:
                result[cell.id] = self._cell_shapes(cell, result)
            except ShapeError as error:
                raise DecodeError(f"cell {cell.id}: {error}") from error
        return result

    def _cell_shapes(self, cell: Cell, known: Mapping[CellId, CellShapes]) -> CellShapes:
        sources = [known[source].output for source in cell.sources] or [self.input_shape]
        input1 = cell.input1.output_shape(sources[0])
        operation1 = cell.operation1.output_shape(input1)
        if not cell.has_second_half:
            return CellShapes(sources[0], input1, operation1, None, None, None, operation1)
        input2 = cell.input2.output_shape(sources[-1])
        operation2 = cell.operation2.output_shape(input2)
        output = combined_shape(cell.combination, operation1, operation2)
        return CellShapes(sources[0], input1, operation1, sources[-1], input2, operation2, output)

    @property
    def outputs(self) -> tuple[Cell, ...]:
        """The cells whose outputs are outputs of the network."""
        return tuple(cell for cell in self.cells if cell.ends_network)

    def weights(self) -> int:
        """Return the number of weights of the whole network, as Keras counts them (`Model.count_params`)."""
        shapes = self.shapes()
        ends = sum(prod(shapes[cell.id].output) + 1 for cell in self.outputs)
        return sum(layer.weights(before) for layer, before in self._layers(shapes)) + ends * self.classes

    def macs(self) -> int:
        """Return the multiply-accumulates of the whole network for one image, as `Layer.macs` counts them."""
        shapes = self.shapes()
        ends = sum(prod(shapes[cell.id].output) for cell in self.outputs)
        return sum(layer.macs(before) for layer, before in self._layers(shapes)) + ends * self.classes

    def _layers(self, shapes: Mapping[CellId, CellShapes]) -> Iterator[tuple[Layer, Shape]]:
        """Yield each layer of the cells, without the network's ends, with the shape of its input."""
        for cell in self.cells:
            at = shapes[cell.id]
            yield from ((cell.input1, at.source1), (cell.operation1, at.input1))
            if at.source2 is not None and at.input2 is not None:
                yield from ((cell.input2, at.source2), (cell.operation2, at.input2))

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object of schema `SCHEMA`; `architecture_json.parse_architecture` reads it back."""
        return {
            "schema": SCHEMA,
            "input_shape": list(self.input_shape),
            "classes": self.classes,
            "cells": [
                {
                    "block": cell.id.block,
                    "cell": cell.id.cell,
                    "sources": [[source.block, source.cell] for source in cell.sources],
                    **{half: _layer_json(getattr(cell, half)) for half in _HALVES},
                    "combination": cell.combination,
                    "destination": {"kind": cell.destination.kind, "relative_index": cell.destination.relative_index},
                }
                for cell in self.cells
            ],
        }

    def hash(self) -> str:
        """Return a key that equal architectures share in every process: 16 hex digits of their JSON's SHA-256."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    from_json = staticmethod(
        renamed(f"{__name__}.Architecture.from_json", "featurenet_uvl.ir.architecture_json", "parse_architecture")
    )


_HALVES = ("input1", "operation1", "input2", "operation2")


def _layer_json(layer: Layer) -> dict[str, Any]:
    return {"kind": layer.name, **asdict(layer)}


def sources_of_cells(destinations: Mapping[CellId, Destination]) -> Mapping[CellId, tuple[CellId, ...]]:
    """Return for each cell the cells whose outputs it takes, in their order; none means the network's input.

    A cell takes the outputs of those earlier cells of its block whose relative index points at it. If none does, it
    takes the block's inputs: for the first block the network's input, for any other the outputs that the previous block
    sends on.

    Args:
        destinations: The destination of each cell's output, in order of block and number.

    Raises:
        DecodeError: An output reaches no cell, a cell gets no tensor or more than two, or the network has no end.

    Source: Ghamizi et al. 2019, section 4.2 (pending outputs).

    >>> cells = {CellId(1, 1): Destination("Cell", 0), CellId(1, 2): Destination("Out")}
    >>> {str(cell): list(map(str, sources)) for cell, sources in sources_of_cells(cells).items()}
    {'b1_c1': [], 'b1_c2': ['b1_c1']}
    """
    aiming: dict[CellId, list[CellId]] = {id_: [] for id_ in destinations}
    sending: dict[int, list[CellId]] = {}
    last = max((id_.block for id_ in destinations), default=0)
    for id_, destination in destinations.items():
        _check_destination(id_, destination, last, destinations)
        if destination.relative_index is not None:
            aiming[CellId(id_.block, id_.cell + destination.relative_index + 1)].append(id_)
        elif destination.kind == TO_BLOCK:
            sending.setdefault(id_.block + 1, []).append(id_)
    found: dict[CellId, tuple[CellId, ...]] = {}
    for id_, sources in aiming.items():
        if not sources and id_.block > 1:
            sources = sending.get(id_.block, [])
            if not sources:
                raise DecodeError(
                    f"cell {id_}: found no cell of block {id_.block - 1} that sends on its output, expected one or two"
                )
        if len(sources) > MAX_SOURCES:
            raise DecodeError(
                f"cell {id_}: found {len(sources)} sources ({', '.join(map(str, sources))}), expected at most"
                f" {MAX_SOURCES}"
            )
        found[id_] = tuple(sources)
    if not any(destination.kind == OUT for destination in destinations.values()):
        raise DecodeError(f"found no {_feature(OUT)}, expected one in the last block")
    return found


def _check_destination(
    id_: CellId, destination: Destination, last: int, destinations: Mapping[CellId, Destination]
) -> None:
    kind, index = destination.kind, destination.relative_index
    if index is not None and (index < 0 or CellId(id_.block, id_.cell + index + 1) not in destinations):
        raise DecodeError(
            f"cell {id_}: found {RELATIVE_INDEX} {index}, expected one that points at a later cell of block {id_.block}"
        )
    if kind == TO_BLOCK and id_.block == last:
        raise DecodeError(
            f"cell {id_}: found {_feature(TO_BLOCK)} in the last block, expected {_feature(TO_CELL)} or {_feature(OUT)}"
        )
    if kind == OUT and id_.block != last:
        raise DecodeError(f"cell {id_}: found {_feature(OUT)} in block {id_.block}, expected it in the last block only")


def _feature(destination: str) -> str:
    return Part.OUTPUT.feature(destination)
