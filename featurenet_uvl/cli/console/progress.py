"""The progress of a command: one line per phase. It changes in place on a terminal; elsewhere it comes now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from featurenet_uvl.cli.console.streams import say
from featurenet_uvl.system.streams import printable

if TYPE_CHECKING:
    from rich.status import Status

    from featurenet_uvl.training.pool import Progress

INTERVAL_S = 30.0
"""Seconds between two plain lines of one phase."""


class ProgressLine:
    """The line of progress; a context manager.

    A phase that `begin` names keeps its last line on the screen. A line without a phase vanishes at the end.

    Args:
        quiet: Show nothing.
        clock: Function that returns growing seconds.
    """

    def __init__(self, *, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet or sys.stderr is None
        self._clock = clock
        self._status: Status | None = None
        self._phase = ""
        self._shown = ""
        self._next = clock() + INTERVAL_S

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, phase: str, detail: str = "") -> None:
        """End the present phase and begin another, whose line appears at once.

        Args:
            phase: The name of the work, such as `training`.
            detail: The amount or the object of the work, such as `26 networks`.
        """
        self.end()
        if self._quiet:
            return
        self._phase = phase
        text = f"{phase} {detail}".strip()
        if self._is_live():
            self._live(text)
        else:
            say(text)
        self._next = self._clock() + INTERVAL_S

    def show(self, text: str, *, is_last: bool = False) -> None:
        """Show the progress of the phase; `is_last` shows it at once even if the stream is no terminal."""
        if self._quiet:
            return
        text = f"{self._phase}: {text}" if self._phase else text
        if self._is_live():
            self._live(text)
        elif is_last or self._clock() >= self._next:
            say(text)
            self._next = self._clock() + INTERVAL_S

    def end(self) -> None:
        """End the phase, whose last line stays on a terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None
            if self._phase:
                say(self._shown)
        self._phase = ""

    def _is_live(self) -> bool:
        return sys.stderr.isatty() or self._status is not None

    def _live(self, text: str) -> None:
        from rich.console import Console
        from rich.markup import escape

        self._shown = text
        if self._status is None:
            self._status = Console(stderr=True, highlight=False).status(escape(printable(text)))
            self._status.start()
        else:
            self._status.update(escape(printable(text)))


def show_trials(line: ProgressLine, progress: Progress) -> None:
    """Show the number of finished trials, of failures, the best accuracy, and the time left."""
    parts = [f"{progress.done:,} of {progress.total:,}"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.best_accuracy is not None:
        parts.append(f"best accuracy {progress.best_accuracy:.4f}")
    if progress.seconds_left:
        parts.append(f"{shown_time(progress.seconds_left)} left")
    line.show(", ".join(parts), is_last=progress.done == progress.total)


@contextmanager
def resumable() -> Iterator[None]:
    """Tell on an interrupt that the work inside keeps what is finished, and pass the interrupt on."""
    try:
        yield
    except KeyboardInterrupt:
        say("what has finished is kept; the same command goes on from there")
        raise


def shown_time(seconds: float) -> str:
    """Return a duration for people.

    >>> [shown_time(s) for s in (0, 59.6, 600, 5400)]
    ['0 s', '1 min', '10 min', '1 h 30 min']
    """
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or the plural.

    >>> counted(1, "network"), counted(1200, "network")
    ('1 network', '1,200 networks')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
