"""The name of a Keras model says where the outputs of its cells go, so that the model can be read back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from featurenet_uvl.ir.architecture import Cell, CellId, Destination

_NAME = re.compile(r"architecture((?:-(?:[0-9]{1,6}|B|O)(?:\.(?:[0-9]{1,6}|B|O))*)+)")


def wiring_name(cells: Iterable[Cell]) -> str:
    """The name: for each block a `-`, then for each cell its relative index, `B` for Block or `O` for Out.

    >>> from featurenet_uvl.decoding.named import named_architecture
    >>> wiring_name(named_architecture("lenet5").architecture((28, 28, 1), 10).cells)
    'architecture-0.B-0.B-0.O'
    """
    blocks: dict[int, list[str]] = {}
    for cell in cells:
        index = cell.destination.relative_index
        blocks.setdefault(cell.id.block, []).append(cell.destination.kind[0] if index is None else str(index))
    return "".join(["architecture", *("-" + ".".join(block) for block in blocks.values())])


def parse_wiring(name: str) -> Mapping[CellId, Destination] | None:
    """The destinations that a name says, None where it is another name.

    >>> [destination.kind for destination in (parse_wiring("architecture-0.O") or {}).values()]
    ['Cell', 'Out']
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kinds = {"B": Destination("Block"), "O": Destination("Out")}
    return {
        CellId(b, c): kinds.get(text) or Destination("Cell", int(text))
        for b, block in enumerate(found[1][1:].split("-"), 1)
        for c, text in enumerate(block.split("."), 1)
    }
