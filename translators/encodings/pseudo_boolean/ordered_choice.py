"""Ranges of one choice among many values: as few literals over blocks of values, and over prefixes.

A block of four values has a name, a block of four blocks has one, and so on. So a range of n values is a disjunction of
some 3 log n literals, whichever it is. A prefix, the values before a position, gets a name from the nearest prefix or
from blocks, whichever is shorter. The names of blocks also say that at most one value is taken (`at_most_one` in
`encodings/cardinality.py`), and every clause stays within few neighbouring values, as decision diagrams need it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from featurenet_uvl.ir.expression import And, Expression, Or
from featurenet_uvl.translators.encodings.cardinality import BLOCK
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.terms.simplify import FALSE, fold, negated


@dataclass(slots=True)
class OrderedChoice:
    """The literals of a choice, in the order of their values: exactly one is true if `owner` is, else none."""

    literals: Sequence[Expression]
    owner: Expression
    definitions: Definitions
    positions: list[int] = field(init=False)
    prefixes: dict[int, Expression] = field(init=False)

    def __post_init__(self) -> None:
        self.positions = [0, len(self.literals)]
        self.prefixes = {0: FALSE, len(self.literals): self.owner}

    def before(self, stop: int) -> Expression:
        """Return whether the choice is one of the first `stop` literals, as a literal or a truth value."""
        if stop not in self.prefixes:
            place = bisect_left(self.positions, stop)
            below, above = self.positions[place - 1], self.positions[place]
            more, less = range(below, stop), range(stop, above)
            if self._length([more]) <= self._length([less]):
                formula: Expression = Or((self.prefixes[below], *self._cover(more)))
            else:
                formula = And((self.prefixes[above], *map(negated, self._cover(less))))
            self.prefixes[stop] = self.definitions.define(formula)
            insort(self.positions, stop)
        return self.prefixes[stop]

    def among(self, held: Sequence[bool], without: bool = False) -> Expression:
        """Return whether the choice is one of the literals that are `held`, or `without` if there is no choice."""
        absent: tuple[Expression, ...] = (negated(self.owner),) if without else ()
        present: tuple[Expression, ...] = () if without else (self.owner,)
        if all(held):
            return fold(Or((self.owner, *absent)))
        inside, outside = list(_runs(held, True)), list(_runs(held, False))
        if self._length(inside) <= self.definitions.limits.max_listed:
            return fold(Or((*absent, *(literal for run in inside for literal in self._cover(run)))))
        if self._length(outside) <= self.definitions.limits.max_listed:
            return fold(And((*present, *(negated(literal) for run in outside for literal in self._cover(run)))))
        if len(outside) < len(inside):
            return fold(And((*present, *(negated(self._between(run)) for run in outside))))
        return fold(Or((*absent, *map(self._between, inside))))

    def _between(self, run: range) -> Expression:
        if self._length([run]) <= 2:
            return fold(Or(tuple(self._cover(run))))
        return fold(And((self.before(run.stop), negated(self.before(run.start)))))

    def _cover(self, run: range) -> list[Expression]:
        """Return the names of the fewest blocks that make up these literals."""
        return [self._block(*block) for block in _blocks(run, len(self.literals))]

    def _length(self, runs: Sequence[range]) -> int:
        return sum(len(list(_blocks(run, len(self.literals)))) for run in runs)

    def _block(self, start: int, size: int) -> Expression:
        """Return whether the choice is one of the `size` literals from `start` on; the last block may be shorter."""
        if size == 1:
            return self.literals[start]
        part = size // BLOCK
        stop = min(start + size, len(self.literals))
        return self.definitions.define(Or(tuple(self._block(at, part) for at in range(start, stop, part))))


def _blocks(run: range, count: int) -> Iterator[tuple[int, int]]:
    """Yield start and size of the fewest blocks that make up a range; a block begins at a multiple of its size.

    >>> list(_blocks(range(3, 12), 30))
    [(3, 1), (4, 4), (8, 4)]
    """
    start, stop = run.start, run.stop
    while start < stop:
        size = 1
        while start % (size * BLOCK) == 0 and min(start + size * BLOCK, count) <= stop and size < count:
            size *= BLOCK
        yield start, size
        start += size


def _runs(held: Sequence[bool], wanted: bool) -> Iterator[range]:
    """Yield each longest run of this truth value.

    >>> list(_runs([True, False, False], False))
    [range(1, 3)]
    """
    start = 0
    for holds, run in groupby(held):
        stop = start + sum(1 for _ in run)
        if holds is wanted:
            yield range(start, stop)
        start = stop
