"""The cells of a network, before it is said in which block each is and where its output goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from featurenet_uvl.decoding.placement.graph import Graph, Node
from featurenet_uvl.ir.architecture import Cell, CellId, Destination
from featurenet_uvl.ir.layer_kinds import input_kinds
from featurenet_uvl.ir.layers import Identity, Layer, Void, Zeros

_IDENTITY, _VOID = Identity(), Void()


@dataclass(frozen=True, slots=True)
class Half:
    """An input layer and an operation, of what `source` gives: the name of a cell, or IMAGE."""

    source: str
    input: Layer = _IDENTITY
    operation: Layer = _VOID


@dataclass(frozen=True, slots=True)
class LooseCell:
    """A cell that is nowhere yet. `name` is that of the last layer in it, and so of what it gives."""

    name: str
    first: Half
    second: Half | None = None
    combination: str = "Sum"

    @property
    def sources(self) -> tuple[str, ...]:
        """What the cell takes, each once."""
        if self.second is None or self.second.source == self.first.source:
            return (self.first.source,)
        return (self.first.source, self.second.source)

    def placed(self, id_: CellId, destination: Destination) -> Cell:
        """The cell in its place; its sources follow from the destinations of all cells."""
        second = self.second or Half("", Zeros(), _VOID)
        first = self.first
        return Cell(
            id_, (), first.input, first.operation, second.input, second.operation, self.combination, destination
        )


def loose_cells(graph: Graph) -> tuple[LooseCell, ...]:
    """The cells that make a graph, sources first: as few as there can be.

    A layer that is an input layer begins a cell; an operation joins the input layer before it. A combination takes the
    last such pair of either branch into its own cell. None of this where the tensor between is used elsewhere, too.
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
    """The half that a layer with one input ends."""
    (name,) = node.inputs
    if type(layer) in input_kinds().values():
        return Half(name, layer)
    before = halves.get(name)
    if before is not None and before.operation == _VOID and uses[name] == 1:
        return replace(before, operation=layer)
    return Half(name, _IDENTITY, layer)


def _absorbed(name: str, halves: Mapping[str, Half], uses: Counter[str]) -> Half:
    """What a combination takes: a half that only it uses, or a tensor as it is."""
    return halves[name] if name in halves and uses[name] == 1 else Half(name)


def _forget_absorbed(name: str, node: Node, halves: dict[str, Half], uses: Counter[str]) -> None:
    """A half that has become part of a larger one is no cell of its own."""
    if name not in halves or uses[name] != 1:
        return
    if isinstance(node.layer, str) or halves[node.name].source != name:
        del halves[name]


def with_own_cell(cell: LooseCell, source: str, relay: str) -> tuple[LooseCell, LooseCell]:
    """A cell named `relay` for the one half that takes `source`, and the cell that now takes that cell's output."""
    if cell.second is not None and cell.second.source == source:
        return LooseCell(relay, cell.second), replace(cell, second=Half(relay))
    return LooseCell(relay, cell.first), replace(cell, first=Half(relay))


def with_relay(cell: LooseCell, source: str, relay: str) -> tuple[LooseCell, LooseCell]:
    """A cell named `relay` that passes `source` on as it is, and the cell that now takes that cell's output."""

    def moved(half: Half) -> Half:
        return replace(half, source=relay) if half.source == source else half

    second = None if cell.second is None else moved(cell.second)
    return LooseCell(relay, Half(source)), replace(cell, first=moved(cell.first), second=second)
