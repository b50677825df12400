"""Arithmetic on binary natural numbers whose digits are literals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

from featurenet_uvl.translators.encodings.gates import FALSE, TRUE, Function, Gates

Bits = tuple[int, ...]
"""The digits of a number as literals, lowest first; all further digits are false."""

MAX_DIVISOR = 8
"""Largest divisor of `divide` that is no power of two."""


def constant(number: int) -> Bits:
    """Return the digits of a known number.

    >>> constant(6)
    (-1, 1, 1)
    """
    return tuple(TRUE if number >> i & 1 else FALSE for i in range(number.bit_length()))


def add(gates: Gates, left: Sequence[int], right: Sequence[int], width: int, carry: int = FALSE) -> Bits:
    """Return the lowest `width` digits of left + right + carry; 14 clauses per digit."""
    total: list[int] = []
    for i in range(width):
        inputs = (digit(left, i), digit(right, i), carry)
        total.append(gates.function(inputs, _is_odd))
        carry = gates.function(inputs, _is_many) if i + 1 < width else FALSE
    return tuple(total)


def subtract(gates: Gates, left: Sequence[int], right: Sequence[int]) -> tuple[Bits, int]:
    """Return left - right and whether it is below 0; the digits then mean nothing."""
    borrow, difference = FALSE, []
    for one, other in zip_longest(left, right, fillvalue=FALSE):
        difference.append(gates.function((one, other, borrow), _is_odd))
        borrow = gates.function((-one, other, borrow), _is_many)
    return tuple(difference), borrow


def multiply(gates: Gates, left: Sequence[int], right: Sequence[int], width: int) -> Bits:
    """Return the lowest `width` digits of left * right, added up row by row."""
    rows, columns = sorted((left, right), key=len)
    total: Bits = ()
    for i, row in enumerate(rows):
        if i >= width:
            break
        part = tuple(gates.both(row, column) for column in columns[: width - i])
        top = min(width, i + len(columns) + 1)
        total = (*pad(total, i)[:i], *add(gates, total[i:], part, top - i)) if i else part
    return pad(total, width)[:width]


def multiply_by_next(gates: Gates, left: Sequence[int], right: Sequence[int], width: int) -> Bits:
    """Return the lowest `width` digits of left * (right + 1)."""
    total: Bits = tuple(left[:width])
    for i, row in enumerate(right[:width]):
        part = tuple(gates.both(row, column) for column in left[: width - i])
        total = (*pad(total, i)[:i], *add(gates, total[i:], part, min(width, max(len(total), i + len(left)) + 1) - i))
    return pad(total, width)[:width]


def divide(gates: Gates, number: Sequence[int], divisor: int) -> Bits:
    """Return the quotient, rounded down: a shift for powers of two, else digit by digit from the top.

    The remainder so far is one-hot without a literal for 0, which takes about 5 * divisor clauses per digit.

    Args:
        gates: Takes the clauses.
        number: The dividend.
        divisor: A power of two, or a number up to MAX_DIVISOR.
    """
    shift = divisor.bit_length() - 1
    if divisor == 1 << shift:
        return tuple(number[shift:])
    quotient: list[int] = []
    remainder: tuple[int, ...] = (FALSE,) * (divisor - 1)
    for bit in reversed(number):
        inputs = (*remainder, bit)
        quotient.append(gates.function(inputs, _division_step(divisor, 0)))
        remainder = tuple(gates.function(inputs, _division_step(divisor, rest)) for rest in range(1, divisor))
    while quotient and quotient[0] == FALSE:
        del quotient[0]
    return tuple(reversed(quotient))


@lru_cache
def _division_step(divisor: int, rest: int) -> Function:
    """Return the function of remainder and next digit: whether `rest` remains; for 0, whether the divisor fits."""

    def step(assignment: int) -> bool | None:
        remainder, bit = assignment & ((1 << divisor - 1) - 1), assignment >> divisor - 1
        if remainder & (remainder - 1):
            return None
        value = 2 * remainder.bit_length() + bit
        return value % divisor == rest if rest else value >= divisor

    return step


def digit(bits: Sequence[int], i: int) -> int:
    """Return the i-th digit, which is false beyond the end."""
    return bits[i] if i < len(bits) else FALSE


def pad(bits: Sequence[int], width: int) -> Bits:
    """Return the digits with false ones at the end, up to `width`."""
    return (*bits, *(FALSE,) * (width - len(bits)))


def _is_odd(assignment: int) -> bool:
    return assignment.bit_count() % 2 == 1


def _is_many(assignment: int) -> bool:
    return assignment.bit_count() > 1
