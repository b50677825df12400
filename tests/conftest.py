"""Settings and fixtures of all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let children hear signals that a shell told this process to ignore, as for a command in the background.

    A program inherits ignored signals, and a test that interrupts one would wait for it for ever. A handler is not
    inherited: a child has the default signals. So HUP, which `nohup` ignores, still does not end the tests.
    """
    handlers = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": lambda *_: None}
    for name, handler in handlers.items():
        number = getattr(signal, name, None)  # Windows has no HUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
