"""Counts solutions exactly by pyganak, if it is installed, in its own process.

A count of pyganak cannot be interrupted and writes to stdout. As a process, it can be ended, and its output kept apart.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from array import array

from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf

INSTALL = "pip install pyganak"
_ANSWER = b"featurenet_uvl count "


def is_installed() -> bool:
    return importlib.util.find_spec("pyganak") is not None


def ganak_count(cnf: Cnf, time_limit_s: float = 600.0) -> int:
    """Return the number of solutions over all variables.

    Source: Sharma, Roy, Soos, Meel, "GANAK: a scalable probabilistic exact model counter", IJCAI 2019.

    Raises:
        LimitError: pyganak needs more time or more memory.
        UsageError: It is not installed.
    """
    if not is_installed():
        raise UsageError(f"found no pyganak, expected it installed: {INSTALL}")
    numbers = array("q", [len(cnf.variables)])
    for clause in cnf.clauses:
        numbers.extend(clause)
        numbers.append(0)
    try:
        done = subprocess.run(
            (sys.executable, "-m", __name__), input=numbers.tobytes(), capture_output=True, timeout=time_limit_s
        )
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"found no count by pyganak within {time_limit_s:g} s") from error
    *_, answer = done.stdout.splitlines() or (b"",)
    if done.returncode or not answer.startswith(_ANSWER):
        words = done.stderr.decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else f"exit code {done.returncode}"
        raise LimitError(f"found no count by pyganak, which ended early: {reason}")
    return int(answer.removeprefix(_ANSWER), 16)


def main() -> None:
    """Count the formula on stdin: the number of variables, then clauses that end in 0, as 64-bit numbers."""
    numbers = array("q", sys.stdin.buffer.read())
    counter = importlib.import_module("pyganak").Counter()
    counter.new_vars(numbers[0])
    clause: list[int] = []
    for number in numbers[1:]:
        if number:
            clause.append(number)
        else:
            counter.add_clause(clause)
            clause = []
    count = counter.count()
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n" + _ANSWER + f"{count:x}".encode() + b"\n")


if __name__ == "__main__":
    main()
