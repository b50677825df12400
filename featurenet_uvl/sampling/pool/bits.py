"""Rows of truth values as bits of 64-bit words: 64 columns per word, the lowest bit first; zeros fill the last word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.ir.sample import BoolMatrix

Words = npt.NDArray[np.uint64]


def words_of(rows: BoolMatrix) -> Words:
    """Return one row, or each row of a matrix, as words.

    >>> words_of(np.array([[True, False, True], [False, True, False]])).tolist()
    [[5], [2]]
    """
    octets = np.packbits(rows, axis=-1, bitorder="little")
    padded = np.zeros((*octets.shape[:-1], -(-octets.shape[-1] // 8) * 8), dtype=np.uint8)
    padded[..., : octets.shape[-1]] = octets
    return padded.view(np.uint64)


def bits_of(words: Words, count: int) -> BoolMatrix:
    """Return the first `count` columns of one row of words, or of each row of a matrix of words.

    >>> bits_of(words_of(np.array([True, False, True])), 3).tolist()
    [True, False, True]
    """
    octets = np.ascontiguousarray(words).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=count, bitorder="little").view(np.bool_)
