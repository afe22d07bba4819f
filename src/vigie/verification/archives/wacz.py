"""Packing WARC files as WACZ 1.1.1, and looking whether one is as it was packed.

https://specs.webrecorder.net/wacz/1.1.1/. A ZIP whose entries are stored, not compressed again, so
that a reader can fetch a piece of it; an index of sorted CDXJ lines in gzip blocks with a second
index over the blocks; the pages; a data package that names and hashes each file; and a digest of that.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from vigie.kernel.clock import rfc3339
from vigie.verification.archives.warc import Indexed, surt

VERSION: Final = "1.1.1"
LINES: Final = 300
"""Lines of the index in one gzip block."""
CHUNK: Final = 1 << 20


class Altered(Exception):
    """The package is not as it was packed. `code`: unreadable, missing, unlisted, altered; `name`
    is the file within that tells."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code}: {name}" if name else code)
        self.code = code
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page a reader of the package may open first."""

    url: str
    at: datetime
    title: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Warc:
    """A WARC file within the package: its name (x.warc.gz), its bytes, its records."""

    name: str
    data: bytes
    indexed: Sequence[Indexed]


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A file of ours beside the archive; `path` has one folder, as readers expect."""

    path: str
    chunks: Iterable[bytes]


class Packing:
    """Writes a package into an open file: `warc`s and files to `attach` as they come, then `finish`."""

    def __init__(self, file: IO[bytes], *, created: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self._created = created
        self._lines: list[str] = []
        self._pages: list[Page] = []
        self._resources: list[dict[str, Any]] = []

    def warc(self, warc: Warc) -> None:
        self._add(f"archive/{warc.name}", [warc.data])
        self._lines += [_cdxj(each, warc.name) for each in warc.indexed]

    def page(self, page: Page) -> None:
        self._pages.append(page)

    def attach(self, extra: Extra) -> None:
        self._add(extra.path, extra.chunks)

    def finish(
        self, *, title: str, software: str, main: Page | None, more: Mapping[str, Any]
    ) -> None:
        """Write indexes, pages and the data package. `more` goes into the latter."""
        packed, blocks = _index(sorted(self._lines))
        self._add("indexes/index.cdx.gz", [packed])
        self._add("indexes/index.idx", [blocks.encode()])
        self._add("pages/pages.jsonl", [_pages(self._pages).encode()])
        package: dict[str, Any] = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "created": _seconds(self._created),
            "software": software,
        }
        if main is not None:
            package["mainPageUrl"] = main.url
            package["mainPageDate"] = _seconds(main.at)
        package |= {**more, "resources": self._resources}
        told = json.dumps(package, ensure_ascii=False, indent=1).encode()
        self._write("datapackage.json", [told])
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(told).hexdigest()}"}
        self._write("datapackage-digest.json", [json.dumps(digest, indent=1).encode()])
        self._zip.close()

    def _add(self, path: str, chunks: Iterable[bytes]) -> None:
        size, digest = self._write(path, chunks)
        name = path.rpartition("/")[2].lower()
        self._resources.append(
            {"name": name, "path": path, "hash": f"sha256:{digest}", "bytes": size}
        )

    def _write(self, path: str, chunks: Iterable[bytes]) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(path, self._created.timetuple()[:6])
        entry.external_attr = 0o644 << 16
        with self._zip.open(entry, "w") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        return size, digest.hexdigest()


def look(path: Path) -> dict[str, Any]:
    """The data package of a file that holds together: every entry is named and as hashed, and
    nothing else is in it. Raises Altered.
    """
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            told = _json(package, "datapackage-digest.json")
            data = package.read("datapackage.json")
            if f"sha256:{hashlib.sha256(data).hexdigest()}" != told.get("hash"):
                raise Altered("altered", "datapackage.json")
            found: dict[str, Any] = json.loads(data)
            listed = {each["path"]: each for each in found["resources"]}
            own = {"datapackage.json", "datapackage-digest.json"}
            for name in sorted({*names} - {*listed} - own):
                raise Altered("unlisted", name)
            for name, each in listed.items():
                if name not in names:
                    raise Altered("missing", name)
                if _hash(package, name) != each["hash"]:
                    raise Altered("altered", name)
            return found
    except (
        OSError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise Altered("unreadable", str(error)[:200]) from error


def warcs(path: Path) -> Iterator[Warc]:
    """The WARC files of a package of ours, with their records as its index tells them."""
    with zipfile.ZipFile(path) as package:
        lines = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
        for name in package.namelist():
            if name.startswith("archive/"):
                short = name.removeprefix("archive/")
                yield Warc(name=short, data=package.read(name), indexed=_indexed(lines, short))


def _indexed(lines: Iterable[str], warc: str) -> list[Indexed]:
    found = []
    for line in lines:
        _, stamp, told = line.split(" ", 2)
        each = json.loads(told)
        if each["filename"] == warc:
            at = datetime.strptime(f"{stamp}+0000", "%Y%m%d%H%M%S%z")
            found.append(
                Indexed(
                    url=each["url"], at=at, mime=each["mime"],
                    status=int(each["status"]) if "status" in each else None,
                    digest=each["digest"], offset=int(each["offset"]), length=int(each["length"]),
                )
            )  # fmt: skip
    return found


def _cdxj(record: Indexed, warc: str) -> str:
    told = {
        "url": record.url, "mime": record.mime,
        **({"status": str(record.status)} if record.status is not None else {}),
        "digest": record.digest, "length": str(record.length), "offset": str(record.offset),
        "filename": warc,
    }  # fmt: skip
    return f"{surt(record.url)} {record.at:%Y%m%d%H%M%S} {json.dumps(told)}"


def _index(lines: Sequence[str]) -> tuple[bytes, str]:
    """The lines in gzip blocks, and where each block begins."""
    packed = bytearray()
    blocks = ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}']
    for at in range(0, len(lines), LINES):
        part = lines[at : at + LINES]
        block = gzip.compress(("\n".join(part) + "\n").encode(), mtime=0)
        told = {
            "offset": len(packed), "length": len(block),
            "digest": f"sha256:{hashlib.sha256(block).hexdigest()}", "filename": "index.cdx.gz",
        }  # fmt: skip
        blocks.append(f"{' '.join(part[0].split(' ', 2)[:2])} {json.dumps(told)}")
        packed += block
    return bytes(packed), "\n".join(blocks) + "\n"


def _pages(pages: Sequence[Page]) -> str:
    lines: list[dict[str, Any]] = [
        {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
    ]
    lines += [
        {
            "id": str(number), "url": page.url, "ts": rfc3339(page.at), "title": page.title,
            **({"text": page.text} if page.text else {}),
        }
        for number, page in enumerate(pages, start=1)
    ]  # fmt: skip
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _seconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _json(package: zipfile.ZipFile, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.read(name))
    return found


def _hash(package: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with package.open(name) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
