"""Counts the solutions of a CNF exactly, by the first engine that can."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from featurenet_uvl.analysis.diagram import MAX_NODES
from featurenet_uvl.analysis.diagram_counts import diagram_count
from featurenet_uvl.analysis.ganak import INSTALL, ganak_count, is_installed
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf

ENGINES = ("auto", "bdd", "ganak")
_DIGITS = 4000
"""Digits converted at a time; Python refuses to convert more than 4,300."""


@dataclass(frozen=True, slots=True)
class Count:
    """An exact number of solutions, and the engine that counted them.

    >>> Count(3 * 10**20, "bdd").magnitude, Count(0, "bdd").magnitude
    ('3.00e20', '0')
    """

    value: int
    engine: str

    @property
    def digits(self) -> str:
        """All digits of the number, however many."""
        parts: list[str] = []
        rest = self.value
        while rest >= 10**_DIGITS:
            rest, part = divmod(rest, 10**_DIGITS)
            parts.append(f"{part:0{_DIGITS}}")
        return "".join((str(rest), *reversed(parts)))

    @property
    def log10(self) -> float | None:
        """Decimal logarithm; None for 0."""
        return math.log10(self.value) if self.value else None

    @property
    def magnitude(self) -> str:
        """The number with three digits, such as 1.29e185; numbers below 10^6 in full."""
        digits = self.digits
        if len(digits) < 7:
            return digits
        mantissa, exponent = round(int(digits[:7]) / 10**6, 2), len(digits) - 1
        return f"{mantissa:.2f}e{exponent}" if mantissa < 10 else f"1.00e{exponent + 1}"


def count_solutions(cnf: Cnf, time_limit_s: float = 600.0, engine: str = "auto", max_nodes: int = MAX_NODES) -> Count:
    """Return the number of solutions over all variables; for a compiled CNF, this is the number of configurations.

    Args:
        cnf: The formula.
        time_limit_s: Seconds for all engines together.
        engine: One of ENGINES. `auto` builds a decision diagram; if that grows too large, pyganak counts, if it is
            installed.
        max_nodes: Largest number of nodes of the diagram.

    Raises:
        LimitError: No engine could count within the limits.
        UsageError: The engine does not exist, or is not installed.
    """
    check_engine(engine)
    if engine == "ganak":
        return Count(ganak_count(cnf, time_limit_s), "ganak")
    start = time.monotonic()
    share = time_limit_s if engine == "bdd" or not is_installed() else time_limit_s / 4
    try:
        return Count(diagram_count(cnf, share, max_nodes), "bdd")
    except LimitError as error:
        if engine == "bdd":
            raise LimitError(f"{error}; the engine ganak may count them") from error
        if not is_installed():
            raise LimitError(f"{error}; {INSTALL}: it counts many formulas that have no diagram") from error
        return _second_try(cnf, time_limit_s - (time.monotonic() - start), error)


def check_engine(engine: str) -> None:
    """Raise UsageError if no engine has this name, or it is not installed."""
    if engine not in ENGINES:
        raise UsageError(f"found engine {engine!r}, expected one of {', '.join(ENGINES)}")
    if engine == "ganak" and not is_installed():
        raise UsageError(f"found no pyganak, expected it installed for the engine ganak: {INSTALL}")


def _second_try(cnf: Cnf, left_s: float, first: LimitError) -> Count:
    try:
        return Count(ganak_count(cnf, max(left_s, 0.1)), "ganak")
    except LimitError as error:
        raise LimitError(
            f"{first}; then {error}; a longer time limit, lower bounds or a restriction may help"
        ) from error
