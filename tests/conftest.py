"""Settings and fixtures of all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let children hear signals that a shell told this process to ignore, as for a command in the background.

    A program inherits ignored signals, and a test that interrupts one would wait for it for ever.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
