"""Collects distinct solutions of a source that may repeat itself: a repeated one is forbidden, so that it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from featurenet_uvl.errors import UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.request import Request, Solutions, solutions_of
from featurenet_uvl.solvers.limits import OutOfTimeError
from featurenet_uvl.solvers.session import literals_of


class Source(Protocol):
    """A source of solutions."""

    def next(self) -> BoolMatrix | None:
        """Return a solution, auxiliaries included, or None if none exists; raise OutOfTimeError at the time limit."""

    def forbid(self, literals: Sequence[int]) -> None:
        """Exclude solutions that have all of these literals from now on."""


@dataclass(slots=True)
class Collector:
    """The distinct rows so far.

    A row is forbidden only when it comes a second time: a clause over all features costs more than a repetition now and
    then.
    """

    cnf: Cnf
    request: Request
    rows: list[BoolMatrix] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen |= {np.packbits(row).tobytes() for row in self.request.known_rows(self.cnf)}

    def add(self, row: BoolMatrix) -> bool:
        """Keep a row; return False if its features came before."""
        key = np.packbits(row[: self.cnf.variables.feature_count]).tobytes()
        if key in self.seen:
            return False
        self.seen.add(key)
        self.rows.append(row)
        self.request.progress(len(self.rows))
        return True

    def solutions(self, stop: Stop) -> Solutions:
        """Return the rows as solutions.

        Raises:
            UnsatisfiableError: No solution exists, not even a known one.
        """
        if stop is Stop.EXHAUSTED and not self.seen:
            raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
        return solutions_of(self.rows, self.cnf, self.request, stop)


def collect(source: Source, cnf: Cnf, request: Request) -> Solutions:
    """Return distinct solutions of a source: as many as requested, unless no more exist or the search is ended.

    Raises:
        UnsatisfiableError: The source has no solution.
    """
    collector = Collector(cnf, request)
    try:
        stop = _fill(collector, source)
    except OutOfTimeError:
        stop = Stop.TIME
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return collector.solutions(stop)


def _fill(collector: Collector, source: Source) -> Stop:
    features = collector.cnf.variables.feature_count
    while len(collector.rows) < collector.request.count:
        if collector.request.is_out_of_time():
            return Stop.TIME
        row = source.next()
        if row is None:
            return Stop.EXHAUSTED
        if not collector.add(row):
            if not features:
                return Stop.EXHAUSTED
            source.forbid(literals_of(row[:features]))
    return Stop.COMPLETE
