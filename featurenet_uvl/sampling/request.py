"""What is asked of a sampler, and what it hands out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop, frozen_matrix

Progress = Callable[[int], None]
"""Is told how many solutions there are so far, now and then."""
Step = Callable[[str], None]
"""Is told, in a few words, what goes on where nothing is counted."""
Note = Callable[[str], None]
"""Is told, in one line, what the user should know while it happens: that another engine takes over, and why."""

_NOTHING: BoolMatrix = np.zeros((0, 0), dtype=np.bool_)
MAX_SEED = 2**128 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What a sample should be like.

    Args:
        count: How many new configurations, at least 1.
        seed: Of all chance: the same seed gives the same sample, in any process.
        known: Configurations that exist already, one row each and one column a feature. New ones differ from them, and
            are as diverse as can be together with them.
        assumptions: Literals that hold in every new configuration. `draw` makes clauses of them before an engine sees
            the CNF.
        time_limit_s: After so many seconds an engine returns what it has. None is no limit.
        on_progress: Is told the number of new solutions.
        on_step: Is told what goes on between the numbers.
        on_note: Is told what the user should know.
        options: What a single sampler wants to know besides, by name.

    >>> Request(3, 7).time_left_s() is None
    True
    """

    count: int
    seed: int
    known: BoolMatrix = field(default_factory=lambda: _NOTHING)
    assumptions: tuple[int, ...] = ()
    time_limit_s: float | None = None
    on_progress: Progress | None = None
    on_step: Step | None = None
    on_note: Note | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    started: float = field(default_factory=time.monotonic)
    """The clock of the time limit runs from here."""

    def verify(self, cnf: Cnf) -> None:
        """Raises UsageError for a request that makes no sense for this CNF."""
        if self.count < 1:
            raise UsageError(f"found a sample size of {self.count}, expected at least 1")
        if not 0 <= self.seed <= MAX_SEED:
            raise UsageError(f"found seed {self.seed}, expected a number from 0 to 2^128 - 1")
        if len(self.known) and self.known.shape[1] != cnf.variables.feature_count:
            raise UsageError(
                f"found known configurations of {self.known.shape[1]} features, "
                f"expected the {cnf.variables.feature_count} of the CNF"
            )
        if self.time_limit_s is not None and not self.time_limit_s > 0:
            raise UsageError(f"found a time limit of {self.time_limit_s:g} s, expected more than 0")

    def known_rows(self, cnf: Cnf) -> BoolMatrix:
        """The known configurations, also where there are none: as many columns as the CNF has features."""
        return self.known if len(self.known) else np.zeros((0, cnf.variables.feature_count), dtype=np.bool_)

    def time_left_s(self) -> float | None:
        """What is left of the time limit, at least 0; None where there is no limit."""
        return None if self.time_limit_s is None else max(0.0, self.started + self.time_limit_s - time.monotonic())

    def is_out_of_time(self) -> bool:
        """Whether the time limit has been reached."""
        return self.time_left_s() == 0.0

    def progress(self, done: int) -> None:
        """Tells the number of new solutions to who wants to know."""
        if self.on_progress is not None:
            self.on_progress(done)

    def step(self, text: str) -> None:
        """Tells what goes on to who wants to know."""
        if self.on_step is not None:
            self.on_step(text)

    def note(self, text: str) -> None:
        """Tells a line to who wants to know."""
        if self.on_note is not None:
            self.on_note(text)


@dataclass(frozen=True, slots=True, eq=False)
class Solutions:
    """What an engine hands out: complete assignments, auxiliaries included, one row a solution.

    The rows are distinct on the features, and differ there from the known ones. `engine` is the name of the sampler
    that really ran, where that is another than the one asked for.
    """

    values: BoolMatrix
    stop: Stop
    engine: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_matrix(self.values))


Engine = Callable[[Cnf, Request], Solutions]
"""Draws up to `request.count` solutions.

It raises UnsatisfiableError where none exists. At the time limit, and at KeyboardInterrupt once it has begun to draw,
it returns what it has.
"""
