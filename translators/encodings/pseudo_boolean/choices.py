"""Sums of choices against a bound: each addend takes one of several values.

A diagram decides one addend after the other; a node stands for a partial sum, with an edge per value. The addend with
the most values comes last, where a node is a range of its values. So a comparison of two variables of n values takes
some n edges and n prefixes. Sums with too many partial sums are added up in binary.

Source: Abío and Stuckey, "Encoding linear constraints into SAT", CP 2014 (decision diagrams over the values of integer
variables), in both directions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, floor, gcd, lcm

from featurenet_uvl.ir.expression import And, ComparisonOperator, Expression, Not, Or
from featurenet_uvl.translators.encodings.pseudo_boolean.adder import Columns, at_most_of_columns
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.encodings.pseudo_boolean.ordered_choice import OrderedChoice
from featurenet_uvl.translators.terms.simplify import FALSE, TRUE, fold, negated


@dataclass(frozen=True, slots=True)
class Addend:
    """A choice with one weight per literal, rising or falling throughout, and the weight without a choice.

    `absent` is None if the sum means nothing then.
    """

    choice: OrderedChoice
    weights: Sequence[Fraction]
    absent: Fraction | None = None


def compare_choices(
    addends: Sequence[Addend], operator: ComparisonOperator, bound: Fraction, definitions: Definitions
) -> Expression:
    """Return the comparison of a bound with the sum of the addends, as a formula over definitions."""
    whole, limit = _scaled(addends, bound)
    match operator:
        case "<=":
            return _decide(whole, floor(limit), False, definitions)
        case "<":
            return _decide(whole, ceil(limit) - 1, False, definitions)
        case ">":
            return fold(Not(_decide(whole, floor(limit), False, definitions)))
        case ">=":
            return fold(Not(_decide(whole, ceil(limit) - 1, False, definitions)))
        case "==" | "!=":
            equal = FALSE if limit.denominator > 1 else _decide(whole, int(limit), True, definitions)
            return equal if operator == "==" else fold(Not(equal))


@dataclass(frozen=True, slots=True)
class _Whole:
    """An addend with whole numbers."""

    choice: OrderedChoice
    weights: Sequence[int]
    absent: int | None

    @property
    def all_weights(self) -> Sequence[int]:
        return self.weights if self.absent is None else (*self.weights, self.absent)


def _scaled(addends: Sequence[Addend], bound: Fraction) -> tuple[list[_Whole], Fraction]:
    """Return the addends in whole numbers, those of few values first, and the bound on the same scale."""
    numbers = [weight for addend in addends for weight in (*addend.weights, addend.absent) if weight is not None]
    scale = lcm(*(number.denominator for number in numbers))
    whole = [
        _Whole(
            addend.choice,
            [int(weight * scale) for weight in addend.weights],
            None if addend.absent is None else int(addend.absent * scale),
        )
        for addend in addends
    ]
    return sorted(whole, key=lambda addend: len(addend.weights)), bound * scale


def _decide(addends: Sequence[_Whole], bound: int, is_equal: bool, definitions: Definitions) -> Expression:
    """Return whether the sum is at most the bound, or equal to it."""
    diagram = _Diagram.of(addends, bound, is_equal, definitions)
    known = diagram.decided(0, 0)
    if known is not None:
        return known
    sums = diagram.partial_sums()
    return _in_binary(addends, bound, is_equal, definitions) if sums is None else diagram.build(sums)


@dataclass(frozen=True, slots=True)
class _Diagram:
    """`least` and `most` are the sums that the addends from each one on can have, and 0 for the end."""

    addends: Sequence[_Whole]
    bound: int
    is_equal: bool
    definitions: Definitions
    least: Sequence[int]
    most: Sequence[int]

    @classmethod
    def of(cls, addends: Sequence[_Whole], bound: int, is_equal: bool, definitions: Definitions) -> _Diagram:
        least, most = [0], [0]
        for addend in reversed(addends):
            least.append(least[-1] + min(addend.all_weights))
            most.append(most[-1] + max(addend.all_weights))
        return cls(addends, bound, is_equal, definitions, least[::-1], most[::-1])

    def decided(self, at: int, total: int) -> Expression | None:
        """Return the truth value if it is the same for all values of the addends from `at` on."""
        least, most = total + self.least[at], total + self.most[at]
        if least > self.bound or (self.is_equal and most < self.bound):
            return FALSE
        return TRUE if most <= self.bound and (not self.is_equal or least == self.bound) else None

    def partial_sums(self) -> list[list[int]] | None:
        """Return the sums before each addend that leave something to decide; None if they are too many.

        Needs: all addends together leave something to decide.
        """
        result: list[list[int]] = [[0]]
        size = 0
        for at, addend in enumerate(self.addends[:-1], 1):
            size += len(result[-1]) * len(addend.all_weights)
            if size > self.definitions.limits.max_diagram_edges:
                return None
            following = {total + weight for total in result[-1] for weight in addend.all_weights}
            result.append(sorted(total for total in following if self.decided(at, total) is None))
        return None if size + len(result[-1]) > self.definitions.limits.max_diagram_edges else result

    def build(self, sums: Sequence[Sequence[int]]) -> Expression:
        below = {total: self._range(total) for total in sums[-1]}
        for at in range(len(self.addends) - 2, -1, -1):
            below = {total: self._node(at, total, below) for total in sums[at]}
        return below[0]

    def _range(self, total: int) -> Expression:
        """Return whether the last addend completes this sum, as a literal or a truth value."""
        last, rest = self.addends[-1], self.bound - total
        weights, choice = last.weights, last.choice
        falls = weights[0] > weights[-1]
        keys, target = ([-weight for weight in weights], -rest) if falls else (weights, rest)
        start, stop = bisect_left(keys, target), bisect_right(keys, target)
        absent: tuple[Expression, ...] = ()
        if last.absent is not None and (last.absent == rest or (last.absent < rest and not self.is_equal)):
            absent = (negated(choice.owner),)
        if self.is_equal:
            formula: Expression = Or((*choice.literals[start:stop], *absent))
        elif not falls:
            formula = Or((choice.before(stop), *absent))
        elif absent or last.absent is None:
            formula = negated(choice.before(start))
        else:
            formula = And((choice.owner, negated(choice.before(start))))
        return self.definitions.define(formula)

    def _node(self, at: int, total: int, below: Mapping[int, Expression]) -> Expression:
        addend = self.addends[at]
        owner = addend.choice.owner
        ways = list(zip(addend.choice.literals, addend.weights))
        if addend.absent is not None and owner != TRUE:
            ways.append((negated(owner), addend.absent))
        clauses: list[Expression] = [] if addend.absent is not None else [owner]
        cubes: list[Expression] = []
        for literal, weight in ways:
            decided = self.decided(at + 1, total + weight)
            way = below[total + weight] if decided is None else decided
            clauses.append(fold(Or((negated(literal), way))))
            cubes.append(fold(And((literal, way))))
        return self.definitions.define(And(tuple(clauses)), Or(tuple(cubes)))


def _in_binary(addends: Sequence[_Whole], bound: int, is_equal: bool, definitions: Definitions) -> Expression:
    """Return the same by addition of the binary digits of the values."""
    shift = [min(addend.all_weights) for addend in addends]
    divisor = reduce(gcd, (weight - low for addend, low in zip(addends, shift) for weight in addend.all_weights), 0)
    bound -= sum(shift)
    if is_equal and bound % divisor:
        return FALSE
    bound //= divisor
    total = sum(max(addend.all_weights) - low for addend, low in zip(addends, shift)) // divisor

    def at_most(limit: int) -> Expression:
        if limit < 0 or limit >= total:
            return FALSE if limit < 0 else TRUE
        columns: Columns = [deque() for _ in range(total.bit_length() + 1)]
        for addend, low in zip(addends, shift):
            for position in range(total.bit_length()):
                held = [bool((weight - low) // divisor >> position & 1) for weight in addend.all_weights]
                without = held.pop() if addend.absent is not None else False
                digit = definitions.define(addend.choice.among(held, without))
                if digit != FALSE:
                    columns[position].append(digit)
        return at_most_of_columns(columns, limit, definitions)

    return fold(And((at_most(bound), Not(at_most(bound - 1))))) if is_equal else at_most(bound)
