"""Completes configurations that name only some features, if the others follow from these."""

from __future__ import annotations

from collections.abc import Sequence

from featurenet_uvl.errors import DecodeError, ModelError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.selections import Selections
from featurenet_uvl.solvers.session import Session

_SHOWN = 6
"""Literals that a message lists."""


def complete_selections(selections: Selections, cnf: Cnf, place: str) -> Selections:
    """Return the configurations over all features of the CNF, each checked to be a solution.

    Args:
        selections: Configurations over some or all features, and maybe auxiliaries.
        cnf: The model that they are configurations of.
        place: Their origin, for messages.

    Raises:
        ModelError: They name a feature that the CNF does not have.
        DecodeError: A configuration violates the model, or leaves a feature open.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(("App", "Log", "File")), ((1,), (-2, 3), (-3, 2)))
    >>> complete_selections(Selections(("File",), ((True,), (False,))), cnf, "app.pdt").rows
    ((True, True, True), (True, False, False))
    """
    names = cnf.variables.feature_names
    numbers = {name: number for number, name in enumerate(cnf.variables.names, 1)}
    unknown = [name for name in selections.names if name not in numbers]
    if unknown:
        raise ModelError(f"{place}: found unknown feature {unknown[0]!r}, expected those of the model")
    known = [numbers[name] for name in selections.names]
    missing = [number for number in range(1, len(names) + 1) if number not in set(known)]
    rows: list[tuple[bool, ...]] = []
    with Session(cnf.clauses, len(cnf.variables)) as session:
        for index, row in enumerate(selections.rows, 1):
            given = [number if value else -number for number, value in zip(known, row, strict=True)]
            rows.append(_completed(session, given, missing, cnf.variables, f"{place}: configuration {index}"))
    return Selections(names, tuple(rows))


def _completed(
    session: Session, given: Sequence[int], missing: Sequence[int], variables: VarMap, place: str
) -> tuple[bool, ...]:
    """Return the one configuration that has these literals; `missing` are the features without one."""
    names = variables.names
    if not session.solve(given):
        core = session.failed()
        words = ", ".join(("" if literal > 0 else "!") + names[abs(literal) - 1] for literal in core[:_SHOWN])
        more = f" and {len(core) - _SHOWN} more" if len(core) > _SHOWN else ""
        raise DecodeError(f"{place} violates the model: these exclude each other there: {words or 'all'}{more}")
    found = session.model()[: variables.feature_count]
    if missing:
        switch = session.new_variable()
        session.add([-switch, *(-found[number - 1] for number in missing)])
        if session.solve([*given, switch]):
            other = session.model()
            open_ = next(number for number in missing if other[number - 1] != found[number - 1])
            raise DecodeError(
                f"{place} says nothing of {names[open_ - 1]!r}, which it leaves open; expected it decided"
            )
        session.add([-switch])
    return tuple(literal > 0 for literal in found)
