"""The cells of a network before they have a block, a number and a destination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from featurenet_uvl.decoding.graph import Graph, Node
from featurenet_uvl.ir.architecture import Cell, CellId, Destination
from featurenet_uvl.ir.cell_features import SUM
from featurenet_uvl.ir.layer_kinds import input_kinds
from featurenet_uvl.ir.layers import Identity, Layer, Void, Zeros

_IDENTITY, _VOID = Identity(), Void()


@dataclass(frozen=True, slots=True)
class Half:
    """An input layer and an operation. `source` is the name of the cell whose output they take, or IMAGE."""

    source: str
    input: Layer = _IDENTITY
    operation: Layer = _VOID


@dataclass(frozen=True, slots=True)
class LooseCell:
    """A cell without a place. `name` is the name of its last layer, and so of its output."""

    name: str
    first: Half
    second: Half | None = None
    combination: str = SUM

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the one or two tensors that the cell takes."""
        if self.second is None or self.second.source == self.first.source:
            return (self.first.source,)
        return (self.first.source, self.second.source)

    def placed(self, id_: CellId, destination: Destination) -> Cell:
        """Return the cell in its place, still without sources: they follow from the destinations of all cells."""
        second = self.second or Half("", Zeros(), _VOID)
        first = self.first
        return Cell(
            id_, (), first.input, first.operation, second.input, second.operation, self.combination, destination
        )


def loose_cells(graph: Graph) -> tuple[LooseCell, ...]:
    """Return the cells that make up a graph, as few as possible, sources first.

    An input layer begins a half; an operation joins the half before it. A combination takes the last half of each of
    its two branches into its own cell. Both happen only if nothing else takes the tensor in between.
    """
    uses = Counter(name for node in graph.nodes for name in node.inputs)
    uses.update(graph.outputs)
    halves: dict[str, Half] = {}
    cells: dict[str, LooseCell] = {}
    for node in graph.nodes:
        if isinstance(node.layer, str):
            first, second = (_absorbed(name, halves, uses) for name in node.inputs)
            cells[node.name] = LooseCell(node.name, first, second, node.layer)
        else:
            half = _joined(node, node.layer, halves, uses)
            halves[node.name] = half
        for name in node.inputs:
            _forget_absorbed(name, node, halves, uses)
    order = {node.name: position for position, node in enumerate(graph.nodes)}
    cells |= {name: LooseCell(name, half) for name, half in halves.items()}
    return tuple(cells[name] for name in sorted(cells, key=order.__getitem__))


def _joined(node: Node, layer: Layer, halves: Mapping[str, Half], uses: Counter[str]) -> Half:
    """Return the half that ends in a layer with one input."""
    (name,) = node.inputs
    if type(layer) in input_kinds().values():
        return Half(name, layer)
    before = halves.get(name)
    if before is not None and before.operation == _VOID and uses[name] == 1:
        return replace(before, operation=layer)
    return Half(name, _IDENTITY, layer)


def _absorbed(name: str, halves: Mapping[str, Half], uses: Counter[str]) -> Half:
    """Return the half that a combination takes in: one that nothing else uses, or an empty half on the tensor."""
    return halves[name] if name in halves and uses[name] == 1 else Half(name)


def _forget_absorbed(name: str, node: Node, halves: dict[str, Half], uses: Counter[str]) -> None:
    """Delete a half that has become part of a larger one: it makes no cell."""
    if name not in halves or uses[name] != 1:
        return
    if isinstance(node.layer, str) or halves[node.name].source != name:
        del halves[name]


def with_own_cell(cell: LooseCell, source: str, relay: str) -> tuple[LooseCell, LooseCell]:
    """Move the half that takes `source` into a new cell.

    Returns:
        The new cell, named `relay`, and the old cell, which now takes the new one's output.
    """
    if cell.second is not None and cell.second.source == source:
        return LooseCell(relay, cell.second), replace(cell, second=Half(relay))
    return LooseCell(relay, cell.first), replace(cell, first=Half(relay))


def with_relay(cell: LooseCell, source: str, relay: str) -> tuple[LooseCell, LooseCell]:
    """Put a new cell, which passes its input on unchanged, between `source` and a cell.

    Returns:
        The new cell, named `relay`, and the old cell, which now takes the new one's output.
    """

    def through_relay(half: Half) -> Half:
        return replace(half, source=relay) if half.source == source else half

    second = None if cell.second is None else through_relay(cell.second)
    return LooseCell(relay, Half(source)), replace(cell, first=through_relay(cell.first), second=second)
