"""Copying a whole database out and in: SQLite by its backup API, PostgreSQL by COPY."""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from vigie.cli.backups.archive import add_bytes

BOOKKEEPING = ("django_migrations",)


def engine() -> str:
    return str(connection.vendor)


def database_path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def dump(tar: tarfile.TarFile) -> None:
    """Add a consistent copy of the database to the archive; readers and writers go on."""
    if engine() == "sqlite":
        _dump_sqlite(tar)
    else:
        _dump_postgres(tar)


def _dump_sqlite(tar: tarfile.TarFile) -> None:
    with tempfile.TemporaryDirectory(dir=database_path().parent, prefix="backup-") as folder:
        copy = Path(folder) / "database.sqlite3"
        with (
            closing(
                sqlite3.connect(f"file:{database_path()}?mode=ro", uri=True, timeout=60)
            ) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target, pages=4096)
            target.execute("PRAGMA journal_mode=DELETE")
        tar.add(copy, "database.sqlite3")


def _dump_postgres(tar: tarfile.TarFile) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in _tables(cursor):
            columns = ",".join(f'"{name}"' for name in _columns(cursor, table))
            with tempfile.TemporaryFile() as spool:
                with cursor.cursor.copy(f'COPY "{table}" ({columns}) TO STDOUT') as copy:
                    for chunk in copy:
                        spool.write(chunk)
                info = tarfile.TarInfo(f"tables/{table}.copy")
                info.size = spool.tell()
                info.mode = 0o600
                spool.seek(0)
                tar.addfile(info, spool)
            add_bytes(tar, f"tables/{table}.columns", columns.encode())


def restore(folder: Path, *, aside: Path) -> None:
    """Put the unpacked database in place of the present one.

    SQLite: the present file is moved into `aside`, not deleted. PostgreSQL: all tables are emptied
    and filled in one transaction (all or nothing); the schema must be migrated first.
    """
    connection.close()
    if engine() == "sqlite":
        path = database_path()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            present = path.with_name(name)
            if present.exists():
                aside.mkdir(parents=True, exist_ok=True)
                present.replace(aside / name)
        (folder / "database.sqlite3").replace(path)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _tables(cursor)
        names = ",".join(f'"{table}"' for table in tables if table not in BOOKKEEPING)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        for table in tables:
            source = folder / "tables" / f"{table}.copy"
            if table in BOOKKEEPING or not source.exists():
                continue
            columns = (folder / "tables" / f"{table}.columns").read_text()
            with (
                cursor.cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy,
                source.open("rb") as file,
            ):
                while chunk := file.read(1 << 20):
                    copy.write(chunk)
        _restart_sequences(cursor, tables)


def _tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() "
        "AND table_type = 'BASE TABLE' ORDER BY table_name"
    )
    return [row[0] for row in cursor.fetchall()]


def _columns(cursor: Any, table: str) -> list[str]:
    """The table's stored columns: generated ones are computed again on restore."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return [row[0] for row in cursor.fetchall()]


def _restart_sequences(cursor: Any, tables: list[str]) -> None:
    for table in tables:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = "
            "current_schema() AND table_name = %s AND is_identity = 'YES'",
            [table],
        )
        for (column,) in cursor.fetchall():
            highest = f'SELECT max("{column}") FROM "{table}"'  # noqa: S608 - the catalogue's names
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(({highest}), 0) + 1, false)",
                [f'"{table}"', column],
            )
