"""From solutions of a CNF to configurations of the source model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.configuration import Configuration, Instance
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.solvers.session import MINISAT, Session, literals_of
from featurenet_uvl.system.counted import counted

SHOWN_NAMES = 3
"""Largest number of names that a message lists."""


def decode_solution(selected: NDArray[np.bool_], variables: VarMap) -> Configuration:
    """Return the configuration that a solution stands for.

    Args:
        selected: One truth value per feature variable, in their order.
        variables: The variables of a compiled CNF, which know the origins of their features.

    Raises:
        DecodeError: The number of variables differs, or the CNF was read from a file and knows no origins.
    """
    if len(variables.origins) != variables.feature_count:
        raise DecodeError("found variables without origins, expected those of a compiled model, not of a DIMACS file")
    if len(selected) != variables.feature_count:
        raise DecodeError(f"found a solution of {len(selected)} variables, expected {variables.feature_count}")
    instances: dict[Instance, dict[str, Value]] = {}
    for position in np.flatnonzero(selected):
        origin = variables.origins[position]
        instance = Instance(origin.feature, origin.indices)
        values = instances.setdefault(instance, {})
        if origin.attribute is not None and origin.value is not None:
            values[origin.attribute] = origin.value
    frozen: dict[Instance, Mapping[str, Value]] = {key: MappingProxyType(value) for key, value in instances.items()}
    return Configuration(MappingProxyType(frozen))


def check_names(names: Sequence[str], variables: VarMap, place: str) -> None:
    """Check that a sample has exactly the features of these variables, in their order.

    Args:
        names: The names of the sample's features.
        variables: The variables of the compiled model.
        place: The sample's name in messages.

    Raises:
        DecodeError: The sample is of another model, restriction or bound. The message names the first differences.
    """
    expected = variables.feature_names
    if tuple(names) == expected:
        return
    unknown = [name for name in names if name not in set(expected)]
    missing = [name for name in expected if name not in set(names)]
    parts = [counted(len(names), "feature")]
    if unknown:
        parts.append(f"{len(unknown)} unknown to the model ({', '.join(unknown[:SHOWN_NAMES])})")
    if missing:
        parts.append(f"{len(missing)} of the model's missing ({', '.join(missing[:SHOWN_NAMES])})")
    if not unknown and not missing:
        parts.append("in another order")
    raise DecodeError(
        f"{place}: found {', '.join(parts)}; expected the {len(expected)} features of this model, with the same"
        " restrictions, bounds and `specialise` as when it was sampled"
    )


def check_formula(formula: str, cnf: Cnf, place: str) -> None:
    """Check that a sample was drawn from this formula, if the sample knows its formula.

    Names alone cannot tell: the CNF for images of another shape, or of a tighter restriction, has the same names.

    Args:
        formula: The fingerprint that the sample carries; empty if it carries none.
        cnf: The compiled model.
        place: The sample's name in messages.

    Raises:
        DecodeError: The sample was drawn from another formula.
    """
    expected = cnf.fingerprint()
    if formula and formula != expected:
        raise DecodeError(
            f"{place}: found a sample of the formula {formula}, expected {expected}, that of this model: the input"
            " shape, a restriction, a bound, `specialise` or the version differs; `any_formula` accepts the sample"
            " all the same"
        )


def check_solutions(cnf: Cnf, selected: NDArray[np.bool_], place: str) -> None:
    """Check that every row is a configuration: some values of the auxiliary variables satisfy the CNF with it.

    Args:
        cnf: The compiled model.
        selected: The rows, of shape (solutions, features).
        place: The sample's name in messages.

    Raises:
        DecodeError: A row violates the model. The message has the first such row and, if the row violates a clause
            without auxiliary variables, that clause.
    """
    count = cnf.variables.feature_count
    with Session(cnf.clauses, len(cnf.variables), name=MINISAT) as session:
        for number, row in enumerate(selected, 1):
            if not session.solve(literals_of(row)):
                raise DecodeError(f"{place}: configuration {number} violates the model{_reason(cnf, row, count)}")


def _reason(cnf: Cnf, row: NDArray[np.bool_], count: int) -> str:
    for clause in cnf.clauses:
        if all(abs(literal) <= count and row[abs(literal) - 1] != (literal > 0) for literal in clause):
            names = [("" if literal > 0 else "!") + cnf.variables.names[abs(literal) - 1] for literal in clause]
            return f", which demands {' | '.join(names)}"
    return " (the tensor shapes of the network do not fit)" if len(cnf.variables) > count else ""
