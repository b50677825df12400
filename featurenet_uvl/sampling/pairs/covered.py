"""Pairs of literals that a sample covers: two different features, each selected or not, as in some configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.sample import BoolMatrix

_BLOCK = 512
"""Features that are paired with all others in one matrix product."""
_ROWS = 1 << 12
"""Configurations that are converted to 32-bit floats at once."""
MAX_ROWS = 1 << 24
"""Largest number of configurations: up to it, counts are exact as 32-bit floats."""


def covered_pairs(selected: BoolMatrix, max_rows: int = MAX_ROWS) -> int:
    """Return the number of pairs of literals that the configurations cover, out of 4 per two columns.

    O(rows * columns^2), as products of matrices.

    Raises:
        LimitError: More than `max_rows` configurations.

    >>> covered_pairs(np.array([[True, False], [True, True]]))
    2
    """
    return covered_by_size(selected, [len(selected)], max_rows=max_rows)[0]


def covered_by_size(
    selected: BoolMatrix, sizes: Sequence[int], *, block: int = _BLOCK, rows: int = _ROWS, max_rows: int = MAX_ROWS
) -> list[int]:
    """Return the number of pairs of literals that the first `size` configurations cover, for each of ascending sizes.

    This costs as much as the last size alone, and O(columns^2) per size.

    Args:
        selected: One row per configuration, one column per feature.
        sizes: Numbers of configurations.
        block: Features that are paired with all others in one matrix product.
        rows: Configurations that are converted to floats at once.
        max_rows: Largest number of configurations.

    Raises:
        LimitError: More than `max_rows` configurations.

    >>> covered_by_size(np.array([[True, False], [True, True], [False, True]]), [0, 1, 3])
    [0, 1, 3]
    """
    if len(selected) > max_rows:
        raise LimitError(f"found {len(selected):,} configurations, expected at most {max_rows:,} for pairwise coverage")
    totals = [0] * len(sizes)
    for start in range(0, selected.shape[1], block):
        for place, counts in enumerate(_counts_by_size(selected, start, sizes, block, rows)):
            totals[place] += counts
    return totals


def _counts_by_size(selected: BoolMatrix, start: int, sizes: Sequence[int], block: int, rows: int) -> Iterator[int]:
    """Yield, per size, the number of covered pairs between the features of one block and later ones.

    The number of configurations that select both features, and those that select each, give the numbers of all four
    combinations.
    """
    stop = min(start + block, selected.shape[1])
    both = np.zeros((stop - start, selected.shape[1] - start), dtype=np.float32)
    later = np.arange(selected.shape[1] - start) > np.arange(stop - start)[:, np.newaxis]
    done = 0
    for size in sizes:
        for first in range(done, size, rows):
            part = selected[first : min(first + rows, size), start:].astype(np.float32)
            both += part[:, : stop - start].T @ part
        done = size
        counts = selected[:size, start:].sum(axis=0, dtype=np.float32)
        yield _combinations(both, counts, np.float32(size), later)


def _combinations(
    both: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], size: np.float32, later: BoolMatrix
) -> int:
    """Return how many of the four combinations occur, summed over the pairs for which `later` holds.

    Args:
        both: Configurations that select both features of a pair.
        counts: Configurations that select each feature; the rows of `both` belong to the first ones.
        size: Configurations in all.
        later: Pairs to count.
    """
    mine = counts[: len(both), np.newaxis]
    return sum(
        int(np.count_nonzero((occurrences > 0) & later))
        for occurrences in (both, mine - both, counts - both, size - mine - counts + both)
    )
