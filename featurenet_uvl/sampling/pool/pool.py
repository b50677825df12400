"""The configurations of a growing sample: distinct, and not nearer to each other than a floor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choice_graph import FloatArray
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pool.bits import Words, words_of

Counts = npt.NDArray[np.int64]


class Pool:
    """Rows, and the number of them that select each feature.

    `rows` has the new rows, over all variables. `len` counts the known ones, too.

    Args:
        features: Number of the first columns that are features; the others are auxiliaries.
        known: Rows over the features that the pool has from the beginning.
    """

    def __init__(self, features: int, known: BoolMatrix) -> None:
        self._features = features
        self._packed = words_of(known[:, :features])
        self._used = len(known)
        self._seen = {row.tobytes() for row in self._packed}
        self.rows: list[BoolMatrix] = []
        self.selected = known[:, :features].sum(axis=0, dtype=np.int64)
        """Number of rows, known ones included, that select each feature."""

    def __len__(self) -> int:
        return self._used

    def mean_distance(self) -> float:
        """Return the mean distance between two rows, in features; 0 for fewer than two rows."""
        return mean_distance(self.selected, len(self))

    @property
    def against(self) -> FloatArray:
        """Weight per feature, from 1 if no row selects it to -1 if all do: the slope of the mean distance."""
        return against(self.selected, len(self))

    def nearest(self, rows: BoolMatrix) -> npt.NDArray[np.int64]:
        """Return the distance of each row to the nearest one here, in features; more than any if the pool is empty."""
        packed = words_of(rows[:, : self._features])
        result = np.full(len(rows), self._features + 1, dtype=np.int64)
        if self._used:
            for place, row in enumerate(packed):
                differing = np.bitwise_count(self._packed[: self._used] ^ row).sum(axis=1, dtype=np.int64)
                result[place] = differing.min()
        return result

    def offer(self, rows: BoolMatrix, floor: float, limit: int) -> int:
        """Take the rows that are new, and not nearer than `floor` features to any other.

        Args:
            rows: Rows over all variables.
            floor: Smallest distance, in features.
            limit: Number of rows at which the pool is full.

        Returns:
            The number of rows taken.
        """
        taken = 0
        packed = words_of(rows[:, : self._features])
        for row, bits in zip(rows, packed):
            if self._used >= limit:
                break
            if bits.tobytes() in self._seen or not self._is_far(bits, floor):
                continue
            self._take(row, bits)
            taken += 1
        return taken

    def _is_far(self, bits: Words, floor: float) -> bool:
        if floor <= 1 or not self._used:
            return True
        differing = np.bitwise_count(self._packed[: self._used] ^ bits).sum(axis=1, dtype=np.int64)
        return bool(differing.min() >= floor)

    def _take(self, row: BoolMatrix, bits: Words) -> None:
        if self._used == len(self._packed):
            more = np.zeros((max(64, self._used), self._packed.shape[1]), dtype=np.uint64)
            self._packed = np.concatenate([self._packed, more])
        self._packed[self._used] = bits
        self._used += 1
        self._seen.add(bits.tobytes())
        self.rows.append(np.array(row))
        self.selected += row[: self._features]


def mean_distance(selected: Counts, rows: int) -> float:
    """Return the mean distance between two rows, in features, by the number of rows that select each feature.

    0 for fewer than two rows.

    >>> mean_distance(np.array([2, 1, 0]), 2)
    1.0
    """
    return float((2 * selected * (rows - selected)).sum()) / max(1, rows * (rows - 1))


def against(selected: Counts, rows: int) -> FloatArray:
    """Return the weights of `Pool.against`, by the number of rows that select each feature, and of all rows.

    >>> against(np.array([2, 1, 0]), 2).tolist()
    [-1.0, 0.0, 1.0]
    """
    found: FloatArray = 1 - 2 * selected / max(1, rows)
    return found
