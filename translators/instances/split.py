"""Splits a constraint over several multi-features: parts about different ones need no common copies.

`A => B` with A and B in the instances of two multi-features holds for all pairs of instances: one copy per pair. But
"for all i and j: not A[i] or B[j]" is "for all i: not A[i], or for all j: B[j]": one copy per instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    walk,
)
from featurenet_uvl.translators.limits import LIMITS

Clause = tuple[Expression, ...]

MAX_NODES = 200
"""Most nodes of a formula that is split; one with more stays in one piece."""


def clauses_of(formula: Expression, max_clauses: int = LIMITS.max_split_clauses) -> Sequence[Clause]:
    """Return an equivalent conjunction of disjunctions, whose parts are literals, comparisons and counts.

    A formula of more than `max_clauses` clauses stays in one piece.

    >>> a, b = FeatureRef("a"), FeatureRef("b")
    >>> clauses_of(Implies(a, b)) == ((Not(a), b),)
    True
    """
    size = sum(1 for _, _ in zip(walk(formula), range(MAX_NODES + 1)))
    found = _clauses(formula, True, max_clauses) if size <= MAX_NODES else None
    return ((formula,),) if found is None else found


def _clauses(node: Expression, sign: bool, most: int) -> Sequence[Clause] | None:
    """Return the clauses of the formula, or of its negation; None if they are too many. At most MAX_NODES deep."""
    match node:
        case Not(operand=operand):
            return _clauses(operand, not sign, most)
        case And(operands=operands) | Or(operands=operands):
            parts = [_clauses(operand, sign, most) for operand in operands]
            return _all(parts, most) if isinstance(node, And) == sign else _any(parts, most)
        case Implies(left=left, right=right):
            parts = [_clauses(left, not sign, most), _clauses(right, sign, most)]
            return _any(parts, most) if sign else _all(parts, most)
        case Iff(left=left, right=right):
            return _all(
                [
                    _any([_clauses(left, not sign, most), _clauses(right, True, most)], most),
                    _any([_clauses(left, sign, most), _clauses(right, False, most)], most),
                ],
                most,
            )
        case _:
            return ((node if sign else Not(node, node.span),),)


def _all(parts: Sequence[Sequence[Clause] | None], most: int) -> Sequence[Clause] | None:
    clauses: list[Clause] = []
    for part in parts:
        if part is None or len(clauses) + len(part) > most:
            return None
        clauses.extend(part)
    return tuple(clauses)


def _any(parts: Sequence[Sequence[Clause] | None], most: int) -> Sequence[Clause] | None:
    clauses: Sequence[Clause] = ((),)
    for part in parts:
        if part is None or len(clauses) * len(part) > most:
            return None
        clauses = tuple(one + other for one, other in product(clauses, part))
    return clauses


def components(
    clause: Clause, multis: Sequence[str], enclosing: Mapping[str, Sequence[str]]
) -> Iterator[tuple[tuple[str, ...], Clause]]:
    """Yield each set of multi-features that belong together with the parts of the clause that mention them.

    Two belong together if one lies in the other, or if one part mentions both. Parts without multi-features come
    first, with an empty set. A set that no part mentions has no parts: it only demands that some instance exists.

    Args:
        clause: A disjunction.
        multis: The multi-features whose instances the constraint is written for, outermost first.
        enclosing: Those around each feature, itself included.
    """
    group = {multi: multi for multi in multis}

    def join(names: Sequence[str]) -> None:
        old = {group[name] for name in names[1:]}
        group.update({name: group[names[0]] for name in multis if group[name] in old})

    for multi in multis:
        join([multi, *(other for other in enclosing[multi] if other in group)])
    spoken = [[multi for multi in multis if multi in _around(part, enclosing)] for part in clause]
    for names in spoken:
        if names:
            join(names)
    free = tuple(part for part, names in zip(clause, spoken, strict=True) if not names)
    if free:
        yield (), free
    for head in dict.fromkeys(group.values()):
        parts = tuple(part for part, names in zip(clause, spoken, strict=True) if names and group[names[0]] == head)
        yield tuple(multi for multi in multis if group[multi] == head), parts


def _around(part: Expression, enclosing: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    for node in walk(part):
        match node:
            case FeatureRef(name=name) | AttributeRef(feature=name) | Aggregate(scope=str(name)):
                found.update(enclosing.get(name, ()))
            case _:
                pass
    return found
