"""Fold truth values and comparisons of constants out of a formula."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from featurenet_uvl.ir.expression import (
    And,
    Arithmetic,
    Comparison,
    ComparisonOperator,
    Constant,
    Count,
    Expression,
    Iff,
    Implies,
    Not,
    Or,
    Value,
    rebuild,
)

TRUE, FALSE = Constant(True), Constant(False)

Scalar: TypeAlias = Fraction | str | bool
"""A value in exact arithmetic."""

_KINDS: dict[type, int] = {bool: 0, Fraction: 1, str: 2}

_COMPARE: dict[ComparisonOperator, Callable[[Scalar, Scalar], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def exact(value: Value) -> Scalar:
    """Return a value as comparisons see it: numbers exactly as written (0.1 is one tenth)."""
    return value if isinstance(value, str | bool) else Fraction(str(value))


def is_comparable(comparison: ComparisonOperator, left: Scalar, right: Scalar) -> bool:
    """Return whether the comparison has a meaning: only two numbers or two texts have an order."""
    return comparison in ("==", "!=") or (type(left) is type(right) and not isinstance(left, bool))


def compare(comparison: ComparisonOperator, left: Scalar, right: Scalar) -> bool:
    """Return whether the comparison holds of a comparable pair; values of different types differ."""
    if type(left) is not type(right):
        return comparison == "!="
    return _COMPARE[comparison](left, right)


def rising(values: Sequence[Scalar]) -> list[int]:
    """Return the positions of the values in rising order: truth values first, then numbers, then texts.

    >>> rising([Fraction(3), "b", Fraction(1), "a"])
    [2, 0, 3, 1]
    """
    return sorted(range(len(values)), key=lambda position: (_KINDS[type(values[position])], values[position]))


def is_true(node: Expression) -> bool:
    return isinstance(node, Constant) and node.value is True


def is_false(node: Expression) -> bool:
    return isinstance(node, Constant) and node.value is False


def negated(literal: Expression) -> Expression:
    """Return the opposite of a literal or a truth value."""
    return literal.operand if isinstance(literal, Not) else fold_node(Not(literal))


def fold(node: Expression) -> Expression:
    """Return an equivalent formula without truth values inside; linear in its size."""
    return rebuild(node, fold_node)


def fold_node(node: Expression) -> Expression:
    """Return a node folded whose operands are folded already."""
    match node:
        case And(operands=operands, span=span):
            return _fold_junction(operands, span_of=node, absorbing=False) or And(_drop(operands, is_true), span)
        case Or(operands=operands, span=span):
            return _fold_junction(operands, span_of=node, absorbing=True) or Or(_drop(operands, is_false), span)
        case Not(operand=Constant(value=bool() as value)):
            return Constant(not value)
        case Implies(left=left, right=right, span=span):
            if is_false(left) or is_true(right):
                return TRUE
            return right if is_true(left) else Not(left, span) if is_false(right) else node
        case Iff(left=left, right=right, span=span):
            for one, other in ((left, right), (right, left)):
                if is_true(one):
                    return other
                if is_false(one):
                    return fold_node(Not(other, span))
            return node
        case Count():
            return _fold_count(node)
        case Comparison(operator=comparison, left=Constant(value=left_value), right=Constant(value=right_value)):
            a, b = exact(left_value), exact(right_value)
            return Constant(compare(comparison, a, b)) if is_comparable(comparison, a, b) else node
        case Arithmetic():
            return _fold_arithmetic(node)
        case _:
            return node


def _drop(operands: tuple[Expression, ...], which: Callable[[Expression], bool]) -> tuple[Expression, ...]:
    return tuple(operand for operand in operands if not which(operand))


def _fold_junction(operands: tuple[Expression, ...], span_of: Expression, absorbing: bool) -> Expression | None:
    """Return the constant or the single operand that an And (absorbing False) or Or (True) equals, else None."""
    absorbs, vanishes = (is_true, is_false) if absorbing else (is_false, is_true)
    if any(absorbs(operand) for operand in operands):
        return Constant(absorbing)
    rest = _drop(operands, vanishes)
    if not rest:
        return Constant(not absorbing)
    if len(rest) == 1:
        return rest[0]
    return span_of if len(rest) == len(operands) else None


def _fold_count(node: Count) -> Expression:
    true = sum(is_true(operand) for operand in node.operands)
    rest = _drop(_drop(node.operands, is_true), is_false)
    lower = max(node.lower - true, 0)
    upper = None if node.upper is None or node.upper - true >= len(rest) else node.upper - true
    if lower > len(rest) or (upper is not None and upper < lower):
        return FALSE
    if lower == 0 and upper is None:
        return TRUE
    if lower == 1 and upper is None:
        return rest[0] if len(rest) == 1 else Or(rest, node.span)
    if upper == 0:
        return fold_node(Not(rest[0] if len(rest) == 1 else Or(rest, node.span), node.span))
    if lower == len(rest) and upper is None:
        return rest[0] if len(rest) == 1 else And(rest, node.span)
    return Count(lower, upper, rest, node.span)


def _fold_arithmetic(node: Arithmetic) -> Expression:
    """Return the exact result of two whole numbers; leave everything else to the evaluation of the comparison."""
    if not (isinstance(node.left, Constant) and isinstance(node.right, Constant)):
        return node
    left, right = node.left.value, node.right.value
    if not (isinstance(left, int) and isinstance(right, int)) or isinstance(left, bool) or isinstance(right, bool):
        return node
    if node.operator == "/":
        return node
    result = {"+": left + right, "-": left - right, "*": left * right}[node.operator]
    return Constant(result, node.span)
