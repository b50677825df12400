"""The name of a Keras model: it tells where the outputs of the cells go, so that a saved model can be read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from featurenet_uvl.ir.architecture import Cell, CellId, Destination
from featurenet_uvl.ir.cell_features import OUT, TO_BLOCK, TO_CELL

_NAME = re.compile(r"architecture((?:-(?:[0-9]{1,6}|B|O)(?:\.(?:[0-9]{1,6}|B|O))*)+)")


def name_of_cells(cells: Iterable[Cell]) -> str:
    """Return the name of the model with these cells.

    It has a `-` for each block, followed by the destinations of its cells: a relative index, or the first letter of
    `Block` or `Out`.

    >>> from featurenet_uvl.decoding.named import named_architecture
    >>> name_of_cells(named_architecture("lenet5").architecture((28, 28, 1), 10).cells)
    'architecture-0.B-0.B-0.O'
    """
    blocks: dict[int, list[str]] = {}
    for cell in cells:
        index = cell.destination.relative_index
        blocks.setdefault(cell.id.block, []).append(cell.destination.kind[0] if index is None else str(index))
    return "".join(["architecture", *("-" + ".".join(block) for block in blocks.values())])


def destinations_in(name: str) -> Mapping[CellId, Destination] | None:
    """Return the destinations that a model's name tells; None if it is not a name as `name_of_cells` makes them.

    >>> [destination.kind for destination in (destinations_in("architecture-0.O") or {}).values()]
    ['Cell', 'Out']
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kinds = {kind[0]: Destination(kind) for kind in (TO_BLOCK, OUT)}
    return {
        CellId(b, c): kinds.get(text) or Destination(TO_CELL, int(text))
        for b, block in enumerate(found[1][1:].split("-"), 1)
        for c, text in enumerate(block.split("."), 1)
    }
