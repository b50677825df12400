"""Runs that are killed or interrupted: no acknowledged result is lost or repeated, and no worker is left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.store import ResultStore, read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult
from tests.places import UNIT
from tests.waiting import PATIENCE_S, comes_true

FAKES = UNIT / "training"

DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fake_trials
from featurenet_uvl.training.pool import run_trials

if __name__ == "__main__":
    count, seconds, folder = int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    specs = [fake_trials.fake(str(n), value=seconds, log=Path("log")) for n in range(count)]
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
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=folder
    )


def read_until(driver: subprocess.Popen[str], done: int) -> int:
    """Read the progress until `done` trials are done or the driver ends; return the last number."""
    assert driver.stdout is not None
    last = 0
    for line in driver.stdout:
        last = int(line)
        if last >= done:
            break
    return last


def started(folder: Path) -> list[tuple[str, int]]:
    """Return name and process of each trial that began, in order."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(name, int(process)) for name, process in (line.split() for line in lines)]


def living(processes: list[int]) -> list[int]:
    """Return the processes that run, zombies excluded."""
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
    return comes_true(lambda: not living(processes))


class Killing:
    """Kills a run over and over at random moments, and checks after each that nothing acknowledged is lost.

    Args:
        folder: The run's.
        count: Its trials.
        seconds: How long each takes.
        rng: Decides when, and whether the driver or a worker is killed.
    """

    def __init__(self, folder: Path, count: int, seconds: float, rng: random.Random) -> None:
        self.folder, self.count, self.seconds, self.rng = folder, count, seconds, rng
        self.store = folder / "t.sqlite"
        self.kept: dict[str, TrialResult] = {}
        self.driver_kills = self.worker_kills = 0

    def kill_driver(self, protocol: Protocol) -> None:
        """Run until the driver is killed; kill some workers before."""
        before = len(started(self.folder))
        shot: set[str] = set()
        with start_driver(self.folder, self.count, self.seconds) as driver:
            acknowledged = 0
            for _ in range(self.rng.randint(1, 3)):
                acknowledged = read_until(driver, acknowledged + self.rng.randint(0, 2))
                time.sleep(self.rng.uniform(0, self.seconds * 1.2))
                if self.rng.random() < 0.5:
                    self.kill_worker(before, shot)
            os.kill(driver.pid, signal.SIGKILL)
            self.driver_kills += 1
            assert driver.stdout is not None
            acknowledged = max([acknowledged, *map(int, driver.stdout.read().split())])
        assert all_end([process for _, process in started(self.folder)])
        self.check(protocol, acknowledged, {name for name, _ in started(self.folder)[before:]})

    def kill_worker(self, before: int, shot: set[str]) -> None:
        """Kill a running worker, unless its trial was hit in this run already: a second hit makes a failed row."""
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            for name, process in reversed(started(self.folder)[before:][-2:]):
                if name not in shot and living([process]):
                    shot.add(name)
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                        self.worker_kills += 1
                    return
            time.sleep(0.002)

    def check(self, protocol: Protocol, acknowledged: int, begun: set[str]) -> None:
        results = dict(read_results(self.store, protocol)) if self.store.exists() else {}
        assert len(results) >= acknowledged
        assert results.items() >= self.kept.items()
        assert not begun & {result.name for result in self.kept.values()}
        self.kept = results

    def finish(self) -> None:
        with start_driver(self.folder, self.count, self.seconds) as driver:
            assert read_until(driver, self.count) == self.count
        assert driver.returncode == 0


def table(store: Path, protocol: Protocol) -> list[tuple[object, ...]]:
    """Return the data of a report: everything but times and processes."""
    return [
        (key, result.name, result.status, result.reason, result.test_accuracy, result.history, result.weights)
        for key, result in read_results(store, protocol).items()
    ]


def kill_and_compare(fakes: ModuleType, folder: Path, *, count: int, kills: int, seed: int) -> Killing:
    """Compare runs of fake trials of 50 ms, whose driver is killed this often, with a run without kills."""
    killed, whole = folder / "killed", folder / "whole"
    killed.mkdir()
    whole.mkdir()
    killing = Killing(killed, count, 0.05, random.Random(seed))
    while killing.driver_kills < kills and len(killing.kept) < count:
        killing.kill_driver(fakes.PROTOCOL)
    killing.finish()
    Killing(whole, count, 0.05, random.Random(0)).finish()
    assert table(killing.store, fakes.PROTOCOL) == table(whole / "t.sqlite", fakes.PROTOCOL)
    assert len(table(killing.store, fakes.PROTOCOL)) == count
    return killing


@pytest.mark.slow
def test_kills_lose_and_repeat_nothing(fakes: ModuleType, tmp_path: Path) -> None:
    killing = kill_and_compare(fakes, tmp_path, count=40, kills=4, seed=1)
    assert killing.driver_kills == 4
    assert killing.worker_kills > 0


@pytest.mark.deep
def test_two_hundred_kills_lose_and_repeat_nothing(fakes: ModuleType, tmp_path: Path) -> None:
    killing = kill_and_compare(fakes, tmp_path, count=1200, kills=200, seed=2)
    print(f"{killing.driver_kills} kills of the driver, {killing.worker_kills} of workers")
    assert killing.driver_kills == 200
    assert killing.worker_kills >= 100


def wait_for_two(folder: Path) -> list[int]:
    """Wait for two trials that run at the same time, and return their processes."""
    assert comes_true(lambda: len(started(folder)) >= 2)
    return [process for _, process in started(folder)]


def test_workers_do_not_outlive_a_killed_driver(tmp_path: Path) -> None:
    with start_driver(tmp_path, 10, 600.0) as driver:
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
    with start_driver(tmp_path, 10, 600.0) as driver:
        workers = wait_for_two(tmp_path)
        # A key press reaches every process of the terminal's group, `kill -INT` only the driver.
        (os.killpg if whole_group else os.kill)(driver.pid, signal.SIGINT)
        output, errors = driver.communicate(timeout=PATIENCE_S)
    assert (driver.returncode, output.split()[-1], errors) == (130, "interrupted", "")
    assert len(started(tmp_path)) == len(workers) == 2
    assert all_end(workers)
    with ResultStore(tmp_path / "t.sqlite") as store:
        assert len(store.results(fakes.PROTOCOL)) == 2
