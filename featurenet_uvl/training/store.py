"""Results in an SQLite file: once `add` has returned, its result survives any kill."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from types import MappingProxyType, TracebackType

from featurenet_uvl.errors import ReadError, StoreError
from featurenet_uvl.system.json_values import shown
from featurenet_uvl.system.locks import Lock
from featurenet_uvl.system.paths import real_file
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.stored import RESULT_COLUMNS, protocol_of, result_of
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec

APPLICATION_ID = 0x464E5556
"""Mark of SQLite files that this module writes: `FNUV` in ASCII."""

VERSION = 2
"""Version of the tables below, as SQLite's `user_version`."""

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

_LAST_RUN = "CREATE TABLE IF NOT EXISTS last_run (state TEXT NOT NULL)"
"""The table of one row that tells how the latest run ended. Version 0.1 neither writes nor reads it."""

_READING, _WRITING = "mode=rw", "mode=rwc"
"""How SQLite opens a store: readers, too, may write its log and its list of readers, but no new file."""


class ResultStore:
    """The results in one file; a context manager. While it is open, no other run can open it.

    Args:
        path: The file; created if it is missing. A link leads to the file and its lock.

    Raises:
        UsageError: The path leads to no file on a disk.
        StoreError: Another run has it open, or the file is damaged, of another version, or of another program, or it
            has several names.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        place = real_file(path, "store")
        self._place = place
        self._lock = Lock(place.with_name(place.name + ".lock"), path)
        try:
            self._database = _open(path, place, _WRITING)
            self._status = place.stat()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> ResultStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, so that other runs can open it."""
        self._database.close()
        self._lock.release()

    def add(self, protocol: Protocol, spec: TrialSpec, result: TrialResult) -> None:
        """Write one result, in place of an earlier one with the same key. On return it is on the disk.

        Raises:
            StoreError: The result could not be written.
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
        way_out = "make room for it and run the same again: earlier results are safe"
        with _errors(self.path, f"cannot store a result of {spec.name}", way_out), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(
                "INSERT OR IGNORE INTO protocols VALUES (?, ?)", (protocol.hash(), protocol.to_json())
            )
            self._database.execute(f"INSERT OR REPLACE INTO trials VALUES ({', '.join('?' * len(row))})", row)
        self._check_in_place(spec)

    def _check_in_place(self, spec: TrialSpec) -> None:
        """Raise StoreError if the file is gone: SQLite goes on writing to what no name leads to any more."""
        try:
            is_there = os.path.samestat(self._place.stat(), self._status)
        except OSError:
            is_there = False
        if not is_there:
            raise StoreError(
                f"{self.path}: found the file removed or replaced during the run, expected it to stay: it cannot keep "
                f"the result of {spec.name}; bring it back or run the same again"
            )

    def results(self, protocol: Protocol) -> Mapping[str, TrialResult]:
        """Return all results under a protocol by the hash of their spec, in the order of the hashes.

        Raises:
            StoreError: The file became unreadable.
        """
        return _results(self.path, self._database, protocol)

    def last_row(self) -> int:
        """Return the number of the latest row, 0 if the store is empty. Rows written later have larger numbers.

        Raises:
            StoreError: The file became unreadable.
        """
        with _errors(self.path):
            return int(self._database.execute("SELECT coalesce(max(rowid), 0) FROM trials").fetchone()[0])

    def set_last_run(self, state: str) -> None:
        """Write how the latest run ended, over the entry of an earlier run.

        Args:
            state: Text for `read_last_run`.

        Raises:
            StoreError: The text could not be written.
        """
        with _errors(self.path, "cannot store how the run ended"), self._database:
            self._database.execute(_LAST_RUN)
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM last_run")
            self._database.execute("INSERT INTO last_run VALUES (?)", (state,))


def images_folder(path: Path | str) -> Path:
    """Return the folder beside a store for unpacked images, after a look at the store: a wrong one gets no folder.

    Raises:
        UsageError, StoreError: The path leads to no file on a disk, or to one that is no usable store.
    """
    place = real_file(path, "store")
    if place.is_file() and place.stat().st_size:
        with _reading(Path(path)):
            pass
    return place.with_name(f"{place.name}.data")


def read_results(path: Path, protocol: Protocol) -> Mapping[str, TrialResult]:
    """Return the results under a protocol, from a store that a run may be writing at the moment.

    Raises:
        StoreError: The file is missing, damaged, of another version, or of another program.
    """
    with _reading(path) as database:
        return _results(path, database, protocol)


def read_all_results(path: Path) -> Mapping[Protocol, Mapping[str, TrialResult]]:
    """Return all results by protocol, in the order of their arrival, from a store that a run may be writing.

    Raises:
        StoreError: As `read_results`, or this version cannot read a protocol.
    """
    with _reading(path) as database:
        with _errors(path):
            rows = database.execute("SELECT hash, protocol FROM protocols ORDER BY rowid").fetchall()
        try:
            protocols = [protocol_of(key, text) for key, text in rows]
        except ReadError as error:
            reason = "; ".join(error.problems)
            raise StoreError(f"{path}: found an unreadable protocol ({reason}), expected one of this version") from None
        return MappingProxyType({protocol: _results(path, database, protocol) for protocol in protocols})


def read_added(path: Path, protocol_hash: str, row: int) -> frozenset[str]:
    """Return the hashes of the specs whose results were written after a row.

    Args:
        protocol_hash: The protocol whose results count.
        row: A row's number, as `ResultStore.last_row` returns it.

    Raises:
        StoreError: As `read_results`.
    """
    with _reading(path) as database, _errors(path):
        rows = database.execute("SELECT spec FROM trials WHERE protocol = ? AND rowid > ?", (protocol_hash, row))
        return frozenset(spec for (spec,) in rows)


def read_last_run(path: Path) -> str | None:
    """Return the text of `ResultStore.set_last_run`; None if no run of this store has ended since version 0.2.

    Raises:
        StoreError: As `read_results`.
    """
    with _reading(path) as database, _errors(path):
        known = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'last_run'").fetchone()[0]
        row = database.execute("SELECT state FROM last_run").fetchone() if known else None
        return None if row is None else str(row[0])


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    place = real_file(path, "store")
    if not place.is_file():
        raise StoreError(f"{path}: found no file, expected a result store")
    with ExitStack() as stack:
        if not os.access(place.parent, os.W_OK):
            # SQLite cannot read a store in WAL mode if it must not make its files beside it.
            place = _copied(path, place, stack.enter_context(TemporaryFolder()))
        yield stack.enter_context(closing(_open(path, place, _READING)))


def _copied(path: Path, place: Path, folder: Path) -> Path:
    """Copy a store, with its log if there is one, and return the path of the copy."""
    try:
        for name in (place.name, f"{place.name}-wal"):
            if (place.parent / name).exists():
                shutil.copyfile(place.parent / name, folder / name)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
    return folder / place.name


def _results(path: Path, database: sqlite3.Connection, protocol: Protocol) -> Mapping[str, TrialResult]:
    with _errors(path):
        rows = database.execute(
            f"SELECT {RESULT_COLUMNS} FROM trials WHERE protocol = ? ORDER BY spec", (protocol.hash(),)
        ).fetchall()
    results: dict[str, TrialResult] = {}
    for row in rows:
        try:
            result = result_of(row)
        except ReadError as error:
            raise StoreError(
                f"{path}: found an unreadable row for {shown(row[1])} ({error}), expected a result"
            ) from None
        results[result.spec_hash] = result
    return MappingProxyType(results)


def _open(path: Path, place: Path, mode: str) -> sqlite3.Connection:
    """Open a database after a look at it, create the tables of a new one, and check the others.

    Args:
        path: The store's name in messages.
        place: The real file.
        mode: `_READING` or `_WRITING`.
    """
    with _errors(path):
        _check_single(path, place)
        _check_ours(path, place)
        database = _connect(place, mode)
        try:
            _check(path, database, mode)
        except BaseException:
            database.close()
            raise
    return database


def _connect(place: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{place.as_uri()}?{mode}", uri=True, isolation_level=None, timeout=10)


def _check_single(path: Path, place: Path) -> None:
    """Raise StoreError for a file with several names: SQLite keeps a log by name, so each name would miss results."""
    names = place.stat().st_nlink if place.exists() else 1
    if names > 1:
        raise StoreError(
            f"{path}: found a file with {names} names (hard links), expected one, because each has a log of its own; "
            "remove the others, or copy the file"
        )


def _check_ours(path: Path, place: Path) -> None:
    """Raise StoreError for a database of another program, without changing a byte of it or making a file beside it."""
    log = place.with_name(f"{place.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    if not place.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(_connect(place, mode)) as database:
        application, version, tables = _facts(database)
        if application not in (0, APPLICATION_ID) or (application == 0 and (version or tables)):
            raise StoreError(f"{path}: found an SQLite file of another program, expected a result store")


def _facts(database: sqlite3.Connection) -> tuple[int, int, int]:
    """Return the application's number, the version and the number of tables, indices and views."""
    queries = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    application, version, tables = (int(database.execute(query).fetchone()[0]) for query in queries)
    return application, version, tables


def _check_rows_stay(path: Path, database: sqlite3.Connection) -> None:
    """Raise StoreError for a trigger or a view, which this module never writes: it may change, drop or hide results."""
    for kind, name in database.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')"):
        raise StoreError(f"{path}: found the {kind} {shown(name)} in it, expected the tables of a result store alone")


def _check(path: Path, database: sqlite3.Connection, mode: str) -> None:
    application, version, tables = _facts(database)
    is_new = (application, version, tables) == (0, 0, 0)
    if is_new and mode == _READING:
        raise StoreError(f"{path}: found an empty file, expected a result store")
    if not is_new:
        if application != APPLICATION_ID:
            raise StoreError(f"{path}: found an SQLite file of another program, expected a result store")
        if version != VERSION:
            raise StoreError(f"{path}: found a store of version {version}, expected {VERSION}; use another file")
        problem = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if problem != "ok":
            line = " ".join(problem.split())
            raise StoreError(
                f"{path}: found a damaged store ({line}), expected a whole one; move it away to start again"
            )
        _check_rows_stay(path, database)
    if mode == _READING:
        return
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if is_new:
        with database:
            database.execute("BEGIN IMMEDIATE")
            for statement in _TABLES:
                database.execute(statement)


@contextmanager
def _errors(path: Path, problem: str = "found no usable result store", way_out: str = "") -> Iterator[None]:
    """Turn errors of SQLite into a `StoreError` of one line."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")  # missing in errors that the module sqlite3 raises itself
        if not way_out and (name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR")):
            way_out = "is there room on its disk?"
        end = f"; {way_out}" if way_out else ""
        raise StoreError(f"{path}: {problem} ({' '.join(str(error).split())}){end}") from error
