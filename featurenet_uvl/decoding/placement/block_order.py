"""The order of cells within a block: every output must reach the cell that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, pairwise

from featurenet_uvl.decoding.placement.loose_cells import Half, LooseCell, with_own_cell, with_relay

MAX_STEPS = 20_000
"""Largest number of placements of a cell that the search tries per block."""

_ADDED = "\0"
"""The start of the names of cells that this module adds; no layer's name begins like this."""


@dataclass(frozen=True, slots=True)
class StructureLimits:
    """The model's limits on the structure of a network: most blocks, most cells per block, allowed relative indices."""

    blocks: int
    cells: int
    relative_indices: frozenset[int]


def arrange_block(
    cells: Sequence[LooseCell], inputs: Sequence[str], ends: Sequence[str], limits: StructureLimits
) -> tuple[LooseCell, ...] | None:
    """Return the cells of one block in an order in which each output reaches its taker; None if the search finds none.

    A cell takes either the block's inputs or outputs of the block's own cells, never both, and an output reaches no
    further than the largest relative index. If one of these rules demands it, the result has additional cells that
    only pass a tensor on.

    Args:
        cells: The cells in an order with sources first; the result keeps this order if it can.
        inputs: The one or two tensors that the block gets.
        ends: The tensors that leave the block, in the order in which their cells must stand.
        limits: The model's limits.
    """
    completed = _with_leaves(cells, inputs, ends)
    if completed is None or len(completed[0]) > limits.cells:
        return None
    whole, ends = completed
    if not _is_forest(whole, inputs, ends):
        return None
    budget = [MAX_STEPS]
    for candidate in _with_relays(whole, inputs, limits.cells - len(whole)):
        order = _Search(candidate, inputs, ends, limits.relative_indices, budget).run()
        if order is not None or budget[0] <= 0:
            return order
    return None


def _with_leaves(
    cells: Sequence[LooseCell], inputs: Sequence[str], ends: Sequence[str]
) -> tuple[list[LooseCell], list[str]] | None:
    """Return the cells and the ends, with additional cells wherever a block's input meets the outputs of cells.

    Returns None if the block has two inputs and something takes only one of them.
    """
    result: list[LooseCell] = []
    for cell in cells:
        taken = [source for source in cell.sources if source in inputs]
        if len(inputs) == 2 and taken and (len(taken) < 2 or list(cell.sources) != list(inputs)):
            return None
        if len(inputs) == 1 and taken and len(cell.sources) == 2:
            result += with_own_cell(cell, inputs[0], f"{_ADDED}{len(result)}")
        else:
            result.append(cell)
    new_ends = []
    for end in ends:
        if end in inputs:
            if len(inputs) == 2:
                return None
            result.append(LooseCell(f"{_ADDED}{len(result)}", Half(end)))
            end = result[-1].name
        new_ends.append(end)
    return result, new_ends


def _is_forest(cells: Sequence[LooseCell], inputs: Sequence[str], ends: Sequence[str]) -> bool:
    """Whether each cell's output has exactly one taker: a cell of the block, or the next block."""
    uses = dict.fromkeys((cell.name for cell in cells), 0)
    for name in [*(source for cell in cells for source in cell.sources), *ends]:
        if name in uses:
            uses[name] += 1
        elif name not in inputs:
            return False
    return all(count == 1 for count in uses.values())


def _with_relays(cells: Sequence[LooseCell], inputs: Sequence[str], spare: int) -> Iterator[list[LooseCell]]:
    """Yield the cells without relays, then with one relay, two, ..., on every choice of connections."""
    edges = [(source, cell.name) for cell in cells for source in cell.sources if source not in inputs]
    for count in range(spare + 1 if edges else 1):
        for chosen in combinations_with_replacement(edges, count):
            result = list(cells)
            for number, (source, name) in enumerate(chosen):
                position = next(i for i, cell in enumerate(result) if cell.name == name)
                before = next(s for s in result[position].sources if _origin(s, result) == source)
                result[position : position + 1] = with_relay(result[position], before, f"{_ADDED}r{number}")
            yield result


def _origin(name: str, cells: Sequence[LooseCell]) -> str:
    """Return the name of the cell whose output arrives here through relays."""
    by_name = {cell.name: cell for cell in cells}
    while name.startswith(f"{_ADDED}r"):
        name = by_name[name].first.source
    return name


@dataclass(slots=True)
class _Search:
    """A depth-first search for an order, earliest cell first. It backtracks when an output can no longer be reached."""

    cells: Sequence[LooseCell]
    inputs: Sequence[str]
    ends: Sequence[str]
    relative_indices: frozenset[int]
    budget: list[int]
    before: Mapping[str, list[str]] = field(init=False)
    consumer: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.before = {cell.name: [s for s in cell.sources if s not in self.inputs] for cell in self.cells}
        self.consumer = {source: name for name, sources in self.before.items() for source in sources}

    def run(self) -> tuple[LooseCell, ...] | None:
        after = {second: first for sources in self.before.values() for first, second in pairwise(sources)}
        after |= dict(zip(self.ends[1:], self.ends))
        at: dict[str, int] = {}
        tried: list[int] = [0]
        order: list[LooseCell] = []
        while len(order) < len(self.cells):
            self.budget[0] -= 1
            if self.budget[0] <= 0:
                return None
            found = next(
                (i for i in range(tried[-1], len(self.cells)) if self._fits(self.cells[i], at, after)),
                None,
            )
            if found is not None:
                order.append(self.cells[found])
                at[order[-1].name] = len(at)
                tried[-1] = found + 1
                tried.append(0)
            elif order:
                tried.pop()
                del at[order.pop().name]
            else:
                return None
        return tuple(order)

    def _fits(self, cell: LooseCell, at: Mapping[str, int], after: Mapping[str, str]) -> bool:
        """Whether a cell can come next in the order."""
        position = len(at)
        if cell.name in at or (cell.name in after and after[cell.name] not in at):
            return False
        for source in self.before[cell.name]:
            if source not in at or position - at[source] - 1 not in self.relative_indices:
                return False
        furthest = max(self.relative_indices, default=-1)
        waiting = (at[name] for name, taker in self.consumer.items() if name in at and taker not in at)
        return all(
            position - start <= furthest
            for start in waiting
            if start not in [at[source] for source in self.before[cell.name]]
        )
