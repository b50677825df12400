"""Finds the pairs of literals that occur in any configuration, exactly, by one sweep over a decision diagram."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.diagram import FALSE, Diagram, IntArray
from featurenet_uvl.errors import LimitError
from featurenet_uvl.sampling.pool.bits import Words

MAX_BYTES = 1 << 30
"""Largest size of the bits at the nodes, and again of those of the pairs, in bytes."""
_SLOTS = 64
"""Rows of bits that nodes can use before more are allocated."""


@dataclass(frozen=True, slots=True, eq=False)
class PairBits:
    """For each literal, the literals of features above it in the diagram that occur together with it.

    Literal `2 * (variable - 1) + value` has that row and that column; `rows` has 64 columns per word. `possible` says
    which literals occur in any configuration.
    """

    rows: Words
    possible: npt.NDArray[np.bool_]

    @property
    def columns(self) -> IntArray:
        """Features, as positions from 0, that are neither core nor dead."""
        return np.flatnonzero(self.possible[0::2] & self.possible[1::2])

    def count(self) -> int:
        """Return the number of pairs of literals of these features that occur in any configuration."""
        literals = np.concatenate([2 * self.columns, 2 * self.columns + 1])
        mask = np.zeros(self.rows.shape[1], dtype=np.uint64)
        np.bitwise_or.at(mask, literals // 64, _bit(literals))
        return sum(int(np.bitwise_count(self.rows[literal] & mask).sum()) for literal in literals)


def pair_bits(diagram: Diagram, features: int, max_bytes: int = MAX_BYTES, slots: int = _SLOTS) -> PairBits:
    """Return the pairs of literals of the first variables that occur in any solution.

    From the top to the bottom, each node gets the literals of the paths that lead to it. This takes O(nodes *
    features / 32) operations on words, and as many for every level that an edge skips.

    Args:
        diagram: A satisfiable diagram of all variables.
        features: Number of the first variables that are features.
        max_bytes: Largest size of the bits at the nodes, and again of those of the pairs.
        slots: Rows of bits that nodes can use before more are allocated.

    Raises:
        LimitError: It takes too much memory.

    >>> from featurenet_uvl.analysis.diagram import build_diagram
    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> bits = pair_bits(build_diagram(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-3, 2)))), 3)
    >>> bits.columns.tolist(), bits.count()
    ([1, 2], 3)
    """
    width = -(-2 * features // 64)
    if 2 * features * width * 8 > max_bytes:
        raise LimitError(f"found {features:,} features, too many for a table of their pairs")
    result = PairBits(np.zeros((2 * features, width), dtype=np.uint64), np.zeros(2 * features, dtype=np.bool_))
    sweep = _Sweep(diagram, width, max_bytes, slots)
    ends = np.searchsorted(-diagram.level[2:], -np.arange(len(diagram.order)), side="right") + 2
    starts = np.searchsorted(-diagram.level[2:], -np.arange(len(diagram.order)), side="left") + 2
    for variable, start, end in zip(diagram.order, starts.tolist(), ends.tolist()):
        sweep.step(np.arange(start, end), 2 * (variable - 1) if variable <= features else None, result)
    return result


def _bit(literals: IntArray) -> Words:
    return np.uint64(1) << (literals % 64).astype(np.uint64)


@dataclass(slots=True)
class _Sweep:
    """The bits at the nodes that edges from above lead to. A node that has been passed frees its row of bits."""

    diagram: Diagram
    width: int
    max_bytes: int
    slots: int
    bits: Words = field(init=False)
    slot: IntArray = field(init=False)
    """Row of each node; -1 if no edge has led to it yet, or it has been passed."""
    free: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.bits = np.zeros((self.slots, self.width), dtype=np.uint64)
        self.slot = np.full(len(self.diagram), -1, dtype=np.int64)
        self.free = list(range(self.slots - 1, 0, -1))
        self.slot[self.diagram.root] = 0

    def step(self, nodes: IntArray, literal: int | None, result: PairBits) -> None:
        """Go one level down, and add the pairs of this level to the result.

        Args:
            nodes: The nodes of the level.
            literal: The literal "is not selected" of its feature; None on the level of an auxiliary.
            result: The pairs so far.
        """
        passing = self._passing(nodes)
        ways = []
        for value, children in enumerate((self.diagram.low[nodes], self.diagram.high[nodes])):
            open_ = children != FALSE
            sources = self.slot[nodes[open_]]
            if literal is not None:
                above = np.concatenate([sources, passing])
                result.possible[literal + value] = len(above) > 0
                result.rows[literal + value] = np.bitwise_or.reduce(self.bits[above], axis=0)
            ways.append((sources, children[open_]))
        if literal is not None and len(passing):
            self.bits[passing, literal // 64] |= np.uint64(3) << np.uint64(literal % 64)
        rows = [self.bits[sources] for sources, _ in ways]
        if literal is not None:
            for value, row in enumerate(rows):
                row[:, literal // 64] |= np.uint64(1 + value) << np.uint64(literal % 64)
        self._release(nodes)
        self._arrive(np.concatenate([targets for _, targets in ways]), np.concatenate(rows))

    def _passing(self, nodes: IntArray) -> IntArray:
        """Return the rows of nodes below this level to which an edge from above leads: it skips the level."""
        used = np.ones(len(self.bits), dtype=np.bool_)
        used[self.free] = False
        used[self.slot[nodes]] = False
        return np.flatnonzero(used)

    def _release(self, nodes: IntArray) -> None:
        self.free.extend(self.slot[nodes].tolist())
        self.slot[nodes] = -1

    def _arrive(self, targets: IntArray, rows: Words) -> None:
        """Add a row of bits to each target."""
        if not len(targets):
            return
        order = np.argsort(targets, kind="stable")
        unique, first = np.unique(targets[order], return_index=True)
        joined = np.bitwise_or.reduceat(rows[order], first, axis=0)
        new = unique[self.slot[unique] < 0]
        self._grow(len(new))
        places = [self.free.pop() for _ in range(len(new))]
        self.bits[places] = 0
        self.slot[new] = places
        self.bits[self.slot[unique]] |= joined

    def _grow(self, needed: int) -> None:
        size = len(self.bits)
        if needed <= len(self.free):
            return
        larger = max(2 * size, size + needed)
        if larger * self.width * 8 > self.max_bytes:
            raise LimitError(f"found a decision diagram of {len(self.diagram):,} nodes, too wide to find its pairs")
        self.bits = np.concatenate([self.bits, np.zeros((larger - size, self.width), dtype=np.uint64)])
        self.free.extend(range(larger - 1, size - 1, -1))
