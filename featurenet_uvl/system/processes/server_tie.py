"""Ties multiprocessing's fork server to its driver, and workers to the fork server. The server imports this first.

By itself, the server would notice the end of its driver only after its imports, which may take half a minute.
"""

from __future__ import annotations

import os
import sys

from featurenet_uvl.system.processes.ties import ParentCheck, end_with

DRIVER = "FEATURENET_DRIVER"
"""Environment variable that tells the fork server the number of its driver's process."""

_server: int | None = None


def _tie() -> None:
    """Tie this process to its driver if it is a fork server that was started for one."""
    global _server
    driver = os.environ.pop(DRIVER, "")
    if driver.isdecimal():
        _server = os.getpid()
        if not end_with(int(driver)):
            sys.meta_path.insert(0, ParentCheck(int(driver)))


def tie_to_server() -> None:
    """Tie this worker to the fork server that has forked it; do nothing in a process without one."""
    if _server is not None and _server != os.getpid():
        end_with(_server)


_tie()
