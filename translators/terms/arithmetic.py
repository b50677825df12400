"""The exact value of a term, from the values of its attributes, features and aggregates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import TypeVar

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
    children,
    walk,
)
from featurenet_uvl.ir.span import NOWHERE, Span
from featurenet_uvl.translators.terms.simplify import Scalar, compare, exact, is_comparable

T = TypeVar("T")

Leaf = Callable[[Expression], Scalar | None]
"""A function from an attribute, a typed feature or an aggregate to its value; None for no value."""


def fold_term(term: Expression, step: Callable[[Expression, Sequence[T]], T]) -> T:
    """Return the result of `step` on the term; it gets each node with the results of its operands. Not recursive."""
    done: list[T] = []  # results of complete subtrees, in reverse order of the text
    for node in reversed(list(walk(term))):
        count = len(children(node))
        operands = done[len(done) - count :][::-1] if count else []
        del done[len(done) - count :]
        done.append(step(node, operands))
    return done[0]


def place_of(node: Expression, place: Span) -> Span:
    """Return the node's own place if it has one, else `place`."""
    return node.span if node.span.line else place


def comparison_holds(comparison: Comparison, leaf: Leaf, place: Span) -> bool:
    """Return whether the comparison is true; it is false if a part of it has no value.

    Raises:
        ModelError: A text in arithmetic, or two values without an order.
    """
    left, right = evaluate(comparison.left, leaf, place), evaluate(comparison.right, leaf, place)
    if left is None or right is None:
        return False
    if not is_comparable(comparison.operator, left, right):
        raise ModelError(
            f"{place_of(comparison, place)}: found {_shown(left)} {comparison.operator} {_shown(right)}, expected two"
            " numbers or two texts"
        )
    return compare(comparison.operator, left, right)


def evaluate(term: Expression, leaf: Leaf, place: Span) -> Scalar | None:
    """Return the value of a term; None if a part has no value, or it divides by zero.

    Raises:
        ModelError: Arithmetic on a text or a truth value, a number in place of a text, or an operand that is no value.
    """

    def step(node: Expression, operands: Sequence[Scalar | None]) -> Scalar | None:
        match node:
            case Constant(value=value):
                return exact(value)
            case Arithmetic(operator=operator):
                a, b = (_number(operand, node, place) for operand in operands)
                if a is None or b is None or (operator == "/" and b == 0):
                    return None
                return a / b if operator == "/" else {"+": a + b, "-": a - b, "*": a * b}[operator]
            case Call():
                return _call(node, operands[0], place)
            case _:
                return leaf(node)

    return fold_term(term, step)


def constant_of(term: Expression) -> Scalar | None:
    """Return the value of a term of constants; None if it has no value or mentions anything else."""

    def refuse(node: Expression) -> Scalar | None:
        raise ModelError(f"{node.span}: found {type(node).__name__}, expected a constant")

    try:
        return evaluate(term, refuse, NOWHERE)
    except ModelError:
        return None


def value_positions(formula: Expression) -> set[int]:
    """Return the identities of the nodes that stand as values: operands of comparisons, of arithmetic and of calls."""
    inside = (node for node in walk(formula) if isinstance(node, Comparison | Arithmetic | Call))
    return {id(child) for node in inside for child in children(node)}


def feature_values(formula: Expression) -> list[FeatureRef]:
    """Return the features that stand as values in the formula."""
    inside = (node for node in walk(formula) if isinstance(node, Comparison | Arithmetic | Call))
    return [child for node in inside for child in children(node) if isinstance(child, FeatureRef)]


def _call(node: Call, argument: Scalar | None, place: Span) -> Scalar | None:
    if argument is None:
        return None
    if node.function == "len":
        if not isinstance(argument, str):
            raise ModelError(f"{place_of(node, place)}: found len of {_shown(argument)}, expected a text")
        return Fraction(len(argument))
    number = _number(argument, node, place)
    if number is None:
        return None
    return Fraction(floor(number) if node.function == "floor" else ceil(number))


def _number(value: Scalar | None, node: Expression, place: Span) -> Fraction | None:
    if value is None or isinstance(value, Fraction):
        return value
    raise ModelError(f"{place_of(node, place)}: found {_shown(value)} in arithmetic, expected a number")


def _shown(value: Scalar) -> str:
    return str(value) if isinstance(value, Fraction) else repr(value)
