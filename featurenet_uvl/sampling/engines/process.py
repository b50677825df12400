"""Runs another program in its own folder, and leaves no process of it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featurenet_uvl.errors import ToolError

_SHOWN = 160
"""Characters of a line that a message quotes."""
_READ = 4096
"""Bytes at each end of an output in which that line is looked for."""
_GRACE_S = 2.0
"""Seconds between asking a program to end and killing it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a program. `code` is None if it was ended at the time limit."""

    code: int | None
    stdout: Path
    stderr: Path

    def words(self) -> str:
        """Return the first and last line of the program's output, for messages: tools say the reason in one of them."""
        for path in (self.stderr, self.stdout):
            with path.open("rb") as file:
                start = file.read(_READ)
                file.seek(max(0, path.stat().st_size - _READ))
                end = file.read(_READ)
            lines = [
                line.strip() for line in (start + b"\n" + end).decode("utf-8", "replace").split("\n") if line.strip()
            ]
            if lines:
                ends = dict.fromkeys((lines[0][:_SHOWN], lines[-1][-_SHOWN:]))
                return f"it wrote {' ... '.join(map(repr, ends))}"
        return "it wrote nothing"


def run_process(arguments: Sequence[str], folder: Path, timeout_s: float | None) -> Outcome:
    """Run a program to its end, or to the time limit.

    The program and the processes that it starts form a group. The group is killed when the time is over, at an
    exception such as KeyboardInterrupt, and when the program ends.

    Args:
        arguments: The program and its arguments.
        folder: Working folder of the program, which also gets its output.
        timeout_s: Seconds until it is ended; None: no limit.

    Raises:
        ToolError: The program cannot be started.
    """
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as out_file, err.open("wb") as err_file:
        try:
            process = subprocess.Popen(
                list(arguments),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise ToolError(f"{arguments[0]}: cannot be run: {reason[:1].lower()}{reason[1:]}") from error
        code: int | None = None
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
        finally:
            _kill_group(process.pid)
            process.wait()
    return Outcome(code, out, err)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the program to end, so that it can write its results, and wait a moment."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
