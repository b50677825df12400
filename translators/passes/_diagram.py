"""Weighted sums against a bound, as decision diagrams over partial sums.

Features of equal weight are counted first; a diagram then decides one weight after the other. A node stands for all
ways to the same partial sum, and its name is true exactly where the rest of the sum stays within the bound. So every
name is determined by the features, and propagation sees each bound that is reached.

Source: Abío, Nieuwenhuis, Oliveras, Rodríguez-Carbonell and Mayer-Eichberger, "A new look at BDDs for pseudo-Boolean
constraints", JAIR 2012, in both directions, on the counts of equal weights; counters as in `encodings/cardinality.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import ceil, floor, gcd, lcm

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.boolean_model import Definition
from featurenet_uvl.ir.cnf import AUXILIARY_PREFIX
from featurenet_uvl.ir.expression import And, ComparisonOperator, Constant, Expression, FeatureRef, Not, Or
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.passes._simplify import FALSE, TRUE, fold, negated

MAX_NODES = 50_000
"""How many nodes the diagram of one comparison may have, counters included."""


@dataclass(slots=True)
class Definitions:
    """The names that are given to formulas; equal formulas get one name. `taken` are the names of features."""

    taken: frozenset[str]
    found: list[Definition] = field(default_factory=list)
    names: dict[Expression, FeatureRef] = field(default_factory=dict)
    number: int = 0

    def define(self, formula: Expression, dual: Expression | None = None) -> Expression:
        """A literal or a constant that is equivalent to the formula."""
        formula = fold(formula)
        if isinstance(formula, Constant | FeatureRef) or (
            isinstance(formula, Not) and isinstance(formula.operand, FeatureRef)
        ):
            return formula
        if formula not in self.names:
            self.names[formula] = FeatureRef(self._new_name())
            self.found.append(Definition(self.names[formula].name, formula, None if dual is None else fold(dual)))
        return self.names[formula]

    def _new_name(self) -> str:
        self.number += 1
        while f"{AUXILIARY_PREFIX}{self.number}" in self.taken:
            self.number += 1
        return f"{AUXILIARY_PREFIX}{self.number}"


def compare_sum(
    weights: Mapping[Expression, Fraction],
    operator: ComparisonOperator,
    bound: Fraction,
    definitions: Definitions,
    place: Span,
) -> Expression:
    """Whether the sum of the weights of true literals compares so with the bound, as a formula over definitions.

    Raises:
        UnsupportedError: The diagram has more than MAX_NODES nodes.
    """
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = {literal: int(weight * scale) for literal, weight in weights.items() if weight}
    limit = bound * scale
    match operator:
        case "<=":
            return _at_most(whole, floor(limit), definitions, place)
        case "<":
            return _at_most(whole, ceil(limit) - 1, definitions, place)
        case ">":
            return fold(Not(_at_most(whole, floor(limit), definitions, place)))
        case ">=":
            return fold(Not(_at_most(whole, ceil(limit) - 1, definitions, place)))
        case "==" | "!=":
            divisor = reduce(gcd, whole.values(), 0)
            equal: Expression = FALSE
            if limit == 0 or (limit.denominator == 1 and divisor and limit % divisor == 0):
                below = _at_most(whole, floor(limit) - 1, definitions, place)
                equal = fold(And((_at_most(whole, floor(limit), definitions, place), Not(below))))
            return equal if operator == "==" else fold(Not(equal))


def _at_most(weights: Mapping[Expression, int], bound: int, definitions: Definitions, place: Span) -> Expression:
    """Whether the sum is at most `bound`: negative weights become positive ones of negated literals."""
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
    ordered = sorted((weight // divisor, literals) for weight, literals in groups.items())
    return _Diagram(bound, definitions, place).build([(w, literals) for w, literals in ordered])


Level = tuple[int, list[Expression]]
"""A weight, and literals that are true if at least 1, 2, ... of the features of this weight are selected."""


@dataclass(slots=True)
class _Diagram:
    bound: int
    definitions: Definitions
    place: Span
    size: int = 0

    def build(self, groups: Sequence[tuple[int, list[Expression]]]) -> Expression:
        levels = [(weight, self._counter(literals, self.bound // weight + 1)) for weight, literals in groups]
        rest = [0]
        for weight, literals in reversed(groups):
            rest.append(rest[-1] + weight * len(literals))
        rest.reverse()
        reached = self._reached(levels, rest)
        nodes: dict[int, Expression] = {}
        for at in range(len(levels) - 1, -1, -1):
            nodes = {total: self._node(levels[at], total, nodes, rest[at + 1]) for total in sorted(reached[at])}
        return nodes[0]

    def _reached(self, levels: Sequence[Level], rest: Sequence[int]) -> list[set[int]]:
        """The partial sums before each level that still leave something to decide."""
        reached: list[set[int]] = [{0}]
        for at, (weight, counts) in enumerate(levels):
            following = {total + number * weight for total in reached[-1] for number in range(len(counts) + 1)}
            reached.append({total for total in following if self.bound - rest[at + 1] < total <= self.bound})
            self._grow(len(reached[-1]))
        return reached

    def _grow(self, number: int) -> None:
        self.size += number
        if self.size > MAX_NODES:
            raise UnsupportedError(
                f"{self.place}: found a comparison whose decision diagram has more than {MAX_NODES} nodes, expected"
                " fewer; use coarser numbers or fewer features in it"
            )

    def _node(self, level: Level, total: int, below: Mapping[int, Expression], rest: int) -> Expression:
        """Whether the sum stays within the bound from here, by what the next weight adds; less is always better."""
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
        """Literals that are true if at least 1, 2, ... up to `limit` of these are."""
        self._grow(len(literals) * min(len(literals), limit))
        row: list[Expression] = []
        for literal in literals:
            above: list[Expression] = [TRUE, *row, FALSE]
            row = [
                self.definitions.define(Or((above[j], And((above[j - 1], literal)))))
                for j in range(1, min(len(above), limit + 1))
            ]
        return row
