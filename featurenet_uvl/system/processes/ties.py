"""Ties of a process to the one that started it: it ends when that one does, also if that one is killed.

Linux does this by itself (prctl's PR_SET_PDEATHSIG). Elsewhere a pipe tells, whose other end the parent holds.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from typing import Any

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> bool:
    """End this process at once as soon as its parent has ended; return False if the system cannot do that.

    Linux counts the end of the parent's thread that started this process, not of the parent as a whole; see
    `lasting_thread`.

    Args:
        parent: Number of the parent's process. If it has ended already, so does this process.
    """
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    is_set: int = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    return is_set == 0


def end_with_pipe(descriptor: int) -> None:
    """End this process at once when the other end of a pipe closes, as it does when the process that holds it ends."""

    def wait() -> None:
        while os.read(descriptor, 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


class ParentCheck(MetaPathFinder):
    """Ends this process at the next import after its parent has ended. It finds no module.

    Imports of large libraries take half a minute on a busy machine, and a process that forks later must not start a
    thread to wait in.
    """

    def __init__(self, parent: int) -> None:
        self._parent = parent

    def find_spec(self, *_: Any) -> None:
        if os.getppid() != self._parent:
            os._exit(1)


class _LastingThread:
    """A thread that lives as long as this process and starts processes for threads that do not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: Callable[[], None] | None = None
        self._is_there = threading.Event()
        self._is_done = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def call(self, work: Callable[[], None]) -> None:
        with self._lock:
            if self._thread is None or self._process != os.getpid():  # a fork leaves the thread behind
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._work, self._error = work, None
            self._is_done.clear()
            self._is_there.set()
            self._is_done.wait()
            error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            self._is_there.wait()
            self._is_there.clear()
            try:
                if self._work is not None:
                    self._work()
            except BaseException as error:  # the caller raises it
                self._error = error
            self._is_done.set()


_lasting = _LastingThread()


def in_lasting_thread(work: Callable[[], None]) -> None:
    """Call a function that starts a process, in a thread that ends no sooner than this process; raise what it raises.

    A process that calls `end_with` ends with the thread that started it, so that must not be one of a user's pool.
    """
    if threading.current_thread() is threading.main_thread():
        work()
    else:
        _lasting.call(work)
