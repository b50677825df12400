"""Exact numbers of configurations, of all or of those with some features."""

from __future__ import annotations

from collections.abc import Iterable

from featurenet_uvl.analysis.count import Count, count_solutions
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.assumptions import parse_assumptions


def count_configurations(
    cnf: Cnf, assume: Iterable[str] = (), time_limit_s: float = 600.0, engine: str = "auto"
) -> Count:
    """Return the number of configurations of a formula.

    Args:
        cnf: The formula.
        assume: Features that every counted configuration selects, or, with `!` before them, does not select.
        time_limit_s: Seconds for all engines together.
        engine: One of `featurenet_uvl.analysis.count.ENGINES`.

    Raises:
        UsageError: Unknown engine, or an assumption that names no feature or contradicts another one.
        LimitError: No engine could count within the limits.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> count_configurations(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), ["App", "!Net"]).value
    2
    """
    literals = parse_assumptions(assume, cnf.variables)
    return count_solutions(cnf.with_clauses((literal,) for literal in literals), time_limit_s, engine)
