"""From a network of layers to blocks of cells: the canonical place for each layer.

Cells are as few as there can be (`steps.py`), and so are blocks. A block ends only where one tensor is all that the
rest of the network takes, or two that it takes together; the model has no other way for a tensor to be used twice.
Within a block, cells keep the order of the layers where they can (`block_order.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featurenet_uvl.decoding.configuration_file import CellConfiguration
from featurenet_uvl.decoding.encoder import BLOCK, CELL, cell_features
from featurenet_uvl.decoding.network import CellFeatures
from featurenet_uvl.decoding.placement.block_order import Limits, arrange_block
from featurenet_uvl.decoding.placement.graph import IMAGE, Graph, graph_of
from featurenet_uvl.decoding.placement.loose_cells import LooseCell, loose_cells
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, CellId, Destination
from featurenet_uvl.ir.feature_model import FeatureModel

Block = tuple[LooseCell, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A network in blocks and cells, and the name of the last layer in each cell, where it has any."""

    architecture: Architecture
    layers: Mapping[CellId, str]


def limits_of(model: FeatureModel) -> Limits:
    """What the DNN model, with its restrictions and bounds, allows.

    Raises:
        DecodeError: It has no Block, Cell or relativeIndex.
    """
    features = {feature.name: feature for feature in model.features()}
    upper = {}
    for name in (BLOCK, CELL):
        cardinality = features[name].cardinality if name in features else None
        if cardinality is None or cardinality.upper is None:
            raise DecodeError(f"{model.root.span}: found no multi-feature {name} [n..m], expected the DNN model")
        upper[name] = cardinality.upper
    output = features.get("Output_Cell")
    index = None if output is None else output.attribute("relativeIndex")
    domain = () if index is None or index.domain is None else index.domain
    return Limits(upper[BLOCK], upper[CELL], frozenset(value for value in domain if isinstance(value, int)))


def place(graph: Graph, limits: Limits) -> Placed:
    """The network of a graph, with every layer in a cell and every cell in a block.

    Equal graphs get equal networks, and the network has exactly the graph's layers and connections, but for a Flatten
    right before an output, which the network has by itself where it is needed.

    Raises:
        DecodeError: No blocks and cells make this network, or not within the limits.
    """
    graph.shapes()
    graph = graph.without_final_flatten().in_order_of_use()
    cells = loose_cells(graph)
    blocks = _blocks(cells, graph.outputs, limits)
    placed = _assemble(blocks, graph)
    assert graph_of(placed.architecture).without_final_flatten().signature() == graph.signature()
    return placed


def canonical(architecture: Architecture, limits: Limits) -> Architecture:
    """The network that is read back from an architecture's Keras model when its layers have other names.

    It computes the same with the same layers, and is its own canonical form.
    """
    return place(graph_of(architecture), limits).architecture


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a block can end: the cells before it (bits), and the tensors that the cells after it take."""

    inside: int
    tensors: tuple[str, ...]


def _blocks(cells: Sequence[LooseCell], outputs: Sequence[str], limits: Limits) -> list[Block]:
    """The blocks, as few as there can be."""
    everything = (1 << len(cells)) - 1
    cuts = _cuts(cells, outputs)
    best: dict[int, list[Block]] = {0: []}
    for i, cut in enumerate(cuts):
        if i not in best:
            continue
        for j, other in [*enumerate(cuts), (len(cuts), _Cut(everything, tuple(outputs)))]:
            is_better = j not in best or len(best[j]) > len(best[i]) + 1
            if j <= i or not is_better or cut.inside & ~other.inside or (other.inside == cut.inside and j < len(cuts)):
                continue
            between = other.inside & ~cut.inside
            if between.bit_count() > limits.cells:
                continue
            inner = [cell for position, cell in enumerate(cells) if between >> position & 1]
            block = arrange_block(inner, cut.tensors, other.tensors, limits)
            if block is not None:
                best[j] = [*best[i], block]
    if len(cuts) not in best:
        raise DecodeError(_why_not(cells, outputs, cuts, limits))
    found = best[len(cuts)]
    if len(found) > limits.blocks:
        raise DecodeError(
            f"found a network that needs {len(found)} blocks of at most {limits.cells} cells, expected at most"
            f" {limits.blocks} blocks"
        )
    return found


def _cuts(cells: Sequence[LooseCell], outputs: Sequence[str]) -> list[_Cut]:
    """All places where a block can end, the fewest cells first; the first is before all cells."""
    inside = {IMAGE: 0}
    for position, cell in enumerate(cells):
        inside[cell.name] = 1 << position
        for source in cell.sources:
            inside[cell.name] |= inside[source]
    single = [_Cut(before, (name,)) for name, before in inside.items()]
    pairs = dict.fromkeys(cell.sources for cell in cells if len(cell.sources) == 2)
    double = [_Cut(inside[first] | inside[second], (first, second)) for first, second in pairs]
    found = [cut for cut in (*single, *double) if _is_cut(cut, cells, outputs, inside)]
    return sorted(found, key=lambda cut: (cut.inside.bit_count(), len(cut.tensors)))


def _is_cut(cut: _Cut, cells: Sequence[LooseCell], outputs: Sequence[str], inside: Mapping[str, int]) -> bool:
    """Whether what comes after takes nothing else from before, and of two tensors always both, in their order."""
    for position, cell in enumerate(cells):
        if not cut.inside >> position & 1:
            taken = [source for source in cell.sources if not inside[source] & ~cut.inside]
            if taken and (list(cut.tensors) != taken if len(cut.tensors) == 2 else taken != list(cut.tensors)):
                return False
    ended = [name for name in outputs if not inside[name] & ~cut.inside]
    return not ended or (len(cut.tensors) == 1 and set(ended) <= set(cut.tensors))


def _why_not(cells: Sequence[LooseCell], outputs: Sequence[str], cuts: Sequence[_Cut], limits: Limits) -> str:
    uses = Counter(source for cell in cells for source in cell.sources)
    uses.update(outputs)
    takers_of = {cell.name: [i for i, other in enumerate(cells) if cell.name in other.sources] for cell in cells}
    known = {
        name
        for cut in cuts
        for name in cut.tensors
        if not any(cut.inside >> position & 1 for position in takers_of.get(name, ()))
    }
    for cell in cells:
        if uses[cell.name] > 1 and cell.name not in known:
            takers = [repr(cells[position].name) for position in takers_of[cell.name]]
            takers += ["an output"] * outputs.count(cell.name)
            return (
                f"layer {cell.name!r}: found its output taken by {', '.join(takers)} while other tensors pass it by;"
                " in the model, what is taken more than once is all that a block sends on, or one of two tensors that"
                " are always taken together"
            )
    return (
        f"found {len(cells)} cells that no blocks of at most {limits.cells} cells can hold, with relative indices"
        f" {', '.join(map(str, sorted(limits.relative_indices)))}, expected a place to begin a new block sooner: one"
        " tensor that is all that the rest of the network takes"
    )


def _assemble(blocks: Sequence[Block], graph: Graph) -> Placed:
    cells: dict[CellId, CellFeatures] = {}
    names: dict[CellId, str] = {}
    for b, block in enumerate(blocks, 1):
        positions = {cell.name: position for position, cell in enumerate(block, 1)}
        takers = {source: name for name in positions for source in block[positions[name] - 1].sources}
        for c, cell in enumerate(block, 1):
            if cell.name in takers:
                destination = Destination("Cell", positions[takers[cell.name]] - c - 1)
            else:
                destination = Destination("Out" if b == len(blocks) else "Block")
            id_ = CellId(b, c)
            cells[id_] = cell_features(cell.placed(id_, destination))
            names[id_] = cell.name
    architecture = CellConfiguration("", "", cells).architecture(graph.input_shape, graph.classes)
    known = {node.name for node in graph.nodes}
    return Placed(architecture, {id_: name for id_, name in names.items() if name in known})
