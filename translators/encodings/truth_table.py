"""Boolean functions of a few inputs as few clauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

Cube = tuple[tuple[int, bool], ...]
"""Some inputs by position, each with the value it has; all other inputs are free."""

MAX_EXHAUSTIVE = 5
"""Up to this many inputs the largest cube is searched for, beyond that a maximal one is taken."""


@lru_cache(maxsize=4096)
def cover(on: int, off: int, width: int) -> tuple[Cube, ...]:
    """Cubes that hold every assignment of `on` and none of `off`; the others do not matter.

    Each cube is maximal, and covers as many assignments as any that are not covered yet (exhaustive for up to
    MAX_EXHAUSTIVE inputs): what Quine and McCluskey do, with a greedy choice.

    Args:
        on: Bit i is set where the assignment i (bit k of i is input k) is to be covered.
        off: Likewise, where it must not be.
        width: The number of inputs.

    Source: McCluskey, "Minimization of Boolean functions", 1956.

    >>> cover(0b1110, 0b0001, 2)
    (((0, True),), ((1, True),))
    """
    result: list[Cube] = []
    left = on
    while left:
        seed = (left & -left).bit_length() - 1
        kept, covered = _best_cube(seed, left, off, width)
        result.append(tuple((k, bool(seed >> k & 1)) for k in range(width) if kept >> k & 1))
        left &= ~covered
    return tuple(result)


@lru_cache(maxsize=4096)
def total_cover(on: int, off: int, width: int) -> tuple[tuple[Cube, ...], tuple[Cube, ...]]:
    """Cubes where a function is true, and cubes where it is false; each assignment lies in one of the two sorts only.

    Where the value does not matter, it becomes what needs fewer cubes.
    """
    trues = cover(on, off, width)
    falses = cover(off, on, width)
    everything = (1 << (1 << width)) - 1
    rest_false = cover(everything & ~_union(trues, width), _union(trues, width), width)
    rest_true = cover(everything & ~_union(falses, width), _union(falses, width), width)
    if len(trues) + len(rest_false) <= len(rest_true) + len(falses):
        return trues, rest_false
    return rest_true, falses


def _union(cubes: Iterable[Cube], width: int) -> int:
    result = 0
    for cube in cubes:
        kept = sum(1 << position for position, _ in cube)
        result |= _assignments(sum(1 << position for position, value in cube if value), kept, width)
    return result


def _best_cube(seed: int, left: int, off: int, width: int) -> tuple[int, int]:
    """The inputs that a cube around the assignment `seed` keeps (a bit set), and the assignments in it (a bit set)."""
    if width > MAX_EXHAUSTIVE:
        kept = (1 << width) - 1
        for k in range(width):
            if not _assignments(seed, kept & ~(1 << k), width) & off:
                kept &= ~(1 << k)
        return kept, _assignments(seed, kept, width)
    candidates = ((kept, _assignments(seed, kept, width)) for kept in range(1 << width))
    valid = [(kept, covered) for kept, covered in candidates if not covered & off]
    return min(valid, key=lambda cube: (-(cube[1] & left).bit_count(), cube[0].bit_count(), cube[0]))


@lru_cache(maxsize=1 << 16)
def _assignments(seed: int, kept: int, width: int) -> int:
    return sum(1 << assignment for assignment in _members(seed, kept, width))


def _members(seed: int, kept: int, width: int) -> Iterator[int]:
    """The assignments that agree with `seed` on the inputs of `kept`."""
    free = ~kept & ((1 << width) - 1)
    part = free
    while True:
        yield seed & kept | part
        if not part:
            return
        part = (part - 1) & free
