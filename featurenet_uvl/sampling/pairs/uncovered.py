"""Pairs of literals that are still to be covered, one bit each, and the number that a configuration would cover."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pairs.possible_by_diagram import PairBits
from featurenet_uvl.sampling.pairs.possible_by_solver import IMPOSSIBLE, PairTable
from featurenet_uvl.sampling.pool.bits import Words, bits_of, words_of

Counts = npt.NDArray[np.int64]

_BLOCK = 1024
"""Rows that are mirrored at once."""


class OpenPairs:
    """The open pairs of literals. Literal `2 * feature + value` (features from 0) has that row and that column.

    `counts` has the number of open pairs per row.
    """

    def __init__(self, features: int, rows: Words) -> None:
        self.features = features
        self.rows = rows
        self.counts: Counts = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)

    @classmethod
    def of_diagram(cls, bits: PairBits) -> OpenPairs:
        """Return all pairs that a diagram shows, over the features that are neither core nor dead."""
        size = len(bits.rows)
        present = bits_of(bits.rows, size)
        return cls(size // 2, _packed_both_ways(present, bits.columns))

    @classmethod
    def of_table(cls, table: PairTable, features: int) -> OpenPairs:
        """Return all pairs that are not known to be impossible."""
        literals = np.concatenate([2 * table.columns + 1, 2 * table.columns])
        present = np.zeros((2 * features, 2 * features), dtype=np.bool_)
        for place, literal in enumerate(literals[:-1].tolist()):
            present[literal, literals[place + 1 :]] = table.state[place, place + 1 :] != IMPOSSIBLE
        return cls(features, _packed_both_ways(present, table.columns))

    def __len__(self) -> int:
        return int(self.counts.sum()) // 2

    def literals(self, selected: BoolMatrix) -> BoolMatrix:
        """Return configurations as rows over the literals."""
        found = np.empty((len(selected), 2 * self.features), dtype=np.bool_)
        found[:, 1::2] = selected[:, : self.features]
        np.logical_not(found[:, 1::2], out=found[:, 0::2])
        return found

    def partners(self, literals: BoolMatrix) -> Counts:
        """Return the number of open pairs of each literal (row) with the literals of each configuration (column)."""
        found = np.zeros((len(self.rows), len(literals)), dtype=np.int64)
        used = np.flatnonzero(self.counts)
        rows = self.rows[used]
        for column, bits in enumerate(words_of(literals)):
            found[used, column] = np.bitwise_count(rows & bits).sum(axis=1, dtype=np.int64)
        return found

    def partners_of(self, literal: int) -> npt.NDArray[np.int64]:
        """Return the literals with which a literal has open pairs."""
        return np.flatnonzero(bits_of(self.rows[literal], len(self.rows)))

    def cover(self, selected: BoolMatrix) -> None:
        """Close the pairs that occur in these configurations."""
        literals = self.literals(selected)
        for present, bits in zip(literals, words_of(literals)):
            changed = np.flatnonzero(present & (self.counts > 0))
            self.rows[changed] &= ~bits
            self.counts[changed] = np.bitwise_count(self.rows[changed]).sum(axis=1, dtype=np.int64)

    def remove(self, first: int, second: int) -> None:
        """Close a pair of literals that occurs in no configuration."""
        for one, other in ((first, second), (second, first)):
            self.rows[one, other // 64] &= ~(np.uint64(1) << np.uint64(other % 64))
            self.counts[one] -= 1


def _packed_both_ways(present: BoolMatrix, columns: npt.NDArray[np.int64]) -> Words:
    """Return a table that has each pair once as one that has it in both orders, over these features only."""
    for start in range(0, len(present), _BLOCK):
        block = present[start : start + _BLOCK]
        block |= present[:, start : start + _BLOCK].T
        present[:, start : start + _BLOCK] |= block.T
    allowed = np.zeros(len(present), dtype=np.bool_)
    allowed[2 * columns] = allowed[2 * columns + 1] = True
    present &= allowed
    present[~allowed] = False
    return words_of(present)
