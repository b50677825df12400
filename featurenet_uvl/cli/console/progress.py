"""One line that says how far the work is: it changes in place on a terminal, and comes now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from featurenet_uvl.cli.console.streams import printable, say

if TYPE_CHECKING:
    from rich.status import Status

INTERVAL_S = 30.0
"""Between two plain lines."""


class ProgressLine:
    """A context manager; the line is gone at its end on a terminal.

    Args:
        quiet: Show nothing.
        clock: Seconds that only grow.
    """

    def __init__(self, *, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet or sys.stderr is None
        self._clock = clock
        self._status: Status | None = None
        self._next = clock() + INTERVAL_S

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, text: str, *, is_last: bool = False) -> None:
        """The line from now on; `is_last` makes sure that it is seen."""
        if self._quiet:
            return
        if sys.stderr.isatty() or self._status is not None:
            self._live(printable(text))
        elif is_last or self._clock() >= self._next:
            say(text)
            self._next = self._clock() + INTERVAL_S

    def _live(self, text: str) -> None:
        from rich.console import Console
        from rich.markup import escape

        if self._status is None:
            self._status = Console(stderr=True, highlight=False).status(escape(text))
            self._status.start()
        else:
            self._status.update(escape(text))


@contextmanager
def resumable() -> Iterator[None]:
    """Around work that keeps what is finished: an interrupt says so before it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        say("what has finished is kept; the same command goes on from there")
        raise


def shown_time(seconds: float) -> str:
    """A duration for people.

    >>> [shown_time(s) for s in (0, 59.6, 600, 5400)]
    ['0 s', '1 min', '10 min', '1 h 30 min']
    """
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
