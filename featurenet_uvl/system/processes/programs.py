"""Runs another program in its own folder, under limits, and leaves no process of it behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from featurenet_uvl.errors import ToolError
from featurenet_uvl.system.unix import check_unix

_GUARD = Path(__file__).with_name("guard.py")
_READ = 4096
"""Bytes at each end of an output in which a line for a message is looked for."""
_SHOWN = 160
"""Characters of a line that a message quotes."""

MAX_FOLDER_BYTES = 1 << 30
"""Bytes of all files that a program may have in its folder."""


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


def run_program(
    arguments: Sequence[str], folder: Path, timeout_s: float | None, *, answer: Path | None, max_bytes: int
) -> Outcome:
    """Run a program to its end, or to a limit.

    All processes that the program starts end with it. They end at the time limit, at an exception such as
    KeyboardInterrupt, and with this process, also if that is killed.

    Args:
        arguments: The program and its arguments.
        folder: Working folder of the program, which also gets its output: files `stdout` and `stderr`.
        timeout_s: Seconds until it is ended; None: no limit.
        answer: The file in the folder to which the program writes its answer; None: it prints the answer. Of other
            output, only the beginning and the end are kept.
        max_bytes: Bytes that the answer may have.

    Raises:
        ToolError: The program cannot be started, or exceeds a limit of bytes.
    """
    check_unix("another program as sampler")
    name = arguments[0]
    limits = (str(max_bytes), str(MAX_FOLDER_BYTES), "-" if answer is None else str(answer))
    command = (sys.executable, "-I", "-S", str(_GUARD), str(folder), *limits, *arguments)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ToolError(f"{name}: cannot be run: {_small(reason)}") from error
    with process:
        message, is_late = _wait(process, timeout_s)
    kind, _, detail = message.partition(" ")
    if kind == "failed":
        raise ToolError(f"{name}: cannot be run: {_small(os.strerror(int(detail)))}")
    if kind == "over":
        what, limit = ("an answer", max_bytes) if detail == "answer" else ("files", MAX_FOLDER_BYTES)
        raise ToolError(f"{name}: found {what} of more than {limit:,} bytes, expected at most that many")
    if kind != "exit":
        raise ToolError(f"{name}: cannot be run: its guard ended with exit code {process.returncode}")
    return Outcome(None if is_late else int(detail), folder / "stdout", folder / "stderr")


def _wait(process: subprocess.Popen[bytes], timeout_s: float | None) -> tuple[str, bool]:
    """Return the guard's message, and whether the time was over before."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        is_late = not select.select([process.stdout], [], [], timeout_s)[0]
        if is_late:
            with suppress(BrokenPipeError):
                process.stdin.write(b"e")
        return process.stdout.read().decode().strip(), is_late
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()  # the guard ends the program
        process.wait()


def _small(reason: str) -> str:
    return reason[:1].lower() + reason[1:]
