"""Configurations that name some features only, completed with those that follow."""

from __future__ import annotations

from collections.abc import Sequence

from pysat.solvers import Glucose4

from featurenet_uvl.errors import DecodeError, ModelError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.selections import Selections

_SHOWN = 6


def complete_selections(selections: Selections, cnf: Cnf, place: str) -> Selections:
    """The configurations over all features of the CNF, each checked to be a solution.

    Args:
        selections: What they select of some or all features; they may speak of auxiliaries, too.
        cnf: The model that they are configurations of.
        place: What to call their origin in messages.

    Raises:
        ModelError: They speak of a feature that the CNF does not have.
        DecodeError: A configuration violates the model, or does not say enough to be a single one.

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
    with Glucose4(bootstrap_with=[list(clause) for clause in cnf.clauses]) as solver:
        if len(cnf.variables):
            solver.add_clause([len(cnf.variables), -len(cnf.variables)])
        for index, row in enumerate(selections.rows, 1):
            given = [number if value else -number for number, value in zip(known, row, strict=True)]
            rows.append(_completed(solver, given, missing, cnf.variables, f"{place}: configuration {index}"))
    return Selections(names, tuple(rows))


def _completed(
    solver: Glucose4, given: Sequence[int], missing: Sequence[int], variables: VarMap, place: str
) -> tuple[bool, ...]:
    names = variables.names
    if not solver.solve(assumptions=given):
        core = sorted(solver.get_core() or (), key=abs)
        words = ", ".join(("" if literal > 0 else "!") + names[abs(literal) - 1] for literal in core[:_SHOWN])
        more = f" and {len(core) - _SHOWN} more" if len(core) > _SHOWN else ""
        raise DecodeError(f"{place} violates the model: these exclude each other there: {words or 'all'}{more}")
    found = solver.get_model()[: variables.feature_count]
    switch = abs(solver.nof_vars()) + 1
    if missing:
        solver.add_clause([-switch, *(-found[number - 1] for number in missing)])
        if solver.solve(assumptions=[*given, switch]):
            other = solver.get_model()
            open_ = next(number for number in missing if other[number - 1] != found[number - 1])
            raise DecodeError(
                f"{place} says nothing of {names[open_ - 1]!r}, which it leaves open; expected it decided"
            )
        solver.add_clause([-switch])
    return tuple(literal > 0 for literal in found)
