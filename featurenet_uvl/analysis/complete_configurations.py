"""Check configurations of other tools against a model, and add the features that they leave to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from featurenet_uvl.analysis.violations import first_violation
from featurenet_uvl.errors import DecodeError, ModelError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.solvers.session import Session

SelectionsT = TypeVar("SelectionsT", bound=Selections)

_SHOWN = 6
"""Features of a contradiction that a message lists."""


def complete_selections(selections: SelectionsT, cnf: Cnf, place: str) -> SelectionsT:
    """Check configurations against a CNF, and complete those that name some features only.

    Args:
        selections: Values of some or all features, perhaps of auxiliaries, too.
        cnf: The model that they are configurations of.
        place: Name of their origin in messages.

    Returns:
        The configurations over all features of the CNF, in its order.

    Raises:
        ModelError: They have a feature that the CNF does not have.
        DecodeError: A configuration violates the model, or leaves more than one possibility.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(("App", "Log", "File")), ((1,), (-2, 3), (-3, 2)))
    >>> complete_selections(Selections(("File",), np.array([[True], [False]])), cnf, "app.pdt").selected.tolist()
    [[True, True, True], [True, False, False]]
    """
    names = cnf.variables.feature_names
    if selections.names == cnf.variables.names and first_violation(cnf, selections.selected) is None:
        return selections.take(names, range(len(names)))
    numbers = {name: number for number, name in enumerate(cnf.variables.names, 1)}
    unknown = [name for name in selections.names if name not in numbers]
    if unknown:
        raise ModelError(f"{place}: found unknown feature {unknown[0]!r}, expected those of the model")
    known = [numbers[name] for name in selections.names]
    missing = [number for number in range(1, len(names) + 1) if number not in set(known)]
    rows: list[tuple[bool, ...]] = []
    with Session(cnf.clauses, len(cnf.variables)) as session:
        for index, row in enumerate(selections.selected.tolist(), 1):
            given = [number if value else -number for number, value in zip(known, row, strict=True)]
            rows.append(_completed(session, given, missing, cnf.variables, f"{place}: configuration {index}"))
    return replace(selections, names=names, selected=np.array(rows, dtype=np.bool_))


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
