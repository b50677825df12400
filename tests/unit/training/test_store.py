"""The store: it returns every result unchanged, and only an undamaged store of this version opens."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from featurenet_uvl.errors import StoreError
from featurenet_uvl.training.store import VERSION, ResultStore, read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus

PROTOCOL = Protocol("digits")
SPEC = TrialSpec.of_baseline("LeNet-5", "lenet5")
RESULT = TrialResult(
    "LeNet-5",
    SPEC.hash,
    TrialStatus.DONE,
    test_accuracy=0.875,
    train_accuracy=0.9375,
    loss=0.25,
    epochs=2,
    weights=61_706,
    seconds=1.5,
    history=(Epoch(2.0, 0.5, 0.25), Epoch(0.25, 0.9, 0.875)),
    provenance={"keras": "3", "seed": "7"},
    finished_at="2026-01-01T00:00:00+00:00",
)
FAILED = replace(RESULT, status=TrialStatus.FAILED, reason="why", test_accuracy=None, loss=None, history=())


@pytest.mark.parametrize("result", [RESULT, FAILED])
def test_a_result_comes_back_equal(tmp_path: Path, result: TrialResult) -> None:
    with ResultStore(tmp_path / "new" / "t.sqlite") as store:
        store.add(PROTOCOL, SPEC, result)
        # A second reader sees it while the run still holds the store.
        assert read_results(store.path, PROTOCOL) == {SPEC.hash: result}
    with ResultStore(store.path) as store:
        assert store.results(PROTOCOL) == {SPEC.hash: result}
        assert store.results(Protocol("digits", epochs=13)) == {}


def test_one_row_a_key(tmp_path: Path) -> None:
    with ResultStore(tmp_path / "t.sqlite") as store:
        store.add(PROTOCOL, SPEC, FAILED)
        store.add(PROTOCOL, SPEC, RESULT)
        assert store.results(PROTOCOL) == {SPEC.hash: RESULT}


def test_results_are_durable(tmp_path: Path) -> None:
    with ResultStore(tmp_path / "t.sqlite") as store:
        settings = {
            name: store._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2}


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    ResultStore(path).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    with pytest.raises(StoreError, match=rf"t\.sqlite: found a store of version {VERSION + 1}, expected {VERSION}"):
        ResultStore(path)


def test_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()
    with pytest.raises(StoreError, match="SQLite file of another program"):
        ResultStore(path)


def test_damage_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with ResultStore(path) as store:
        for number in range(200):
            spec = TrialSpec.of(str(number), "fake", number)
            store.add(PROTOCOL, spec, replace(RESULT, spec_hash=spec.hash))
    content = bytearray(path.read_bytes())
    content[8192:20480] = b"\x5a" * 12288
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        ResultStore(path)
    assert str(caught.value).startswith(f"{path}: found ")
    assert "\n" not in str(caught.value)
    # The lock is free again.
    path.write_text("this is no database, " * 100)
    with pytest.raises(StoreError, match="found no usable result store"):
        ResultStore(path)


def test_a_torn_tail_of_the_log_loses_only_what_was_not_acknowledged(tmp_path: Path) -> None:
    path, copy = tmp_path / "t.sqlite", tmp_path / "copy" / "t.sqlite"
    copy.parent.mkdir()
    with ResultStore(path) as store:
        store.add(PROTOCOL, SPEC, RESULT)
        whole = (tmp_path / "t.sqlite-wal").read_bytes()
        other = TrialSpec.of("other", "fake", 1)
        store.add(PROTOCOL, other, replace(RESULT, spec_hash=other.hash))
        torn = (tmp_path / "t.sqlite-wal").read_bytes()[: len(whole) + 100]
        copy.write_bytes(path.read_bytes())
    (tmp_path / "copy" / "t.sqlite-wal").write_bytes(torn)
    assert read_results(copy, PROTOCOL) == {SPEC.hash: RESULT}


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found no file"):
        read_results(tmp_path / "t.sqlite", PROTOCOL)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="found no usable result store"):
        ResultStore(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        ResultStore(tmp_path / "file" / "t.sqlite")
