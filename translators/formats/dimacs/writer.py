"""Writes a CNF as DIMACS that FeatureIDE, PLEDGE, flamapy, python-sat and the counters all read.

Tried with the readers that docs/dimacs.md names: PLEDGE wants a line `c <i> <name>` for every variable in order and
before `p`, and no other comment there; flamapy stops at any comment that is no name, wherever it stands. So the writer
adds the projection on the feature variables and the sources of clauses only on request, and after the clauses. The
features determine the auxiliaries, so counts are the same without a projection; only a formula that was read with one
is always written with it.

A projection has one form per file: `c p show`, which the counters of today read, or `c ind`, which older samplers read.
Of both, d4 takes the formula for another problem, and the reader of ganak, ApproxMC and UniGen stops if `c ind` comes
first.

Solvers obey comments that begin with `p`, `t`, `ind`, `red` or `MUST`, so the comment of a source begins with `clause`
or `clauses`.

The writer writes an empty clause as it is (`0`), which FeatureIDE and python-sat refuse: encoders should avoid it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from featurenet_uvl.errors import UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.span import Source

PROJECTION_FORMS: Mapping[str, str] = MappingProxyType({"show": "c p show", "ind": "c ind"})
"""The beginning of the line that projects, by the name of the form."""
_NOT_SAFE = re.compile(r"[^A-Za-z0-9_]|_(?=x[0-9a-f])")


def write_dimacs(
    cnf: Cnf,
    *,
    safe_names: bool = False,
    projection: bool | str = False,
    describe: Callable[[Source], str] | None = None,
) -> str:
    r"""Return the text of a DIMACS file: names, header, clauses; equal input gives equal text.

    Args:
        cnf: The formula; literals must be within its variables.
        safe_names: Whether to spell names with letters, digits and `_` alone, for tools that stop at a blank.
        projection: Form of a line with the feature variables, for projected counting and sampling: a key of
            PROJECTION_FORMS; True is `show`, and False writes none unless the formula is projected.
        describe: The text for the source of a clause, in comments such as `c clauses 5 to 7: ...`; None writes none.

    Raises:
        UnsupportedError: A name that the format cannot carry.
        UsageError: `describe` for a formula without sources, or an unknown form of projection.
        ModelError: A literal out of range, or a name used twice.

    >>> print(write_dimacs(Cnf(VarMap(("Net", "Soft max"), 2), ((1,), (-2, 1))), safe_names=True), end="")
    c 1 Net
    c 2 Soft_x20_max
    p cnf 2 2
    1 0
    -2 1 0
    """
    cnf.verify()
    beginning = _projection_form(projection or cnf.is_projected)
    names = [safe_name(name) for name in cnf.variables.names] if safe_names else list(cnf.variables.names)
    _check_names(names, cnf.variables, shows_features=bool(beginning))
    lines = [f"c {index} {name}" for index, name in enumerate(names, 1)]
    lines.append(f"p cnf {len(names)} {len(cnf.clauses)}")
    lines.extend([" ".join(map(str, (*clause, 0))) for clause in cnf.clauses])
    if beginning:
        lines.append(" ".join(map(str, (beginning, *range(1, cnf.variables.feature_count + 1), 0))))
    if describe is not None:
        lines.extend(_source_lines(cnf, describe))
    lines.append("")
    return "\n".join(lines)


def _projection_form(projection: bool | str) -> str:
    if projection is False:
        return ""
    name = "show" if projection is True else projection
    if name not in PROJECTION_FORMS:
        raise UsageError(f"`projection`: found {name!r}, expected one of {', '.join(PROJECTION_FORMS)}")
    return PROJECTION_FORMS[name]


def _source_lines(cnf: Cnf, describe: Callable[[Source], str]) -> Iterator[str]:
    """Yield one comment per run of clauses with the same source."""
    if cnf.sources is None:
        raise UsageError("found a formula that was read from a file, expected a compiled model: it has no sources")
    for source, run in cnf.sources.runs():
        numbers = f"clause {run.stop}" if len(run) == 1 else f"clauses {run.start + 1} to {run.stop}"
        yield f"c {numbers}: {' '.join(describe(source).split())}"


def safe_name(name: str) -> str:
    """Return the name in letters, digits and `_` alone; different names stay different.

    Any other character becomes `_x` + its code in hexadecimal + `_`; so does a `_` that looks like such a start.

    >>> safe_name("M.2 SSD"), safe_name("a_x20_b")
    ('M_x2e_2_x20_SSD', 'a_x5f_x20_b')
    """
    return _NOT_SAFE.sub(lambda match: f"_x{ord(match[0]):x}_", name)


def _check_names(names: list[str], variables: VarMap, *, shows_features: bool) -> None:
    for index, name in enumerate(names, 1):
        if not name:
            raise UnsupportedError(f"variable {index} has an empty name, which DIMACS cannot carry: name the feature")
        if name.splitlines() != [name] or "\0" in name:
            raise UnsupportedError(
                f"variable {index}: found a line break or NUL in the name {name!r}, which DIMACS cannot carry;"
                " rename the feature or ask for safe names"
            )
    count = VarMap.from_names(names).feature_count
    if shows_features:
        return
    if count != variables.feature_count:
        name = names[min(count, variables.feature_count)]
        raise UnsupportedError(
            f"found the name {name!r}, but in DIMACS a trailing run of names __aux_... stands for auxiliary variables,"
            " and nothing else does: rename the feature"
        )
