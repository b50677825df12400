"""The program `featurenet-uvl`: light, so that it hears a signal before the imports of its commands."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from featurenet_uvl.cli import PROGRAM
from featurenet_uvl.system import signals
from featurenet_uvl.system.processes.supervisor import supervise


def run(arguments: Sequence[str]) -> int:
    """Run one command line, given without the program's name, and return its exit code. Nothing is raised.

    A command that a signal has ended says so in its last line, however it took the signal.
    """
    try:
        from featurenet_uvl.cli import app

        code = app.run(arguments)
        if signals.received() is None:
            return code
        number = signals.received()
    except signals.Interruption as end:
        number = end.number
    except KeyboardInterrupt:
        number = signals.received()
    return _interrupted(number)


def _interrupted(number: int | None) -> int:
    """Say that a signal has ended the command, INT if none is known, and return its exit code."""
    number = int(signal.SIGINT) if number is None else number
    with suppress(OSError, ValueError), signals.held():
        if sys.stderr is not None:
            sys.stderr.write(f"{PROGRAM}: {signals.WORDS[number]}\n")
            sys.stderr.flush()
            signals.tell_said()
    return signals.exit_code(number)


def main() -> None:
    """Run the installed program."""
    supervise(PROGRAM, lambda: run(sys.argv[1:]))


if __name__ == "__main__":
    main()
