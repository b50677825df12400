"""The fork server ends with its driver even during its imports, holds no stream, and finds a place for its socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, comes_true

SLOW = """
import os, time
from pathlib import Path
Path(os.environ["PIDS"]).write_text(str(os.getpid()))
time.sleep(600)
"""
DRIVER = """
import sys, threading
from featurenet_uvl.system.processes.fork_server import start_fork_server
sys.path.insert(0, sys.argv[1])
start = lambda: start_fork_server(["slow_import"])
if sys.argv[2] == "thread":
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
else:
    start()
print("started", flush=True)
sys.stdin.read()
"""
WORKERS = """
from featurenet_uvl.system.processes.fork_server import start_fork_server
if __name__ == "__main__":
    context = start_fork_server([])
    process = context.Process(target=print, daemon=True)
    process.start()
    process.join()
    print(process.exitcode)
"""
POOL = """
import multiprocessing, sys
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.training.engines.local import LocalEngine

def check():
    try:
        LocalEngine(1).check()
    except FeatureNetError as error:
        return f"{error.exit_code} {error}"

if __name__ == "__main__":
    print(check())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(check))
"""


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the server looks up between two imports")
@pytest.mark.parametrize("where", ["main", "thread"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_in_its_imports_ends_with_its_driver(tmp_path: Path, where: str, number: int) -> None:
    (tmp_path / "slow_import.py").write_text(SLOW)
    pids = tmp_path / "pids"
    environment = {**os.environ, "PIDS": str(pids), "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path), where],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "started\n"
        assert comes_true(lambda: pids.exists() and pids.read_text() != "")
        assert is_running(int(pids.read_text())), "the end of the thread that started it is not that of its driver"
        driver.send_signal(number)
        assert driver.stdout.read() == "", "nobody else holds the stream"
    assert comes_true(lambda: not is_running(int(pids.read_text())))


def test_a_long_path_of_temporary_files_is_no_obstacle(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 105)
    long.mkdir()
    script = tmp_path / "script.py"
    script.write_text(WORKERS)
    environment = {**os.environ, "TMPDIR": str(long)}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:], done.stderr) == (0, ["0"], "")
    assert list(long.iterdir()) == []


def test_a_worker_of_a_pool_is_told_that_it_can_have_none(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(POOL)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    first, second = done.stdout.splitlines()
    assert first == "None"
    assert second.startswith("2 training: found a daemonic process, such as a worker of multiprocessing.Pool, expected")
