"""Tensor shapes as literals, and the clauses that move them through a network.

A shape is: whether it is a vector; height and width one-hot over the sizes that can be reached; and the last axis
(channels of a matrix, length of a vector) by the exponents of its prime factors, each in unary: literal j of prime p
says that p^j divides it. Two lengths are equal exactly if all exponents are, and the length of a flattened matrix has
the sum of three exponents, so no table of lengths is needed.

All literals are determined by the features. Literal 1 is the root feature, which is always true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.translators.encodings.builder import ClauseBuilder

TRUE, FALSE = 1, -1

Sizes = Mapping[int, int]
"""One-hot: size -> literal."""

Exponents = Mapping[int, Sequence[int]]
"""Prime -> literals, the j-th (from 0) saying that the exponent is at least j + 1."""


@dataclass(frozen=True, slots=True)
class Tensor:
    is_vector: int
    axes: tuple[Sizes, Sizes]
    units: Exponents
    channels: Mapping[int, int]
    """The largest exponent of each prime that the last axis can have where the tensor is a matrix."""


def factorise(number: int) -> dict[int, int]:
    """Exponent by prime.

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


def constant_tensor(shape: Shape) -> Tensor:
    """The matrix of this shape (height, width, channels)."""
    height, width, channels = shape
    exponents = factorise(channels)
    units = {prime: [TRUE] * exponent for prime, exponent in exponents.items()}
    return Tensor(FALSE, ({height: TRUE}, {width: TRUE}), units, exponents)


class Clauses:
    """A clause builder that knows the constants TRUE and FALSE."""

    def __init__(self, builder: ClauseBuilder) -> None:
        self.builder = builder

    def add(self, *literals: int) -> None:
        if TRUE not in literals:
            self.builder.add(literal for literal in literals if literal != FALSE)

    def new(self) -> int:
        return self.builder.new()

    def equal_if(self, condition: Sequence[int], left: int, right: int) -> None:
        """Where all of `condition` holds, left and right are equal."""
        negated = [-literal for literal in condition]
        self.add(*negated, -left, right)
        self.add(*negated, left, -right)

    def define_and(self, *literals: int) -> int:
        if FALSE in literals:
            return FALSE
        rest = [literal for literal in dict.fromkeys(literals) if literal != TRUE]
        return self.builder.define_and(rest) if rest else TRUE

    def define_or(self, *literals: int) -> int:
        return -self.define_and(*(-literal for literal in literals))


def new_tensor(
    clauses: Clauses,
    axes: Sequence[Iterable[int]],
    tops: Mapping[int, int],
    channels: Mapping[int, int],
    may_be_vector: bool,
) -> Tensor:
    """A tensor with fresh literals: sizes that its axes can have, and the largest exponent of each prime."""
    height, width = ({size: clauses.new() for size in sorted(sizes)} for sizes in axes)
    units = {prime: [clauses.new() for _ in range(top)] for prime, top in sorted(tops.items()) if top}
    for literals in units.values():
        for lower, higher in pairwise(literals):
            clauses.add(-higher, lower)
    return Tensor(clauses.new() if may_be_vector else FALSE, (height, width), units, channels)


def literals_of(tensor: Tensor) -> list[int]:
    """Every literal of a tensor."""
    sizes = [literal for axis in tensor.axes for literal in axis.values()]
    return [tensor.is_vector, *sizes, *(literal for literals in tensor.units.values() for literal in literals)]


def maxima(exponents: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The largest exponent of each prime.

    >>> maxima([{2: 3, 5: 1}, {2: 4}])
    {2: 4, 5: 1}
    """
    result: dict[int, int] = {}
    for one in exponents:
        for prime, exponent in one.items():
            result[prime] = max(result.get(prime, 0), exponent)
    return result


def matrix_units(tensor: Tensor) -> dict[int, Sequence[int]]:
    """The literals of the last axis that can hold where the tensor is a matrix."""
    return {prime: literals[: tensor.channels.get(prime, 0)] for prime, literals in tensor.units.items()}


def pairs(left: Tensor, right: Tensor) -> Iterable[tuple[int, int]]:
    """The literals of two tensors that mean the same, FALSE where one of them has no such literal."""
    yield left.is_vector, right.is_vector
    for one, other in zip(left.axes, right.axes):
        for size in sorted({*one, *other}):
            yield one.get(size, FALSE), other.get(size, FALSE)
    yield from unit_pairs(left.units, right.units)


def unit_pairs(left: Exponents, right: Exponents) -> Iterable[tuple[int, int]]:
    for prime in sorted({*left, *right}):
        one, other = left.get(prime, ()), right.get(prime, ())
        for j in range(max(len(one), len(other))):
            yield one[j] if j < len(one) else FALSE, other[j] if j < len(other) else FALSE


def select(clauses: Clauses, exists: int, sources: Sequence[tuple[Sequence[int], Tensor]]) -> Tensor:
    """The source whose condition holds; the conditions exclude each other. Nothing where `exists` is false."""
    if len(sources) == 1:
        return sources[0][1]
    tensors = [tensor for _, tensor in sources]
    axes = [{size for tensor in tensors for size in tensor.axes[axis]} for axis in (0, 1)]
    may_be_vector = any(tensor.is_vector != FALSE for tensor in tensors)
    tops = maxima({prime: len(literals) for prime, literals in tensor.units.items()} for tensor in tensors)
    channels = maxima(tensor.channels for tensor in tensors)
    result = new_tensor(clauses, axes, tops, channels, may_be_vector)
    for condition, tensor in sources:
        for left, right in pairs(result, tensor):
            clauses.equal_if(condition, left, right)
    for literal in literals_of(result):
        clauses.add(-literal, exists)
    return result


def set_units(clauses: Clauses, condition: int, units: Exponents, number: int) -> None:
    """Where the condition holds, the last axis has this size."""
    exponents = factorise(number)
    for prime, literals in units.items():
        exponent = exponents.get(prime, 0)
        if exponent:
            clauses.add(-condition, literals[exponent - 1])
        if exponent < len(literals):
            clauses.add(-condition, -literals[exponent])


def size_exponents(clauses: Clauses, sizes: Sizes) -> dict[int, list[int]]:
    """The exponents of a one-hot size; none holds where no size does."""
    by_size = {size: factorise(size) for size in sizes}
    return {
        prime: [
            clauses.define_or(*(sizes[size] for size in sizes if by_size[size].get(prime, 0) >= j))
            for j in range(1, top + 1)
        ]
        for prime, top in sorted(maxima(by_size.values()).items())
    }


def add_exponents(clauses: Clauses, left: Exponents, right: Exponents) -> dict[int, list[int]]:
    """The exponents of a product: the sum of two unary numbers for each prime, merged in both directions.

    Source: Bailleux and Boufkhad, "Efficient CNF encoding of Boolean cardinality constraints", CP 2003.
    """
    total: dict[int, list[int]] = {}
    for prime in sorted({*left, *right}):
        a, b = left.get(prime, ()), right.get(prime, ())
        if not a or not b:
            total[prime] = list(a or b)
            continue
        total[prime] = output = [clauses.new() for _ in range(len(a) + len(b))]
        for i in range(len(a) + 1):
            for j in range(len(b) + 1):
                if i + j:
                    least = [-a[i - 1]] if i else []
                    clauses.add(*least, *([-b[j - 1]] if j else []), output[i + j - 1])
                if i + j < len(output):
                    most = [a[i]] if i < len(a) else []
                    clauses.add(*most, *([b[j]] if j < len(b) else []), -output[i + j])
    return total


def map_sizes(
    clauses: Clauses,
    sizes: Sizes,
    functions: Sequence[tuple[int, Callable[[int], int | None]]],
    exists: int,
    active: int,
) -> dict[int, int]:
    """The size of an axis after the one function whose condition holds, none where `exists` is false.

    A size without an image (None) is forbidden where `active` holds; the image 0 means no size, without complaint.
    """
    images = [(condition, {size: function(size) for size in sizes}) for condition, function in functions]
    reached = sorted({image for _, table in images for image in table.values() if image})
    result = {size: clauses.new() for size in reached}
    for condition, table in images:
        for size, image in table.items():
            if image is None:
                clauses.add(-condition, -sizes[size], -active)
            elif image:
                clauses.add(-condition, -sizes[size], result[image])
        for image, literal in result.items():
            clauses.add(-condition, -literal, *(sizes[size] for size, found in table.items() if found == image))
    for literal in result.values():
        clauses.add(-literal, exists)
    return result
