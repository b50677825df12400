"""The signals by which a person or the system ends a command: INT, TERM and HUP.

The command line calls `install`. The library never does: in a user's program, signals do what that program decides.
"""

from __future__ import annotations

import os
import signal
import sys
from _thread import get_ident
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

_NAMES = (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
WORDS: Mapping[int, str] = {int(getattr(signal, name)): word for name, word in _NAMES if hasattr(signal, name)}
"""What each of the signals did to a command, for its last line. Windows has no HUP."""

ACKNOWLEDGED = b"a"
SAID = b"s"
"""Messages to the supervisor: the command has noticed a signal, and has printed its last line."""

_AGAIN_S = 0.05
"""Seconds until an interruption is raised again that landed in code from which Python lets no error escape."""


class Interruption(KeyboardInterrupt):
    """A signal has asked the command to end. Like `KeyboardInterrupt`, it passes through every `except Exception`."""

    def __init__(self, number: int) -> None:
        super().__init__(WORDS[number])
        self.number = number


def exit_code(number: int) -> int:
    """Return the exit code of a command that a signal ended, as shells count: 130, 143 or 129."""
    return 128 + number


class _State:
    """The signals of this process. There is one of it, as there is one set of handlers."""

    def __init__(self) -> None:
        self.installed: tuple[int, ...] = ()
        self.received: int | None = None
        self.is_settled = False
        self.is_due = False
        """Whether the interruption is still to be raised, at the end of `held`."""
        self.held = 0
        self.supervisor: int | None = None
        self.main = 0


_state = _State()


def install(supervisor: int | None = None) -> None:
    """Let INT, TERM and HUP raise an `Interruption` in the main thread, from which this must be called.

    Only the first signal counts: what ends a command properly is not to be interrupted. A signal that the caller of
    the program ignores stays ignored, as `nohup` wants it, and so does INT in a command in the background.

    Args:
        supervisor: Descriptor of a pipe for `ACKNOWLEDGED` and `SAID`.
    """
    _state.supervisor, _state.main = supervisor, get_ident()
    _state.installed = tuple(number for number in WORDS if signal.getsignal(number) is not signal.SIG_IGN)
    for number in _state.installed:
        signal.signal(number, _handle)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _handle_again)
    sys.unraisablehook = _handle_unraisable


def received() -> int | None:
    """Return the number of the signal that has asked this command to end; None if there was none."""
    return _state.received


def settle() -> None:
    """From now on only note signals: the command has printed its last line and is ending anyway."""
    _state.is_settled = True


def tell_said() -> None:
    """Tell the supervisor that the last line is printed."""
    _tell(SAID)


@contextmanager
def held() -> Iterator[None]:
    """Hold back an interruption until the end of the block: what it makes and what it records belong together."""
    if get_ident() != _state.main:
        yield
        return
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        if _state.is_due and not _state.held:
            _state.is_due = False
            _raise()


@contextmanager
def kept() -> Iterator[None]:
    """Put the handlers back at the end of the block, which calls a library that sets its own."""
    if get_ident() != _state.main:
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _state.installed}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _handle(number: int, _frame: Any) -> None:
    _tell(ACKNOWLEDGED)
    if _state.received is not None:
        return
    _state.received = number
    if _state.is_settled:
        return
    if _state.held:
        _state.is_due = True
    else:
        _raise()


def _raise() -> None:
    assert _state.received is not None
    raise Interruption(_state.received)


def _handle_again(_number: int, _frame: Any) -> None:
    if _state.received is not None and not _state.is_settled:
        if _state.held:
            _state.is_due = True
        else:
            _raise()


def _handle_unraisable(problem: Any) -> None:
    """Raise an interruption again that came in a destructor or a callback of C, where Python would only print it."""
    if isinstance(problem.exc_value, Interruption) and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    else:
        sys.__unraisablehook__(problem)


def _tell(message: bytes) -> None:
    if _state.supervisor is not None:
        with suppress(OSError):
            os.write(_state.supervisor, message)
