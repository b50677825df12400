"""Counts the configurations of a CNF exactly, by the engine that ends first."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Self

from featurenet_uvl.analysis.diagram import MAX_NODES, has_diagrams
from featurenet_uvl.analysis.diagram_counts import diagram_count
from featurenet_uvl.analysis.ganak import INSTALL, GanakRun, ganak_count, is_installed
from featurenet_uvl.errors import LimitError, ToolError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.system.signals import held

ENGINES = ("auto", "bdd", "ganak")
HEAD_START_S = 0.3
"""Default of the seconds that the diagram has for itself."""
_WORK_S, _REST = 0.1, 2.0
"""Seconds that the diagram works at a stretch beside pyganak, and seconds that it then rests per second of work."""
_DIGITS = 4000
"""Digits converted at a time; Python refuses to convert more than 4,300."""


@dataclass(frozen=True, slots=True)
class Count:
    """An exact number of configurations, and the engine that counted them.

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


def count_solutions(
    cnf: Cnf,
    time_limit_s: float = 600.0,
    engine: str = "auto",
    max_nodes: int = MAX_NODES,
    head_start_s: float = HEAD_START_S,
) -> Count:
    """Return the number of configurations: of solutions over all variables, or over the shown ones if projected.

    Args:
        cnf: The formula.
        time_limit_s: Seconds for all engines together.
        engine: One of ENGINES. `auto` builds a decision diagram. If that is not done at once and pyganak is installed,
            pyganak counts beside it; the one that ends first gives the number, and ends the other. Both are exact.
        max_nodes: Largest number of nodes of the diagram.
        head_start_s: Seconds before pyganak begins.

    Raises:
        LimitError: No engine could count within the limits.
        ToolError: No engine is installed.
        UsageError: The engine does not exist, or is not installed.
    """
    check_engine(engine)
    if engine == "ganak":
        return Count(ganak_count(cnf, time_limit_s), "ganak")
    if engine == "auto" and is_installed():
        with _Race(cnf, time_limit_s, head_start_s) as race:
            return race.count(max_nodes)
    try:
        return Count(diagram_count(cnf, time_limit_s, max_nodes), "bdd")
    except LimitError as error:
        if engine == "bdd":
            raise LimitError(f"{error}; the engine ganak may count them") from error
        raise LimitError(f"{error}; {INSTALL}: it counts many formulas that have no diagram") from error


def check_engine(engine: str) -> None:
    """Check that an engine has this name and is installed.

    Raises:
        ToolError: No engine at all is installed.
        UsageError: This one does not exist, or is not installed.
    """
    if engine not in ENGINES:
        raise UsageError(f"found engine {engine!r}, expected one of {', '.join(ENGINES)}")
    if engine == "ganak" and not is_installed():
        raise UsageError(f"found no pyganak, expected it installed for the engine ganak: {INSTALL}")
    if engine == "bdd" and not has_diagrams():
        raise UsageError(
            "found no dd.cudd, expected it installed for the engine bdd; the package dd has it for Linux on x86-64"
        )
    if not has_diagrams() and not is_installed():
        raise ToolError(f"found neither dd.cudd nor pyganak, expected one of them for counts: {INSTALL}")


class _OvertakenError(Exception):
    """pyganak has ended before the diagram."""


class _Race:
    """A count by a diagram in this process and, after a head start, by pyganak in another one.

    The head start saves the second process for the many formulas that have a small diagram. Those without one by then
    are mostly pyganak's, so the diagram takes a third of a core from then on.
    """

    def __init__(self, cnf: Cnf, time_limit_s: float, head_start_s: float) -> None:
        self._cnf = cnf
        self._head_start_s = head_start_s
        self._time_limit_s = time_limit_s
        self._start = self._awake = time.monotonic()
        self._rival: GanakRun | None = None
        self._failure: LimitError | None = None
        self._found: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rival is not None:
            self._rival.end()

    def count(self, max_nodes: int) -> Count:
        """Return the number of the first engine that has one.

        Raises:
            LimitError: None has one within the limits.
        """
        try:
            return Count(diagram_count(self._cnf, self._time_limit_s, max_nodes, self._look), "bdd")
        except _OvertakenError:
            pass
        except LimitError as error:
            self._wait(error)
        assert self._found is not None
        return Count(self._found, "ganak")

    def _look(self) -> None:
        """Start pyganak after the head start, then rest now and then; raise _OvertakenError once it has counted."""
        now = time.monotonic()
        if self._rival is None:
            if now - self._start > self._head_start_s:
                self._begin()
        elif self._failure is None and now - self._awake > _WORK_S and self._rest(now - self._awake):
            try:
                self._found = self._rival.count()
            except LimitError as error:
                self._failure = error  # the diagram may still be built
            else:
                raise _OvertakenError

    def _begin(self) -> GanakRun:
        with held():  # a process that nobody knows would not be ended
            self._rival = GanakRun(self._cnf)
        self._awake = time.monotonic()
        return self._rival

    def _rest(self, worked_s: float) -> bool:
        """Leave the processor to pyganak for a while; return whether it has ended."""
        assert self._rival is not None
        left_s = self._time_limit_s - (time.monotonic() - self._start)
        has_ended = self._rival.has_ended(max(0.0, min(_REST * worked_s, left_s)))
        self._awake = time.monotonic()
        return has_ended

    def _wait(self, first: LimitError) -> None:
        """Let pyganak end, as the diagram cannot be built."""
        left_s = max(0.1, self._time_limit_s - (time.monotonic() - self._start))
        rival = self._rival or self._begin()
        if self._failure is None and not rival.has_ended(left_s):
            self._failure = LimitError(f"found no count by pyganak within {self._time_limit_s:g} s")
        try:
            if self._failure is not None:
                raise self._failure
            self._found = rival.count()
        except LimitError as error:
            raise LimitError(
                f"{first}; {error}; a longer time limit, lower bounds or a restriction may help"
            ) from error
