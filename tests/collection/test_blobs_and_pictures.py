from __future__ import annotations

import io
import os
import struct
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from vigie.collection.blobs import BlobStore, UnknownBlob
from vigie.collection.pictures import LONGEST_SIDE, MAX_BYTES, PictureRefused, rewritten


def test_the_same_content_twice_is_one_file(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    first = store.keep([b"ab", b"c"], suffix=".txt")
    second = store.keep([b"abc"], suffix=".txt")
    assert first == second
    assert store.path(first.name).read_bytes() == b"abc"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [store.path(first.name)]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def chunks() -> object:
        yield b"ab"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        BlobStore(tmp_path).keep(chunks())  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_half_written_is_swept_up_and_nothing_else(
    tmp_path: Path, now: datetime
) -> None:
    store = BlobStore(tmp_path / "blobs")
    assert store.sweep(before=now) == 0  # no folder yet
    kept = store.path(store.keep([b"whole"]).name)
    old, fresh = store.folder / ".partial-old", store.folder / ".partial-fresh"
    for path, hours in ((old, 25), (fresh, 1), (kept, 99)):
        path.write_bytes(b"ha")
        at = (now - timedelta(hours=hours)).timestamp()
        os.utime(path, (at, at))
    assert store.sweep(before=now - timedelta(days=1)) == 1
    assert not old.exists()
    assert fresh.exists()
    assert kept.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/../../x"])
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownBlob):
        BlobStore(tmp_path / "blobs").path(name)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **save: object) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **save)
    out.seek(0)
    return out


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims to be this large."""
    small = bytearray(picture().getvalue())
    small[16:24] = struct.pack(">II", width, height)
    small[29:33] = struct.pack(">I", zlib.crc32(bytes(small[12:29])))
    return bytes(small)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_comes_out_as_webp(kind: str) -> None:
    found = rewritten(picture(kind))
    assert (found.width, found.height) == (40, 20)
    with Image.open(io.BytesIO(found.data)) as again:
        assert again.format == "WEBP"


def test_where_a_picture_was_taken_does_not_stay_in_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif[0x0112] = 6  # turned by 90°
    found = rewritten(picture("JPEG", exif=exif))
    assert b"secret" not in found.data
    assert (found.width, found.height) == (20, 40)


def test_a_large_picture_is_made_smaller() -> None:
    found = rewritten(picture("JPEG", (LONGEST_SIDE + 1000, 100)))
    assert found.width == LONGEST_SIDE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "picture_unreadable"),
        (picture().getvalue()[:60], "picture_unreadable"),
        (b"x" * (MAX_BYTES + 1), "picture_too_large"),
        (claiming(9_000, 9_000), "picture_bomb"),
        (claiming(60_000, 60_000), "picture_bomb"),
    ],
    ids=["empty", "svg", "garbage", "cut", "heavy", "large", "bomb"],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(PictureRefused) as caught:
        rewritten(io.BytesIO(data))
    assert caught.value.code == code
