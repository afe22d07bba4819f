"""Pictures lose what hides in them and nothing of what they show."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from vigie.plugins.kit.stripping import stripped

pytestmark = pytest.mark.pure
WHO = "Riveraine d’Orsay"


def picture(kind: str) -> bytes:
    image = Image.effect_noise((60, 40), 40).convert("RGB")
    exif = Image.Exif()
    exif[0x013B] = WHO  # artist
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    out = io.BytesIO()
    more = {}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("Author", WHO)
        more = {"pnginfo": info}
    elif kind == "JPEG":
        more = {"comment": WHO.encode()}
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_metadata_go_and_every_pixel_stays(kind: str) -> None:
    before = picture(kind)
    after = stripped(before)
    assert b"Riveraine" in before
    assert b"Riveraine" not in after
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        assert new.format == kind
        assert not dict(new.getexif())
        assert new.tobytes() == old.tobytes()
    assert stripped(after) == after


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_come_back_as_something(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\x10\x00\x00\x00WEBP"):
        assert len(stripped(start + data)) <= len(start + data) + 8
