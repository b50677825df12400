"""The pool: what ends how, in which order, and what a second call does."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.errors import DataError, StoreError, UsageError
from featurenet_uvl.training.job import Limits
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.store import ResultStore, read_results
from featurenet_uvl.training.trial import TrialStatus


@pytest.fixture
def fakes() -> ModuleType:
    import fake_trials

    return fake_trials


def test_results_come_in_the_order_of_the_specs(fakes: ModuleType, tmp_path: Path) -> None:
    specs = [fakes.fake("slow", value=0.3), fakes.fake("a"), fakes.fake("b")]
    results = run_trials(specs, fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, workers=2, trainer=fakes.FAKE)
    assert [result.name for result in results] == ["slow", "a", "b"]
    assert [result.spec_hash for result in results] == [spec.hash for spec in specs]
    assert all(result.status is TrialStatus.DONE and result.finished_at for result in results)
    assert 0.3 <= results[0].seconds < 5


def test_bad_trials_are_rows_and_no_stop(fakes: ModuleType, tmp_path: Path) -> None:
    specs = [
        fakes.fake("raises", "raise", "too big"),
        fakes.fake("diverges", "nan"),
        fakes.fake("exits", "exit", 7),
        fakes.fake("killed", "kill"),
        fakes.fake("hangs", value=60.0),
        fakes.fake("fine"),
    ]
    started = time.monotonic()
    results = run_trials(
        specs,
        fakes.PROTOCOL,
        tmp_path / "t.sqlite",
        data=fakes.DATA,
        workers=2,
        limits=Limits(time_s=1.5),
        trainer=fakes.FAKE,
    )
    assert time.monotonic() - started < 30
    assert [(result.status, result.reason) for result in results] == [
        (TrialStatus.FAILED, "ValueError: too big and a second line"),
        (TrialStatus.NAN, "the loss became nan in epoch 1"),
        (TrialStatus.FAILED, "the worker process ended with exit code 7; its last words: last words of a worker"),
        (TrialStatus.FAILED, "tried 2 times: the worker process ended by signal 9 (out of memory?)"),
        (TrialStatus.LIMIT, "took longer than 1.5 s"),
        (TrialStatus.DONE, ""),
    ]
    assert all(result.test_accuracy is None for result in results[:5])
    assert list(read_results(tmp_path / "t.sqlite", fakes.PROTOCOL).values()) == sorted(
        results, key=lambda result: result.spec_hash
    )


def test_a_finished_trial_is_not_run_again(fakes: ModuleType, tmp_path: Path) -> None:
    log, store = tmp_path / "log", tmp_path / "t.sqlite"
    specs = [fakes.fake("a", log=log), fakes.fake("b", "raise", "no", log=log)]
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    first = run_trials(specs[:1], fakes.PROTOCOL, store, **options)
    both = run_trials(specs, fakes.PROTOCOL, store, **options)
    assert both[0] == first[0]
    assert run_trials(specs, fakes.PROTOCOL, store, **options) == both
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["a", "b"]
    run_trials(specs, fakes.PROTOCOL, store, retry_failed=True, **options)
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["a", "b", "b"]
    run_trials(specs[:1], Protocol("digits", seed=4), store, **options)
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["a", "b", "b", "a"]


def test_equal_networks_are_trained_once(fakes: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    spec = fakes.fake("x", log=log)
    twin = type(spec)("twin", spec.kind, spec.payload, spec.hash)
    results = run_trials(
        [spec, twin], fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, workers=2, trainer=fakes.FAKE
    )
    assert [result.name for result in results] == ["x", "twin"]
    assert results[0].test_accuracy == results[1].test_accuracy
    assert len(log.read_text().splitlines()) == 1


def test_progress_counts_and_estimates(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    specs = [fakes.fake("a", "accuracy", 0.5), fakes.fake("b", "raise", "no"), fakes.fake("c", "accuracy", 0.25)]
    seen: list[Progress] = []
    options = {"data": fakes.DATA, "trainer": fakes.FAKE, "on_progress": seen.append}
    run_trials(specs[:1], fakes.PROTOCOL, store, **options)
    assert seen == [Progress(0, 0, 1, None, None), Progress(1, 0, 1, 0.5, 0.0)]
    seen.clear()
    run_trials(specs, fakes.PROTOCOL, store, **options)
    assert [(p.done, p.failed, p.total, p.best_accuracy) for p in seen] == [
        (1, 0, 3, 0.5),
        (2, 1, 3, 0.5),
        (3, 1, 3, 0.5),
    ]
    assert seen[0].seconds_left is None
    assert seen[1].seconds_left is not None
    assert seen[1].seconds_left > 0
    assert seen[2].seconds_left == 0


def test_a_store_in_use_is_refused(fakes: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with ResultStore(path), pytest.raises(StoreError, match=rf"in use by another run \(process {os.getpid()}\)"):
        run_trials([fakes.fake("a")], fakes.PROTOCOL, path, data=fakes.DATA, trainer=fakes.FAKE)


def test_bad_requests(fakes: ModuleType, tmp_path: Path) -> None:
    path, options = tmp_path / "t.sqlite", {"data": fakes.DATA, "trainer": fakes.FAKE}
    with pytest.raises(UsageError, match="workers: found 0"):
        run_trials([], fakes.PROTOCOL, path, workers=0, **options)
    with pytest.raises(UsageError, match="time limit: found 0"):
        run_trials([], fakes.PROTOCOL, path, limits=Limits(time_s=0), **options)
    with pytest.raises(DataError, match="found 360 test images, expected at least 361"):
        run_trials([], Protocol("digits", test_images=361), path, **options)
    assert not path.exists()


def test_the_environment_of_the_caller_stays(fakes: ModuleType, tmp_path: Path) -> None:
    before = dict(os.environ)
    run_trials([fakes.fake("a")], fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, trainer=fakes.FAKE)
    assert dict(os.environ) == before
