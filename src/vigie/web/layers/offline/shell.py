"""What a device keeps to open the map without a network: which files, of which release.

The release is a digest of the files themselves: a changed file is another release, and a device that
cannot get all files of one keeps the one it has. Each file's SHA-256 goes with it, so that a file of
another release that some cache gave is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from vigie import __version__

FOLDERS: Final = ("ui/", "map/", "layers/")
ALONE: Final = (
    "django_htmx/htmx-2.min.js", "alerts/bell.css", "alerts/bell.js", "room/presence.js",
)  # fmt: skip
LEFT_OUT: Final = (".txt", ".LICENSE", ".md", ".ts")
"""Not asked for by a page."""
WORKER: Final = Path(__file__).resolve().parents[1] / "static" / "layers" / "map-worker.js"
LARGEST: Final = 3_000_000
"""Bytes of one file at most."""
MOST: Final = 12_000_000
"""Bytes of all of them at most: beyond it a device keeps no page."""


def files() -> dict[str, str]:
    """Address of each file → its SHA-256; empty when they are too much for a device."""
    found = {static(name): path for name, path in _found()}
    if sum(path.stat().st_size for path in found.values()) > MOST:
        return {}
    return {url: _digest(path) for url, path in sorted(found.items())}


def release(given: dict[str, str]) -> str:
    """The name of these files together, 16 characters."""
    said = "\n".join([__version__, *(f"{url} {digest}" for url, digest in given.items())])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _found() -> Iterator[tuple[str, Path]]:
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            if name.startswith(FOLDERS) or name in ALONE:
                path = Path(storage.path(name))
                if path.suffix not in LEFT_OUT and path.stat().st_size <= LARGEST:
                    yield name, path


def _digest(path: Path) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1_000)
def _digest_of(path: Path, changed_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
