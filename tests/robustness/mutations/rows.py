"""Changes to the rows, tables and settings of an SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from random import Random
from typing import Any

from tests.robustness.mutations.values import change_json

_VALUES: tuple[Any, ...] = (
    *(None, "", "x", "0", "done", "failed", "limit", "ä", "a\nb", "<b>", "=1", 0, 1, -1, 2**62, -(2**63), 0.5, 1e308),
    *(
        float("inf"),
        b"",
        b"\xff\0x",
        "x" * 20_000,
        "{}",
        "[]",
        "null",
        "[[1,2,3]]",
        "[[1,2,3,4,5,6]]",
        '[["a","b","c",1]]',
        '{"x":1}',
    ),
)
_PRAGMAS = ("user_version", "application_id")
_SCHEMA = (
    *(("NOT NULL", ""), ("TEXT", "BLOB"), ("REAL", "TEXT"), ("INTEGER", ""), ("PRIMARY KEY (protocol, spec)", "x")),
    *(
        ("CREATE TABLE", "CREATE VIEW"),
        ("spec", "spek"),
        ("trials", "trial"),
        ("protocol", "name"),
        ("(", ""),
        ("history", "story"),
    ),
)
_JOURNAL = slice(18, 20)
"""The two bytes that say how the file is written. A database in memory cannot have a journal beside it."""


def change_rows(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change a value, a row, a table, a mark or the definition of a table; a file that SQLite cannot open stays."""
    if len(data) < 100 or not data.startswith(b"SQLite format 3\0"):
        return data
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        try:
            database.deserialize(data[:18] + b"\1\1" + data[20:])
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            database.execute("PRAGMA ignore_check_constraints = 1")
            with suppress(sqlite3.Error):
                _change(rng, database, rng.choice(tables))
            changed = database.serialize()
        except (sqlite3.Error, IndexError, OverflowError, TypeError):  # a damaged file, in which rows come and go
            return data
    return changed[:18] + data[_JOURNAL] + changed[20:]


def _change(rng: Random, database: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
    rows = [row for (row,) in database.execute(f'SELECT rowid FROM "{table}"')]
    column, row = rng.choice(columns), rng.choice(rows or [0])
    match rng.randrange(12):
        case 0 | 1 | 2:
            _without_rules(rng, database)
            _set(database, table, column, row, rng.choice(_VALUES))
        case 3 | 4:
            old = database.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (row,)).fetchone()[0]
            new = change_json(rng, str(old).encode(), ()).decode("utf-8", "surrogatepass")
            _set(database, table, column, row, new)
        case 5:
            database.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))
        case 6:
            _without_rules(rng, database)
            other = rng.choice(columns)
            database.execute(f'UPDATE "{table}" SET "{column}" = "{other}" WHERE rowid = ?', (row,))
        case 7:
            name = f"PRAGMA {rng.choice(_PRAGMAS)} = {rng.choice((0, 1, 2, 3, 77, -1, 2**31 - 1))}"
            database.execute(name)
        case 8:
            database.execute(f'DROP TABLE "{table}"')
        case 9:
            how = rng.choice(
                (f'RENAME COLUMN "{column}" TO "x"', f'DROP COLUMN "{column}"', 'ADD COLUMN "x"', 'RENAME TO "x"')
            )
            database.execute(f'ALTER TABLE "{table}" {how}')
        case 10:
            _rewrite_schema(database, *rng.choice(_SCHEMA))
        case _:
            text = rng.choice(_EXTRA).format(table=table)
            database.executescript(text)


_EXTRA = (
    "CREATE TABLE last_run (state TEXT)",
    "CREATE TABLE last_run (state); INSERT INTO last_run VALUES (NULL)",
    "CREATE TABLE last_run (x); INSERT INTO last_run VALUES (1)",
    'CREATE TRIGGER a AFTER INSERT ON "{table}" BEGIN DELETE FROM "{table}"; END',
    'CREATE INDEX a ON "{table}" (rowid)',
    'ALTER TABLE "{table}" RENAME TO "y"; CREATE VIEW "{table}" AS SELECT * FROM "y"',
    'CREATE TABLE "{table}2" AS SELECT * FROM "{table}"',
    'INSERT INTO "{table}" SELECT * FROM "{table}"',
    "PRAGMA page_size = 512; VACUUM",
    'PRAGMA encoding = "UTF-16"',
)


def _set(database: sqlite3.Connection, table: str, column: str, row: int, value: Any) -> None:
    database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, row))


def _without_rules(rng: Random, database: sqlite3.Connection) -> None:
    """Take NOT NULL out of the definitions, so that rows may break it; put nothing back."""
    if rng.random() < 0.5:
        _rewrite_schema(database, "NOT NULL", "")


def _rewrite_schema(database: sqlite3.Connection, old: str, new: str) -> None:
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?)", (old, new))
    version = database.execute("PRAGMA schema_version").fetchone()[0]
    database.execute(f"PRAGMA schema_version = {version + 1}")
    database.execute("PRAGMA writable_schema = OFF")
