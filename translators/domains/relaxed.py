"""A constraint without the parts that are not known: what follows from it whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from featurenet_uvl.ir.expression import And, Count, Expression, Iff, Implies, Not, Or, with_children
from featurenet_uvl.translators.terms.arithmetic import fold_term
from featurenet_uvl.translators.terms.simplify import FALSE, TRUE, fold


class _Bounds(NamedTuple):
    """Two formulas that a formula lies between: `lower` implies it, and it implies `upper`.

    `is_doubled` says that both copy a part; doubled again at each level, they would grow without measure.
    """

    lower: Expression
    upper: Expression
    is_doubled: bool = False


def relaxed(formula: Expression, is_unknown: Callable[[Expression], bool]) -> Expression:
    """Return a formula that the given one implies, whichever truth values its unknown parts have.

    Args:
        formula: A formula without quantifiers.
        is_unknown: Says of a comparison, or of an attribute that stands as a proposition, whether it is unknown.
    """

    def step(node: Expression, operands: Sequence[_Bounds]) -> _Bounds:
        if is_unknown(node):
            return _Bounds(FALSE, TRUE)
        if all(bounds.lower is bounds.upper for bounds in operands):
            exact = with_children(node, tuple(bounds.lower for bounds in operands))
            return _Bounds(exact, exact)
        return _bounds(node, operands)

    return fold(fold_term(formula, step).upper)


def _bounds(node: Expression, operands: Sequence[_Bounds]) -> _Bounds:
    lowers, uppers = tuple(b.lower for b in operands), tuple(b.upper for b in operands)
    is_doubled = any(b.is_doubled for b in operands)
    match node:
        case Not():
            return _Bounds(Not(uppers[0], node.span), Not(lowers[0], node.span), is_doubled)
        case And() | Or():
            return _Bounds(with_children(node, lowers), with_children(node, uppers), is_doubled)
        case Implies():
            lower = Implies(uppers[0], lowers[1], node.span)
            return _Bounds(lower, Implies(lowers[0], uppers[1], node.span), is_doubled)
        case Iff() if not is_doubled:
            upper = And((Implies(lowers[0], uppers[1]), Implies(lowers[1], uppers[0])), node.span)
            return _Bounds(Or((And(lowers), Not(Or(uppers))), node.span), upper, True)
        case Count(lower=least, upper=most) if not is_doubled:
            lower_bound = And((Count(least, None, lowers), Count(0, most, uppers)), node.span)
            return _Bounds(lower_bound, And((Count(least, None, uppers), Count(0, most, lowers)), node.span), True)
        case _:
            return _Bounds(FALSE, TRUE)
