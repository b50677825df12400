"""Runs that are killed or interrupted: no acknowledged result is lost or repeated, and no worker is left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.store import ResultStore, read_results

FAKES = Path(__file__).resolve().parents[1] / "unit" / "training"

DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fake_trials
from featurenet_uvl.training.pool import run_trials

if __name__ == "__main__":
    count, seconds, folder = int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    specs = [fake_trials.fake(str(n), value=seconds, log=folder / "log") for n in range(count)]
    try:
        run_trials(specs, fake_trials.PROTOCOL, folder / "t.sqlite", data=fake_trials.DATA, workers=2,
                   trainer=fake_trials.FAKE, on_progress=lambda p: print(p.done, flush=True))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)
"""


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FAKES))
    import fake_trials

    return fake_trials


def start_driver(folder: Path, count: int, seconds: float) -> subprocess.Popen[str]:
    script = folder / "driver.py"
    script.write_text(DRIVER)
    command = [sys.executable, str(script), str(FAKES), str(count), str(seconds), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def read_until(driver: subprocess.Popen[str], done: int) -> int:
    """Reads progress until so many trials are done, or the driver ends; the last number read."""
    assert driver.stdout is not None
    last = 0
    for line in driver.stdout:
        last = int(line)
        if last >= done:
            break
    return last


def started(folder: Path) -> list[tuple[str, int]]:
    """Name and process of each trial that began, in order."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(name, int(process)) for name, process in (line.split() for line in lines)]


def living(processes: list[int]) -> list[int]:
    """Those that run; an ended process that nobody has waited for does not count."""
    found = []
    for process in processes:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(process)
    return found


def all_end(processes: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while living(processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.slow
def test_kills_lose_and_repeat_nothing(fakes: ModuleType, tmp_path: Path) -> None:
    count, kills, rng = 40, 5, random.Random(1)
    store, kept = tmp_path / "t.sqlite", {}
    for _ in range(kills):
        before = len(started(tmp_path))
        with start_driver(tmp_path, count, 0.05) as driver:
            acknowledged = read_until(driver, len(kept) + rng.randint(1, 6))
            time.sleep(rng.uniform(0, 0.06))
            os.kill(driver.pid, signal.SIGKILL)
            assert driver.stdout is not None
            acknowledged = max([acknowledged, *map(int, driver.stdout.read().split())])
        assert all_end([process for _, process in started(tmp_path)])
        results = dict(read_results(store, fakes.PROTOCOL))
        assert len(results) >= acknowledged
        assert results.items() >= kept.items()
        begun_again = {name for name, _ in started(tmp_path)[before:]} & {result.name for result in kept.values()}
        assert not begun_again
        kept = results
    assert 0 < len(kept) < count
    with start_driver(tmp_path, count, 0.05) as driver:
        assert read_until(driver, count) == count
    assert driver.returncode == 0
    results = dict(read_results(store, fakes.PROTOCOL))
    assert len(results) == count
    assert results.items() >= kept.items()


def wait_for_two(folder: Path) -> list[int]:
    """The processes of the two trials that run at a time."""
    deadline = time.monotonic() + 20
    while len(started(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    return [process for _, process in started(folder)]


def test_workers_do_not_outlive_a_killed_driver(tmp_path: Path) -> None:
    with start_driver(tmp_path, 10, 30.0) as driver:
        workers = wait_for_two(tmp_path)
        assert len(living(workers)) == 2
        driver.kill()
    assert all_end(workers)


@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_stops_the_workers_and_keeps_the_results(
    fakes: ModuleType, tmp_path: Path, whole_group: bool
) -> None:
    quick = [fakes.fake(str(n), value=0.0) for n in range(2)]
    run_trials(quick, fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, trainer=fakes.FAKE)
    with start_driver(tmp_path, 10, 30.0) as driver:
        workers = wait_for_two(tmp_path)
        # A key press reaches every process of the terminal's group, `kill -INT` only the driver.
        (os.killpg if whole_group else os.kill)(driver.pid, signal.SIGINT)
        output, errors = driver.communicate(timeout=20)
    assert (driver.returncode, output.split()[-1], errors) == (130, "interrupted", "")
    assert len(started(tmp_path)) == len(workers) == 2
    assert all_end(workers)
    with ResultStore(tmp_path / "t.sqlite") as store:
        assert len(store.results(fakes.PROTOCOL)) == 2
