"""The interface of engines, the places where trials run. All engines hand over results, and the run stores them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, now

WAITING = "waiting for a place"
"""Place of a trial that has none yet."""


@dataclass(slots=True)
class Running:
    """A trial that has started and not ended."""

    spec: TrialSpec
    place: str
    """Place of the worker, such as `process 4711`; `WAITING` until it has one."""
    since: str = field(default_factory=now)
    started: float = field(default_factory=time.monotonic)
    epochs: int = 0
    """Finished passes over the training images."""
    test_accuracy: float | None = None
    """Accuracy on the test images after the last finished pass."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A trial that has ended. `is_lost`: its worker was killed from outside, so another try may succeed."""

    spec: TrialSpec
    result: TrialResult
    is_lost: bool = False


class Session(Protocol):
    """The workers of one run; a context manager that leaves none behind.

    `featurenet_uvl.testing.engines` checks all that the methods promise.
    """

    def __enter__(self) -> Session: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def capacity(self) -> int:
        """Return the largest number of trials that may run or wait at the same time, at least 1."""

    @property
    def running(self) -> Sequence[Running]:
        """Return the trials that are started and not finished, the oldest first."""

    def start(self, spec: TrialSpec) -> None:
        """Start a trial that is not running, while fewer than `capacity` are.

        A trial over a limit of the job becomes a `LIMIT` result with its reason; any error of the network, and the
        death of its worker, become a `FAILED` one.

        Raises:
            FeatureNetError: No worker can be started.
        """

    def finished(self) -> Sequence[Finished]:
        """Wait until a trial has ended or made progress, and return those that have ended, each trial once.

        The returned trials are no longer in `running`. The result may be empty.

        Raises:
            DataError: A worker could not find the images.
            FeatureNetError: The engine itself broke down.
        """


class Engine(Protocol):
    """A place where trials run. `engines.registry` finds engines by name."""

    @property
    def description(self) -> str:
        """Return a description for people, such as `2 workers`."""

    def check(self) -> None:
        """Check that the engine can be reached, before long work for it begins.

        Raises:
            FeatureNetError: The engine cannot be reached.
        """

    def session(self, job: Job) -> Session:
        """Return the workers for one run.

        Raises:
            FeatureNetError: The engine cannot be reached.
        """
