"""Distinct solutions out of a source that may repeat itself: what repeats is forbidden, so that the source ends."""

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
    """Where solutions come from."""

    def next(self) -> BoolMatrix | None:
        """A solution, auxiliaries included, or None if there is none. Raises OutOfTimeError."""

    def forbid(self, literals: Sequence[int]) -> None:
        """No later solution has all of these literals."""


@dataclass(slots=True)
class Collector:
    """The distinct rows so far. A row that is met a second time is forbidden, and only then: clauses as long as the
    model has features cost more than to meet one now and then."""

    cnf: Cnf
    request: Request
    rows: list[BoolMatrix] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen |= {np.packbits(row).tobytes() for row in self.request.known_rows(self.cnf)}

    def add(self, row: BoolMatrix) -> bool:
        """Keeps a row; False if its features were there before."""
        key = np.packbits(row[: self.cnf.variables.feature_count]).tobytes()
        if key in self.seen:
            return False
        self.seen.add(key)
        self.rows.append(row)
        self.request.progress(len(self.rows))
        return True

    def solutions(self, stop: Stop) -> Solutions:
        """What has been kept.

        Raises:
            UnsatisfiableError: Nothing exists at all.
        """
        if stop is Stop.EXHAUSTED and not self.seen:
            raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
        return solutions_of(self.rows, self.cnf, self.request, stop)


def collect(source: Source, cnf: Cnf, request: Request) -> Solutions:
    """Distinct solutions of a source, until there are as many as were asked for, or no more, or no more time.

    Raises:
        UnsatisfiableError: The source has none.
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
