"""Key frames of a video: the pictures worth searching for, without looking at the whole of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from PIL import Image

from vigie.analysis.pictures.fingerprint import MATCH, fingerprint

MOST: Final = 24
LONGEST_SIDE: Final = 1_280
MAX_PIXELS: Final = 50_000_000
MAX_TRIED: Final = 240
"""Frames that are decoded at most, spread over the video."""
_DIFFERENT: Final = 2 * MATCH


class NoVideo(ValueError):
    """The file holds no moving picture that can be read."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture of the video, `at_s` seconds after its start."""

    at_s: float
    image: Image.Image


def key_frames(path: Path, *, most: int = MOST) -> list[Frame]:
    """Frames that differ from one another, in the order of the video; at least one.

    The encoder's own key frames are tried (those begin scenes), at most `MAX_TRIED` of them evenly
    over the length, and kept when no kept frame resembles them. Raises NoVideo. Takes the processor
    for seconds: not for the event loop.
    """
    kept: list[Frame] = []
    prints: list[int] = []
    try:
        with av.open(str(path), mode="r", metadata_errors="ignore") as container:
            if not container.streams.video:
                raise NoVideo
            stream = container.streams.video[0]
            if stream.width * stream.height > MAX_PIXELS:
                raise NoVideo
            stream.codec_context.skip_frame = "NONKEY"
            length_s = (container.duration or 0) / av.time_base
            step_s = length_s / MAX_TRIED
            last_s = -math.inf
            for tried, frame in enumerate(container.decode(stream)):
                if tried >= 10 * MAX_TRIED or len(kept) >= most:
                    break
                at_s = float(frame.time or 0.0)
                if at_s - last_s < step_s:
                    continue
                last_s = at_s
                image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                bits = int.from_bytes(fingerprint(image).bits, "big")
                if all((bits ^ other).bit_count() > _DIFFERENT for other in prints):
                    kept.append(Frame(at_s=at_s, image=image))
                    prints.append(bits)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if not kept:
            raise NoVideo from error
    if not kept:
        raise NoVideo
    return kept
