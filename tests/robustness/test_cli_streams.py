"""The program as a process: closed pipes, full disks, interrupts, and imports."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from tests.waiting import PATIENCE_S

PROGRAM = (sys.executable, "-c", "from featurenet_uvl.cli.main import main; main()")
MODELS = Path(str(files("featurenet_uvl.models")))
HEAVY = ("tensorflow", "keras", "pysat", "matplotlib", "sklearn", "numpy", "lxml", "dd", "pyganak")


def start(*arguments: object, **streams: object) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen([*PROGRAM, *map(str, arguments)], text=True, **pipes)  # type: ignore[call-overload,no-any-return]  # streams by name


def test_help_is_light() -> None:
    code = (
        "import sys; from featurenet_uvl.cli.main import run; code = run(['--help'])\n"
        f"print(code, sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stderr == "0 []\n"
    assert "featurenet-uvl" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5  # a third of it on an idle core


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_enough_is_no_error(unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with start("compile", MODELS / "s1.uvl", "--no-rules", "-o", "-", env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "c 1 Architecture\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("--version",), ("convert", MODELS / "dnn.uvl", "-o", "-", "--to", "uvl")])
def test_a_full_disk_behind_stdout_is_one_line(arguments: tuple[object, ...]) -> None:
    with open("/dev/full", "w") as full, start(*arguments, stdout=full) as process:
        assert process.stderr is not None
        assert process.stderr.read() == "featurenet-uvl: error: <stdout>: no space left on device\n"
    assert process.returncode == 1


@pytest.mark.parametrize("sampler", ["diverse", "uniform", "steered", "cmsgen"])
def test_an_interrupt_leaves_what_there_is_and_nothing_half_written(tmp_path: Path, sampler: str) -> None:
    model, out = tmp_path / "m.dimacs", tmp_path / "s.txt"
    lines = [f"c {i} F{i}" for i in range(1, 31)]
    os.mkfifo(model)
    with start("sample", model, "-n", "1000000", "--sampler", sampler, "-o", out) as process:
        with model.open("w") as pipe:  # opens when the program does
            pipe.write("\n".join([*lines, "p cnf 30 1", "1 0", ""]))
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=PATIENCE_S)
    assert words.endswith("featurenet-uvl: interrupted\n")
    assert process.returncode == 130
    names = sorted(path.name for path in tmp_path.iterdir())
    if names == ["m.dimacs"]:  # it came before the first solution
        return
    assert names == ["m.dimacs", "s.txt"]
    sample = parse_sample(out.read_text(), "s.txt")
    assert sample.stop is Stop.INTERRUPTED
    assert f"found {len(sample):,} of 1,000,000 configurations, which are written" in words
