"""The store: it returns every result unchanged, and only an undamaged store of this version opens."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from featurenet_uvl.errors import StoreError, UsageError
from featurenet_uvl.training.run_state import state_file
from featurenet_uvl.training.store import VERSION, ResultStore, images_folder, read_all_results, read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus
from tests.places import ROOT
from tests.waiting import PATIENCE_S

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


FOREIGN = {
    "with tables": ("CREATE TABLE bookmarks (url TEXT)",),
    "empty, with a mark": ("PRAGMA application_id = 77",),
    "empty, with a version": ("PRAGMA user_version = 5",),
    "with a log": ("PRAGMA journal_mode = WAL", "CREATE TABLE bookmarks (url TEXT)"),
    "with a mark and our tables": ("CREATE TABLE trials (spec TEXT)", "PRAGMA application_id = 77"),
}


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_another_program_is_refused_and_its_file_untouched(tmp_path: Path, statements: tuple[str, ...]) -> None:
    path = tmp_path / "t.sqlite"
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="SQLite file of another program"):
        ResultStore(path)
    with pytest.raises(StoreError, match="SQLite file of another program"):
        read_results(path, PROTOCOL)
    with pytest.raises(StoreError, match="SQLite file of another program"):
        images_folder(path)  # the first thing that a run asks for, so that nothing is unpacked beside the file
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"t.sqlite": before}


def test_another_program_whose_tables_are_in_its_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA application_id = 77")
        files = {file.name: file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        assert len(files["t.sqlite-wal"]) > 0
        with pytest.raises(StoreError, match="SQLite file of another program"):
            ResultStore(path)
        assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_reading_an_empty_file_makes_no_store_of_it(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    path.touch()
    with pytest.raises(StoreError, match="found an empty file, expected a result store"):
        read_results(path, PROTOCOL)
    assert [(file.name, file.stat().st_size) for file in tmp_path.iterdir()] == [("t.sqlite", 0)]
    ResultStore(path).close()


@pytest.mark.parametrize("name", [":memory:", "", ".", "file::memory:"])
def test_a_store_that_no_disk_holds_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"`store`: found .*, expected the path of a file on a disk"):
        ResultStore(Path(name))
    assert list(tmp_path.iterdir()) == []


def _linked(kind: str, folder: Path) -> Path:
    """Return another path of `folder/a/t.sqlite`."""
    real, other = folder / "a" / "t.sqlite", folder / "b.sqlite"
    match kind:
        case "symbolic link":
            other.symlink_to(real)
        case "link of a link":
            (folder / "c.sqlite").symlink_to(real)
            other.symlink_to("c.sqlite")
        case "hard link":
            other.hardlink_to(real)
        case "link of a folder":
            (folder / "b").symlink_to("a")
            return folder / "b" / "t.sqlite"
    return other


@pytest.mark.parametrize("kind", ["symbolic link", "link of a link", "hard link", "link of a folder"])
def test_a_second_run_through_a_link_is_refused(kind: str, tmp_path: Path) -> None:
    with ResultStore(tmp_path / "a" / "t.sqlite") as store:
        store.add(PROTOCOL, SPEC, RESULT)
        link = _linked(kind, tmp_path)
        with pytest.raises(StoreError, match=r"found (in use by another run|a file with 2 names)"):
            ResultStore(link)
        if kind != "hard link":
            assert read_results(link, PROTOCOL) == {SPEC.hash: RESULT}
            assert state_file(link) == state_file(store.path)
    if kind != "hard link":
        with ResultStore(link) as store:
            assert store.results(PROTOCOL) == {SPEC.hash: RESULT}


def test_a_file_with_two_names_is_not_read_through_the_one_without_the_log(tmp_path: Path) -> None:
    """SQLite names its log after the file, so the other name would show the results without the latest ones."""
    with ResultStore(tmp_path / "t.sqlite") as store:
        (tmp_path / "u.sqlite").hardlink_to(store.path)
        store.add(PROTOCOL, SPEC, RESULT)
        with pytest.raises(StoreError, match="found a file with 2 names"):
            read_results(tmp_path / "u.sqlite", PROTOCOL)
    with pytest.raises(StoreError, match="found a file with 2 names"):
        ResultStore(store.path)
    (tmp_path / "u.sqlite").unlink()
    assert read_results(store.path, PROTOCOL) == {SPEC.hash: RESULT}


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


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_result_for_a_store_that_was_removed_is_not_acknowledged(is_replaced: bool, tmp_path: Path) -> None:
    """SQLite would go on writing to a file without a name, and every result would be lost."""
    folder = tmp_path / "folder"
    with ResultStore(folder / "t.sqlite") as store:
        store.add(PROTOCOL, SPEC, RESULT)
        folder.rename(tmp_path / "moved")
        if is_replaced:
            folder.mkdir()
            shutil.copy(tmp_path / "moved" / "t.sqlite", folder)
        with pytest.raises(StoreError, match="found the file removed or replaced during the run, expected it to stay"):
            store.add(PROTOCOL, SPEC, RESULT)
        if not is_replaced:
            (tmp_path / "moved").rename(folder)
            store.add(PROTOCOL, SPEC, RESULT)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`store`: found the folder"):
        ResultStore(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        ResultStore(tmp_path / "file" / "t.sqlite")


WRONG = {
    "status": "good",
    "test_accuracy": "high",
    "loss": b"blob",
    "epochs": "many",
    "weights": 1.5,
    "seconds": None,
    "history": "[[1]]",
    "provenance": '{"cpu_seconds": "long"}',
    "name": b"\xff",
    "reason": b"why",
    "finished_at": b"",
}


@pytest.mark.parametrize("column", WRONG)
def test_a_value_of_another_type_is_one_line(column: str, tmp_path: Path) -> None:
    """SQLite keeps any value in any column."""
    path = tmp_path / "t.sqlite"
    with ResultStore(path) as store:
        store.add(PROTOCOL, SPEC, RESULT)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        changed = "CREATE TABLE new AS SELECT * FROM trials"
        for statement in (changed, "DROP TABLE trials", "ALTER TABLE new RENAME TO trials"):
            database.execute(statement)
        database.execute(f"UPDATE trials SET {column} = ?", (WRONG[column],))
    with pytest.raises(StoreError, match=rf"t\.sqlite: found an unreadable row for '{SPEC.hash}' \(") as error:
        read_results(path, PROTOCOL)
    assert "\n" not in str(error.value)


def test_a_protocol_that_means_nothing_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with ResultStore(path) as store:
        store.add(PROTOCOL, SPEC, RESULT)
    other = Protocol("digits", seed=9).to_json()
    for text in (
        other,
        "{",
        "[]",
        '{"data": 1}',
        '{"data": "digits", "epochs": 0}',
        '{"data": "digits", "seed": 1e999}',
    ):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE protocols SET protocol = ?", (text,))
        with pytest.raises(StoreError, match=r"t\.sqlite: found an unreadable protocol \(") as error:
            read_all_results(path)
        assert "\n" not in str(error.value)


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.protocol import Protocol
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(*(result.name for result in read_results(Path(sys.argv[1]), Protocol("digits")).values()))
"""


def _read_from_a_folder_that_is_read_only(store: Path) -> str:
    """Return the names of the results that a process reads that must not write beside the store."""
    folders = [*store.parents][:-2]  # all but / and /tmp
    modes = [folder.stat().st_mode for folder in folders]
    try:
        for folder in folders:
            folder.chmod(0o555)
        command = [sys.executable, "-c", READ_AS_NOBODY, str(store)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ROOT)
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_folder_that_is_read_only_keeps_no_result_back(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with ResultStore(folder / "t.sqlite") as store:
        store.add(PROTOCOL, SPEC, RESULT)
        killed = {
            path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith((".lock", "-shm"))
        }
    assert _read_from_a_folder_that_is_read_only(folder / "t.sqlite") == "LeNet-5"
    (folder / "t.sqlite").unlink()
    for name, content in killed.items():  # a run that was killed leaves its latest results in the log
        (folder / name).write_bytes(content)
    assert (folder / "t.sqlite-wal").stat().st_size > 0
    assert _read_from_a_folder_that_is_read_only(folder / "t.sqlite") == "LeNet-5"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END", "trigger 't'"),
        ("CREATE VIEW v AS SELECT * FROM trials", "view 'v'"),
    ],
)
def test_a_store_that_would_drop_or_hide_results_is_refused(tmp_path: Path, statement: str, found: str) -> None:
    path = tmp_path / "t.sqlite"
    with ResultStore(path):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
    for use in (ResultStore, read_all_results):
        with pytest.raises(StoreError, match=rf"{found} in it, expected the tables of a result store alone"):
            use(path)


def test_an_index_that_misses_results_is_damage(tmp_path: Path) -> None:
    """SQLite finds rows by the index: one changed byte of it hid all results from the next run."""
    path = tmp_path / "t.sqlite"
    data = bytearray((ROOT / "tests" / "assets" / "0.1" / "trials.sqlite").read_bytes())
    assert data[20_462] == ord("8")
    data[20_462] = ord(":")
    path.write_bytes(data)
    for use in (ResultStore, read_all_results):
        with pytest.raises(StoreError, match=r"found a damaged store \(row 1 missing from index"):
            use(path)
