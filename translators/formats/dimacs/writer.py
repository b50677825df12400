"""Writes a CNF as DIMACS that FeatureIDE, PLEDGE, flamapy, python-sat and the counters all read.

Tried with each: PLEDGE wants a line `c <i> <name>` for every variable in order and before `p`, and no other comment
there; flamapy stops at any comment that is no name, wherever it stands. So the projection on the feature variables
(`c p show`, `c ind`) is written on request only, after the clauses, where all but flamapy accept it. Auxiliaries are
determined by the features, so counts are the same without it.

An empty clause is written as it is (`0`), which FeatureIDE and python-sat refuse: encoders should avoid it.
"""

from __future__ import annotations

import re

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf, VarMap

_NOT_SAFE = re.compile(r"[^A-Za-z0-9_]|_(?=x[0-9a-f])")


def write_dimacs(cnf: Cnf, *, safe_names: bool = False, projection: bool = False) -> str:
    r"""The text of a DIMACS file: names, header, clauses; equal input gives equal text.

    Args:
        cnf: What to write; literals must be within its variables.
        safe_names: Whether to spell names with letters, digits and `_` alone, for tools that stop at a blank.
        projection: Whether to add `c p show` and `c ind` lines with the feature variables, for projected counting and
            sampling.

    Raises:
        UnsupportedError: A name that the format cannot carry.
        ModelError: A literal out of range, or a name used twice.

    >>> print(write_dimacs(Cnf(VarMap(("Net", "Soft max"), 2), ((1,), (-2, 1))), safe_names=True), end="")
    c 1 Net
    c 2 Soft_x20_max
    p cnf 2 2
    1 0
    -2 1 0
    """
    cnf.verify()
    names = [safe_name(name) for name in cnf.variables.names] if safe_names else list(cnf.variables.names)
    _check_names(names, cnf.variables)
    lines = [f"c {index} {name}" for index, name in enumerate(names, 1)]
    lines.append(f"p cnf {len(names)} {len(cnf.clauses)}")
    lines.extend([" ".join(map(str, (*clause, 0))) for clause in cnf.clauses])
    if projection:
        features = " ".join(map(str, (*range(1, cnf.variables.feature_count + 1), 0)))
        lines += [f"c p show {features}", f"c ind {features}"]
    lines.append("")
    return "\n".join(lines)


def safe_name(name: str) -> str:
    """The name in letters, digits and `_` alone; different names stay different.

    Any other character becomes `_x` + its code in hexadecimal + `_`; so does a `_` that looks like such a start.

    >>> safe_name("M.2 SSD"), safe_name("a_x20_b")
    ('M_x2e_2_x20_SSD', 'a_x5f_x20_b')
    """
    return _NOT_SAFE.sub(lambda match: f"_x{ord(match[0]):x}_", name)


def _check_names(names: list[str], variables: VarMap) -> None:
    for index, name in enumerate(names, 1):
        if not name:
            raise UnsupportedError(f"variable {index} has an empty name, which DIMACS cannot carry: name the feature")
        if name.splitlines() != [name] or "\0" in name:
            raise UnsupportedError(
                f"variable {index}: found a line break or NUL in the name {name!r}, which DIMACS cannot carry;"
                " rename the feature or ask for safe names"
            )
    count = VarMap.from_names(names).feature_count
    if count != variables.feature_count:
        name = names[min(count, variables.feature_count)]
        raise UnsupportedError(
            f"found the name {name!r}, but in DIMACS a trailing run of names __aux_... stands for auxiliary variables,"
            " and nothing else does: rename the feature"
        )
