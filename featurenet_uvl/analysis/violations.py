"""Checks assignments against every clause, and rows against each other; shares no code with the solvers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix

_WORD = 64
"""Solutions checked at once, one bit each."""


def first_violation(cnf: Cnf, values: BoolMatrix) -> tuple[int, int] | None:
    """Return the first solution that violates a clause, as (row, clause number from 0), or None.

    Each clause is evaluated for 64 solutions at once: O(literals * rows / 64).
    """
    rows = values.shape[0]
    if not cnf.clauses or not rows:
        return None
    for number, clause in enumerate(cnf.clauses):
        if not clause:
            return 0, number
    literals = np.fromiter((literal for clause in cnf.clauses for literal in clause), dtype=np.int64)
    lengths = np.fromiter((len(clause) for clause in cnf.clauses), dtype=np.int64, count=len(cnf.clauses))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    for first in range(0, rows, _WORD):
        found = _violation(values[first : first + _WORD], literals, starts)
        if found is not None:
            return first + found[0], found[1]
    return None


def _violation(
    values: BoolMatrix, literals: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> tuple[int, int] | None:
    """Return the first violation among at most 64 solutions; bit i of a word belongs to row i."""
    bits = np.arange(values.shape[0], dtype=np.uint64)
    words = np.bitwise_or.reduce(values.T.astype(np.uint64) << bits, axis=1)
    everywhere = np.bitwise_or.reduce(np.uint64(1) << bits)
    satisfied = words[np.abs(literals) - 1]
    satisfied[literals < 0] ^= everywhere
    missing = np.bitwise_or.reduceat(satisfied, starts) ^ everywhere
    clauses = np.flatnonzero(missing)
    if not clauses.size:
        return None
    violations = (missing[clauses, np.newaxis] >> bits) & np.uint64(1)
    row = int(np.flatnonzero(violations.any(axis=0))[0])
    return row, int(clauses[np.flatnonzero(violations[:, row])[0]])


def first_duplicate(selected: BoolMatrix) -> tuple[int, int] | None:
    """Return the first row that equals an earlier one, as (earlier, row), or None."""
    seen: dict[bytes, int] = {}
    for row, packed in enumerate(np.packbits(selected, axis=1)):
        earlier = seen.setdefault(packed.tobytes(), row)
        if earlier != row:
            return earlier, row
    return None
