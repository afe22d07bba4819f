"""Files that people handed in or that were fetched, named by what they hold, under one folder.

A file is written beside its place and moved there in one step: a name that exists is whole.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

PARTIAL: Final = ".partial-"
"""How the names of files begin that are not whole yet."""


class UnknownBlob(ValueError):
    """The name is none of ours: it leads out of the store, or is empty."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that was kept. `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


class BlobStore:
    """The `Blobs` port over a folder (default: the installation's)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(settings.VIGIE_BLOBS)

    def path(self, name: str) -> Path:
        """Where the file of that name lies. Raises UnknownBlob; the file may be missing."""
        folder = self.folder.resolve()
        path = (folder / name).resolve()
        if not name or path == folder or not path.is_relative_to(folder):
            raise UnknownBlob(name[:80])
        return path

    def keep(self, chunks: Iterable[bytes], *, suffix: str = "") -> Kept:
        """Write a file. The same content twice is one file."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        descriptor, partial = tempfile.mkstemp(dir=self.folder, prefix=PARTIAL)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            sha256 = digest.hexdigest()
            name = f"{sha256[:2]}/{sha256}{suffix}"
            path = self.path(name)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)
        return Kept(name=name, size=size, sha256=sha256)

    def sweep(self, *, before: datetime) -> int:
        """Take away what was being written when its process was killed, untouched since `before`;
        how many files."""
        number = 0
        for partial in self.folder.glob(f"{PARTIAL}*"):
            with suppress(FileNotFoundError):  # it came to its end just now
                if partial.stat().st_mtime < before.timestamp():
                    partial.unlink()
                    number += 1
        return number

    def remove(self, names: Iterable[str]) -> None:
        """Take files away; one that is not there is gone already."""
        for name in names:
            self.path(name).unlink(missing_ok=True)
