"""Weighted sums against a bound, as decision diagrams over partial sums.

Counters first count the features of each weight; a diagram then decides one weight after the other. A node stands for
all ways to the same partial sum, and its name is true if and only if the rest of the sum stays within the bound. So the
features determine every name, and unit propagation sees each bound that is reached.

Source: Abío, Nieuwenhuis, Oliveras, Rodríguez-Carbonell and Mayer-Eichberger, "A new look at BDDs for pseudo-Boolean
constraints", JAIR 2012, in both directions, on the counts of equal weights; counters as in `encodings/cardinality.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, floor, gcd, lcm

from featurenet_uvl.ir.expression import And, ComparisonOperator, Expression, Not, Or
from featurenet_uvl.translators.encodings.pseudo_boolean.adder import at_most_by_addition
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.terms.simplify import FALSE, TRUE, fold, negated


def compare_sum(
    weights: Mapping[Expression, Fraction], operator: ComparisonOperator, bound: Fraction, definitions: Definitions
) -> Expression:
    """Return the comparison of a bound with the sum of the true literals' weights, as a formula over definitions."""
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = {literal: int(weight * scale) for literal, weight in weights.items() if weight}
    limit = bound * scale
    match operator:
        case "<=":
            return _at_most(whole, floor(limit), definitions)
        case "<":
            return _at_most(whole, ceil(limit) - 1, definitions)
        case ">":
            return fold(Not(_at_most(whole, floor(limit), definitions)))
        case ">=":
            return fold(Not(_at_most(whole, ceil(limit) - 1, definitions)))
        case "==" | "!=":
            divisor = reduce(gcd, whole.values(), 0)
            equal: Expression = FALSE
            if limit == 0 or (limit.denominator == 1 and divisor and limit % divisor == 0):
                below = _at_most(whole, floor(limit) - 1, definitions)
                equal = fold(And((_at_most(whole, floor(limit), definitions), Not(below))))
            return equal if operator == "==" else fold(Not(equal))


def _at_most(weights: Mapping[Expression, int], bound: int, definitions: Definitions) -> Expression:
    """Return whether the sum is at most `bound`; negative weights become positive ones of negated literals."""
    groups: dict[int, list[Expression]] = {}
    for literal, weight in weights.items():
        groups.setdefault(abs(weight), []).append(literal if weight > 0 else negated(literal))
        bound += max(-weight, 0)
    divisor = reduce(gcd, groups, 0)
    if bound < 0:
        return FALSE
    if sum(weight * len(literals) for weight, literals in groups.items()) <= bound:
        return TRUE
    bound //= divisor
    ordered = sorted(groups.items())
    levels = [(weight // divisor, literals) for weight, literals in ordered]
    diagram = _Diagram(levels, bound, definitions)
    reached = diagram.reached()
    return at_most_by_addition(levels, bound, definitions) if reached is None else diagram.build(reached)


Level = tuple[int, list[Expression]]
"""A weight, and the literals that are true if at least 1, 2, ... features of this weight are selected."""


@dataclass(frozen=True, slots=True)
class _Diagram:
    """`groups` are positive weights in rising order, each with its literals."""

    groups: Sequence[tuple[int, Sequence[Expression]]]
    bound: int
    definitions: Definitions

    def reached(self) -> list[list[int]] | None:
        """Return the partial sums before each weight that leave something to decide; None if they are too many."""
        result = [[0]]
        size = 0
        rest = self._rest()
        for at, (weight, literals) in enumerate(self.groups):
            most = min(len(literals), self.bound // weight + 1)
            size += most * (len(result[-1]) + len(literals))
            if size > self.definitions.limits.max_diagram_edges:
                return None
            following = {total + number * weight for total in result[-1] for number in range(most + 1)}
            result.append(sorted(total for total in following if self.bound - rest[at + 1] < total <= self.bound))
        return result

    def build(self, reached: Sequence[Sequence[int]]) -> Expression:
        rest = self._rest()
        counts = [self._counter(literals, self.bound // weight + 1) for weight, literals in self.groups]
        below: dict[int, Expression] = {}
        for at in range(len(counts) - 1, -1, -1):
            level = (self.groups[at][0], counts[at])
            below = {total: self._node(level, total, below, rest[at + 1]) for total in reached[at]}
        return below[0]

    def _rest(self) -> list[int]:
        """Return the largest sum that the weights from each one on can add, and 0 for the end."""
        rest = [0]
        for weight, literals in reversed(self.groups):
            rest.append(rest[-1] + weight * len(literals))
        return rest[::-1]

    def _node(self, level: Level, total: int, below: Mapping[int, Expression], rest: int) -> Expression:
        """Return whether the sum stays within the bound from here on, by how often the next weight counts."""
        weight, counts = level
        ways = [self._way(total + number * weight, below, rest) for number in range(len(counts) + 1)]
        clauses = [ways[0]]
        cubes = []
        for number, count in enumerate(counts):
            if ways[number + 1] != ways[number]:
                clauses.append(Or((negated(count), ways[number + 1])))
                cubes.append(And((negated(count), ways[number])))
        return self.definitions.define(And(tuple(clauses)), Or((*cubes, ways[-1])))

    def _way(self, total: int, below: Mapping[int, Expression], rest: int) -> Expression:
        if total > self.bound:
            return FALSE
        return TRUE if total + rest <= self.bound else below[total]

    def _counter(self, literals: Sequence[Expression], limit: int) -> list[Expression]:
        """Return literals that are true if at least 1, 2, ..., `limit` of these are."""
        row: list[Expression] = []
        for literal in literals:
            above: list[Expression] = [TRUE, *row, FALSE]
            row = [
                self.definitions.define(Or((above[j], And((above[j - 1], literal)))))
                for j in range(1, min(len(above), limit + 1))
            ]
        return row
