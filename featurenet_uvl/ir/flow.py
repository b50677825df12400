"""The connections between cells, as they follow from the destinations of the cells' outputs."""

from __future__ import annotations

from collections.abc import Mapping

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import CellId, Destination
from featurenet_uvl.ir.cell_features import OUT, RELATIVE_INDEX, TO_BLOCK, TO_CELL, Part

MAX_SOURCES = 2
"""Largest number of tensors that a cell can take."""


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
