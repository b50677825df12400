"""Formulas as text, with no more parentheses than it takes to read the same formula back."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import get_args

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    ComparisonOperator,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    IndexVariable,
    Not,
    Or,
    Quantified,
)
from featurenet_uvl.translators.formats.language.tokens import (
    KEYWORDS,
    STRICT_NAME,
    format_name,
    format_path,
)
from featurenet_uvl.translators.formats.language.values import format_value

NOT = 5
COMPARISON = 6
SUM = 7
PRODUCT = 8
PRIMARY = 9
PRECEDENCE = {
    "<=>": 1,
    "=>": 2,
    "|": 3,
    "&": 4,
    "!": NOT,
    **dict.fromkeys(get_args(ComparisonOperator), COMPARISON),
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
}

_LIMIT = 10_000_000
"""Pieces of text that a formula may have once its counts are spelt out."""
MAX_CLAUSES = 1_000
"""Clauses that a count may become."""


def format_expression(node: Expression, *, indexed: bool = False) -> str:
    """Return the formula or value as text, with no more parentheses than it takes to read the same tree back.

    `And` and `Or` with one operand are written as this operand; a `Count` becomes clauses, at most 1,000.

    Args:
        node: The formula or value.
        indexed: Whether the text is for an indexed constraint; texts then stand in double quotes.

    Raises:
        UnsupportedError: UVL has no spelling for a node: a truth value, an empty `And` or `Or`, a `Count` of too many
            clauses, a name that it cannot quote; the message has the place of the node.
    """
    pieces: list[str] = []
    stack: list[str | tuple[Expression, int]] = [(node, 0)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
        else:
            stack.extend(reversed(_spelling(*item, indexed)))
        if len(pieces) > _LIMIT:
            raise UnsupportedError(f"{node.span}: found a formula that is too large once its counts are spelt out")
    return "".join(pieces)


_Spelling = list["str | tuple[Expression, int]"]


def _spelling(node: Expression, minimum: int, indexed: bool) -> _Spelling:
    """Return the texts and operands of one node, in parentheses if it binds looser than `minimum`."""
    match node:
        case And(operands=operands) | Or(operands=operands):
            if len(operands) == 1:
                return [(operands[0], minimum)]
            if not operands:
                raise _unsupported(node, f"an empty {type(node).__name__}")
            parts = _joined(" & " if isinstance(node, And) else " | ", list(operands))
        case Count():
            return [(_spelt_out(node), minimum)]
        case Not(operand=operand):
            # !a == b reads as !(a == b), but only machines see that at once.
            parts = ["!", (operand, PRIMARY if isinstance(operand, Comparison) else NOT)]
        case Implies() | Iff() | Comparison() | Arithmetic():
            parts = _binary_spelling(node, indexed)
        case _:
            return _primary_spelling(node, indexed)
    return ["(", *parts, ")"] if _precedence(node) < minimum else parts


def _precedence(node: Expression) -> int:
    match node:
        case And():
            return PRECEDENCE["&"]
        case Or():
            return PRECEDENCE["|"]
        case Implies():
            return PRECEDENCE["=>"]
        case Iff():
            return PRECEDENCE["<=>"]
        case Not():
            return NOT
        case Comparison() | Arithmetic():
            return PRECEDENCE[node.operator]
        case _:
            return PRIMARY


def _joined(separator: str, operands: list[Expression]) -> _Spelling:
    parts: _Spelling = []
    for operand in operands:
        parts += [separator, (operand, PRECEDENCE[separator.strip()] + 1)]
    return parts[1:]


def _binary_spelling(node: Implies | Iff | Comparison | Arithmetic, indexed: bool) -> _Spelling:
    own = _precedence(node)
    if isinstance(node, Implies | Iff):
        sign, left, right = "=>" if isinstance(node, Implies) else "<=>", own, own + 1
    else:
        sign, left, right = node.operator, own + (own == COMPARISON), own + 1
        for side in (node.left, node.right):
            if indexed and isinstance(side, FeatureRef) and side.indices is None:
                raise _unsupported(
                    side,
                    f"feature {side.name!r} as a value in an indexed constraint",
                    f"an index variable, or {side.name}[]",
                )
    return [(node.left, left), f" {sign} ", (node.right, right)]


def _primary_spelling(node: Expression, indexed: bool) -> _Spelling:
    span = node.span
    match node:
        case Constant(value=value):
            if isinstance(value, bool):
                raise _unsupported(node, f"the truth value {str(value).lower()}")
            return [format_value(value, span, '"' if indexed else "'")]
        case FeatureRef(name=name, indices=indices):
            return [format_name(name, span), *_index_spelling(indices)]
        case AttributeRef(feature=feature, attribute=attribute, indices=indices):
            return [f"{format_name(feature, span)}.{format_path(attribute, span)}", *_index_spelling(indices)]
        case IndexVariable(name=name):
            return [_variable(name, node)]
        case Aggregate(function=function, attribute=attribute, scope=scope):
            if node.more_scopes:
                raise _unsupported(node, f"{function}() over {1 + len(node.more_scopes)} subtrees", "one")
            second = f", {format_name(scope, span)}" if scope is not None else ""
            return [f"{function}({format_name(attribute, span)}{second})"]
        case Call(function=name, argument=argument):
            if not isinstance(argument, FeatureRef | AttributeRef):
                raise _unsupported(argument, f"{name} of an expression", f"{name} of a reference")
            return [f"{name}(", (argument, 0), ")"]
        case Quantified(quantifier=quantifier, number=number, variable=variable, body=body):
            count = "" if quantifier == "exists" else f"{number}, "
            return [f"{quantifier}({count}{_variable(variable, node)}, ", (body, 0), ")"]
        case _:
            raise _unsupported(node, type(node).__name__)


def _variable(name: str, node: Expression) -> str:
    if not STRICT_NAME.fullmatch(name) or name in KEYWORDS:
        raise _unsupported(node, f"index variable {name!r}", "a name that needs no quotes")
    return name


def _index_spelling(indices: tuple[Expression, ...] | None) -> _Spelling:
    if indices is None:
        return []
    parts: _Spelling = []
    for index in indices:
        parts += [", ", (index, 0)]
    return ["[", *parts[1:], "]"]


def _spelt_out(node: Count) -> Expression:
    formula = without_count(node)
    if formula is None:
        upper = len(node.operands) if node.upper is None else node.upper
        raise _unsupported(
            node,
            f"a count [{node.lower}..{upper}] of {len(node.operands)} operands",
            f"at most {MAX_CLAUSES:,} clauses, and a bound",
        )
    return formula


def without_count(node: Count) -> Expression | None:
    """Return the count as clauses: every too large set has a false operand, every large enough set a true one.

    Returns:
        None if the count is always true or always false, or takes more than MAX_CLAUSES clauses.
    """
    size, lower, upper = len(node.operands), node.lower, len(node.operands) if node.upper is None else node.upper
    is_constant = size <= 0 or lower > size or upper < 0 or (lower <= 0 and upper >= size)
    if is_constant or _number_of_clauses(lower, upper, size) > MAX_CLAUSES:
        return None
    clauses: list[Expression] = []
    if lower > 0:
        clauses += [Or(some, node.span) for some in combinations(node.operands, size - lower + 1)]
    if upper < size:
        clauses += [
            Or(tuple(Not(operand, node.span) for operand in some), node.span)
            for some in combinations(node.operands, upper + 1)
        ]
    return And(tuple(clauses), node.span)


def _number_of_clauses(lower: int, upper: int, size: int) -> int:
    least = comb(size, lower - 1) if lower > 0 else 0
    return least + (comb(size, upper + 1) if upper < size else 0)


def _unsupported(node: Expression, found: str, expected: str = "a formula that UVL can write") -> UnsupportedError:
    return UnsupportedError(f"{node.span}: found {found}, expected {expected}")
