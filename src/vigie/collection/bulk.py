"""Many rows at once by plain SQL, the same on SQLite and PostgreSQL. For the pipeline's writes.

Callers are inside a transaction. Column names and SQL are ours, never a person's; values always
travel as parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.db import connection

CHUNK: Final = 900
"""Values of one IN list."""

Row = Sequence[Any]


def insert(
    table: str, columns: Sequence[str], rows: Sequence[Row], *, or_ignore: bool = False
) -> None:
    """Insert the rows; with `or_ignore` those that meet a unique key already taken are left out."""
    if not rows:
        return
    marks = ",".join(["%s"] * len(columns))
    names = ",".join(columns)
    conflict = " ON CONFLICT DO NOTHING" if or_ignore else ""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}){conflict}",  # noqa: S608
            rows,
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
            cursor.execute(sql.format(_marks(chunk)), [*before, *chunk])


def select_in(sql: str, values: Iterable[Any], *before: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of a SELECT with one `IN {}` (after the parameters `before`) over chunks of `values`."""
    with connection.cursor() as cursor:
        for chunk in _chunks(values):
            cursor.execute(sql.format(_marks(chunk)), [*before, *chunk])
            yield from cursor.fetchall()


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
    if moment is None or connection.vendor != "sqlite":
        return moment
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(" ")


def read_stamp(value: Any) -> datetime:
    """The way back from what a plain SELECT gives of a column that is not null."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    found: datetime = value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def json_text(value: Any) -> str:
    """A value (msgspec structs included) as the text of a JSON column."""
    return msgspec.json.encode(value).decode()


def _marks(values: Sequence[Any]) -> str:
    return f"({','.join(['%s'] * len(values))})"


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(dict.fromkeys(values))
    for first in range(0, len(every), CHUNK):
        yield every[first : first + CHUNK]
