"""Gates: literals defined as functions of others, with constants folded and equal gates shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.truth_table import Cube, total_cover

TRUE, FALSE = 1, -1
"""Literal 1 is the root feature, which every configuration selects."""

Function = Callable[[int], bool | None]
"""A truth table: assignment (bit k is input k) -> value, None if the value does not matter."""


@dataclass(slots=True)
class Gates:
    """A clause builder that knows TRUE and FALSE. The inputs of a gate determine every literal that it makes."""

    builder: ClauseBuilder
    _known: dict[object, int] = field(default_factory=dict)

    def add(self, *literals: int) -> None:
        """Add a clause."""
        if TRUE not in literals:
            self.builder.add(literal for literal in literals if literal != FALSE)

    def new(self) -> int:
        return self.builder.new()

    def equal_if(self, condition: Sequence[int], left: int, right: int) -> None:
        """Add clauses by which left and right are equal if all of `condition` holds."""
        if left != right:
            negated = [-literal for literal in condition]
            self.add(*negated, -left, right)
            self.add(*negated, left, -right)

    def both(self, *literals: int) -> int:
        """Return a literal that is true if and only if all of these are."""
        if FALSE in literals:
            return FALSE
        rest = tuple(sorted({literal for literal in literals if literal != TRUE}))
        if any(-literal in rest for literal in rest):
            return FALSE
        if not rest:
            return TRUE
        found = self._known.get(rest)
        if found is None:
            found = self._known[rest] = self.builder.define_and(rest)
        return found

    def either(self, *literals: int) -> int:
        """Return a literal that is true if and only if at least one of these is."""
        return -self.both(*(-literal for literal in literals))

    def function(self, inputs: Sequence[int], function: Function) -> int:
        """Return a literal that is this function of the inputs; a value that does not matter becomes the cheapest."""
        free = tuple(dict.fromkeys(abs(literal) for literal in inputs if abs(literal) != TRUE))
        on, off = _table(_positions(inputs, free), len(free), function)
        return self._define(free, on, off)

    def _define(self, free: tuple[int, ...], on: int, off: int) -> int:
        if not off:
            return TRUE
        if not on:
            return FALSE
        trues, falses = total_cover(on, off, len(free))
        if len(trues) == 1 and len(trues[0]) == 1:
            ((position, value),) = trues[0]
            return free[position] if value else -free[position]
        key = (free, on, off)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.new()
            for cubes, literal in ((trues, found), (falses, -found)):
                for cube in cubes:
                    self.add(*_refuted(cube, free), literal)
        return found

    def pick(self, options: Sequence[tuple[int, int]], otherwise: int) -> int:
        """Return a literal equal to that of the first option whose condition holds, or to `otherwise` if none does.

        Args:
            options: Pairs of condition and literal.
            otherwise: The literal if no condition holds.
        """
        options = [option for option in options if option[0] != FALSE]
        if all(literal == otherwise for _, literal in options):
            return otherwise
        key = ("pick", *options, otherwise)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.new()
            before: list[int] = []
            for condition, literal in (*options, (TRUE, otherwise)):
                self.equal_if([*before, condition], found, literal)
                before.append(-condition)
        return found


def _positions(inputs: Sequence[int], free: Sequence[int]) -> tuple[int, ...]:
    """Return each input's position (from 1) among the n free variables, negated like it; 0: true, -1 - n: false."""
    place = {variable: position for position, variable in enumerate(free, 1)}
    false = -1 - len(free)
    return tuple(
        (0 if literal > 0 else false) if abs(literal) == TRUE else place[abs(literal)] * (1 if literal > 0 else -1)
        for literal in inputs
    )


@lru_cache(maxsize=4096)
def _table(positions: tuple[int, ...], width: int, function: Function) -> tuple[int, int]:
    """Return the assignments of the free variables for which the function is true, and false, as two bit sets."""
    on = off = 0
    for assignment in range(1 << width):
        index = 0
        for k, position in enumerate(positions):
            is_true = position == 0 if position in (0, -1 - width) else bool(assignment >> abs(position) - 1 & 1)
            index |= (is_true != (-width <= position < 0)) << k
        value = function(index)
        on |= (value is True) << assignment
        off |= (value is False) << assignment
    return on, off


def _refuted(cube: Cube, free: Sequence[int]) -> list[int]:
    return [-free[position] if value else free[position] for position, value in cube]
