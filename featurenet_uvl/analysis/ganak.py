"""Counts solutions exactly by pyganak, if it is installed, in its own process.

A count of pyganak cannot be interrupted and writes to stdout. As a process, it can be ended, and its output kept apart.
pyganak knows parts of a formula again by hashes of 128 bits: two parts with the same hash would give a wrong number,
with a chance of less than 10^-20 for a count of an hour. The seed is fixed, so equal formulas give equal numbers.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from typing import IO, Self

from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.system.processes.ties import end_with

INSTALL = "pip install pyganak"
_ANSWER = b"featurenet_uvl count "
_LOOK_S = 0.25
"""Seconds between two looks of the process at its driver, in case the system does not end both together."""


def is_installed() -> bool:
    """Whether pyganak can be found."""
    return importlib.util.find_spec("pyganak") is not None


def ganak_count(cnf: Cnf, time_limit_s: float = 600.0) -> int:
    """Return the number of configurations: of solutions over all variables, or over the shown ones if projected.

    Source: Sharma, Roy, Soos, Meel, "GANAK: a scalable probabilistic exact model counter", IJCAI 2019.

    Raises:
        LimitError: pyganak needs more time or more memory.
        UsageError: It is not installed.
    """
    if not is_installed():
        raise UsageError(f"found no pyganak, expected it installed: {INSTALL}")
    with GanakRun(cnf) as run:
        if not run.has_ended(time_limit_s):
            raise LimitError(f"found no count by pyganak within {time_limit_s:g} s")
        return run.count()


class GanakRun:
    """A count of pyganak that has begun in a process of its own.

    Leaving the context ends the process, whatever it is doing. It also ends by itself soon after this process.
    """

    def __init__(self, cnf: Cnf) -> None:
        self._files = contextlib.ExitStack()
        try:
            task, self._answer, self._words = (self._temporary_file() for _ in range(3))
            task.write(_task(cnf))
            task.seek(0)
            self._process = subprocess.Popen(
                (sys.executable, "-m", __name__, str(os.getpid())), stdin=task, stdout=self._answer, stderr=self._words
            )
        except BaseException:
            self._files.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._files.close()

    def _temporary_file(self) -> IO[bytes]:
        """Return a file that is gone when the run has ended, or this process."""
        return self._files.enter_context(tempfile.TemporaryFile())

    def has_ended(self, timeout_s: float = 0.0) -> bool:
        """Whether the count has ended, with or without success, within some seconds."""
        if not timeout_s:
            return self._process.poll() is not None
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def count(self) -> int:
        """Return the number, after the count has ended.

        Raises:
            LimitError: It ended without a number.
        """
        lines = _content(self._answer)
        answer = lines[-1] if lines else b""
        if self._process.returncode or not answer.startswith(_ANSWER):
            words = _content(self._words)
            reason = words[-1].decode(errors="replace") if words else f"exit code {self._process.returncode}"
            raise LimitError(f"found no count by pyganak, which ended early: {reason}")
        return int(answer.removeprefix(_ANSWER), 16)


def _content(file: IO[bytes]) -> list[bytes]:
    file.seek(0)
    return file.read().strip().splitlines()


def _task(cnf: Cnf) -> bytes:
    """Return the task as 64-bit numbers: those of variables and of features to count over, then clauses before 0s."""
    count = len(cnf.variables)
    numbers = array("q", [count, cnf.variables.feature_count if cnf.is_projected else count])
    for clause in cnf.clauses:
        numbers.extend(clause)
        numbers.append(0)
    return numbers.tobytes()


def main() -> None:
    """Count the formula on stdin, which `_task` has written."""
    driver = int(sys.argv[1])
    end_with(driver)
    threading.Thread(target=_look_at, args=(driver,), daemon=True).start()
    numbers = array("q", sys.stdin.buffer.read())
    from pyganak import Counter

    counter = Counter()
    counter.new_vars(numbers[0])
    if numbers[1] < numbers[0]:
        counter.set_sampling_set(range(1, numbers[1] + 1))
    clause: list[int] = []
    for number in numbers[2:]:
        if number:
            clause.append(number)
        else:
            counter.add_clause(clause)
            clause = []
    count = counter.count()
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n" + _ANSWER + f"{count:x}".encode() + b"\n")


def _look_at(driver: int) -> None:
    """End this process soon after its driver. It also does so during a count, as pyganak lets other threads run."""
    while os.getppid() == driver:
        time.sleep(_LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    main()
