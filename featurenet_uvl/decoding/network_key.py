"""The key of a network: configurations that are the same network share it, all others differ.

Two configurations are the same network if Keras builds the same graph from them, up to

- the names of layers, and so the order and the numbers of blocks and cells;
- the order of the two inputs of a Sum or a Product (that of a Concat matters: it places the channels);
- the order of the outputs, whose losses are added and whose probabilities are averaged.

Identity, Void and Zeros make no layer, so they are not in the graph. Neither does it matter whether the network
flattens its end or a Flatten of the configuration does. Layers count as they are: an activation `linear` is a layer,
and two layers with equal settings are two layers, each with weights of its own.

The same network with the same weights computes the same; `Architecture.hash` is the key of the configuration instead.

Source: the search over ordered partitions follows McKay and Piperno, "Practical graph isomorphism, II", 2014, sections
2 and 3, with the simplest choices: refinement by the neighbours' colours, the first smallest class, and no branch that
an automorphism maps to one that was searched before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from featurenet_uvl.decoding.graph import Graph, graph_of
from featurenet_uvl.decoding.layer_names import IMAGE
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cell_features import PRODUCT, SUM

COMMUTATIVE = (SUM, PRODUCT)
"""Combinations whose two inputs can be exchanged."""

Certificate: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""A numbered graph: for each node in order its label and the numbers of its inputs."""

_OUTPUT = "output"


def network_key(architecture: Architecture) -> str:
    """Return the key that all configurations of this network share, in every process: 16 hex digits.

    Networks for other images or with another number of classes have other keys. Takes about a millisecond.

    Raises:
        DecodeError: The shapes of the architecture do not fit.

    >>> from featurenet_uvl.decoding.named import named_architecture
    >>> key = network_key(named_architecture("lenet5").architecture((28, 28, 1), 10))
    >>> key == network_key(named_architecture("lenet5").architecture((32, 32, 3), 10))
    False
    """
    graph = graph_of(architecture)
    text = json.dumps([graph.input_shape, graph.classes, certificate(graph)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def count_networks(architectures: Iterable[Architecture]) -> int:
    """Return the number of different networks among architectures."""
    return len({network_key(architecture) for architecture in architectures})


def certificate(graph: Graph) -> Certificate:
    """Return a numbering of the graph that does not depend on names and on orders without meaning.

    Two graphs have the same certificate if and only if one is the other, renamed.
    """
    net = _Net.of(graph)
    return _least(net, _refined(net, _ranks([(label,) for label in net.labels])))


@dataclass(frozen=True, slots=True)
class _Net:
    """A graph by numbers: the label and the inputs of each node, and its uses as (node, position)."""

    labels: tuple[str, ...]
    inputs: tuple[tuple[int, ...], ...]
    uses: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, graph: Graph) -> _Net:
        """Return the nodes on which an output depends, with one more node per output."""
        needed = _needed(graph)
        nodes = [node for node in graph.nodes if node.name in needed]
        number = {name: place for place, name in enumerate((IMAGE, *(node.name for node in nodes)))}
        labels = [IMAGE, *(node.layer if isinstance(node.layer, str) else repr(node.layer) for node in nodes)]
        inputs: list[tuple[int, ...]] = [(), *(tuple(number[name] for name in node.inputs) for node in nodes)]
        for name in graph.outputs:
            labels.append(_OUTPUT)
            inputs.append((number[name],))
        uses: list[list[tuple[int, int]]] = [[] for _ in labels]
        for node, sources in enumerate(inputs):
            for position, source in enumerate(sources):
                uses[source].append((node, 0 if labels[node] in COMMUTATIVE else position))
        return cls(tuple(labels), tuple(inputs), tuple(map(tuple, uses)))

    def inputs_by(self, numbers: Sequence[int], node: int) -> tuple[int, ...]:
        """Return the numbers of a node's inputs, sorted if their order has no meaning."""
        found = [numbers[source] for source in self.inputs[node]]
        return tuple(sorted(found) if self.labels[node] in COMMUTATIVE else found)


def _needed(graph: Graph) -> set[str]:
    inputs: Mapping[str, tuple[str, ...]] = {node.name: node.inputs for node in graph.nodes}
    found: set[str] = set()
    waiting = list(graph.outputs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += inputs.get(name, ())
    return found


def _ranks(colours: Sequence[tuple[object, ...]]) -> list[int]:
    """Return the place of each colour among the different ones, in order."""
    order = {colour: rank for rank, colour in enumerate(sorted(set(colours)))}
    return [order[colour] for colour in colours]


def _refined(net: _Net, ranks: list[int]) -> list[int]:
    """Tell nodes apart by the colours of their inputs and uses, until no more differ."""
    classes = len(set(ranks))
    while True:
        ranks = _ranks(
            [
                (
                    rank,
                    net.inputs_by(ranks, node),
                    tuple(sorted((ranks[user], position) for user, position in net.uses[node])),
                )
                for node, rank in enumerate(ranks)
            ]
        )
        if len(set(ranks)) == classes:
            return ranks
        classes = len(set(ranks))


def _least(net: _Net, ranks: list[int]) -> Certificate:
    """Return the least certificate of all numberings that respect the colours."""
    alike = _first_alike(ranks)
    if not alike:
        return _certificate(net, ranks)
    best: Certificate | None = None
    seen: set[Certificate] = set()
    for node in alike:
        branch = _refined(net, _before_its_class(ranks, node))
        leaf = _some(net, branch)
        if leaf in seen:  # an automorphism maps this node to one before
            continue
        seen.add(leaf)
        found = _least(net, branch)
        best = found if best is None else min(best, found)
    assert best is not None
    return best


def _some(net: _Net, ranks: list[int]) -> Certificate:
    """Return the certificate of one numbering that respects the colours."""
    while alike := _first_alike(ranks):
        ranks = _refined(net, _before_its_class(ranks, alike[0]))
    return _certificate(net, ranks)


def _first_alike(ranks: Sequence[int]) -> list[int]:
    """Return the nodes of the first of the smallest colours with several nodes; none if all nodes differ."""
    classes: dict[int, list[int]] = {}
    for node, rank in enumerate(ranks):
        classes.setdefault(rank, []).append(node)
    several = [(len(nodes), rank) for rank, nodes in classes.items() if len(nodes) > 1]
    return classes[min(several)[1]] if several else []


def _before_its_class(ranks: Sequence[int], node: int) -> list[int]:
    """Return the colours with one node ahead of all others of its colour."""
    return [2 * rank + (other != node) for other, rank in enumerate(ranks)]


def _certificate(net: _Net, ranks: Sequence[int]) -> Certificate:
    order = sorted(range(len(ranks)), key=ranks.__getitem__)
    numbers = [0] * len(order)
    for number, node in enumerate(order):
        numbers[node] = number
    return tuple((net.labels[node], net.inputs_by(numbers, node)) for node in order)
