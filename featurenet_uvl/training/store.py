"""Results in an SQLite file: a result that `add` has returned for survives any kill."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any

from featurenet_uvl.errors import StoreError, UsageError
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus

APPLICATION_ID = 0x464E5556
"""Marks the file as ours: `FNUV`."""

VERSION = 2
"""Of the tables below."""

_TABLES = (
    "CREATE TABLE protocols (hash TEXT PRIMARY KEY, protocol TEXT NOT NULL)",
    """CREATE TABLE trials (
        protocol TEXT NOT NULL REFERENCES protocols (hash),
        spec TEXT NOT NULL,
        name TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, run INTEGER NOT NULL,
        status TEXT NOT NULL, reason TEXT NOT NULL,
        test_accuracy REAL, train_accuracy REAL, validation_accuracy REAL, loss REAL,
        epochs INTEGER NOT NULL, weights INTEGER, seconds REAL NOT NULL,
        history TEXT NOT NULL, provenance TEXT NOT NULL, finished_at TEXT NOT NULL,
        PRIMARY KEY (protocol, spec)
    )""",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

_RESULT_COLUMNS = (
    "name, spec, status, reason, test_accuracy, train_accuracy, validation_accuracy, loss, epochs, weights, seconds, "
    "history, provenance, finished_at"
)


class ResultStore:
    """The results in one file; a context manager. While it is open, no other run can open it.

    Args:
        path: The file; made if it is missing.

    Raises:
        StoreError: Another run has it open, or the file is damaged, of another version, or not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = hold(path.with_name(path.name + ".lock"), path)
        try:
            self._database = _open(path)
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> ResultStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file free for other runs."""
        self._database.close()
        self._lock.close()

    def add(self, protocol: Protocol, spec: TrialSpec, result: TrialResult) -> None:
        """Writes one result, in place of an earlier one with the same key. On return it is on the disk.

        Raises:
            StoreError: It could not be written.
        """
        row = (
            *(protocol.hash(), spec.hash, spec.name, spec.kind, spec.payload, spec.run),
            *(str(result.status), result.reason),
            *(result.test_accuracy, result.train_accuracy, result.validation_accuracy, result.loss),
            *(result.epochs, result.weights, result.seconds),
            json.dumps([astuple(epoch) for epoch in result.history]),
            json.dumps(dict(result.provenance), sort_keys=True),
            result.finished_at,
        )
        way_out = "make room for it and run the same again: what was stored before is whole"
        with _errors(self.path, f"cannot store a result of {spec.name}", way_out), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT OR IGNORE INTO protocols VALUES (?, ?)", (protocol.hash(), protocol.to_json())
            )
            self._database.execute(f"INSERT OR REPLACE INTO trials VALUES ({', '.join('?' * len(row))})", row)

    def results(self, protocol: Protocol) -> Mapping[str, TrialResult]:
        """All results under a protocol, by the hash of the spec, in order of the hash.

        Raises:
            StoreError: The file became unreadable.
        """
        return _results(self.path, self._database, protocol)

    def last_row(self) -> int:
        """The number of the latest row, 0 where there is none; a row that is written later has a larger one.

        Raises:
            StoreError: The file became unreadable.
        """
        with _errors(self.path):
            return int(self._database.execute("SELECT coalesce(max(rowid), 0) FROM trials").fetchone()[0])


def read_results(path: Path, protocol: Protocol) -> Mapping[str, TrialResult]:
    """The results under a protocol in a store that a run may be writing at the moment.

    Raises:
        StoreError: There is no such file, or it is damaged, of another version, or not ours.
    """
    with _reading(path) as database:
        return _results(path, database, protocol)


def read_all_results(path: Path) -> Mapping[Protocol, Mapping[str, TrialResult]]:
    """All results of a store that a run may be writing at the moment, by protocol, in the order in which they came.

    Raises:
        StoreError: As `read_results`, or a protocol is not of this version.
    """
    with _reading(path) as database:
        with _errors(path):
            rows = database.execute("SELECT protocol FROM protocols ORDER BY rowid").fetchall()
        try:
            protocols = [Protocol(**json.loads(text)) for (text,) in rows]
        except (ValueError, TypeError, UsageError) as error:
            raise StoreError(f"{path}: found an unreadable protocol ({error}), expected one of this version") from error
        return MappingProxyType({protocol: _results(path, database, protocol) for protocol in protocols})


def read_added(path: Path, protocol_hash: str, row: int) -> frozenset[str]:
    """The hashes of the specs whose results came after a row of the store, as `ResultStore.last_row` tells it.

    Raises:
        StoreError: As `read_results`.
    """
    with _reading(path) as database, _errors(path):
        rows = database.execute("SELECT spec FROM trials WHERE protocol = ? AND rowid > ?", (protocol_hash, row))
        return frozenset(spec for (spec,) in rows)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise StoreError(f"{path}: found no file, expected a result store")
    database = _open(path)
    try:
        yield database
    finally:
        database.close()


def _results(path: Path, database: sqlite3.Connection, protocol: Protocol) -> Mapping[str, TrialResult]:
    with _errors(path):
        rows = database.execute(
            f"SELECT {_RESULT_COLUMNS} FROM trials WHERE protocol = ? ORDER BY spec", (protocol.hash(),)
        ).fetchall()
    results: dict[str, TrialResult] = {}
    for row in rows:
        try:
            results[row[1]] = _result(row)
        except (ValueError, TypeError) as error:
            raise StoreError(f"{path}: found an unreadable row for {row[1]} ({error}), expected a result") from error
    return MappingProxyType(results)


def _result(row: tuple[Any, ...]) -> TrialResult:
    name, spec, status, reason, test, train, validation, loss, epochs, weights, seconds, *rest = row
    history, provenance, finished_at = rest
    return TrialResult(
        name,
        spec,
        TrialStatus(status),
        reason,
        test_accuracy=test,
        train_accuracy=train,
        validation_accuracy=validation,
        loss=loss,
        epochs=epochs,
        weights=weights,
        seconds=seconds,
        history=tuple(Epoch(*epoch) for epoch in json.loads(history)),
        provenance=json.loads(provenance),
        finished_at=finished_at,
    )


def _open(path: Path) -> sqlite3.Connection:
    """The database, checked; its tables are made where the file is new."""
    with _errors(path):
        database = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            _check(path, database)
        except BaseException:
            database.close()
            raise
    return database


def _check(path: Path, database: sqlite3.Connection) -> None:
    is_new = not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_new:
        application, version = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if application != APPLICATION_ID:
            raise StoreError(f"{path}: found an SQLite file of another program, expected a result store")
        if version != VERSION:
            raise StoreError(f"{path}: found a store of version {version}, expected {VERSION}; use another file")
        problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            line = " ".join(problem.split())
            raise StoreError(
                f"{path}: found a damaged store ({line}), expected a whole one; move it away to start anew"
            )
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if is_new:
        with database:
            database.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                database.execute(statement)


@contextmanager
def _errors(path: Path, problem: str = "found no usable result store", way_out: str = "") -> Iterator[None]:
    """Turns SQLite's errors into ours, one line each."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")  # not of an error that sqlite3 itself found
        if not way_out and (name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR")):
            way_out = "is there room on its disk?"
        end = f"; {way_out}" if way_out else ""
        raise StoreError(f"{path}: {problem} ({' '.join(str(error).split())}){end}") from error


def hold(lock: Path, what: Path) -> IO[bytes]:
    """Holds the file `lock` until what is returned is closed or the process ends, however it ends.

    A store's lock is on a file beside it, because closing any handle of SQLite's own file would drop its locks.

    Args:
        lock: The file; made if it is missing.
        what: What the lock is for, for messages.

    Raises:
        StoreError: Another process holds it, or it cannot be opened.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a+b", buffering=0)  # whatever cannot be written is not tried again at the end
    except OSError as error:
        raise StoreError(f"{lock}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        owner = handle.read().decode(errors="replace").strip() or "unknown"
        handle.close()
        raise StoreError(
            f"{what}: found in use by another run (process {owner}), expected it to be free; wait for it or stop it"
        ) from error
    with suppress(OSError):  # the lock holds without a number in the file, as where the disk is full
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n".encode())
    return handle
