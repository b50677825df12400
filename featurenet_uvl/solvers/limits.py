"""The one way in which a solver runs out of time, or out of conflicts."""

from __future__ import annotations

import time
from collections.abc import Callable

IsOver = Callable[[], bool]
"""Function that says whether the time is over; solvers call it again and again while they search."""


class UndecidedError(Exception):
    """A solver stopped before it knew the answer."""


class OutOfTimeError(UndecidedError):
    """The time was over before a solver knew the answer."""


class OutOfConflictsError(UndecidedError):
    """An answer needs more conflicts than it may cost."""


def never() -> bool:
    """Return False: the time is never over."""
    return False


def deadline(time_limit_s: float) -> IsOver:
    """Return a function that says whether this many seconds have passed since this call.

    >>> deadline(0.0)(), deadline(3600.0)()
    (True, False)
    """
    end = time.monotonic() + time_limit_s
    return lambda: time.monotonic() >= end
