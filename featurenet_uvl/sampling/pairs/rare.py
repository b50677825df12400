"""The pairs of literals that occur in few rows of a sample, and the rows in which they occur.

Almost every pair occurs in many rows. A sampler can win or lose only the others, and they are few enough to keep one
bit per pair and row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pairs.uncovered import OpenPairs
from featurenet_uvl.sampling.pool.bits import Words, bits_of, words_of

Places = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int32]

RARE = 3
"""Most rows in which a rare pair occurs; a more frequent pair counts as covered from then on."""
MAX_PAIRS = 2_000_000
"""Largest number of pairs to keep: while there are more, each is dropped with probability 1/2."""
_BLOCK = 1024
"""Literals per matrix product."""
_EXACT_BITS = 53
"""Bits of the whole numbers that a float64 holds exactly."""
_FEW = 16
"""Rows per step of `alone`: their bits fit in a cache, which makes it four times as fast."""


@dataclass(frozen=True, slots=True)
class OpenMatrix:
    """A symmetric 0/1 matrix over the literals: 1 if no row of the sample has both. Only the ones are stored.

    Attributes:
        size: The number of literals.
        rows: The row of each one.
        columns: The column of each one, in the same order.

    >>> matrix = OpenMatrix(3, np.array([0, 2]), np.array([2, 0]))
    >>> matrix.counts().tolist(), matrix.dense(np.array([0])).tolist()
    ([1, 0, 1], [[0.0, 0.0, 1.0]])
    >>> matrix.times(np.array([[True], [True], [False]])).tolist()
    [[0.0], [0.0], [1.0]]
    """

    size: int
    rows: Places
    columns: Places

    def counts(self) -> npt.NDArray[np.intp]:
        """Return the number of ones in each row."""
        return np.bincount(self.rows, minlength=self.size)

    def dense(self, rows: Places) -> npt.NDArray[np.float64]:
        """Return these rows in full. Shape: `(len(rows), size)`."""
        found = np.zeros((len(rows), self.size))
        for place, row in enumerate(rows):
            found[place, self.columns[self.rows == row]] = 1
        return found

    def times(self, literals: BoolMatrix) -> npt.NDArray[np.float64]:
        """Return the product with a 0/1 matrix of shape `(size, n)`: for each literal, its open partners that are set.

        Several columns share one pass over the ones: a float64 holds their sums, none above `size`, side by side.
        """
        bits = self.size.bit_length()
        shared = _EXACT_BITS // bits
        product = np.empty(literals.shape)
        for start in range(0, literals.shape[1], shared):
            columns = literals[:, start : start + shared]
            places = np.arange(columns.shape[1]) * bits
            packed = columns @ np.exp2(places)
            sums = np.bincount(self.rows, weights=packed[self.columns], minlength=self.size).astype(np.int64)
            product[:, start : start + shared] = (sums[:, np.newaxis] >> places) & ((1 << bits) - 1)
        return product


class RarePairs:
    """Rare pairs of a sample whose rows are replaced one by one.

    Literals are numbered `2 * feature + value` (features from 0), as in `OpenPairs`.

    Args:
        possible: The pairs that occur in any configuration, all open.
        rows: The sample, over the features.
        known: Rows that are never replaced.
        rng: Draws some of the pairs if there are too many.
        max_pairs: Largest number of pairs to keep.
        block: Literals per matrix product.

    >>> from featurenet_uvl.analysis.diagram import build_diagram
    >>> from featurenet_uvl.ir.cnf import Cnf, VarMap
    >>> from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
    >>> diagram = build_diagram(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,),)))
    >>> possible = OpenPairs.of_diagram(pair_bits(diagram, 3))
    >>> rows = np.array([[True, True, False], [True, False, True]])
    >>> pairs = RarePairs(possible, rows, rows[:0], np.random.default_rng(1))
    >>> pairs.open_count, pairs.alone().tolist()
    (2, [1, 1])
    """

    def __init__(
        self,
        possible: OpenPairs,
        rows: BoolMatrix,
        known: BoolMatrix,
        rng: np.random.Generator,
        max_pairs: int = MAX_PAIRS,
        block: int = _BLOCK,
    ) -> None:
        self._possible = possible
        both = possible.literals(np.concatenate([rows, known]))
        self._first, self._second, self._counts, halvings = _rare(possible, both, rng, max_pairs, block)
        self.stands_for = 1 << halvings
        """Number of pairs for which each kept one stands: more than 1 if some were dropped."""
        self._bits: Words = np.stack([words_of(self._of(literals)) for literals in both[: len(rows)]])

    def __len__(self) -> int:
        return len(self._first)

    @property
    def open_count(self) -> int:
        """Number of pairs that occur in no row."""
        return int(np.count_nonzero(self._counts == 0))

    def alone(self, places: Places | slice = slice(None)) -> npt.NDArray[np.int64]:
        """Return, per row in these places, the number of pairs that occur in no other row."""
        wanted, bits = words_of(self._counts == 1), self._bits[places]
        found = np.empty(len(bits), dtype=np.int64)
        for start in range(0, len(bits), _FEW):
            few = slice(start, start + _FEW)
            found[few] = np.bitwise_count(bits[few] & wanted).sum(axis=1, dtype=np.int64)
        return found

    def remove(self, place: int) -> None:
        """Take out the row in this place; another can be `put` there."""
        self._counts -= bits_of(self._bits[place], len(self))

    def put(self, place: int, row: BoolMatrix) -> None:
        """Put a row, over the features, in an empty place."""
        having = self._of(self._possible.literals(row[np.newaxis])[0])
        self._bits[place] = words_of(having)
        self._counts += having

    def open_matrix(self) -> OpenMatrix:
        """Return the open pairs as a matrix over the literals."""
        places = np.flatnonzero(self._counts == 0)
        first, second = self._first[places], self._second[places]
        size = 2 * self._possible.features
        return OpenMatrix(size, np.concatenate([first, second]), np.concatenate([second, first]))

    def literals(self, rows: BoolMatrix) -> BoolMatrix:
        """Return configurations as rows over the literals."""
        return self._possible.literals(rows)

    def _of(self, literals: BoolMatrix) -> BoolMatrix:
        """Return, per pair, whether it occurs in a row with these literals."""
        having: BoolMatrix = literals[self._first] & literals[self._second]
        return having


def _rare(
    possible: OpenPairs, literals: BoolMatrix, rng: np.random.Generator, max_pairs: int, block: int
) -> tuple[Places, Places, Counts, int]:
    """Return the rare pairs: their two literals, the number of rows with each, and how often they were halved.

    O(rows * literals^2), by products of matrices. Whenever they become too many, each is dropped with probability 1/2.
    """
    size = literals.shape[1]
    weights = literals.astype(np.float32)
    found = np.zeros((3, 0), dtype=np.int32)
    halvings = 0
    for start in range(0, size, block):
        counts = weights[:, start : start + block].T @ weights[:, start:]
        present = bits_of(possible.rows[start : start + block], size)[:, start:]
        first, second = np.nonzero(np.triu(present & (counts <= RARE), 1))
        more = np.stack([first + start, second + start, counts[first, second]]).astype(np.int32)
        found = np.concatenate([found, more[:, rng.random(more.shape[1]) * (1 << halvings) < 1]], axis=1)
        while found.shape[1] > max_pairs:
            found = found[:, rng.random(found.shape[1]) < 0.5]
            halvings += 1
    return found[0].astype(np.intp), found[1].astype(np.intp), found[2], halvings
