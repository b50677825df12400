"""Counters: how many of some literals are true, as clauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb

from featurenet_uvl.translators.encodings.builder import ClauseBuilder

BLOCK = 4
"""Literals of a block that has one name; 3 to 6 give about as many clauses."""


def exactly_one_if(builder: ClauseBuilder, parent: int, literals: Sequence[int]) -> None:
    """Add clauses by which one of the literals is true if `parent` is, and none otherwise.

    A name per block is true if and only if a literal of the block is; the names are blocks in turn. They take about
    11 n / 3 clauses and n / 3 auxiliaries, fewer if `builder.blocks` has names for some.

    Source: Klieber and Kwon, "Efficient CNF encoding for selecting 1 from N objects", CFV 2007 (commander variables).
    """
    level = list(literals)
    while len(level) > BLOCK:
        blocks = [tuple(level[start : start + BLOCK]) for start in range(0, len(level), BLOCK)]
        for block in blocks:
            _at_most_one(builder, block)
        level = [builder.blocks[block] if block in builder.blocks else builder.define_or(block) for block in blocks]
    for literal in level:
        builder.add((-literal, parent))
    builder.add((-parent, *level))
    _at_most_one(builder, level)


def _at_most_one(builder: ClauseBuilder, literals: Sequence[int]) -> None:
    for one, other in combinations(literals, 2):
        builder.add((-one, -other))


def count_outputs(builder: ClauseBuilder, literals: Sequence[int], limit: int) -> list[int]:
    """Return literals `out[j - 1]`, true if and only if at least j of the literals are, for j = 1 .. min(limit, n).

    A sequential counter in both directions, so that the literals determine every auxiliary: about 4 n * limit clauses.

    Source: Sinz, "Towards an optimal CNF encoding of Boolean cardinality constraints", CP 2005, with the
    reverse implications added.
    """
    row: list[int] = []
    for literal in literals:
        above = row
        row = []
        for j in range(min(len(above) + 1, limit)):
            stays = above[j] if j < len(above) else None
            grows = above[j - 1] if j else None
            row.append(_counter_cell(builder, literal, stays, grows))
    return row


def _counter_cell(builder: ClauseBuilder, literal: int, stays: int | None, grows: int | None) -> int:
    """Return `stays or (grows and literal)`; a missing `stays` is false, a missing `grows` is true."""
    both = (literal,) if grows is None else (grows, literal)
    if stays is None:
        return builder.define_and(both)
    output = builder.new()
    builder.add((-stays, output))
    builder.add((*(-b for b in both), output))
    for b in both:
        builder.add((-output, stays, b))
    return output


def direct_clauses(literals: Sequence[int], lower: int, upper: int) -> Iterator[tuple[int, ...]]:
    """Yield one clause per subset that would break `lower <= number of true literals <= upper`; no auxiliaries."""
    count = len(literals)
    if lower > 0:
        yield from combinations(literals, count - lower + 1)
    if upper < count:
        yield from (tuple(-literal for literal in subset) for subset in combinations(literals, upper + 1))


def direct_size(count: int, lower: int, upper: int) -> int:
    """Return the number of clauses that `direct_clauses` yields."""
    least = comb(count, count - lower + 1) if lower > 0 else 0
    return least + (comb(count, upper + 1) if upper < count else 0)
