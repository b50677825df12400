"""Real training: the same results in every process, with any number of workers, and through kills."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.trial import TrialStatus
from tests.waiting import PATIENCE_S

SCRIPT = Path(__file__).with_name("training_driver.py")


@pytest.fixture(scope="module")
def driver() -> ModuleType:
    spec = importlib.util.spec_from_file_location("training_driver", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def measured(folder: Path, driver: ModuleType, epochs: int, deterministic: bool) -> list[tuple[object, ...]]:
    """Return all measured values with every digit, without the times."""
    results = read_results(folder / "t.sqlite", driver.protocol_of(epochs, deterministic))
    assert all(result.status is TrialStatus.DONE for result in results.values())
    return [
        (key, r.name, r.test_accuracy, r.train_accuracy, r.validation_accuracy, r.loss, r.history, r.weights)
        for key, r in results.items()
    ]


@pytest.mark.slow
def test_processes_and_workers_change_no_digit(driver: ModuleType, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        with start(tmp_path / name, workers, 3, 2, "deterministic") as run:
            _, errors = run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 0, errors
    one, two = (measured(tmp_path / name, driver, 2, True) for name in ("one", "two"))
    assert len(one) == 3
    assert one == two
    # Chance decides something, so that equality is worth something: the networks differ in it.
    assert len({row[2:] for row in one}) == 3


@pytest.mark.deep
def test_ten_kills_of_real_training_change_nothing(driver: ModuleType, tmp_path: Path) -> None:
    count, epochs, rng, kept = 12, 8, random.Random(3), {}
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    protocol = driver.protocol_of(epochs, False)
    for _ in range(10):
        with start(killed, 2, count, epochs) as run:
            assert run.stdout is not None
            acknowledged = int(run.stdout.readline())
            if len(kept) < count - 2 and rng.random() < 0.7:
                acknowledged = int(run.stdout.readline())
            time.sleep(rng.uniform(0, 3))
            os.kill(run.pid, signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, run.stdout.read().split())])
        results = dict(read_results(killed / "t.sqlite", protocol))
        assert len(results) >= acknowledged
        assert results.items() >= kept.items()
        kept = results
    print(f"10 kills, {len(kept)} of {count} results before the last run")
    for folder, workers in ((killed, 2), (whole, 1)):
        with start(folder, workers, count, epochs) as run:
            _, errors = run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 0, errors
    assert read_results(killed / "t.sqlite", protocol).items() >= kept.items()
    assert measured(killed, driver, epochs, False) == measured(whole, driver, epochs, False)
    assert len(measured(whole, driver, epochs, False)) == count
