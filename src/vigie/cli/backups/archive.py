"""The backup file: a gzipped tar with a manifest that says what is in it.

manifest.json        format, version, engine, time, counts, ends of the journal's chains
database.sqlite3     or tables/<table>.copy (PostgreSQL COPY text format, UTF-8)
blobs/…              files kept in the data folder
secret-key           signs sessions and links: keep the backup as safe as the data folder
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORMAT = "vigie-backup/1"


class NotABackup(Exception):
    """The file cannot be restored; the message says why."""


@contextmanager
def writing(path: Path) -> Iterator[tarfile.TarFile]:
    """Write beside `path`, readable by its owner only, and put in place only when whole."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar:
                yield tar
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(data))


def add_json(tar: tarfile.TarFile, name: str, value: dict[str, Any]) -> None:
    add_bytes(tar, name, json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest. Raises NotABackup with words when the file is something else or damaged."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            file = tar.extractfile("manifest.json")
            manifest: dict[str, Any] = json.load(file) if file else {}
    except (OSError, tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise NotABackup(f"{path} is not a Vigie backup, or it is damaged ({error})") from error
    if manifest.get("format") != FORMAT:
        raise NotABackup(f"{path} has format {manifest.get('format')!r}, not {FORMAT!r}")
    return manifest


def unpack(path: Path, folder: Path) -> None:
    """Unpack into an empty folder; nothing may land outside it. Raises NotABackup when damaged."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            tar.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise NotABackup(f"{path} is damaged ({error}); nothing was restored") from error
