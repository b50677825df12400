"""The pool: the ends of trials, their order, and a second call."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from featurenet_uvl.errors import DataError, StoreError, ToolError, UsageError
from featurenet_uvl.ir.architecture import Architecture, Cell, CellId, Destination
from featurenet_uvl.ir.layers import Convolution, Flatten, Identity, Pooling, Void, Zeros
from featurenet_uvl.training.engines.job import NO_LIMITS, Job, Limits
from featurenet_uvl.training.engines.local import tree_memory
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.store import ResultStore, read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus
from featurenet_uvl.training.trials.twins import TWIN


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
    assert results[0].seconds >= 0.3


def test_bad_trials_are_rows_and_no_stop(fakes: ModuleType, tmp_path: Path) -> None:
    specs = [
        fakes.fake("raises", "raise", "too big"),
        fakes.fake("diverges", "nan"),
        fakes.fake("exits", "exit", 7),
        fakes.fake("killed", "kill"),
        fakes.fake("hangs", value=600.0),  # without the limit it would be done in the end
        fakes.fake("fine"),
    ]
    results = run_trials(
        specs,
        fakes.PROTOCOL,
        tmp_path / "t.sqlite",
        data=fakes.DATA,
        workers=2,
        limits=Limits(time_s=6),
        trainer=fakes.FAKE,
    )
    assert [(result.status, result.reason) for result in results] == [
        (TrialStatus.FAILED, "ValueError: too big and a second line"),
        (TrialStatus.NAN, "the loss became nan in epoch 1"),
        (TrialStatus.FAILED, "the worker process ended with exit code 7; its last words: last words of a worker"),
        (TrialStatus.FAILED, "tried 2 times: the worker process ended by signal 9 (out of memory?)"),
        (TrialStatus.LIMIT, "took longer than 6 s"),
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


def test_a_trial_over_its_memory_is_stopped(fakes: ModuleType, tmp_path: Path) -> None:
    specs = [fakes.fake("large", "memory", 400), fakes.fake("small", "memory", 0)]
    small, options = specs[1], {"data": fakes.DATA, "trainer": fakes.FAKE, "workers": 2}
    results = run_trials(specs, fakes.PROTOCOL, tmp_path / "t.sqlite", limits=Limits(memory_mb=300), **options)
    assert (results[0].status, results[1].status) == (TrialStatus.LIMIT, TrialStatus.DONE)
    taken, limit = re.fullmatch(
        r"took ([\d,]+) MB of memory, more than the limit of ([\d,]+) MB", results[0].reason
    ).groups()
    assert int(taken) > int(limit) == 300
    # The reason stands in the store, and the trial is not run again unless that is wished.
    assert read_results(tmp_path / "t.sqlite", fakes.PROTOCOL)[specs[0].hash] == results[0]
    assert int(results[1].provenance["memory_mb"]) < 300
    assert run_trials([small], fakes.PROTOCOL, tmp_path / "t.sqlite", **options) == [results[1]]


def test_a_child_of_a_worker_counts(tmp_path: Path) -> None:
    code = "b = bytearray(150_000_000); print('ready', flush=True); input()"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        assert tree_memory(parent.pid) > 150_000_000
        parent.communicate(b"\n")
    assert tree_memory(parent.pid) == 0


def test_a_network_with_too_many_weights_is_not_built(fakes: ModuleType, tmp_path: Path) -> None:
    cell = Cell(CellId(1, 1), (), Identity(), Flatten(), Zeros(), Void(), "Sum", Destination("Out"))
    spec = TrialSpec.of_architecture("n", Architecture((16, 16, 1), 10, (cell,)))
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    (refused,) = run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=Limits(weights=2569), **options)
    assert (refused.status, refused.weights) == (TrialStatus.LIMIT, 257 * 10)
    assert refused.reason == "has 2,570 weights, more than the limit of 2,569"
    assert refused.finished_at
    (built,) = run_trials([spec], fakes.PROTOCOL, tmp_path / "u", limits=Limits(weights=2570), **options)
    assert built.status is TrialStatus.DONE
    # The row stays under the same limit and a lower one, and is tried again under a higher one or none.
    for limits, expected in ((Limits(weights=2569), refused), (Limits(weights=9, time_s=5), refused)):
        assert run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=limits, **options) == [expected]
    for limits in (Limits(weights=2570), NO_LIMITS):
        store = Path(shutil.copy(tmp_path / "t", tmp_path / f"v{limits.weights}"))
        (again,) = run_trials([spec], fakes.PROTOCOL, store, limits=limits, **options)
        assert again.status is TrialStatus.DONE


def test_a_network_with_too_many_macs_is_not_built(fakes: ModuleType, tmp_path: Path) -> None:
    convolution = Convolution("3x3", 4, 1, "valid", "relu", "normal")
    cell = Cell(CellId(1, 1), (), convolution, Flatten(), Zeros(), Void(), "Sum", Destination("Out"))
    spec = TrialSpec.of_architecture("n", Architecture((16, 16, 1), 10, (cell,)))
    macs = 9 * 4 * 14 * 14 + 14 * 14 * 4 * 10
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    (refused,) = run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=Limits(macs=macs - 1), **options)
    assert (refused.status, refused.macs, refused.weights) == (TrialStatus.LIMIT, macs, 9 * 4 + 4 + 7850)
    assert refused.reason == f"has {macs:,} MACs, more than the limit of {macs - 1:,}"
    assert run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=Limits(macs=9), **options) == [refused]
    (built,) = run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=Limits(macs=macs), **options)
    assert built.status is TrialStatus.DONE


@pytest.mark.parametrize(
    ("result", "kept", "lifted"),
    [
        ({"provenance": {"limit_time_s": "0.3"}}, Limits(time_s=0.3, weights=9), Limits(time_s=0.31)),
        ({"reason": "took longer than 0.3 s"}, Limits(time_s=0.3, memory_mb=9), NO_LIMITS),
        ({"reason": "took longer than 1e+06 s"}, Limits(time_s=1e6), Limits(time_s=1.1e6)),
        (
            {"reason": "took 1,300 MB of memory, more than the limit of 1,200 MB"},
            Limits(memory_mb=1200, time_s=1),
            Limits(memory_mb=1201),
        ),
        ({"provenance": {"limit_memory_mb": "1200.4"}}, Limits(memory_mb=1200.4), Limits(memory_mb=1200.5)),
        ({"reason": "has 10 weights, more than the limit of 9"}, Limits(weights=9), Limits(weights=10)),
        ({"provenance": {"limit_macs": "1e6"}}, Limits(macs=10**6, weights=9), Limits(macs=10**6 + 1)),
    ],
)
def test_a_row_of_a_limit_is_tried_again_if_that_limit_is_higher_or_gone(
    result: dict[str, Any], kept: Limits, lifted: Limits
) -> None:
    """Rows of version 0.1 tell their limit by their reason alone."""
    row = TrialResult("n", "0", TrialStatus.LIMIT, **result)
    assert (kept.lifts(row), lifted.lifts(row)) == (False, True)
    assert not lifted.lifts(replace(row, status=TrialStatus.FAILED))


def test_a_row_of_another_engines_limit_stays() -> None:
    row = TrialResult("n", "0", TrialStatus.LIMIT, "took too many tokens", provenance={"limit_time_s": "soon"})
    assert not NO_LIMITS.lifts(row)


def test_a_trial_that_took_too_long_is_trained_again_under_a_higher_limit(fakes: ModuleType, tmp_path: Path) -> None:
    store, options = tmp_path / "t.sqlite", {"data": fakes.DATA, "trainer": fakes.FAKE}
    spec = fakes.fake("slow")
    early = TrialResult("slow", spec.hash, TrialStatus.LIMIT, "took longer than 0.3 s")
    with ResultStore(store) as opened:
        opened.add(fakes.PROTOCOL, spec, early)
    assert run_trials([spec], fakes.PROTOCOL, store, limits=Limits(time_s=0.3), **options) == [early]
    (again,) = run_trials([spec], fakes.PROTOCOL, store, limits=Limits(time_s=600), **options)
    assert again.status is TrialStatus.DONE


def test_a_worker_is_told_the_limit_of_weights(fakes: ModuleType, tmp_path: Path) -> None:
    """Only its worker knows the size of a network written by hand."""
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    for limits, told in ((NO_LIMITS, "None"), (Limits(weights=2569), "2569")):
        spec = fakes.fake(told, "weight limit")
        (result,) = run_trials([spec], fakes.PROTOCOL, tmp_path / "t", limits=limits, **options)
        assert result.reason == f"ValueError: {told}"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"time_s": 0}, "time limit: found 0 s, expected more than 0"),
        ({"time_s": math.inf}, "time limit: found inf s"),
        ({"memory_mb": -1}, "memory limit: found -1 MB"),
        (
            {"weights": 0, "memory_mb": math.nan},
            "memory limit: found nan MB, expected more than 0\nweight limit: found 0,",
        ),
    ],
)
def test_limits_out_of_range(limits: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Limits(**limits)
    assert str(caught.value).startswith(message)


def test_a_worker_killed_once_is_begun_again_after_the_others(fakes: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "log"
    specs = [fakes.fake("victim", "kill once", str(tmp_path / "mark"), log=log), fakes.fake("other", log=log)]
    results = run_trials(specs, fakes.PROTOCOL, tmp_path / "t", data=fakes.DATA, trainer=fakes.FAKE)
    assert [result.status for result in results] == [TrialStatus.DONE] * 2
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["victim", "other", "victim"]


def test_images_that_are_gone_stop_the_run_and_are_no_row(fakes: ModuleType, tmp_path: Path) -> None:
    specs = [fakes.fake("a"), fakes.fake("b", "gone"), fakes.fake("c")]
    with pytest.raises(DataError, match="found no readable unpacked data"):
        run_trials(specs, fakes.PROTOCOL, tmp_path / "t", data=fakes.DATA, trainer=fakes.FAKE)
    assert [result.name for result in read_results(tmp_path / "t", fakes.PROTOCOL).values()] == ["a"]


def test_callbacks_need_a_word_in_the_protocol(fakes: ModuleType, tmp_path: Path) -> None:
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    told = Protocol("digits", callbacks="nothing, 2 of them")
    with pytest.raises(UsageError, match="found callbacks, expected both or neither"):
        run_trials([fakes.fake("a")], fakes.PROTOCOL, tmp_path / "t", callbacks=fakes.two_callbacks, **options)
    with pytest.raises(UsageError, match=r"found protocol\.callbacks 'nothing, 2 of them' and no callbacks"):
        run_trials([fakes.fake("a")], told, tmp_path / "t", **options)
    spec = fakes.fake("a", "callbacks")
    (result,) = run_trials([spec], told, tmp_path / "t", callbacks=fakes.two_callbacks, **options)
    assert result.reason == "ValueError: ('callback of a', 'another')"


def test_each_trial_has_its_own_folder_of_logs(fakes: ModuleType, tmp_path: Path) -> None:
    job = Job(fakes.FAKE, fakes.PROTOCOL, fakes.DATA, tensorboard=tmp_path)
    specs = [fakes.fake(name) for name in ("001", "../etc/passwd", ".", "x" * 300, "")]
    folders = [job.log_folder(spec) for spec in specs]
    assert len(set(folders)) == len(specs)
    assert all(folder is not None and folder.parent == tmp_path for folder in folders)
    assert folders[0] == tmp_path / f"001-{specs[0].hash[:8]}"
    for folder in folders:
        assert folder is not None
        folder.mkdir()  # a name that the file system takes


def test_logs_need_the_package(fakes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ToolError, match=r"pip install 'featurenet_uvl\[tensorboard\]'"):
        run_trials([], fakes.PROTOCOL, tmp_path / "t", data=fakes.DATA, trainer=fakes.FAKE, tensorboard=tmp_path)
    assert not (tmp_path / "t").exists()


def test_results_on_other_images_are_not_mixed(fakes: ModuleType, tmp_path: Path) -> None:
    store, spec = tmp_path / "t", fakes.fake("a")
    with ResultStore(store) as open_store:
        result = TrialResult("a", spec.hash, TrialStatus.DONE, test_accuracy=0.5, provenance={"data": "f" * 16})
        open_store.add(fakes.PROTOCOL, spec, result)
    with pytest.raises(
        StoreError, match=r"another data set digits \(f{16}\), expected those on the present one \(0{16}\)"
    ):
        run_trials([spec], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)


def test_two_configurations_of_a_network_share_a_training(fakes: ModuleType, tmp_path: Path) -> None:
    """One is trained, the other takes its result: now, after a stop, and beside rows of earlier runs."""
    first, second = _exchanged("first", 1), _exchanged("second", 2)
    other = TrialSpec.of_architecture("first", _two_poolings(1), run=2)
    store = tmp_path / "t.sqlite"
    results = run_trials([first, second, other], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    assert results[0].test_accuracy == results[1].test_accuracy != results[2].test_accuracy
    assert [result.spec_hash for result in results] == [first.hash, second.hash, other.hash]
    assert results[1].provenance[TWIN] == f"first ({first.hash})"
    assert [TWIN in result.provenance for result in results] == [False, True, False]
    assert run_trials([first, second], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE) == results[:2]
    later = run_trials([second], fakes.PROTOCOL, tmp_path / "u.sqlite", data=fakes.DATA, trainer=fakes.FAKE)
    assert TWIN not in later[0].provenance
    both = run_trials([first, second], fakes.PROTOCOL, tmp_path / "u.sqlite", data=fakes.DATA, trainer=fakes.FAKE)
    assert both[1] == later[0]
    assert both[0].provenance[TWIN] == f"second ({second.hash})"


def _two_poolings(first: int) -> Architecture:
    """Return a sum of two poolings; `first` says which comes first."""
    poolings = [Pooling("2x2", 2, "max", "same"), Pooling("2x2", 2, "average", "same")][:: 1 if first == 1 else -1]
    cell = Cell(CellId(1, 1), (), poolings[0], Void(), poolings[1], Void(), "Sum", Destination("Out"))
    return Architecture((16, 16, 1), 10, (cell,))


def _exchanged(name: str, first: int) -> TrialSpec:
    return TrialSpec.of_architecture(name, _two_poolings(first))
