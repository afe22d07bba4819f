"""A video is known by its first bytes, and nothing else is taken for one."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vigie.analysis.pictures.signatures import HEAD, video_kind

pytestmark = pytest.mark.pure

MADE = {
    "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "matroska": "video/x-matroska",
    "avi": "video/x-msvideo", "mpegts": "video/mp2t", "mpeg": "video/mpeg", "flv": "video/x-flv",
    "3gp": "video/3gpp",
}  # fmt: skip
CODECS = {
    "webm": "libvpx",
    "mpegts": "mpeg2video",
    "mpeg": "mpeg2video",
    "flv": "flv1",
    "3gp": "h263",
}


@pytest.mark.parametrize("form", MADE)
def test_what_an_encoder_writes_is_known(form: str, tmp_path: Path) -> None:
    path = tmp_path / "video"
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(CODECS.get(form, "mpeg4"), rate=25)
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_image(Image.new("RGB", (176, 144), "navy"))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert video_kind(path.read_bytes()[:HEAD]) == MADE[form]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PDF"])
def test_a_picture_is_none(form: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "navy").save(out, form)
    assert video_kind(out.getvalue()[:HEAD]) == ""


@pytest.mark.parametrize(
    "head",
    [b"", b"a letter", b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypM4A ", b"RIFF\0\0\0\0WAVE", b"G" * 300],
)  # fmt: skip
def test_what_only_looks_alike_is_none(head: bytes) -> None:
    assert video_kind(head) == ""


@given(st.binary(max_size=900))
def test_whatever_comes_has_an_answer(head: bytes) -> None:
    found = video_kind(head)
    assert found == "" or found.startswith("video/")
