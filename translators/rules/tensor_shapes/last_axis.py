"""The last axis of a tensor (channels of a matrix, length of a vector) as literals, in two forms.

`PrimeExponents` serves models without concatenation: literal (p, j) says that p^j divides the number. Two numbers are
equal if and only if all exponents are, and the exponents of a product are sums. `BinaryDigits` can add numbers, too.

Both map keys to literals, and a missing key is false, so that selection and comparison are the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from featurenet_uvl.translators.encodings.binary import Bits, add, multiply, multiply_by_next
from featurenet_uvl.translators.encodings.gates import FALSE, TRUE, Gates

Key = tuple[int, int]
Units = Mapping[Key, int]
"""Literals by key: (prime, exponent), or (0, place of the digit)."""


class Form(Protocol):
    """A notation for numbers."""

    def keys(self, number: int) -> frozenset[Key]:
        """Return the keys that are true of a number."""
        ...

    def weaker(self, key: Key) -> Key | None:
        """Return the key that this one implies, if any."""
        ...

    def elements(self, gates: Gates, sizes: tuple[Bits, Bits], units: Units, largest: LargestSizes) -> Units:
        """Return (height + 1) * (width + 1) * units."""
        ...


class LargestSizes(Protocol):
    """The largest values that sizes and units of a tensor can take."""

    @property
    def largest(self) -> tuple[int, int]: ...
    @property
    def channels(self) -> int: ...
    @property
    def elements(self) -> int: ...


class PrimeExponents:
    """Literal (p, j) says that p^j divides the number.

    Source: the exponents are unary numbers, added as in Bailleux and Boufkhad, "Efficient CNF encoding of Boolean
    cardinality constraints", CP 2003.
    """

    def keys(self, number: int) -> frozenset[Key]:
        return frozenset((prime, j) for prime, top in factorise(number).items() for j in range(1, top + 1))

    def weaker(self, key: Key) -> Key | None:
        prime, j = key
        return (prime, j - 1) if j > 1 else None

    def elements(self, gates: Gates, sizes: tuple[Bits, Bits], units: Units, largest: LargestSizes) -> Units:
        height, width = (self._of_size(gates, bits, bound) for bits, bound in zip(sizes, largest.largest))
        return self._product(gates, self._product(gates, height, width), units)

    def _of_size(self, gates: Gates, bits: Bits, largest: int) -> Units:
        """Return the exponents of the size, which is one more than the number in `bits`."""
        keys = sorted({key for number in range(1, largest + 2) for key in self.keys(number)})
        return {(p, j): gates.function(bits, _divides_next(p**j, largest)) for p, j in keys}

    def _product(self, gates: Gates, left: Units, right: Units) -> Units:
        result: dict[Key, int] = {}
        for prime in sorted({p for p, _ in (*left, *right)}):
            a, b = (_exponent(units, prime) for units in (left, right))
            total = a or b if not a or not b else _merged(gates, a, b)
            result |= {(prime, j): literal for j, literal in enumerate(total, 1)}
        return result


def _exponent(units: Units, prime: int) -> tuple[int, ...]:
    """Return the unary exponent of a prime, without literals that are always false."""
    keys = sorted(key for key in units if key[0] == prime)
    return tuple(units[key] for key in keys if units[key] != FALSE)


def _merged(gates: Gates, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sum of two unary numbers, with clauses in both directions."""
    output = [gates.new() for _ in range(len(a) + len(b))]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i + j:
                gates.add(*([-a[i - 1]] if i else []), *([-b[j - 1]] if j else []), output[i + j - 1])
            if i + j < len(output):
                gates.add(*([a[i]] if i < len(a) else []), *([b[j]] if j < len(b) else []), -output[i + j])
    return tuple(output)


class BinaryDigits:
    """Literal (0, i) is digit i of the number."""

    def keys(self, number: int) -> frozenset[Key]:
        return frozenset((0, i) for i in range(number.bit_length()) if number >> i & 1)

    def weaker(self, key: Key) -> Key | None:
        return None

    def elements(self, gates: Gates, sizes: tuple[Bits, Bits], units: Units, largest: LargestSizes) -> Units:
        """Multiply only the digits that channels can have: if a further digit is set, height and width are 1."""
        width = largest.elements.bit_length()
        digits = to_bits(units)
        narrow = largest.channels.bit_length()
        bottom, top = digits[:narrow], digits[narrow:]
        height, columns = sizes
        area = multiply_by_next(
            gates,
            multiply_by_next(gates, (TRUE,), height, largest.largest[0].bit_length() + 1),
            columns,
            ((largest.largest[0] + 1) * (largest.largest[1] + 1)).bit_length(),
        )
        low = multiply(gates, area, bottom, width)
        both = (*low[:narrow], *(gates.either(one, other) for one, other in zip_digits(low[narrow:], top)))
        return from_bits(both)


def to_bits(units: Units) -> Bits:
    """Return the digits of a binary number, lowest first."""
    return tuple(units.get((0, i), FALSE) for i in range(max((i for _, i in units), default=-1) + 1))


def from_bits(bits: Iterable[int]) -> Units:
    return {(0, i): literal for i, literal in enumerate(bits) if literal != FALSE}


def plus(gates: Gates, left: Units, right: Units, largest: int) -> Units:
    """Return the sum of two binary numbers."""
    return from_bits(add(gates, to_bits(left), to_bits(right), largest.bit_length()))


def zip_digits(left: Bits, right: Bits) -> Iterable[tuple[int, int]]:
    length = max(len(left), len(right))
    return zip(
        (*left, *(FALSE,) * (length - len(left))),
        (*right, *(FALSE,) * (length - len(right))),
    )


@lru_cache
def _divides_next(divisor: int, largest: int) -> Callable[[int], bool | None]:
    return lambda number: (number + 1) % divisor == 0 if number <= largest else None


@lru_cache(maxsize=4096)
def factorise(number: int) -> dict[int, int]:
    """Return the exponent of each prime factor.

    >>> factorise(120)
    {2: 3, 3: 1, 5: 1}
    """
    exponents: dict[int, int] = {}
    prime = 2
    while number > 1:
        while number % prime == 0:
            exponents[prime] = exponents.get(prime, 0) + 1
            number //= prime
        prime += 1
    return exponents
