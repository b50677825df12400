"""Boolean functions of a few inputs as few clauses, minimised by espresso."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

Cube = tuple[tuple[int, bool], ...]
"""Some inputs by position, each with its value; all other inputs are free."""

_FREE = 3
"""An input that a cube leaves free, in espresso's notation, which has 1 for false and 2 for true."""
_SETTINGS = {
    "single_expand": True,
    "remove_essential": True,
    "force_irredundant": True,
    "unwrap_onset": True,
    "recompute_onset": False,
    "use_super_gasp": False,
}
"""Espresso's settings: one expansion, then the removal of redundant cubes.

Its further rounds would save another 1 % of the clauses of tables. But the order in which they reduce cubes alternates
from call to call, so that a result would depend on all calls before it.
"""


@lru_cache(maxsize=4096)
def cover(on: int, off: int, width: int) -> tuple[Cube, ...]:
    """Return few cubes that contain every assignment of `on` and no assignment of `off`; others do not matter.

    Args:
        on: Bit i is set if a cube must contain the assignment i (bit k of i is input k).
        off: Bit i is set if no cube may contain it.
        width: The number of inputs.

    Source: Brayton, Hachtel, McMullen and Sangiovanni-Vincentelli, "Logic Minimization Algorithms for VLSI Synthesis",
    1984 (espresso, which pyeda carries).

    >>> cover(0b1110, 0b0001, 2)
    (((0, True),), ((1, True),))
    """
    if not on or not off:
        return ((),) if on else ()
    from pyeda.boolalg.espresso import FTYPE, RTYPE, espresso, set_config

    set_config(**_SETTINGS)
    rows = [
        (tuple(1 + (assignment >> k & 1) for k in range(width)), (on >> assignment & 1,))
        for assignment in range(1 << width)
        if (on | off) >> assignment & 1
    ]
    found = espresso(width, 1, rows, intype=FTYPE | RTYPE)
    return tuple(
        tuple((k, value == 2) for k, value in enumerate(inputs) if value != _FREE) for inputs, _ in sorted(found)
    )


@lru_cache(maxsize=4096)
def total_cover(on: int, off: int, width: int) -> tuple[tuple[Cube, ...], tuple[Cube, ...]]:
    """Return cubes of a function's true assignments, and cubes of its false ones; together they contain all.

    Assignments in neither `on` nor `off` take the values that need fewer cubes.
    """
    trues = cover(on, off, width)
    falses = cover(off, on, width)
    everything = (1 << (1 << width)) - 1
    rest_false = cover(everything & ~_union(trues, width), _union(trues, width), width)
    rest_true = cover(everything & ~_union(falses, width), _union(falses, width), width)
    if len(trues) + len(rest_false) <= len(rest_true) + len(falses):
        return trues, rest_false
    return rest_true, falses


def _union(cubes: Collection[Cube], width: int) -> int:
    """Return the assignments in any of the cubes, as a bit set."""
    return sum(
        1 << assignment
        for assignment in range(1 << width)
        if any(all(bool(assignment >> k & 1) is value for k, value in cube) for cube in cubes)
    )
