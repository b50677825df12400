"""Weighted sums against a bound by binary addition: small for any weights, but weaker in propagation than a diagram.

Source: Eén and Sörensson, "Translating pseudo-Boolean constraints into SAT", JSAT 2006, section 5.3. About 14 clauses
per bit of each weight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from featurenet_uvl.ir.expression import And, Expression, Iff, Not, Or
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.terms.simplify import TRUE, negated

Groups = Sequence[tuple[int, Sequence[Expression]]]
"""Positive weights, each with its literals."""

Columns = list[deque[Expression]]
"""The binary digits to add up: those of weight 1, of weight 2, of weight 4, and so on."""


def at_most_by_addition(groups: Groups, bound: int, definitions: Definitions) -> Expression:
    """Return whether the weights of the true literals sum up to at most `bound`, which their total exceeds."""
    total = sum(weight * len(literals) for weight, literals in groups)
    columns: Columns = [deque() for _ in range(total.bit_length() + 1)]
    for weight, literals in groups:
        for position in range(weight.bit_length()):
            if weight >> position & 1:
                columns[position].extend(literals)
    return at_most_of_columns(columns, bound, definitions)


def at_most_of_columns(columns: Columns, bound: int, definitions: Definitions) -> Expression:
    """Return whether the digits sum up to at most `bound`.

    Args:
        columns: The digits; the call uses them up, and adds columns as carries need them.
        bound: A natural number that has no more digits than there are columns.
        definitions: Takes the names of sums and carries.
    """
    within: Expression = TRUE
    for position, column in enumerate(columns):
        if len(column) > 1 and position + 1 == len(columns):
            columns.append(deque())
        while len(column) > 1:
            digits = [column.popleft() for _ in range(min(3, len(column)))]
            column.append(_sum_bit(digits, definitions))
            columns[position + 1].append(_carry_bit(digits, definitions))
        if column:
            clear = negated(column[0])
            within = Or((clear, within)) if bound >> position & 1 else And((clear, within))
            within = definitions.define(within)
        elif bound >> position & 1:
            within = TRUE
    return within


def _sum_bit(digits: Sequence[Expression], definitions: Definitions) -> Expression:
    """Return whether an odd number of two or three digits is true."""
    parity: Expression = Iff(digits[0], digits[1])
    return definitions.define(Iff(parity, digits[2]) if len(digits) == 3 else Not(parity))


def _carry_bit(digits: Sequence[Expression], definitions: Definitions) -> Expression:
    """Return whether at least two of two or three digits are true."""
    if len(digits) == 2:
        return definitions.define(And(tuple(digits)))
    pairs = [(digits[0], digits[1]), (digits[0], digits[2]), (digits[1], digits[2])]
    return definitions.define(And(tuple(Or(pair) for pair in pairs)), Or(tuple(And(pair) for pair in pairs)))
