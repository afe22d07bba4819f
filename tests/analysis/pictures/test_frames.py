"""The key frames of a video: one for each scene, in order, and no endless work."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.analysis.pictures.test_fingerprint import scene
from vigie.analysis.pictures.frames import NoVideo, key_frames

RATE = 10


def film(path: Path, scenes: list[int], *, seconds: int = 2) -> Path:
    """A video of that many scenes, each standing still for `seconds`."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.gop_size = RATE
        for seed in scenes:
            picture = np.asarray(scene(seed).convert("RGB").resize((320, 240)))
            for _ in range(seconds * RATE):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_each_scene_gives_one_picture_in_the_order_of_the_video(tmp_path: Path) -> None:
    frames = key_frames(film(tmp_path / "a.mp4", [1, 2, 1, 3]))
    assert [round(frame.at_s) for frame in frames] == [0, 2, 6]
    assert all(frame.image.size == (320, 240) for frame in frames)


def test_no_more_are_taken_than_asked_for(tmp_path: Path) -> None:
    assert len(key_frames(film(tmp_path / "a.mp4", [1, 2, 3, 4]), most=2)) == 2


def test_a_cut_video_gives_what_can_be_read(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", [1, 2]).read_bytes()
    (tmp_path / "cut.bin").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NoVideo):  # the index of an MP4 stands at its end
        key_frames(tmp_path / "cut.bin")


@pytest.mark.parametrize("data", [b"", b"<html>", b"\0" * 5_000, b"RIFF\xff\xff\xff\xffAVI LIST"])
def test_what_is_no_video_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.bin").write_bytes(data)
    with pytest.raises(NoVideo):
        key_frames(tmp_path / "x.bin")
