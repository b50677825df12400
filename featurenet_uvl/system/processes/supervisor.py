"""The supervisor of a command: a light process that starts it, hands signals on to it, and sees to its end.

A command may be deep in a solver, or in an import, where Python cannot hear a signal for many seconds. The
supervisor always can. It gives the command time to end properly once it has heard the signal, ends it otherwise, and
returns the right exit code in either case. If the supervisor is killed, the command and all it has started end, too.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from featurenet_uvl.system import signals

_TICK_S = 0.05
"""Seconds between two looks at a command that has been asked to end."""
_DEAF_S = 1.4
"""Seconds after which a command that has not heard the signal is killed, if it is busy."""
_DEAF_IDLE_S = 10.0
"""The same for a command that got hardly any processor time, as on a busy machine."""
_BUSY_S = 0.4
"""Seconds of processor time since the signal that make a command a busy one."""
_PATIENCE_S = 120.0
"""Seconds that a command may take to end once it has heard the signal."""
_SECOND_S = 2.0
"""Seconds after a first signal from which on a second one kills: sooner ones may be one event, sent to a group."""

_KILLED = 137
_CRASHED = 70


def supervise(program: str, work: Callable[[], int]) -> NoReturn:
    """Run a command in a process of its own, and end this one with its exit code.

    Signals raise `signals.Interruption` within the command. Where no process can be forked, the command runs in this
    one.

    Args:
        program: Name of the program, for the last line of a command that was ended.
        work: The command; returns its exit code. It prints the last line of an interruption that it notices.
    """
    if not hasattr(os, "fork") or len(sys._current_frames()) > 1:
        _run(work, None)
    heard = (number for number in signals.WORDS if signal.getsignal(number) is not signal.SIG_IGN)
    watched = {*heard, signal.SIGCHLD, signal.SIGALRM}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGALRM)}
    for number in handlers:  # the system may drop one that it ignores
        signal.signal(number, lambda *_: None)
    news, supervisor = os.pipe()
    life, alive = os.pipe()
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:  # too many processes: the command does without
        _restore(handlers)
        _run(work, mask)
    if child == 0:
        os.close(news)
        os.close(alive)
        _restore(handlers)
        _tie(parent, life)
        _run(work, mask, supervisor)
    os.close(supervisor)
    os.close(life)
    os.set_blocking(news, False)
    _Watch(program, child, news).run(watched)


def _restore(handlers: Mapping[signal.Signals, object]) -> None:
    for number, handler in handlers.items():
        if handler is not None:  # None: not set by Python
            signal.signal(number, handler)  # type: ignore[arg-type]  # as getsignal returned it


def _tie(parent: int, life: int) -> None:
    from featurenet_uvl.system.processes.ties import end_with, end_with_pipe

    if end_with(parent):
        os.close(life)
    else:
        end_with_pipe(life)


def _run(work: Callable[[], int], mask: set[int | signal.Signals] | None, supervisor: int | None = None) -> NoReturn:
    """Run the command in this process and end it."""
    try:
        signals.install(supervisor)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = work()
        signals.settle()
    except signals.Interruption as end:  # outside of all that `work` sees to
        signals.settle()
        code = signals.exit_code(end.number)
    number = signals.received()
    sys.exit(code if number is None else signals.exit_code(number))


class _Watch:
    """Waits for the end of a command.

    Args:
        program: Name of the program.
        child: Process of the command.
        news: Descriptor of the pipe on which the command tells that it has noticed a signal.
    """

    def __init__(self, program: str, child: int, news: int) -> None:
        self._program = program
        self._child = child
        self._news = news
        self._heard = b""
        self._signal: int | None = None
        self._since = 0.0
        self._cpu_s: float | None = None

    def run(self, watched: set[int]) -> NoReturn:
        status: int | None = None
        while status is None:
            number = signal.sigwait(watched)
            if number == signal.SIGCHLD:
                pid, found = os.waitpid(self._child, os.WNOHANG)
                status = found if pid else None
            elif number == signal.SIGALRM:
                self._look()
            else:
                self._hand_on(number)
        self._end(os.waitstatus_to_exitcode(status))

    def _hand_on(self, number: int) -> None:
        moment = time.monotonic()
        if self._signal is None:
            self._signal, self._since, self._cpu_s = number, moment, self._cpu()
            os.kill(self._child, number)
            signal.setitimer(signal.ITIMER_REAL, _TICK_S, _TICK_S)
        elif moment - self._since > _SECOND_S:
            os.kill(self._child, signal.SIGKILL)

    def _look(self) -> None:
        """Kill a command that was asked to end, and does not."""
        self._read_news()
        passed = time.monotonic() - self._since
        is_deaf = not self._heard
        if (is_deaf and passed > _DEAF_S and self._is_busy()) or passed > (_DEAF_IDLE_S if is_deaf else _PATIENCE_S):
            os.kill(self._child, signal.SIGKILL)

    def _read_news(self) -> None:
        with suppress(BlockingIOError):
            self._heard += os.read(self._news, 100)

    def _is_busy(self) -> bool:
        now = self._cpu()
        return now is None or self._cpu_s is None or now - self._cpu_s > _BUSY_S

    def _cpu(self) -> float | None:
        """Return the seconds of processor time that the command has taken; None if the system does not tell."""
        try:
            with open(f"/proc/{self._child}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None

    def _end(self, code: int) -> NoReturn:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._read_news()
        if self._signal is None and -code in signals.WORDS:
            self._signal = -code
        if self._signal is not None:
            if signals.SAID not in self._heard:
                self._say(signals.WORDS[self._signal])
            code = signals.exit_code(self._signal)
        elif code == -signal.SIGKILL:
            self._say("error: was killed by signal 9; out of memory?")
            code = _KILLED
        elif code < 0:
            name = signal.Signals(-code).name
            self._say(f"error: internal error (ended by {name}): this is a bug of {self._program}; please report it")
            code = _CRASHED
        elif code not in map(signals.exit_code, signals.WORDS):
            os._exit(code)
        self._sweep()
        os._exit(code)

    def _say(self, text: str) -> None:
        with suppress(OSError):
            os.write(2, f"{self._program}: {text}\n".encode())

    def _sweep(self) -> None:
        from featurenet_uvl.system.processes.temporary import sweep

        sweep()
