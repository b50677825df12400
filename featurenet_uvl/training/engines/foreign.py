"""Engines of other packages: every error of their code names them, and every answer is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TypeVar

from featurenet_uvl.errors import ToolError
from featurenet_uvl.system.plugins import foreign_code
from featurenet_uvl.training.engines.base import Engine, Finished, Running, Session
from featurenet_uvl.training.engines.job import Job
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec

_T = TypeVar("_T")


class ForeignEngine:
    """An engine of another package.

    Args:
        engine: The engine.
        label: Its kind, name and package, for messages.
    """

    def __init__(self, engine: Engine, label: str) -> None:
        self._engine = engine
        self._label = label

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._label!r})"

    @property
    def description(self) -> str:
        """Return the engine's description."""
        with foreign_code(f"{self._label}: its description fails"):
            return str(self._engine.description)

    def check(self) -> None:
        """Check that the engine can be reached."""
        with foreign_code(f"{self._label}: its check fails"):
            self._engine.check()

    def session(self, job: Job) -> Session:
        """Return the workers for one run."""
        with foreign_code(f"{self._label}: its session cannot be made"):
            session = self._engine.session(job)
        return ForeignSession(_checked_session(session, self._label), self._label)


class ForeignSession:
    """A session of an engine of another package.

    Args:
        session: The session.
        label: Kind, name and package of its engine, for messages.
    """

    def __init__(self, session: Session, label: str) -> None:
        self._session = session
        self._label = label
        self._open: set[str] = set()

    def __enter__(self) -> Session:
        with foreign_code(f"{self._label}: its session cannot be entered"):
            self._session = self._session.__enter__()
        _checked_session(self._session, self._label)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with foreign_code(f"{self._label}: its session cannot be left"):
            self._session.__exit__(kind, error, trace)

    @property
    def capacity(self) -> int:
        """Return the largest number of trials that may run or wait at the same time."""
        with foreign_code(f"{self._label}: its session's capacity fails"):
            capacity = self._session.capacity
        if not isinstance(capacity, int) or capacity < 1:
            raise ToolError(f"{self._label}: found the capacity {capacity!r}, expected a whole number of at least 1")
        return capacity

    @property
    def running(self) -> Sequence[Running]:
        """Return the trials that are started and not finished."""
        with foreign_code(f"{self._label}: its session's running fails"):
            return _checked_items(self._session.running, Running, "running", self._label)

    def start(self, spec: TrialSpec) -> None:
        """Start a trial."""
        self._open.add(spec.hash)
        with foreign_code(f"{self._label}: its session's start fails"):
            self._session.start(spec)

    def finished(self) -> Sequence[Finished]:
        """Return the trials that have ended."""
        with foreign_code(f"{self._label}: its session's finished fails"):
            found = _checked_items(self._session.finished(), Finished, "finished", self._label)
        for end in found:
            if not (isinstance(end.spec, TrialSpec) and isinstance(end.result, TrialResult)):
                raise ToolError(f"{self._label}: found a Finished of other types, expected a TrialSpec and TrialResult")
            if end.spec.hash not in self._open:
                raise ToolError(f"{self._label}: found the end of trial {end.spec.name}, which is not running")
            self._open.remove(end.spec.hash)
        return found


_METHODS = ("__enter__", "__exit__", "start", "finished")


def _checked_session(session: Session, label: str) -> Session:
    """Return what an engine gives as its session.

    Raises:
        ToolError: It is none.
    """
    if not all(callable(getattr(session, method, None)) for method in _METHODS):
        raise ToolError(f"{label}: found {type(session).__name__} as its session, expected a Session")
    return session


def _checked_items(items: Sequence[_T], kind: type[_T], name: str, label: str) -> Sequence[_T]:
    """Return the items of an answer as a tuple.

    Raises:
        ToolError: One of them is of another kind.
    """
    found = tuple(items)
    for item in found:
        if not isinstance(item, kind):
            raise ToolError(f"{label}: found {type(item).__name__} in its session's {name}, expected {kind.__name__}")
    return found
