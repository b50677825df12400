"""A network as Keras sees it: layers with their inputs, without cells and blocks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from featurenet_uvl.decoding.layer_names import IMAGE, end_flatten_name, layer_name, merge_name
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId
from featurenet_uvl.ir.layers import Flatten, Layer, Shape, ShapeError, combined_shape


@dataclass(frozen=True, slots=True)
class Node:
    """One layer with one input, or one of `cell_features.COMBINATIONS` with two."""

    name: str
    layer: Layer | str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A network for images of `input_shape`. Each of `outputs` feeds one softmax layer of `classes` classes.

    Invariants: names are unique and differ from IMAGE; the inputs of a node precede it.
    """

    input_shape: Shape
    classes: int
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def shapes(self) -> Mapping[str, Shape]:
        """Return the shape of every node's output, by the node's name.

        Raises:
            DecodeError: A layer cannot take the shape of its input.
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
        """Whether both graphs have the same nodes, in any order, and the same outputs."""
        return (
            (self.input_shape, self.classes, self.outputs) == (other.input_shape, other.classes, other.outputs)
            and len(self.nodes) == len(other.nodes)
            and set(self.nodes) == set(other.nodes)
        )

    def signature(self) -> tuple[tuple[str, ...], frozenset[tuple[str, int]]]:
        """Return a value that two networks share if they differ in names alone, and hardly ever else.

        It has a hash of the computation of each output, and the multiset of the hashes of all nodes. `network_key.py`
        has a key without exceptions.
        """
        keys: dict[str, str] = {IMAGE: f"{self.input_shape} {self.classes}"}
        for node in self.nodes:
            text = repr((node.layer, [keys[name] for name in node.inputs]))
            keys[node.name] = hashlib.sha256(text.encode()).hexdigest()
        counts = Counter(keys[node.name] for node in self.nodes)
        return tuple(keys[name] for name in self.outputs), frozenset(counts.items())

    def in_order_of_use(self) -> Graph:
        """Return the graph with its nodes in an order that depends on the connections alone.

        Each node stands before the first node that needs it, as a depth-first walk from the outputs finds them.

        Raises:
            DecodeError: No output needs one of the nodes.
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
        """Return the network without the Flatten layers that feed nothing but an output.

        It computes the same, because a network of the model flattens every output that is a matrix.
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
    """Return the layers of an architecture under the names that they have in Keras."""
    ends: dict[CellId, str] = {}
    nodes: list[Node] = []
    outputs: list[str] = []
    shapes = architecture.shapes()
    for cell in architecture.cells:
        found = list(_cell_nodes(cell, [ends[source] for source in cell.sources] or [IMAGE]))
        nodes += found
        end = found[-1].name if found else ends[cell.sources[0]] if cell.sources else IMAGE
        ends[cell.id] = end
        if cell.ends_network:
            if len(shapes[cell.id].output) > 1:
                nodes.append(Node(end_flatten_name(cell.id), Flatten(), (end,)))
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
                name = layer_name(cell.id, place, layer)
                yield Node(name, layer, (last,))
                last = name
        ends.append(last)
    if cell.has_second_half:
        yield Node(merge_name(cell.id, cell.combination), cell.combination, tuple(ends))
