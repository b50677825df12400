"""The state that a run writes beside its store, and its readers outside."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.errors import DataError, StoreError
from featurenet_uvl.training import run_state
from featurenet_uvl.training.engines.local import LocalSession
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.run_state import RunState, read_run_state, state_file
from featurenet_uvl.training.status import Status, read_status
from featurenet_uvl.training.store import ResultStore, read_added, read_last_run
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus
from tests.waiting import PATIENCE_S


@pytest.fixture
def fakes() -> ModuleType:
    import fake_trials

    return fake_trials


def test_a_run_is_seen_from_outside_while_it_goes_on(
    fakes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seen = tmp_path / "t.sqlite", list[Status]()
    specs = [
        fakes.fake("bad", "raise", "why"),
        fakes.fake("good", "accuracy", 0.5),
        fakes.fake("slow", "epochs", 0.3),
        fakes.fake("last", "accuracy", 0.25),
    ]
    options = {"data": fakes.DATA, "trainer": fakes.FAKE}
    run_trials(specs[:1], fakes.PROTOCOL, store, **options)
    original = run_state.StateWriter.show

    def show(writer: run_state.StateWriter, *facts: object) -> None:
        writer.written = -math.inf  # as if the file were old, so that each change is seen
        original(writer, *facts)  # type: ignore[arg-type]  # passed on
        seen.append(read_status(store))

    monkeypatch.setattr(run_state.StateWriter, "show", show)
    run_trials(specs, fakes.PROTOCOL, store, **options)
    runs = [status.run for status in seen if status.run is not None]
    assert all((run.is_alive, run.process, run.total, run.known) == (True, os.getpid(), 4, 1) for run in runs)
    assert [[trial.name for trial in run.running] for run in runs] == [["good"], ["slow"], ["slow"], ["slow"], ["last"]]
    assert [(trial.epochs, trial.test_accuracy) for run in runs[1:4] for trial in run.running] == [
        (0, None),
        (1, 0.1),
        (2, 0.2),
    ]
    assert [run.done for run in runs] == [1, 2, 2, 2, 3]
    # The rate and the time left are of this run: the first result was there before.
    assert runs[0].rate_per_minute is None is runs[0].seconds_left
    assert runs[-1].rate_per_minute == pytest.approx(2 * 60 / runs[-1].elapsed_s)
    (protocol,) = seen[-1].protocols
    assert (protocol.protocol, protocol.done) == (fakes.PROTOCOL, 3)
    assert protocol.failed == {TrialStatus.FAILED: 1}
    assert protocol.reasons == {"ValueError: why and a second line": ("bad",)}
    ended = read_status(store)
    assert ended.run is not None
    assert (ended.run.outcome, ended.run.is_alive, ended.run.running, ended.run.done) == ("finished", False, (), 4)
    assert json.loads(json.dumps(ended.to_json()))["protocols"][0]["failed"] == {"failed": 1}


KILLED_BETWEEN = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fake_trials
from featurenet_uvl.training.pool import run_trials

def killed(progress):
    if progress.done == 2:  # the second result is in the store, and the state has not said so
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    specs = [fake_trials.fake(name, "accuracy", 0.5) for name in "bcd"]
    run_trials(specs, fake_trials.PROTOCOL, Path("t.sqlite"), data=fake_trials.DATA, trainer=fake_trials.FAKE,
               retry_failed=True, on_progress=killed)
"""


def test_a_run_that_is_killed_before_its_word_is_counted_by_its_results(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    earlier = [fakes.fake("a", "accuracy", 0.5), fakes.fake("b", "raise", "why"), fakes.fake("z", "raise", "why")]
    run_trials(earlier, fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    script = tmp_path / "driver.py"
    script.write_text(KILLED_BETWEEN)
    folder = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, str(script), folder], cwd=tmp_path, timeout=PATIENCE_S, check=False)
    assert done.returncode == -signal.SIGKILL
    said = read_run_state(store)
    assert said is not None
    assert (said.known, said.done, [trial.name for trial in said.running]) == (0, 1, ["c"])
    found = read_status(store).run
    assert found is not None
    assert (found.done, found.total, found.running, found.is_alive) == (2, 3, (), False)


def test_a_result_that_takes_an_others_place_counts_as_new(fakes: ModuleType, tmp_path: Path) -> None:
    spec, store = fakes.fake("a"), tmp_path / "t.sqlite"
    with ResultStore(store) as open_store:
        result = TrialResult("a", spec.hash, TrialStatus.FAILED, "why")
        open_store.add(fakes.PROTOCOL, spec, result)
        row = open_store.last_row()
        assert read_added(store, fakes.PROTOCOL.hash(), row) == frozenset()
        open_store.add(fakes.PROTOCOL, spec, result)
    assert read_added(store, fakes.PROTOCOL.hash(), row) == {spec.hash}
    assert read_added(store, Protocol("digits", seed=4).hash(), row) == frozenset()


def test_a_run_is_seen_before_its_first_worker_has_started(
    fakes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seen = tmp_path / "t.sqlite", list[RunState | None]()
    original = LocalSession.start

    def start(session: LocalSession, spec: TrialSpec) -> None:
        seen.append(read_status(store).run)
        original(session, spec)

    monkeypatch.setattr(LocalSession, "start", start)
    for protocol in (fakes.PROTOCOL, Protocol("digits", seed=4)):
        run_trials([fakes.fake("a")], protocol, store, data=fakes.DATA, trainer=fakes.FAKE)
    assert [(run.is_alive, run.total, run.done, run.protocol["seed"]) for run in seen if run] == [
        (True, 1, 0, 3),
        (True, 1, 0, 4),
    ]


def test_how_a_run_ended_is_said(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"

    def stop(*_: object) -> None:
        if len(calls := [*calls_made, 1]) > 1:
            raise KeyboardInterrupt
        calls_made[:] = calls

    calls_made: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run_trials([fakes.fake("a")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE, on_progress=stop)
    run = read_run_state(store)
    assert run is not None
    assert (run.outcome, run.is_alive) == ("interrupted", False)
    assert [path.name for path in tmp_path.iterdir()] == ["t.sqlite"]


def test_a_run_that_failed_leaves_no_file_but_its_store(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    with pytest.raises(DataError):
        run_trials([fakes.fake("b", "gone")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    assert [path.name for path in tmp_path.iterdir()] == ["t.sqlite"]
    run = read_status(store).run
    assert run is not None
    assert run.outcome.startswith("stopped: /nowhere: found no readable unpacked data")


def test_a_run_without_room_for_its_last_word_keeps_the_file(
    fakes: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    store = tmp_path / "t.sqlite"
    monkeypatch.setattr(ResultStore, "set_last_run", full)
    run_trials([fakes.fake("a")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    run = read_run_state(store)
    assert state_file(store).exists()
    assert run is not None
    assert (run.outcome, run.done) == ("finished", 1)


def test_a_dead_process_and_one_of_the_same_number_are_told_apart(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    run_trials([fakes.fake("a")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    run = read_run_state(store)
    assert run is not None
    going = replace(run, outcome="running")
    assert going.is_alive is True
    assert replace(going, process_started=going.process_started - 60).is_alive is False
    assert replace(going, process=2**22 + 1).is_alive is False
    assert replace(going, host="elsewhere").is_alive is None


def test_a_damaged_view_is_none_and_the_results_are_shown(fakes: ModuleType, tmp_path: Path) -> None:
    """Every value of the file in turn becomes one of another kind; the status is that of the results alone."""
    store = tmp_path / "t.sqlite"
    run_trials([fakes.fake("a", "accuracy", 0.5)], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    whole = json.loads(read_last_run(store) or "")
    trial = {"name": "b", "spec_hash": "x", "place": "here", "since": whole["started_at"], "epochs": 1}
    whole |= {"outcome": "running", "running": [{**trial, "test_accuracy": 0.5}]}
    state_file(store).write_text(json.dumps(whole))
    found = read_status(store)
    assert found.run is not None
    assert [one.name for one in found.run.running] == ["b"]
    wrong = (None, True, -1, 2**70, 1.5, "x", "0001-01-01T00:00:00+00:00", [], [1], {}, {"a": 1})
    lost = 0
    for key in whole:
        for value in wrong:
            state_file(store).write_text(json.dumps({**whole, key: value}))
            status = read_status(store)
            assert [protocol.done for protocol in status.protocols if protocol.done] == [1]
            assert json.dumps(status.to_json())
            lost += status.run is None or status.run.outcome == "finished"
    assert lost > 100


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "featurenet_uvl/run-state/0"}', '{"schema": ', "null"])
def test_a_view_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    state_file(tmp_path / "t.sqlite").write_text(text)
    assert read_run_state(tmp_path / "t.sqlite") is None


def test_a_view_that_cannot_be_written_stops_nothing(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    state_file(store).mkdir()
    (state_file(store) / "in the way").touch()
    (result,) = run_trials([fakes.fake("a")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    assert result.status is TrialStatus.DONE


def test_the_latest_runs_protocol_comes_first(fakes: ModuleType, tmp_path: Path) -> None:
    store, options = tmp_path / "t.sqlite", {"data": fakes.DATA, "trainer": fakes.FAKE}
    other = Protocol("digits", seed=9)
    for protocol in (fakes.PROTOCOL, other):
        run_trials([fakes.fake("a")], protocol, store, **options)
    assert [status.protocol for status in read_status(store).protocols] == [other, fakes.PROTOCOL]


def test_a_run_that_ended_leaves_its_store_alone_which_has_its_state(fakes: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    run_trials([fakes.fake("a")], fakes.PROTOCOL, store, data=fakes.DATA, trainer=fakes.FAKE)
    assert [path.name for path in tmp_path.iterdir()] == ["t.sqlite"]
    content = json.loads(read_last_run(store) or "")
    assert set(content) == {"schema", *RunState.__slots__}
