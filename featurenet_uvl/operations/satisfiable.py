"""Whether a formula has a configuration at all."""

from __future__ import annotations

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.solvers.limits import OutOfConflictsError
from featurenet_uvl.solvers.session import Session

MAX_CONFLICTS = 10_000
"""Conflicts within which a solver decides whether a configuration exists; unlike seconds, equal on every machine."""


def has_configuration(cnf: Cnf) -> bool | None:
    """Whether a formula has a configuration; None if that is not decided within MAX_CONFLICTS.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> has_configuration(Cnf(VarMap.from_names(["App"]), ((1,), (-1,))))
    False
    """
    if not all(cnf.clauses):
        return False
    with Session(cnf.clauses, len(cnf.variables), max_conflicts=MAX_CONFLICTS) as session:
        try:
            return session.solve()
        except OutOfConflictsError:
            return None
