"""From a network of layers to blocks of cells: the canonical place of each layer.

The network gets as few cells as possible (`loose_cells.py`), and then as few blocks. A block ends only at a cut: the
rest of the network takes a single tensor, or two tensors that it always takes together. The model has no other way to
use a tensor twice. Within a block, cells keep the order of the layers if they can (`block_order.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featurenet_uvl.decoding.configuration_file import CellConfiguration
from featurenet_uvl.decoding.encoder import features_of_cell
from featurenet_uvl.decoding.graph import Graph, graph_of
from featurenet_uvl.decoding.layer_names import IMAGE
from featurenet_uvl.decoding.placement.block_order import StructureLimits, arrange_block
from featurenet_uvl.decoding.placement.loose_cells import LooseCell, loose_cells
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.architecture import Architecture, CellId, Destination
from featurenet_uvl.ir.cell_features import BLOCK, CELL, OUT, RELATIVE_INDEX, TO_BLOCK, TO_CELL, CellFeatures, Part
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.system.counted import counted

Block = tuple[LooseCell, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A network in blocks and cells, and the name of the last layer in each cell that has a layer."""

    architecture: Architecture
    layers: Mapping[CellId, str]


def structure_limits(model: FeatureModel) -> StructureLimits:
    """Return the limits of the DNN model, with its restrictions and bounds.

    Raises:
        DecodeError: The model has no multi-feature of blocks or cells, so it is not the DNN model.
    """
    features = {feature.name: feature for feature in model.features()}
    upper = {}
    for name in (BLOCK, CELL):
        cardinality = features[name].cardinality if name in features else None
        if cardinality is None or cardinality.upper is None:
            raise DecodeError(f"{model.root.span}: found no multi-feature {name} [n..m], expected the DNN model")
        upper[name] = cardinality.upper
    output = features.get(Part.OUTPUT.feature(TO_CELL))
    index = None if output is None else output.attribute(RELATIVE_INDEX)
    domain = () if index is None or index.domain is None else index.domain
    return StructureLimits(upper[BLOCK], upper[CELL], frozenset(value for value in domain if isinstance(value, int)))


def place(graph: Graph, limits: StructureLimits) -> Placed:
    """Return the network of a graph, with every layer in a cell and every cell in a block.

    Equal graphs get equal networks. The network has exactly the layers and connections of the graph, except for a
    Flatten right before an output: a network flattens its outputs by itself.

    Raises:
        DecodeError: No arrangement in blocks and cells makes this network, or none within the limits.
    """
    graph.shapes()
    graph = graph.without_final_flatten().in_order_of_use()
    cells = loose_cells(graph)
    blocks = _blocks(cells, graph.outputs, limits)
    placed = _assemble(blocks, graph)
    assert graph_of(placed.architecture).without_final_flatten().signature() == graph.signature()
    return placed


def canonical(architecture: Architecture, limits: StructureLimits) -> Architecture:
    """Return the network to which an architecture's Keras model reads back if its layers have other names.

    It computes the same with the same layers. The canonical form of the result is the result itself.
    """
    return place(graph_of(architecture), limits).architecture


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place at which a block can end: the cells before it (as bits), and the tensors that the cells after it take."""

    inside: int
    tensors: tuple[str, ...]


def _blocks(cells: Sequence[LooseCell], outputs: Sequence[str], limits: StructureLimits) -> list[Block]:
    """Return the cells in as few blocks as possible."""
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
            f"found a network that needs {counted(len(found), 'block')} of at most {counted(limits.cells, 'cell')},"
            f" expected at most {counted(limits.blocks, 'block')}"
        )
    return found


def _cuts(cells: Sequence[LooseCell], outputs: Sequence[str]) -> list[_Cut]:
    """Return all places at which a block can end, by the number of cells before them; the first precedes all cells."""
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
    """Whether the cells after the cut take only its tensors from before it, and always both of two, in their order."""
    for position, cell in enumerate(cells):
        if not cut.inside >> position & 1:
            taken = [source for source in cell.sources if not inside[source] & ~cut.inside]
            if taken and (list(cut.tensors) != taken if len(cut.tensors) == 2 else taken != list(cut.tensors)):
                return False
    ended = [name for name in outputs if not inside[name] & ~cut.inside]
    return not ended or (len(cut.tensors) == 1 and set(ended) <= set(cut.tensors))


def _why_not(cells: Sequence[LooseCell], outputs: Sequence[str], cuts: Sequence[_Cut], limits: StructureLimits) -> str:
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
                " expected a tensor that is taken more than once to be all that a block sends on, or one of two tensors"
                " that are always taken together"
            )
    return (
        f"found {counted(len(cells), 'cell')} that no blocks of at most {counted(limits.cells, 'cell')} can hold, with"
        " relative indices"
        f" {', '.join(map(str, sorted(limits.relative_indices)))}, expected a place to begin a new block sooner: the"
        " rest of the network takes a single tensor there"
    )


def _assemble(blocks: Sequence[Block], graph: Graph) -> Placed:
    cells: dict[CellId, CellFeatures] = {}
    names: dict[CellId, str] = {}
    for b, block in enumerate(blocks, 1):
        positions = {cell.name: position for position, cell in enumerate(block, 1)}
        takers = {source: name for name in positions for source in block[positions[name] - 1].sources}
        for c, cell in enumerate(block, 1):
            if cell.name in takers:
                destination = Destination(TO_CELL, positions[takers[cell.name]] - c - 1)
            else:
                destination = Destination(OUT if b == len(blocks) else TO_BLOCK)
            id_ = CellId(b, c)
            cells[id_] = features_of_cell(cell.placed(id_, destination))
            names[id_] = cell.name
    architecture = CellConfiguration("", "", cells).architecture(graph.input_shape, graph.classes)
    known = {node.name for node in graph.nodes}
    return Placed(architecture, {id_: name for id_, name in names.items() if name in known})
