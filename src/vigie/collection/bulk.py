"""Many rows at once by plain SQL, the same on SQLite and PostgreSQL. For the pipeline's writes.

Callers are inside a transaction. Column names and SQL are ours, never a person's; values always
travel as parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, Final

import msgspec
from django.db import connection

CHUNK: Final = 900
"""Values of one IN list."""

BLOCKS: Final = (500, 200, 100, 50, 20, 10, 5, 2, 1)
"""Rows of one INSERT on SQLite: few sizes, so that each statement is compiled once and kept."""

VALUES: Final = 32_000
"""Values of one statement at most; SQLite takes 32,766."""

Row = Sequence[Any]


def insert(
    table: str, columns: Sequence[str], rows: Sequence[Row], *, or_ignore: bool = False
) -> None:
    """Insert the rows; with `or_ignore` those that meet a unique key already taken are left out."""
    if not rows:
        return
    if connection.vendor == "sqlite":
        _insert_blocks(table, tuple(columns), rows, or_ignore)
        return
    if or_ignore:
        _insert_new(table, tuple(columns), rows)
    else:
        _copy(table, tuple(columns), rows)


def _copy(table: str, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """PostgreSQL's own way in for many rows: nothing to parse, nothing to plan.

    Django's `executemany` sends a statement a row, values written into it: reading those took the
    server twice as long as storing the rows, and the worker a quarter of its time to write them.
    """
    statement = f"COPY {table} ({','.join(columns)}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _insert_new(table: str, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """COPY knows no conflict: all rows as one JSON text, read by the types of the table.

    For values that JSON has (moments as text included), not for binary ones.
    """
    names = [name.strip('"') for name in columns]
    given = json_text([dict(zip(names, row, strict=True)) for row in rows])
    listed = ",".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({listed}) SELECT {listed} "  # noqa: S608
            f"FROM json_populate_recordset(NULL::{table}, %s) ON CONFLICT DO NOTHING",
            [given],
        )


def _insert_blocks(
    table: str, columns: tuple[str, ...], rows: Sequence[Row], or_ignore: bool
) -> None:
    """Many rows a statement, straight to SQLite.

    The full-text index writes a segment of its own at the end of every statement that its trigger
    is in: row by row a post costs 43 µs to index, by blocks of a hundred 19.
    """
    connection.validate_no_broken_transaction()
    raw = connection.connection
    most = VALUES // len(columns)
    at = 0
    with connection.wrap_database_errors:
        for size in BLOCKS:
            if size > most:
                continue
            while len(rows) - at >= size:
                values = list(chain.from_iterable(rows[at : at + size]))
                raw.execute(_statement(table, columns, size, or_ignore, "?"), values)
                at += size


@lru_cache(maxsize=256)
def _statement(table: str, columns: tuple[str, ...], rows: int, or_ignore: bool, mark: str) -> str:
    row = f"({','.join([mark] * len(columns))})"
    conflict = " ON CONFLICT DO NOTHING" if or_ignore else ""
    return (
        f"INSERT INTO {table} ({','.join(columns)}) VALUES "  # noqa: S608
        f"{','.join([row] * rows)}{conflict}"
    )


def change(sql: str, rows: Sequence[Row]) -> None:
    """Run one UPDATE or DELETE for each row of parameters."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def change_in(sql: str, values: Iterable[Any], *before: Any) -> None:
    """Run an UPDATE or DELETE that ends in `IN {}` over chunks of `values`."""
    with connection.cursor() as cursor:
        for chunk in _chunks(values):
            cursor.execute(*_asked(sql, before, chunk))


def select_in(sql: str, values: Iterable[Any], *before: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of a SELECT with one `IN {}` (after the parameters `before`) over chunks of `values`."""
    with connection.cursor() as cursor:
        for chunk in _chunks(values):
            cursor.execute(*_asked(sql, before, chunk))
            yield from cursor.fetchall()


def look_at_references() -> None:
    """PostgreSQL: look now whether what was written refers to rows that are there, as the commit
    would. Before rows are locked that others wait for: then they wait for the commit alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def reserve(table: str, number: int) -> Sequence[int]:
    """`number` ids of a table, ascending, that nobody else will get; to be used at once.

    SQLite: those after the last one (the transaction is the only writer). PostgreSQL: drawn from
    the table's sequence.
    """
    if number == 0:
        return ()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            first = (row[0] if row else 0) + 1
            return range(first, first + number)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, number],
        )
        return sorted(row[0] for row in cursor.fetchall())


def stamp(moment: datetime | None) -> Any:
    """An aware moment as the database takes it."""
    if moment is None or not _writes_text():
        return moment
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(" ")


@cache
def _writes_text() -> bool:
    """SQLite. Asked four times a post, and Django's way to the connection's name takes 1 µs."""
    return connection.vendor == "sqlite"


def read_stamp(value: Any) -> datetime:
    """The way back from what a plain SELECT gives of a column that is not null."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    found: datetime = value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def json_text(value: Any) -> str:
    """A value (msgspec structs included) as the text of a JSON column."""
    return msgspec.json.encode(value).decode()


def _asked(sql: str, before: Sequence[Any], values: list[Any]) -> tuple[str, list[Any]]:
    """The statement and its parameters. PostgreSQL takes the values as one array: to write nine
    hundred of them into a text costs more than to look them up."""
    if _writes_text():
        marks = ",".join(["%s"] * len(values))
        return sql.format(f"({marks})"), [*before, *values]
    return sql.replace("IN {}", "= ANY(%s)"), [*before, values]


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(dict.fromkeys(values))
    for first in range(0, len(every), CHUNK):
        yield every[first : first + CHUNK]
