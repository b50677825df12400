"""Counting as a process: interrupts, pipes, and no helper left behind."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from featurenet_uvl.analysis.ganak import is_installed
from tests.waiting import PATIENCE_S, comes_true

PROGRAM = (sys.executable, "-c", "from featurenet_uvl.cli.main import main; main()")


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def hard(size: int) -> str:
    """Return permutations as DIMACS: exactly one true variable per row and column."""
    rows = [[row * size + column + 1 for column in range(size)] for row in range(size)]
    lines = [*rows, *map(list, zip(*rows, strict=True))]
    clauses = [" ".join(map(str, (*line, 0))) for line in lines]
    clauses += [f"-{a} -{b} 0" for line in lines for a, b in itertools.combinations(line, 2)]
    return "\n".join([f"p cnf {size * size} {len(clauses)}", *clauses, ""])


def group_is_gone(group: int) -> bool:
    """Whether all processes of the group have ended."""
    return comes_true(lambda: not exists(group))


def exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "engine", ["bdd", pytest.param("ganak", marks=pytest.mark.skipif(not is_installed(), reason="no pyganak"))]
)
def test_an_interrupt_ends_the_count_and_its_helper(engine: str, tmp_path: Path) -> None:
    model = tmp_path / "hard.cnf"
    os.mkfifo(model)
    with start("count", model, "--engine", engine) as process:
        model.write_text(hard(20))  # waits until the program reads
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, words = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, words) == (130, "", "featurenet-uvl: interrupted\n")
    assert group_is_gone(process.pid)


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "m.cnf"
    os.mkfifo(pipe)
    with start("count", pipe) as process:
        pipe.write_text(hard(3))
        out, words = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, words) == (0, "6\n", "")


def test_a_reader_that_has_enough_of_the_analysis_is_no_error(tmp_path: Path) -> None:
    model = tmp_path / "m.cnf"
    model.write_text("p cnf 12000 12000\n" + "".join(f"{number} 0\n" for number in range(1, 12001)))
    with start("analyse", model, "--no-count") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "satisfiable: yes\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
