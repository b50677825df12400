"""The supervisor: each command ends with the right code and one line, deaf and crashing ones, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, comes_true

HEAD = """
import os, signal, sys, time
from pathlib import Path
from featurenet_uvl.system import signals
from featurenet_uvl.system.processes.supervisor import supervise

def ready():
    print(os.getpid(), flush=True)

def work():
"""
WORDS = [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143), (signal.SIGHUP, "hung up", 129)]


def default_signals() -> None:
    for number, _, _ in WORDS:
        signal.signal(number, signal.SIG_DFL)


def start(body: str) -> subprocess.Popen[str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return subprocess.Popen(
        [sys.executable, "-c", f"{HEAD}{lines}\nsupervise('program', work)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,
    )


def ended(body: str, number: int | None = None) -> tuple[int, str, str]:
    """Run a command; once it prints that it is ready, send it a signal. Return its code, its output and its words."""
    with start(body) as process:
        assert process.stdout is not None
        out = process.stdout.readline()
        if number is not None:
            process.send_signal(number)
        rest, words = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + rest, words


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_command_that_ends_by_itself_keeps_its_code_and_streams() -> None:
    assert ended("print('out')\nprint('err', file=sys.stderr)\nreturn 3") == (3, "out\n", "err\n")


@pytest.mark.parametrize(("number", "word", "code"), WORDS)
def test_a_signal_ends_a_command_with_one_line(number: int, word: str, code: int) -> None:
    found = ended("ready()\ntime.sleep(600)", number)
    assert (found[0], found[2]) == (code, f"program: {word}\n")


def test_a_line_that_the_command_has_printed_is_not_repeated() -> None:
    body = """\
try:
    ready()
    time.sleep(600)
except KeyboardInterrupt:
    print('its own', file=sys.stderr, flush=True)
    signals.tell_said()
return 143"""
    found = ended(body, signal.SIGTERM)
    assert (found[0], found[2]) == (143, "its own\n")


def test_a_signal_after_the_last_line_is_told() -> None:
    body = """\
import atexit
def last():
    ready()
    time.sleep(3)
atexit.register(last)
return 0"""
    found = ended(body, signal.SIGINT)
    assert (found[0], found[2]) == (130, "program: interrupted\n")


def test_a_command_that_does_not_hear_is_killed() -> None:
    """A solver may keep Python from hearing for minutes; a blocked signal does the same."""
    body = """\
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
ready()
while True:
    pass"""
    found = ended(body, signal.SIGTERM)
    assert (found[0], found[2]) == (143, "program: terminated\n")
    assert comes_true(lambda: not is_running(int(found[1])))


def test_a_command_that_hears_has_time_to_end() -> None:
    body = """\
try:
    ready()
    time.sleep(600)
except KeyboardInterrupt:
    end = time.monotonic() + 4
    while time.monotonic() < end:
        pass
    print('whole')
return 0"""
    code, out, _ = ended(body, signal.SIGTERM)
    assert (code, out.splitlines()[1:]) == (143, ["whole"])


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGSEGV, 70, "program: error: internal error (ended by SIGSEGV): this is a bug of program; please"),
        (signal.SIGKILL, 137, "program: error: was killed by signal 9; out of memory?"),
    ],
)
def test_a_crash_is_one_line(number: int, code: int, words: str) -> None:
    found = ended(
        f"import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.kill(os.getpid(), {number:d})"
    )
    assert found[0] == code
    assert found[2].startswith(words)
    assert found[2].count("\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_command_does_not_outlive_its_killed_supervisor() -> None:
    with start("ready()\nwhile True:\n    pass") as process:
        assert process.stdout is not None
        command = int(process.stdout.readline())
        assert command != process.pid
        assert is_running(command)
        process.kill()
    assert comes_true(lambda: not is_running(command))


def test_an_ignored_signal_stays_ignored() -> None:
    script = "trap '' INT HUP; exec " + sys.executable + ' -c "$1"'
    lines = (
        "    ready()\n    os.kill(os.getppid(), signal.SIGINT)\n    os.kill(os.getpid(), signal.SIGHUP)\n    return 5\n"
    )
    done = subprocess.run(
        ["sh", "-c", script, "sh", f"{HEAD}{lines}\nsupervise('program', work)"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=default_signals,
    )
    assert (done.returncode, done.stderr) == (5, "")
    assert os.getpid() not in map(int, done.stdout.split())
