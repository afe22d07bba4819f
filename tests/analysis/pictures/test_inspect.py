"""What a picture's file says of itself is read, a broken file breaks nothing."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.analysis.pictures.test_fingerprint import scene
from vigie.analysis.pictures.frames import NoVideo, key_frames
from vigie.analysis.pictures.inspect import Unreadable, error_levels, facts_of

pytestmark = pytest.mark.pure


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Fabricant", "Fabricant 12", "Retouche 3"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2016:06:02 14:05:09", "+02:00"
    position = exif.get_ifd(0x8825)
    position[1], position[2] = "N", (48.0, 41.0, 24.0)
    position[3], position[4] = "E", (2.0, 11.0, 15.0)
    out = io.BytesIO()
    scene(3).save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def test_camera_place_time_and_editing_are_told() -> None:
    facts = facts_of(photograph())
    assert (facts.camera, facts.software) == ("Fabricant 12", "Retouche 3")
    assert (round(facts.lat or 0, 4), round(facts.lon or 0, 4)) == (48.69, 2.1875)
    assert facts.taken_at is not None
    zone = timezone(timedelta(hours=2))
    assert facts.taken_at == datetime(2016, 6, 2, 14, 5, 9, tzinfo=zone)
    assert (facts.kinds, facts.signed) == (("exif",), False)


def test_a_file_that_says_nothing_is_told_as_such() -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 10)).save(out, "PNG")
    facts = facts_of(out.getvalue())
    assert (facts.taken_at, facts.lon, facts.lat, facts.kinds) == (None, None, None, ())
    assert (facts.format, facts.width, facts.height) == ("PNG", 20, 10)


@given(st.binary(max_size=200), st.integers(0, 3000))
def test_a_damaged_file_is_unreadable_or_says_less(noise: bytes, at: int) -> None:
    raw = photograph()
    for damaged in (noise, raw[:at], raw[:at] + noise + raw[at + len(noise) :]):
        for look in (facts_of, error_levels):
            try:
                look(damaged)
            except Unreadable:
                continue


def test_what_was_pasted_in_stands_out() -> None:
    out = io.BytesIO()
    scene(1).save(out, "JPEG", quality=60)
    picture = Image.open(io.BytesIO(out.getvalue())).convert("RGB")
    noise = np.random.default_rng(5).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    picture.paste(Image.fromarray(noise), (200, 200))
    mixed = io.BytesIO()
    picture.save(mixed, "JPEG", quality=95)
    levels = np.asarray(error_levels(mixed.getvalue()).convert("L"), dtype=float)
    assert levels[200:280, 200:280].mean() > 3 * levels[:100, :100].mean()


def video(path: Path, scenes: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for n in range(scenes * 30):
            image = scene(n // 30).resize((320, 240))
            for packet in stream.encode(av.VideoFrame.from_image(image)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def test_each_scene_of_a_video_gives_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "inondation.mp4"
    video(path, 4)
    frames = key_frames(path)
    assert len(frames) == 4
    assert [each.at_s for each in frames] == sorted(each.at_s for each in frames)
    assert len(key_frames(path, most=2)) == 2


def test_a_file_without_moving_pictures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(200))
    with pytest.raises(NoVideo):
        key_frames(path)
