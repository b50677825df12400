"""A request for a sample, the solutions that answer it, and the samplers that turn one into the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop, frozen_matrix

Progress = Callable[[int], None]
"""Listener that receives, now and then, the number of new solutions so far."""
Step = Callable[[str], None]
"""Listener that receives a few words about the current step, when nothing is counted."""
Note = Callable[[str], None]
"""Listener that receives one line that the user should read at once: another engine takes over, and why."""

_NO_ROWS: BoolMatrix = np.zeros((0, 0), dtype=np.bool_)
MAX_SEED = 2**128 - 1
"""Largest seed that NumPy's generators take."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A request for configurations.

    Args:
        count: Number of new configurations, at least 1.
        seed: Seed of all random choices: the same seed gives the same sample, in any process.
        known: Configurations that exist already, one per row, one column per feature. The new ones differ from them,
            and are as diverse as possible together with them.
        assumptions: Literals that hold in every new configuration. `draw` turns them into clauses before an engine
            sees the CNF.
        time_limit_s: Seconds after which an engine returns the solutions found so far. None: no limit.
        on_progress: Receives the number of new solutions.
        on_step: Receives the current step, between the numbers.
        on_note: Receives lines that the user should read.
        options: Values of the sampler's own options, by name. `draw` refuses names that the sampler does not declare.

    >>> Request(3, 7).time_left_s() is None
    True
    """

    count: int
    seed: int
    known: BoolMatrix = field(default_factory=lambda: _NO_ROWS)
    assumptions: tuple[int, ...] = ()
    time_limit_s: float | None = None
    on_progress: Progress | None = None
    on_step: Step | None = None
    on_note: Note | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    started: float = field(default_factory=time.monotonic)
    """Start of the time limit, on the monotonic clock."""

    def verify(self, cnf: Cnf) -> None:
        """Raise UsageError for a request that makes no sense for this CNF."""
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
        """Return the known configurations with one column per feature of the CNF, even if none is known."""
        return self.known if len(self.known) else np.zeros((0, cnf.variables.feature_count), dtype=np.bool_)

    def time_left_s(self) -> float | None:
        """Return the seconds left of the time limit, at least 0; None without a limit."""
        return None if self.time_limit_s is None else max(0.0, self.started + self.time_limit_s - time.monotonic())

    def is_out_of_time(self) -> bool:
        """Whether the time limit has been reached."""
        return self.time_left_s() == 0.0

    def progress(self, done: int) -> None:
        """Report the number of new solutions to the listener, if any."""
        if self.on_progress is not None:
            self.on_progress(done)

    def step(self, text: str) -> None:
        """Report the current step to the listener, if any."""
        if self.on_step is not None:
            self.on_step(text)

    def note(self, text: str) -> None:
        """Report a line for the user to the listener, if any."""
        if self.on_note is not None:
            self.on_note(text)


@dataclass(frozen=True, slots=True, eq=False)
class Solutions:
    """The solutions that an engine found: distinct on the features, and different there from the known rows.

    Args:
        values: Boolean matrix (solutions, variables), auxiliaries included.
        stop: Reason why there are no more. COMPLETE if and only if there are as many as requested.
        engine: Name of the engine that found them, if it is not the requested one.
    """

    values: BoolMatrix
    stop: Stop
    engine: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_matrix(self.values))


def solutions_of(rows: Sequence[BoolMatrix], cnf: Cnf, request: Request, stop: Stop) -> Solutions:
    """Return rows over all variables as solutions: COMPLETE if there are as many as requested, else with this `stop`.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log"]), ())
    >>> solutions_of([], cnf, Request(1, 1), Stop.TIME).values.shape
    (0, 2)
    >>> solutions_of([np.array([True, False])], cnf, Request(1, 1), Stop.INTERRUPTED).stop.value
    'complete'
    """
    values = np.array(rows, dtype=np.bool_).reshape(len(rows), len(cnf.variables))
    return Solutions(values, Stop.COMPLETE if len(rows) == request.count else stop)


Engine = Callable[[Cnf, Request], Solutions]
"""Function that draws up to `request.count` solutions.

It raises UnsatisfiableError if the CNF has none. At the time limit, and at KeyboardInterrupt once it has begun to draw,
it returns the solutions found so far.
"""


@dataclass(frozen=True, slots=True)
class Sampler:
    """An engine with the options that it reads from `Request.options`: name and one line of explanation each.

    >>> Sampler(print, {"level": "a number from 1 to 9"}).check_options("theirs", {"level": "3"})
    >>> Sampler(print, {"level": "a number from 1 to 9"}).check_options("theirs", {"depth": "3"})
    Traceback (most recent call last):
    featurenet_uvl.errors.UsageError: sampler theirs: found the option 'depth', expected level
    """

    engine: Engine
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def check_options(self, name: str, options: Mapping[str, str]) -> None:
        """Raise UsageError for an option that the sampler does not know, or whose value is not a text.

        Args:
            name: Name of the sampler, for the message.
            options: Values by name.
        """
        for option, value in options.items():
            if option not in self.options:
                known = f"{'one of ' * (len(self.options) > 1)}{', '.join(self.options)}" or "none: it has no options"
                raise UsageError(f"sampler {name}: found the option {option!r}, expected {known}")
            if not isinstance(value, str):
                raise UsageError(f"sampler {name}: found {value!r} for the option {option}, expected a text")
