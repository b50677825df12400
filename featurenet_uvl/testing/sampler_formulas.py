"""Formulas on which samplers are checked: small ones with all their configurations, and a large one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache

from featurenet_uvl.ir.cnf import Cnf, VarMap

Row = tuple[bool, ...]

Clauses = tuple[tuple[int, ...], ...]

LARGE = Cnf(
    VarMap.from_names([f"f{number}" for number in range(1, 41)]),
    ((1,), *((-number, number // 2) for number in range(2, 41))),
)
"""A tree of 40 features: more configurations than any sample has."""


def _formula(features: int, clauses: Clauses, auxiliaries: int = 0) -> Cnf:
    names = [f"f{number}" for number in range(1, features + 1)]
    names += [f"__aux_{number}" for number in range(1, auxiliaries + 1)]
    return Cnf(VarMap.from_names(names), clauses)


SMALL: Mapping[str, Cnf] = {
    "free features": _formula(4, ()),
    "a tree": _formula(6, ((1,), (-2, 1), (-3, 1), (-4, 2), (-5, 2), (-2, 4, 5), (-4, -5), (-6, 3))),
    "exclusions": _formula(5, ((-1, -2), (-2, -3), (-3, -4), (-4, -5), (1, 2, 3, 4, 5))),
    "one configuration": _formula(3, ((1,), (-1, 2), (-2, -3))),
    "two configurations": _formula(3, ((1, 2), (-1, -2), (3, 1), (3, 2))),
    "auxiliaries": _formula(4, ((-5, 1), (-5, 2), (5, -1, -2), (-6, 5, 3), (6, -5), (6, -3), (6, 4)), 2),
    "a parity": _formula(3, ((-4, 1, 2), (-4, -1, -2), (4, -1, 2), (4, 1, -2), (4, 3), (-4, -3)), 1),
}
"""Formulas by the construct that they are about; auxiliaries are determined by the features."""

UNSATISFIABLE = _formula(3, ((1, 2), (1, -2), (-1, 3), (-1, -3)))
"""A formula without configurations, which unit propagation alone does not show."""

ODD_NAMES = Cnf(VarMap.from_names(["Soft max", "é", "-1", "a;b", "#"]), ((1, 2), (-3, 4)))
"""A formula whose features have names that many tools cannot read."""


@cache
def all_rows(cnf: Cnf) -> tuple[Row, ...]:
    """Return every solution over all variables, by trying every assignment."""
    numbers = range(1, len(cnf.variables) + 1)
    return tuple(
        values
        for values in itertools.product((False, True), repeat=len(numbers))
        if cnf.is_satisfied_by(number for number in numbers if values[number - 1])
    )
