"""A network as Keras has it: layers with their inputs, without cells and blocks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.layers import Flatten, Layer, Shape, ShapeError, combined_shape

IMAGE = "image"
"""The name of what is not a layer: the network's input."""


@dataclass(frozen=True, slots=True)
class Node:
    """One layer with one input, or a combination (`Sum`, `Product`, `Concat`) with two."""

    name: str
    layer: Layer | str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes with sources first. Each of `outputs` goes to a softmax layer of its own and is a vector.

    Invariants: names are unique, and none is IMAGE; inputs come before.
    """

    input_shape: Shape
    classes: int
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def shapes(self) -> Mapping[str, Shape]:
        """The shape of every node's output.

        Raises:
            DecodeError: A layer that cannot take what it gets.
        """
        shapes: dict[str, Shape] = {IMAGE: self.input_shape}
        for node in self.nodes:
            inputs = [shapes[name] for name in node.inputs]
            try:
                if isinstance(node.layer, str):
                    shapes[node.name] = combined_shape(node.layer, inputs[0], inputs[1])
                else:
                    shapes[node.name] = node.layer.output_shape(inputs[0])
            except ShapeError as error:
                raise DecodeError(f"layer {node.name!r}: {error}") from error
        return shapes

    def is_equal(self, other: Graph) -> bool:
        """Whether both have the same nodes, by name, in whatever order, and the same outputs."""
        return (
            (self.input_shape, self.classes, self.outputs) == (other.input_shape, other.classes, other.outputs)
            and len(self.nodes) == len(other.nodes)
            and set(self.nodes) == set(other.nodes)
        )

    def signature(self) -> tuple[tuple[str, ...], frozenset[tuple[str, int]]]:
        """Equal for networks that are equal but for their names: what computes each output, and every layer."""
        keys: dict[str, str] = {IMAGE: f"{self.input_shape} {self.classes}"}
        for node in self.nodes:
            text = repr((node.layer, [keys[name] for name in node.inputs]))
            keys[node.name] = hashlib.sha256(text.encode()).hexdigest()
        counts = Counter(keys[node.name] for node in self.nodes)
        return tuple(keys[name] for name in self.outputs), frozenset(counts.items())

    def in_order_of_use(self) -> Graph:
        """The same nodes in an order that follows from the connections alone: each right before what first needs it.

        Raises:
            DecodeError: A node that no output needs.
        """
        by_name = {node.name: node for node in self.nodes}
        order: dict[str, Node] = {}
        stack = list(reversed(self.outputs))
        while stack:
            name = stack[-1]
            inputs = by_name[name].inputs if name != IMAGE else ()
            missing = [other for other in inputs if other not in order and other != IMAGE]
            if missing:
                stack.append(missing[0])
            else:
                stack.pop()
                if name != IMAGE:
                    order[name] = by_name[name]
        for name in by_name:
            if name not in order:
                raise DecodeError(f"layer {name!r}: found no output that needs it, expected one")
        return replace(self, nodes=tuple(order.values()))

    def without_final_flatten(self) -> Graph:
        """The same network, in which what is flattened for one output only is an output as it is.

        In the model, each output is flattened if it is a matrix; so this says the same with fewer layers.
        """
        uses = Counter(name for node in self.nodes for name in node.inputs)
        final = {
            node.name: node.inputs[0]
            for node in self.nodes
            if isinstance(node.layer, Flatten) and node.name in self.outputs and not uses[node.name]
        }
        nodes = tuple(node for node in self.nodes if node.name not in final)
        return replace(self, nodes=nodes, outputs=tuple(final.get(name, name) for name in self.outputs))


def graph_of(architecture: Architecture) -> Graph:
    """The layers that an architecture has in Keras, by the names that they have there."""
    ends: dict[CellId, str] = {}
    nodes: list[Node] = []
    outputs: list[str] = []
    shapes = architecture.shapes()
    for cell in architecture.cells:
        found = list(_cell_nodes(cell, [ends[source] for source in cell.sources] or [IMAGE]))
        nodes += found
        end = found[-1].name if found else ends[cell.sources[0]] if cell.sources else IMAGE
        ends[cell.id] = end
        if cell.destination.kind == "Out":
            if len(shapes[cell.id].output) > 1:
                nodes.append(Node(f"{cell.id}_out_flatten", Flatten(), (end,)))
                end = nodes[-1].name
            outputs.append(end)
    return Graph(architecture.input_shape, architecture.classes, tuple(nodes), tuple(outputs))


def _cell_nodes(cell: Cell, sources: Sequence[str]) -> Iterator[Node]:
    halves = [(sources[0], (("in1", cell.input1), ("op1", cell.operation1)))]
    if cell.has_second_half:
        halves.append((sources[-1], (("in2", cell.input2), ("op2", cell.operation2))))
    ends = []
    for end, layers in halves:
        last = end
        for place, layer in layers:
            if layer.short_name:
                name = f"{cell.id}_{place}_{layer.short_name}"
                yield Node(name, layer, (last,))
                last = name
        ends.append(last)
    if cell.has_second_half:
        yield Node(f"{cell.id}_{cell.combination.lower()}", cell.combination, tuple(ends))
