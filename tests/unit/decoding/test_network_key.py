"""The key of a network against brute force: two graphs are the same if some renaming of layers makes them equal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest

from featurenet_uvl.decoding.graph import Graph, Node
from featurenet_uvl.decoding.layer_names import IMAGE
from featurenet_uvl.decoding.network_key import certificate, count_networks, network_key
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Pooling,
    Void,
    Zeros,
)

SHAPE = (8, 8, 1)
LAYERS: tuple[Layer, ...] = (BatchNormalization(), Activation("relu"))
Half = tuple[Layer, Layer]


def graph(nodes: tuple[Node, ...], *outputs: str) -> Graph:
    return Graph(SHAPE, 10, nodes, outputs)


def are_renamed(one: Graph, other: Graph) -> bool:
    """Whether some bijection of the layers maps one graph to the other, tried one by one."""
    if Counter(str(node.layer) for node in one.nodes) != Counter(str(node.layer) for node in other.nodes):
        return False
    wanted, ends = Counter(map(form, other.nodes)), Counter(other.outputs)
    for chosen in permutations(node.name for node in other.nodes):
        names = {IMAGE: IMAGE, **dict(zip((node.name for node in one.nodes), chosen, strict=True))}
        renamed = [Node(names[node.name], node.layer, tuple(names[i] for i in node.inputs)) for node in one.nodes]
        if Counter(map(form, renamed)) == wanted and Counter(names[name] for name in one.outputs) == ends:
            return True
    return False


def form(node: Node) -> tuple[str, str, tuple[str, ...]]:
    inputs = sorted(node.inputs) if node.layer in ("Sum", "Product") else node.inputs
    return node.name, str(node.layer), tuple(inputs)


def random_graph(random: Random, count: int) -> Graph:
    """Return a graph of a few layers with few different settings, so that many layers look alike."""
    nodes: list[Node] = []
    for number in range(count):
        before = [IMAGE, *(node.name for node in nodes)]
        layer = random.choice([*LAYERS, "Sum", "Concat"])
        inputs = [random.choice(before[-4:]) for _ in range(2 if isinstance(layer, str) else 1)]
        nodes.append(Node(f"n{number}", layer, tuple(inputs)))
    used = {name for node in nodes for name in node.inputs}
    return graph(tuple(nodes), *(node.name for node in nodes if node.name not in used))


def shuffled(random: Random, one: Graph) -> Graph:
    """Return the same network with other names, another order of layers, and exchanged inputs of sums."""
    nodes = list(one.nodes)
    names = [f"m{number}" for number in range(len(nodes))]
    random.shuffle(names)
    new = {IMAGE: IMAGE, **{node.name: name for node, name in zip(nodes, names, strict=True)}}
    renamed = []
    for node in nodes:
        inputs = [new[name] for name in node.inputs]
        if node.layer == "Sum":
            random.shuffle(inputs)
        renamed.append(Node(new[node.name], node.layer, tuple(inputs)))
    outputs = [new[name] for name in one.outputs]
    random.shuffle(outputs)
    return graph(tuple(renamed), *outputs)


def test_the_key_says_what_brute_force_says() -> None:
    random = Random(5)
    drawn = [random_graph(random, 2 + number % 5) for number in range(80)]
    graphs = [*drawn, *(shuffled(random, one) for one in drawn)]
    pairs = equal = 0
    for place, one in enumerate(graphs):
        for other in graphs[place + 1 :]:
            if len(one.nodes) == len(other.nodes):
                are_same = certificate(one) == certificate(other)
                pairs, equal = pairs + 1, equal + are_same
                assert are_same == are_renamed(one, other), (one, other)
    assert pairs > 1000
    assert equal > 50


def test_names_and_orders_without_meaning_change_nothing() -> None:
    random = Random(6)
    for number in range(300):
        one = random_graph(random, 3 + number % 20)
        assert certificate(shuffled(random, one)) == certificate(one)


def test_the_inputs_of_a_concatenation_have_an_order() -> None:
    normal, active = Node("a", LAYERS[0], (IMAGE,)), Node("b", LAYERS[1], (IMAGE,))
    for combination, is_same in (("Sum", True), ("Product", True), ("Concat", False)):
        one = graph((normal, active, Node("c", combination, ("a", "b"))), "c")
        other = graph((normal, active, Node("c", combination, ("b", "a"))), "c")
        assert (certificate(one) == certificate(other)) == is_same


def test_which_layers_share_a_source_matters() -> None:
    """Hashes from the input to the outputs cannot tell these two: each computation occurs as often in both."""
    sources = (Node("a1", LAYERS[0], (IMAGE,)), Node("a2", LAYERS[0], (IMAGE,)))
    kinds = (Activation("relu"), Activation("tanh"), Activation("elu"), Activation("selu"))

    def network(*used: str) -> Graph:
        uses = tuple(Node(f"u{n}", kind, (name,)) for n, (kind, name) in enumerate(zip(kinds, used, strict=True)))
        sums = (Node("s1", "Sum", ("u0", "u1")), Node("s2", "Sum", ("u2", "u3")), Node("s3", "Sum", ("s1", "s2")))
        return graph((*sources, *uses, *sums), "s3")

    one, other = network("a1", "a1", "a2", "a2"), network("a1", "a2", "a1", "a2")
    assert one.signature() == other.signature()
    assert certificate(one) != certificate(other)


def test_many_equal_halves_end_soon() -> None:
    """Each of 24 cells has two equal halves: 2 to the power of 24 numberings, all of them alike."""
    nodes: list[Node] = []
    end = IMAGE
    for number in range(24):
        for half in "ab":
            nodes.append(Node(f"{half}{number}", LAYERS[0], (end,)))
            nodes.append(Node(f"{half}{number}x", LAYERS[1], (f"{half}{number}",)))
        nodes.append(Node(f"s{number}", "Sum", (f"a{number}x", f"b{number}x")))
        end = f"s{number}"
    one = graph(tuple(nodes), end)
    assert certificate(one) == certificate(shuffled(Random(1), one))


def cell(number: int, first: Half, second: Half, destination: Destination, *sources: int) -> Cell:
    ids = tuple(CellId(1, source) for source in sources)
    return Cell(CellId(1, number), ids, *first, *second, "Sum", destination)


NONE: Half = (Zeros(), Void())
END = Destination("Out")


def one_cell(first: Half, second: Half = NONE) -> Architecture:
    return Architecture((28, 28, 1), 10, (cell(1, first, second, END),))


def test_halves_can_be_exchanged_and_identities_are_no_layers() -> None:
    half, other = (Pooling("2x2", 2, "max", "same"), Dropout(0.4)), (Pooling("3x3", 2, "average", "same"), Void())
    one, exchanged = one_cell(half, other), one_cell(other, half)
    assert one.hash() != exchanged.hash()
    assert network_key(one) == network_key(exchanged) != network_key(one_cell(half, half))
    idle = cell(1, (Identity(), Void()), NONE, Destination("Cell", 0))
    longer = replace(one, cells=(idle, replace(one.cells[0], id=CellId(1, 2), sources=(CellId(1, 1),))))
    assert network_key(longer) == network_key(one)
    assert (
        network_key(replace(one, classes=11)) != network_key(one) != network_key(replace(one, input_shape=(30, 30, 1)))
    )


def test_the_order_of_cells_does_not_matter() -> None:
    def parallel(first: Half, second: Half) -> Architecture:
        cells = (
            cell(1, first, NONE, Destination("Cell", 1)),
            cell(2, second, NONE, Destination("Cell", 0)),
            cell(3, (Identity(), Void()), (Identity(), Void()), END, 1, 2),
        )
        return Architecture(SHAPE, 10, cells)

    half, other = (Dense(4, "relu"), Void()), (Dense(4, "tanh"), Dropout(0.5))
    assert parallel(half, other).hash() != parallel(other, half).hash()
    assert network_key(parallel(half, other)) == network_key(parallel(other, half))
    in_one_cell = replace(parallel(half, other), cells=(cell(1, half, other, END),))
    assert network_key(in_one_cell) == network_key(parallel(half, other))


def test_one_cell_of_poolings_and_identities() -> None:
    """The configurations of S1 with one cell that has no weights and no dropout."""
    inputs = [Identity(), *(Pooling(k, s, t, p) for k, s, t, p in product(*POOLINGS))]
    operations = [Void(), Flatten(), *(Activation(name) for name in ("relu", "sigmoid", "tanh", "softmax"))]
    halves = [(layer, operation) for layer in inputs for operation in operations]
    shapes = {half: half[1].output_shape(half[0].output_shape((28, 28, 1))) for half in halves}
    pairs = [(one, other) for one, other in product(halves, halves) if shapes[one] == shapes[other]]
    configurations = [*map(one_cell, halves), *(one_cell(one, other) for one, other in pairs)]
    assert len({configuration.hash() for configuration in configurations}) == len(configurations) == 7320
    # Half of the pairs, those of two equal halves once, and the single halves; of these, a Flatten at the end is the
    # one that the network has anyway.
    assert count_networks(configurations) == (len(pairs) + len(halves)) // 2 + len(halves) - len(inputs) == 3845


POOLINGS = (("1x1", "2x2", "3x3"), (1, 2, 3), ("max", "average"), ("valid", "same"))


@pytest.mark.slow
def test_twins_compute_the_same_with_the_same_weights() -> None:
    pytest.importorskip("keras")
    import numpy as np

    from featurenet_uvl.decoding.keras.build import build_keras_model

    half, other = (Dense(4, "relu"), BatchNormalization()), (Dense(4, "tanh"), Activation("sigmoid"))
    cells = (cell(1, half, other, Destination("Cell", 0)), cell(2, half, half, END, 1))
    one = Architecture(SHAPE, 10, cells)
    two = replace(one, cells=(cell(1, other, half, Destination("Cell", 0)), cell(2, half, half, END, 1)))
    assert network_key(one) == network_key(two)
    model, twin = build_keras_model(one), build_keras_model(two)
    for layer in model.layers:
        name = layer.name
        if name.startswith(("b1_c1_in", "b1_c1_op")):
            name = name[:8] + {"1": "2", "2": "1"}[name[8]] + name[9:]
        twin.get_layer(name).set_weights(layer.get_weights())
    images = np.random.default_rng(1).random((4, *SHAPE), dtype=np.float32)
    assert np.array_equal(model.predict(images, verbose=0), twin.predict(images, verbose=0))
