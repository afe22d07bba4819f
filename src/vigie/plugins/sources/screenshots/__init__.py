"""A ZIP of screenshots: each becomes a captured post with its picture, and the note beside it."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from PIL import Image

from vigie.contracts.drafts import Draft, MediaDraft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Refusal, Undecodable
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit.archives import chunks_of, files_of, open_zip, read_entry
from vigie.plugins.kit.importing import FileImport, ImportConfig, Taken
from vigie.plugins.kit.reading import load, post, texts
from vigie.plugins.kit.settings import setting
from vigie.plugins.kit.stripping import stripped
from vigie.plugins.sources.file.sniffing import FileUnusable

MOST: Final = 30_000_000
"""Bytes of a picture."""

MOST_PIXELS: Final = 80_000_000
_PICTURES: Final = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF"}
_TAKEN: Final = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?:[ T_.-]*(?:à|at|um)?[ T_.-]*([0-2]\d)[-_.h:]?([0-5]\d)(?:[-_.:]?([0-5]\d))?)?"
)
NO_DATE: Final = (1980, 1, 1, 0, 0, 0)


class ScreenshotsConfig(ImportConfig, frozen=True, kw_only=True):
    """Where the pictures come from."""

    network: Annotated[
        str,
        setting(
            "Réseau", "Network",
            help=("Où ces captures ont été faites : facebook, snapchat…", "Where these were taken: facebook, snapchat…"),
            pattern=r"^[a-z0-9_-]{0,30}$",
        ),
    ] = ""  # fmt: skip


class ScreenshotsSource(FileImport):
    """Each payload: `name`, `blob`, `sha256`, `taken_at`, `told_by` and the `note` beside it."""

    manifest = Manifest(
        kind=SOURCE,
        name="screenshots",
        label={"fr": "Captures d’écran (ZIP)", "en": "Screenshots (ZIP)"},
        help={
            "fr": "Importe un ZIP d’images ; un fichier texte du même nom donne leur texte.",
            "en": "Imports a ZIP of pictures; a text file of the same name gives their words.",
        },
        version="1",
        config=ScreenshotsConfig,
        terms={
            "fr": "Une personne a vu ces publications comme le réseau les montre ; garder qui et quand.",
            "en": "A person saw these posts as the network shows them; keep who and when.",
        },
        chosen=True,
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )
    config: ScreenshotsConfig

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        if not head.startswith(b"PK\x03\x04") or b"[Content_Types].xml" in head[:3_000]:
            return 0.0
        names = re.findall(rb"PK\x03\x04.{22}(..)..", head, re.DOTALL)
        low = head.lower()
        pictures = any(suffix.encode() in low for suffix in _PICTURES)
        return 0.6 if names and pictures else 0.0

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        with open_zip(path) as archive:
            files = sorted(files_of(archive), key=lambda f: f.filename)
            notes = {
                str(PurePosixPath(f.filename).with_suffix("")): f
                for f in files
                if f.filename.lower().endswith((".txt", ".md"))
            }
            pictures = [f for f in files if PurePosixPath(f.filename).suffix.lower() in _PICTURES]
            if not pictures:
                raise FileUnusable("screenshots_without_pictures")
            done = 0
            first = int(place.get("number") or 0)
            for number, entry in enumerate(pictures, start=1):
                done += entry.compress_size
                if number <= first:
                    continue
                record = self._record(archive, entry, notes)
                yield Taken(record, {"number": number}, done)
            # Of an archive that was cut short: what could not be had of it is named.
            for number, name in enumerate(archive.lost, start=len(pictures) + 1):
                if number > first:
                    yield Taken(Refusal(code="zip_broken", where=name), {"number": number}, done)

    def _record(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, notes: Mapping[str, zipfile.ZipInfo]
    ) -> RawItem | Refusal:
        name = entry.filename
        try:
            data = read_entry(archive, entry, most=MOST)
        except FileUnusable as error:
            return Refusal(code=error.code, detail=error.detail, where=name[:200])
        if reason := _unfit(data, PurePosixPath(name).suffix.lower()):
            return Refusal(code="not_a_picture", detail=reason, where=name[:200])
        suffix = PurePosixPath(name).suffix.lower()
        kept = self.ports.blobs.keep(chunks_of(stripped(data)), suffix=suffix)
        note = notes.get(str(PurePosixPath(name).with_suffix("")))
        taken_at, told_by = _taken_at(entry, self.config.time_zone)
        payload = {
            "name": name,
            "blob": kept.name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "taken_at": rfc3339(taken_at) if taken_at else None,
            "told_by": told_by,
            "note": read_entry(archive, note, most=1_000_000).decode("utf-8-sig", errors="replace")
            if note
            else "",
        }
        return RawItem(payload=msgspec.json.encode(payload), where=name[:200])

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a capture. Raises Undecodable: `missing_id`, `missing_date` and those of the wire."""
        assert isinstance(config, ScreenshotsConfig)
        value = load(item.payload)
        blob = texts(value, "blob")
        if not blob:
            raise Undecodable("missing_id")
        draft = post(
            {
                "id": texts(value, "sha256") or blob,
                "text": texts(value, "note"),
                "network": config.network or "web",
                "created_at": value.get("taken_at"),
            }
        )
        return msgspec.structs.replace(draft, media=(MediaDraft(type="image", blob=blob[:300]),))


def _unfit(data: bytes, suffix: str) -> str:
    """Why the bytes are no picture that can be shown; "" when they are one. Its size is looked up,
    the picture is not opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=list(set(_PICTURES.values()))) as picture:
                width, height = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return type(error).__name__
    return f"{width} × {height}" if width * height > MOST_PIXELS or not width * height else ""


def _taken_at(entry: zipfile.ZipInfo, zone: str) -> tuple[datetime | None, str]:
    """When it was taken, and what tells it: the name ("name") or the archive's date ("archive")."""
    found = _TAKEN.search(PurePosixPath(entry.filename).name)
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        here = ZoneInfo("UTC")
    if found:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        if hour < 24:
            try:
                return datetime(year, month, day, hour, minute, second, tzinfo=here).astimezone(
                    UTC
                ), "name"
            except ValueError:
                pass
    if entry.date_time == NO_DATE:
        return None, ""
    try:
        return datetime(*entry.date_time, tzinfo=here).astimezone(UTC), "archive"
    except (ValueError, TypeError):
        return None, ""
