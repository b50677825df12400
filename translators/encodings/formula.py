"""Propositional formulas as clauses: by distribution while that is small, else with determined auxiliaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from featurenet_uvl.ir.expression import (
    And,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    children,
    walk,
)
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.cardinality import count_outputs, direct_clauses, direct_size

Clauses = list[tuple[int, ...]]


def assert_formula(builder: ClauseBuilder, formula: Expression) -> None:
    """Add clauses that hold if and only if the formula does; linear in its size, iterative.

    Source: Tseitin, "On the complexity of derivation in propositional calculus", 1968, in both directions; distribution
    of small disjunctions as in FeatureIDE, so that ordinary models get no auxiliaries.
    """
    single = _single_clause(builder, formula)
    if single is not None:
        builder.add(single)
        return
    encoder = _Encoder(builder)
    for part, sign in _conjuncts(formula):
        for clause in encoder.encode(part, sign):
            builder.add(clause)


def _conjuncts(formula: Expression) -> Iterator[tuple[Expression, bool]]:
    """Yield the parts of a conjunction in order, however it is nested, so that no level copies clauses.

    With each part comes True for the part itself, False for its negation.
    """
    stack: list[tuple[Expression, bool]] = [(formula, True)]
    while stack:
        node, sign = stack.pop()
        if isinstance(node, Not):
            stack.append((node.operand, not sign))
        elif isinstance(node, Implies) and not sign:
            stack += [(node.right, False), (node.left, True)]
        elif isinstance(node, And if sign else Or):
            stack.extend((operand, sign) for operand in reversed(node.operands))
        else:
            yield node, sign


def _single_clause(builder: ClauseBuilder, formula: Expression) -> list[int] | None:
    """Return the literals of a formula that is a clause, as most constraints of large models are; else None."""
    literals: list[int] = []
    stack: list[tuple[Expression, bool]] = [(formula, True)]
    while stack:
        node, sign = stack.pop()
        if isinstance(node, FeatureRef):
            variable = builder.variables[node.name]
            literals.append(variable if sign else -variable)
        elif isinstance(node, Not):
            stack.append((node.operand, not sign))
        elif isinstance(node, Implies) and sign:
            stack += [(node.right, True), (node.left, False)]
        elif isinstance(node, Or if sign else And):
            stack.extend((operand, sign) for operand in reversed(node.operands))
        else:
            return None
    return literals


@dataclass(slots=True)
class _Encoder:
    builder: ClauseBuilder
    literals: dict[int, int] = field(default_factory=dict)
    """The literals of named nodes, by the identity of the node."""

    def encode(self, formula: Expression, sign: bool = True) -> Clauses:
        """Return the clauses of the formula, or of its negation."""
        order = list(walk(formula))
        signs = _needed_signs(order, sign)
        done: dict[tuple[int, bool], Clauses] = {}
        for node in reversed(order):
            for needed in sorted(signs[id(node)]):
                done[id(node), needed] = self._clauses(node, needed, done)
        return done[id(formula), sign]

    def _clauses(self, node: Expression, sign: bool, done: dict[tuple[int, bool], Clauses]) -> Clauses:
        """Return the clauses of the node (or of its negation), made of those of its operands."""
        match node:
            case Constant(value=value):
                return [] if bool(value) is sign else [()]
            case FeatureRef(name=name):
                variable = self.builder.variables[name]
                return [(variable if sign else -variable,)]
            case Not(operand=operand):
                return done[id(operand), not sign]
            case And(operands=operands) | Or(operands=operands):
                parts = [(operand, sign) for operand in operands]
                conjunction = isinstance(node, And) is sign
                return self._all(parts, done) if conjunction else self._any(parts, done)
            case Implies(left=left, right=right):
                if sign:
                    return self._any([(left, False), (right, True)], done)
                return self._all([(left, True), (right, False)], done)
            case Iff(left=left, right=right):
                self._name_large([left, right], done)
                first = self._any([(left, False), (right, sign)], done)
                return first + self._any([(left, True), (right, not sign)], done)
            case Count():
                return self._count(node, sign)
            case _:
                raise AssertionError(f"{type(node).__name__} is not propositional")

    def _all(self, parts: Sequence[tuple[Expression, bool]], done: dict[tuple[int, bool], Clauses]) -> Clauses:
        return [clause for node, sign in parts for clause in done[id(node), sign]]

    def _any(self, parts: Sequence[tuple[Expression, bool]], done: dict[tuple[int, bool], Clauses]) -> Clauses:
        """Return the disjunction: the product of the clause lists, with names for larger ones if it grows too much."""
        lists = [done[id(node), sign] for node, sign in parts]
        size = 1
        for clauses in lists:
            size *= len(clauses)
        if size > self.builder.limits.max_distributed:
            largest = max(range(len(parts)), key=lambda i: len(lists[i]))
            for i, (node, sign) in enumerate(parts):
                if len(lists[i]) > 1 and (i != largest or max(map(len, lists[i])) > self.builder.limits.max_repeated):
                    literal = self.literal(node)
                    lists[i] = [(literal if sign else -literal,)]
        base = tuple(literal for clauses in lists if len(clauses) == 1 for literal in clauses[0])
        product: Clauses = [base]
        for clauses in lists:
            if len(clauses) != 1:
                product = [(*left, *right) for left in product for right in clauses]
        return product

    def _name_large(self, nodes: Sequence[Expression], done: dict[tuple[int, bool], Clauses]) -> None:
        """Name each large operand of an equivalence, because an equivalence repeats both signs of its operands."""
        for node in nodes:
            if max(len(done[id(node), True]), len(done[id(node), False])) > self.builder.limits.max_repeated:
                literal = self.literal(node)
                done[id(node), True], done[id(node), False] = [(literal,)], [(-literal,)]

    def _count(self, node: Count, sign: bool) -> Clauses:
        literals = [self.literal(operand) for operand in node.operands]
        upper = len(literals) if node.upper is None else node.upper
        if sign and direct_size(len(literals), node.lower, upper) <= self.builder.limits.max_direct_clauses:
            return list(direct_clauses(literals, node.lower, upper))
        within = self._within(literals, node.lower, upper)
        return [(literal,) for literal in within] if sign else [tuple(-literal for literal in within)]

    def _within(self, literals: Sequence[int], lower: int, upper: int) -> list[int]:
        """Return literals that are all true if and only if the count lies in `[lower, upper]`."""
        if lower > len(literals):
            return [self._constant(False)]
        outputs = count_outputs(self.builder, literals, min(len(literals), max(lower, upper + 1)))
        bounds = [outputs[lower - 1]] if lower > 0 else []
        return [*bounds, -outputs[upper]] if upper < len(literals) else bounds

    def literal(self, formula: Expression) -> int:
        """Return a literal that is equivalent to the formula, with auxiliaries for all its parts."""
        order: list[Expression] = []
        stack = [formula]
        while stack:  # a node with a name is not entered again: nested formulas get names level by level
            node = stack.pop()
            if id(node) not in self.literals:
                order.append(node)
                stack.extend(children(node))
        for node in reversed(order):
            if id(node) not in self.literals:
                self.literals[id(node)] = self._name(node)
        return self.literals[id(formula)]

    def _name(self, node: Expression) -> int:
        inner = [self.literals[id(operand)] for operand in children(node)]
        define: Callable[[Sequence[int]], int] = self.builder.define_and
        match node:
            case FeatureRef(name=name):
                return self.builder.variables[name]
            case Not():
                return -inner[0]
            case And():
                return define(inner) if inner else self._constant(True)
            case Or():
                return self.builder.define_or(inner) if inner else self._constant(False)
            case Implies():
                return self.builder.define_or([-inner[0], inner[1]])
            case Iff():
                return self._equivalence(inner[0], inner[1])
            case Count(lower=lower, upper=upper):
                limit = len(inner) if upper is None else upper
                within = self._within(inner, lower, limit)
                return define(within) if within else self._constant(True)
            case Constant(value=value):
                return self._constant(bool(value))
            case _:
                raise AssertionError(f"{type(node).__name__} is not propositional")

    def _constant(self, value: bool) -> int:
        output = self.builder.new()
        self.builder.add((output if value else -output,))
        return output

    def _equivalence(self, left: int, right: int) -> int:
        output = self.builder.new()
        for clause in (
            (-left, -right, output),
            (left, right, output),
            (-left, right, -output),
            (left, -right, -output),
        ):
            self.builder.add(clause)
        return output


def _needed_signs(order: Sequence[Expression], sign: bool) -> dict[int, set[bool]]:
    """Return the signs (True: as it stands, False: negated) that each node is needed with; `sign` for the first."""
    signs: dict[int, set[bool]] = {id(node): set() for node in order}
    signs[id(order[0])].add(sign)
    for node in order:
        own = signs[id(node)]
        match node:
            case Not(operand=operand):
                signs[id(operand)] |= {not sign for sign in own}
            case Implies(left=left, right=right):
                signs[id(left)] |= {not sign for sign in own}
                signs[id(right)] |= own
            case Iff(left=left, right=right):
                signs[id(left)] |= {True, False}
                signs[id(right)] |= {True, False}
            case And(operands=operands) | Or(operands=operands):
                for operand in operands:
                    signs[id(operand)] |= own
            case _:
                pass
    return signs
