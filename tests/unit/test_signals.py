"""Tests that interrupt a program work in the background of a shell, too, and with `nohup`."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

CHILD = "import signal, sys; print(signal.getsignal(int(sys.argv[1])) is signal.SIG_IGN)"
IGNORING = f"""
import signal, subprocess, sys
number = int(sys.argv[2])
signal.signal(number, signal.SIG_IGN)
if sys.argv[1] == "with":
    from tests.conftest import pytest_configure
    pytest_configure()
    if number == signal.SIGHUP:
        signal.raise_signal(number)  # does not end the tests
subprocess.run([sys.executable, "-c", {CHILD!r}, sys.argv[2]], check=True)
"""


def is_ignored_by_children(how: str, number: int) -> bool:
    command = [sys.executable, "-c", IGNORING, how, str(int(number))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_children_hear_a_signal_that_the_shell_ignores(number: signal.Signals) -> None:
    assert is_ignored_by_children("without", number), "else this test shows nothing"
    assert not is_ignored_by_children("with", number)
    assert signal.getsignal(number) is not signal.SIG_IGN
