"""Tests that interrupt a program work in the background of a shell, too."""

from __future__ import annotations

import signal
import subprocess
import sys

CHILD = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
IGNORING = f"""
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
if sys.argv[1] == "with":
    from tests.conftest import pytest_configure
    pytest_configure()
subprocess.run([sys.executable, "-c", {CHILD!r}], check=True)
"""


def is_ignored_by_children(how: str) -> bool:
    done = subprocess.run([sys.executable, "-c", IGNORING, how], capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


def test_children_hear_an_interrupt_that_the_shell_ignores() -> None:
    assert is_ignored_by_children("without"), "else this test shows nothing"
    assert not is_ignored_by_children("with")
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
