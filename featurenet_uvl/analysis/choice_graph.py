"""The choices of a decision diagram: the heaviest solution, for many weights at once, and random solutions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.diagram import FALSE, TRUE, Diagram, IntArray
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.sample import BoolMatrix

FloatArray = npt.NDArray[np.float64]

END = 0
"""Number of the choice after the last one."""
_NOWHERE, _ENTRY = 0, 1
"""Edges of END: one that stays there, and the one that leads to the first choice."""
_MAX_LITERALS = 50_000_000
"""Largest number of literals that all edges decide together, at 8 bytes each."""
_BLOCK = 1 << 22
"""Truth values per step of `draw`."""


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """A satisfiable diagram without its forced steps.

    A choice is a node whose two branches both lead to a solution. Choice 0 is END; the others are numbered from the
    bottom to the top. Edge `2 * choice + value` leads to the choice `target[edge]`, and decides the literals from
    `start[edge]` on: the literal of the choice, and those that follow from it before the next one. Edge 1 leads to the
    first choice. A variable that no edge of a path decides may have any value.

    Literals are numbered `2 * (variable - 1) + value`.
    """

    variables: int
    nodes: IntArray
    """Node of each choice but END in the diagram."""
    target: IntArray
    literals: IntArray
    start: IntArray
    """First literal of each edge, in `literals`; one more entry ends the last edge."""
    heights: IntArray
    """First choice of each height from 1 on, the number of choices below it on the longest path; one more entry."""

    def __len__(self) -> int:
        return len(self.target) // 2

    def heaviest(self, weights: FloatArray) -> BoolMatrix:
        """Return a heaviest solution per column of weights: one with the largest sum over its true variables.

        Args:
            weights: One row per variable, one column per solution.

        Returns:
            One row per solution, one column per variable. A variable that may have any value is true if its weight is
            above 0.

        Source: the longest path in an acyclic graph. O((literals + choices) * columns).
        """
        return self._follow(self._better(weights), weights.T > 0)

    def _better(self, weights: FloatArray) -> BoolMatrix:
        """Return, per choice and column, whether the edge of value 1 is the better one."""
        losses = np.empty((2 * self.variables, weights.shape[1]))
        np.maximum(weights, 0, out=losses[0::2])
        np.maximum(-weights, 0, out=losses[1::2])
        edges = self._sums(losses)
        loss = np.zeros((len(self), weights.shape[1]))
        better = np.zeros(loss.shape, dtype=np.bool_)
        for first, end in zip(self.heights.tolist(), self.heights[1:].tolist()):
            ways = edges[2 * first : 2 * end] + loss[self.target[2 * first : 2 * end]]
            np.less(ways[1::2], ways[0::2], out=better[first:end])
            np.minimum(ways[1::2], ways[0::2], out=loss[first:end])
        return better

    def heaviest_one(self, weights: FloatArray) -> BoolMatrix:
        """Return a heaviest solution for one column of weights, without arrays: faster if heights have few choices."""
        losses = np.empty((2 * self.variables, 1))
        np.maximum(weights, 0, out=losses[0::2, 0])
        np.maximum(-weights, 0, out=losses[1::2, 0])
        edges, targets = self._sums(losses)[:, 0].tolist(), self.target.tolist()
        loss, better = [0.0], [0]
        for edge in range(2, len(targets), 2):
            low = edges[edge] + loss[targets[edge]]
            high = edges[edge + 1] + loss[targets[edge + 1]]
            loss.append(min(low, high))
            better.append(high < low)
        edge, path = _ENTRY, [_ENTRY]
        while choice := targets[edge]:
            edge = 2 * choice + better[choice]
            path.append(edge)
        row: BoolMatrix = weights > 0
        literals = np.concatenate([self.literals[self.start[edge] : self.start[edge + 1]] for edge in path])
        row[literals >> 1] = literals & 1
        return row

    def _sums(self, values: FloatArray) -> FloatArray:
        """Return, per edge and column, the sum of the values of its literals."""
        sums = np.zeros((len(self.target), values.shape[1]))
        filled = np.flatnonzero(np.diff(self.start))
        if filled.size:
            sums[filled] = np.add.reduceat(values[self.literals], self.start[filled], axis=0)
        return sums

    def draw(self, chance: FloatArray, count: int, rng: np.random.Generator) -> BoolMatrix:
        """Draw random solutions, one row each: choices by the chance of value 1, free variables by a fair coin."""
        rows = np.empty((count, self.variables), dtype=np.bool_)
        chance = np.concatenate([[0.0], chance[1:]])  # END has its edge of value 1 for another purpose
        for first in range(0, count, size := max(1, _BLOCK // max(1, self.variables))):
            part = rows[first : first + size]
            node = np.full(len(part), self.target[_ENTRY])
            path = [np.full(len(part), _ENTRY)]
            while node.any():
                path.append(2 * node + (rng.random(len(node)) < chance[node]))
                node = self.target[path[-1]]
            part[:] = rng.integers(0, 2, size=part.shape, dtype=np.uint8)
            self._decide(np.array(path), part)
        return rows

    def all_solutions(self, limit: int) -> BoolMatrix:
        """Return every solution, one row each.

        Raises:
            LimitError: More than `limit` exist.
        """
        path = np.full((1, 1), _ENTRY)
        while (node := self.target[path[:, -1]]).any():
            parts = np.flatnonzero(node)
            path = np.concatenate([path, path[parts]])
            path = np.column_stack([path, np.concatenate([2 * node, 2 * node[parts] + 1])])
            _check_count(len(path), limit)
        rows = np.zeros((len(path), self.variables), dtype=np.bool_)
        others = np.ones(rows.shape, dtype=np.bool_)
        self._decide(path.T, rows)
        self._decide(path.T, others)
        for variable in np.flatnonzero((rows != others).any(axis=0)):
            parts = np.flatnonzero(rows[:, variable] != others[:, variable])
            _check_count(len(rows) + len(parts), limit)
            rows, others = (np.concatenate([matrix, matrix[parts]]) for matrix in (rows, others))
            others[parts, variable] = False
            rows[-len(parts) :, variable] = True
        return rows

    def _follow(self, values: BoolMatrix, free: BoolMatrix) -> BoolMatrix:
        """Return the solution of each column of `values`, which has the value of each choice."""
        columns = np.arange(values.shape[1])
        node = np.full(len(columns), self.target[_ENTRY])
        path = [np.full(len(columns), _ENTRY)]
        while node.any():
            path.append(2 * node + values[node, columns])
            node = self.target[path[-1]]
        rows = np.array(free)
        self._decide(np.array(path), rows)
        return rows

    def _decide(self, path: IntArray, rows: BoolMatrix) -> None:
        """Set the literals that edges decide: in each row those of the path in its column."""
        steps = path.shape[0]
        edges = path.T.ravel()
        lengths = self.start[edges + 1] - self.start[edges]
        places = np.arange(lengths.sum()) + np.repeat(self.start[edges] - np.cumsum(lengths) + lengths, lengths)
        literals = self.literals[places]
        row = np.repeat(np.arange(rows.shape[0]), lengths.reshape(-1, steps).sum(axis=1))
        rows[row, literals >> 1] = (literals & 1).astype(np.bool_)

    def uniform(self, diagram: Diagram, counts: list[int]) -> FloatArray:
        """Return, per choice, the chance of value 1 with which `draw` draws all solutions equally likely.

        Each is the quotient of two exact numbers, rounded once: the distribution differs from the uniform one by at
        most 2^-53 per choice on a path.

        Args:
            diagram: The diagram of these choices.
            counts: Its `node_counts`.
        """
        levels, high = diagram.level.tolist(), diagram.high.tolist()
        chance = np.zeros(len(self))
        for choice, node in enumerate(self.nodes.tolist(), 1):
            above = levels[high[node]] - levels[node] - 1
            chance[choice] = (counts[high[node]] << above) / counts[node]
        return chance


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise LimitError(f"found more than {limit:,} solutions, too many to list")


def find_choices(diagram: Diagram) -> Choices:
    """Return the choices of a satisfiable diagram. O(nodes + literals).

    Raises:
        LimitError: Their edges decide too many literals.
    """
    if not diagram.is_satisfiable:
        raise AssertionError("a diagram without solutions has no choices")
    is_choice = (diagram.low != FALSE) & (diagram.high != FALSE)
    is_choice[:2] = False
    nodes = np.flatnonzero(is_choice)
    first = 2 * (np.array(diagram.order, dtype=np.int64)[diagram.level[nodes]] - 1)
    at = np.empty(2 * len(nodes) + 2, dtype=np.int64)
    at[:2] = TRUE, diagram.root
    at[2::2], at[3::2] = diagram.low[nodes], diagram.high[nodes]
    edges, literals = [np.arange(2, len(at))], [np.stack([first, first + 1], axis=1).ravel()]
    _walk_chains(diagram, is_choice, at, edges, literals)
    number = np.zeros(len(diagram), dtype=np.int64)
    number[nodes] = np.arange(1, len(nodes) + 1)
    order, heights = _by_height(number[at])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    owner = np.concatenate(edges)
    owner = 2 * rank[owner >> 1] + (owner & 1)
    sorting = np.argsort(owner, kind="stable")
    moved = (2 * order[:, None] + (0, 1)).ravel()
    return Choices(
        variables=len(diagram.order),
        nodes=nodes[order[1:] - 1],
        target=rank[number[at[moved]]],
        literals=np.concatenate(literals)[sorting],
        start=np.searchsorted(owner[sorting], np.arange(len(at) + 1)),
        heights=heights,
    )


def _walk_chains(
    diagram: Diagram, is_choice: BoolMatrix, at: IntArray, edges: list[IntArray], literals: list[IntArray]
) -> None:
    """Move each edge on to the next choice, over the nodes with one branch, and note the literals decided there."""
    order = np.array(diagram.order, dtype=np.int64)
    found = 0
    while (moving := np.flatnonzero(~is_choice[at] & (at != TRUE))).size:
        node = at[moving]
        is_high = diagram.low[node] == FALSE
        edges.append(moving)
        literals.append(2 * (order[diagram.level[node]] - 1) + is_high)
        at[moving] = np.where(is_high, diagram.high[node], diagram.low[node])
        found += len(moving)
        if found > _MAX_LITERALS:
            raise LimitError(f"found more than {_MAX_LITERALS:,} literals between the choices of a decision diagram")


def _by_height(target: IntArray) -> tuple[IntArray, IntArray]:
    """Return the choices sorted by height, END first, and the place at which each height begins."""
    targets = target.tolist()
    height = [0] * (len(targets) // 2)
    for choice in range(1, len(height)):
        height[choice] = 1 + max(height[targets[2 * choice]], height[targets[2 * choice + 1]])
    heights = np.array(height)
    order = np.argsort(heights, kind="stable")
    return order, np.searchsorted(heights[order], np.arange(1, heights.max() + 2))
