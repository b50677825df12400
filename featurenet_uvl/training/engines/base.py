"""Where trials run: on this machine, or on many. All engines hand over results, and the run stores them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, now

WAITING = "waiting for a place"


@dataclass(slots=True)
class Running:
    """A trial that has begun and not ended."""

    spec: TrialSpec
    place: str
    """Such as `process 4711`; `WAITING` until it has one."""
    since: str = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)
    epochs: int = 0
    """How many passes are finished."""
    test_accuracy: float | None = None
    """After the last of them."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A trial that is over. `is_lost` says that its worker was killed from outside: it is worth another try."""

    spec: TrialSpec
    result: TrialResult
    is_lost: bool = False


class Session(Protocol):
    """The workers of one run; a context manager that leaves none behind."""

    def __enter__(self) -> Session: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def capacity(self) -> int:
        """How many trials may be started and not finished."""

    @property
    def running(self) -> Sequence[Running]:
        """The trials that are started and not finished, the oldest first."""

    def start(self, spec: TrialSpec) -> None:
        """Starts a trial, which is not running.

        Raises:
            FeatureNetError: No worker can be started.
        """

    def finished(self) -> Sequence[Finished]:
        """Waits until something has changed; the trials that are over, none of them running any more.

        Raises:
            DataError: A worker found the images gone.
            FeatureNetError: The engine itself broke down.
        """


class Engine(Protocol):
    """A kind of place where trials run."""

    @property
    def description(self) -> str:
        """For people, such as `2 workers`."""

    def check(self) -> None:
        """That it can be reached, before long work for it begins.

        Raises:
            FeatureNetError: It cannot.
        """

    def session(self, job: Job) -> Session:
        """The workers for one run.

        Raises:
            FeatureNetError: The engine cannot be reached.
        """
