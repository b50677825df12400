"""Pairs of literals that a sample covers: two different features, each selected or not, as a configuration has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.sample import BoolMatrix

_BLOCK = 512
"""How many features are paired with all others at once."""
_ROWS = 1 << 12
"""How many configurations are made 32-bit floats at once."""
_EXACT = 1 << 24
"""Numbers up to it are exact as 32-bit floats."""


def covered_pairs(selected: BoolMatrix) -> int:
    """How many pairs of literals the configurations cover, out of the 4 of every two columns.

    O(rows * columns^2), as products of matrices.

    >>> covered_pairs(np.array([[True, False], [True, True]]))
    2
    """
    return covered_by_size(selected, [len(selected)])[0]


def covered_by_size(selected: BoolMatrix, sizes: Sequence[int]) -> list[int]:
    """How many pairs of literals the first `size` configurations cover, for each of the ascending sizes.

    The costs are those of the last size alone, but for a look at all pairs for each size.

    Raises:
        LimitError: More configurations than can be counted.

    >>> covered_by_size(np.array([[True, False], [True, True], [False, True]]), [0, 1, 3])
    [0, 1, 3]
    """
    if len(selected) > _EXACT:
        raise LimitError(f"found {len(selected):,} configurations, expected at most {_EXACT:,} for pairwise coverage")
    totals = [0] * len(sizes)
    for start in range(0, selected.shape[1], _BLOCK):
        for place, counts in enumerate(_counts_by_size(selected, start, sizes)):
            totals[place] += counts
    return totals


def _counts_by_size(selected: BoolMatrix, start: int, sizes: Sequence[int]) -> Iterator[int]:
    """The same for pairs of one block of features with later ones.

    How many configurations select both of two features says, with how many select each, how many have any of the four
    combinations.
    """
    stop = min(start + _BLOCK, selected.shape[1])
    both = np.zeros((stop - start, selected.shape[1] - start), dtype=np.float32)
    later = np.arange(selected.shape[1] - start) > np.arange(stop - start)[:, np.newaxis]
    done = 0
    for size in sizes:
        for first in range(done, size, _ROWS):
            rows = selected[first : min(first + _ROWS, size), start:].astype(np.float32)
            both += rows[:, : stop - start].T @ rows
        done = size
        counts = selected[:size, start:].sum(axis=0, dtype=np.float32)
        yield _combinations(both, counts, np.float32(size), later)


def _combinations(
    both: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], size: np.float32, later: BoolMatrix
) -> int:
    """How many of the four combinations occur, added up over the pairs where `later` holds."""
    mine = counts[: len(both), np.newaxis]
    return sum(
        int(np.count_nonzero((occurrences > 0) & later))
        for occurrences in (both, mine - both, counts - both, size - mine - counts + both)
    )
