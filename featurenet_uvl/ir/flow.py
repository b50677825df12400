"""Which cell takes whose output: it follows from where the outputs go."""

from __future__ import annotations

from collections.abc import Mapping

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import CellId, Destination

MAX_SOURCES = 2
"""How many tensors a cell can take."""


def sources_of_cells(destinations: Mapping[CellId, Destination]) -> Mapping[CellId, tuple[CellId, ...]]:
    """The cells whose outputs each cell takes, in their order; none stands for the network's input.

    Within a block, a cell takes the outputs of the earlier cells that aim at it by relativeIndex, else the block's
    inputs: the network's input for the first block, else the outputs of the cells of the block before that end in
    Block.

    Args:
        destinations: By cell, in order of block and number.

    Raises:
        DecodeError: An output that nobody takes, a cell with nothing to take or with too much, or no end.

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
        elif destination.kind == "Block":
            sending.setdefault(id_.block + 1, []).append(id_)
    found: dict[CellId, tuple[CellId, ...]] = {}
    for id_, sources in aiming.items():
        if not sources and id_.block > 1:
            sources = sending.get(id_.block, [])
            if not sources:
                raise DecodeError(
                    f"cell {id_}: found no cell of block {id_.block - 1} that sends to it, expected one or two"
                )
        if len(sources) > MAX_SOURCES:
            raise DecodeError(
                f"cell {id_}: found {len(sources)} sources ({', '.join(map(str, sources))}), expected at most"
                f" {MAX_SOURCES}"
            )
        found[id_] = tuple(sources)
    if not any(destination.kind == "Out" for destination in destinations.values()):
        raise DecodeError("found no Output_Out, expected one in the last block")
    return found


def _check_destination(
    id_: CellId, destination: Destination, last: int, destinations: Mapping[CellId, Destination]
) -> None:
    kind, index = destination.kind, destination.relative_index
    if index is not None and (index < 0 or CellId(id_.block, id_.cell + index + 1) not in destinations):
        raise DecodeError(f"cell {id_}: found relativeIndex {index}, but block {id_.block} has no such later cell")
    if kind == "Block" and id_.block == last:
        raise DecodeError(f"cell {id_}: found Output_Block in the last block, expected Output_Cell or Output_Out")
    if kind == "Out" and id_.block != last:
        raise DecodeError(f"cell {id_}: found Output_Out before the last block")
