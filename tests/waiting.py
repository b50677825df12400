"""Waiting for events in tests, without a limit of time that a busy machine could miss."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 900.0
"""Seconds after which a test gives up on a process that hangs. It is no measure of speed."""


def comes_true(claim: Callable[[], bool]) -> bool:
    """Whether a claim becomes true before the patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
