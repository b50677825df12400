"""The literals that hold in every model of a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from featurenet_uvl.solvers.session import Session


def backbone(session: Session, literals: Iterable[int], assumptions: Sequence[int] = ()) -> frozenset[int] | None:
    """Return those of the literals that every model has, or None if no model exists.

    Each model refutes all literals that it lacks. Each literal that no model has refuted yet costs one question.
    Literals that are found without assumptions are added to the formula.

    Source: Janota, Lynce and Marques-Silva, "Algorithms for computing backbones of propositional formulae", AI
    Communications, 2015 (iterative algorithm with one test per literal).

    Args:
        session: The loaded formula.
        literals: Literals to ask about.
        assumptions: Literals that all models in question have.

    Raises:
        UndecidedError: The session ran out of time or of conflicts.

    >>> with Session([(1,), (-2, -3), (-2, 3)], variables=3) as session:
    ...     sorted(backbone(session, [1, 2, -2, 3, -3]))
    [-2, 1]
    """
    if not session.solve(assumptions):
        return None
    left = _kept(literals, session)
    session.prefer(-literal for literal in left)
    found: set[int] = set()
    while left:
        literal = left[0]
        if session.solve([*assumptions, -literal]):
            left = _kept(left, session)
        else:
            left = left[1:]
            found.add(literal)
            if not assumptions:
                session.add([literal])
    return frozenset(found)


def _kept(literals: Iterable[int], session: Session) -> list[int]:
    """Return the literals that hold in the last model."""
    model = session.model()
    return [literal for literal in literals if model[abs(literal) - 1] == literal]
