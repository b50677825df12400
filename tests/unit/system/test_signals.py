"""The handlers of INT, TERM and HUP: the first signal counts, and what belongs together is not torn apart."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

HEAD = """
import signal, sys
from featurenet_uvl.system import signals
number = int(sys.argv[1])
"""


def outcome(body: str, number: int, expected: int = 0) -> str:
    """Return what a program prints that gets a signal; it starts with default handlers."""

    def defaults() -> None:
        for name in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(name, signal.SIG_DFL)

    command = [sys.executable, "-c", HEAD + body, str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=defaults)
    assert done.stderr == ""
    assert done.returncode == expected
    return done.stdout


@pytest.mark.parametrize(
    ("number", "word", "code"),
    [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143), (signal.SIGHUP, "hung up", 129)],
)
def test_each_signal_is_an_interruption_with_its_word_and_code(number: int, word: str, code: int) -> None:
    body = """
signals.install()
try:
    signal.raise_signal(number)
except KeyboardInterrupt as end:
    print(end, signals.exit_code(end.number), signals.received() == number)
"""
    assert outcome(body, number) == f"{word} {code} True\n"


def test_the_library_installs_no_handler() -> None:
    body = """
import featurenet_uvl, featurenet_uvl.api.evaluate, featurenet_uvl.training.pool
with signals.held(), signals.kept():
    pass
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, signal.getsignal(signal.SIGINT) == signal.default_int_handler)
"""
    assert outcome(body, signal.SIGTERM) == "True True\n"


def test_an_ignored_signal_stays_ignored() -> None:
    body = """
signal.signal(number, signal.SIG_IGN)
signals.install()
signal.raise_signal(number)
print(signals.received())
"""
    assert outcome(body, signal.SIGHUP) == "None\n"


def test_what_is_held_is_done_first_and_a_second_signal_changes_nothing() -> None:
    body = """
signals.install()
try:
    with signals.held():
        with signals.held():
            signal.raise_signal(number)
        print("done")
except signals.Interruption:
    signal.raise_signal(signal.SIGTERM)
    print("cleaned", signals.received() == number)
"""
    assert outcome(body, signal.SIGINT) == "done\ncleaned True\n"


def test_a_signal_in_a_destructor_is_raised_again() -> None:
    body = """
import time
class Gone:
    def __del__(self):
        signal.raise_signal(number)
signals.install()
try:
    Gone()
    while True:
        time.sleep(0.01)
except signals.Interruption:
    print("raised")
"""
    assert outcome(body, signal.SIGTERM) == "raised\n"


def test_a_library_may_set_its_own_handlers_for_a_while() -> None:
    body = """
signals.install()
with signals.kept():
    signal.signal(number, lambda *_: sys.exit(15))
try:
    signal.raise_signal(number)
except signals.Interruption:
    print("ours")
"""
    assert outcome(body, signal.SIGTERM) == "ours\n"


def test_after_the_last_line_a_signal_is_only_noted() -> None:
    body = """
signals.install()
signals.settle()
signal.raise_signal(number)
print(signals.received() == number)
"""
    assert outcome(body, signal.SIGTERM) == "True\n"
