"""Pictures that people hand in: read with limits, written anew, so that nothing hidden stays in them."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
"""A telephone's largest panorama; more is a mistake or an attack."""
LONGEST_SIDE = 3_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


class PictureRefused(ValueError):
    """`code`: picture_too_large (bytes), picture_bomb (pixels), picture_unreadable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture as WebP, without metadata; the first frame of what moves. Sizes in pixels."""

    data: bytes
    width: int
    height: int


def rewritten(file: BinaryIO, *, longest_side: int = LONGEST_SIDE) -> Picture:
    """Read a picture and write it anew, no side longer than that. Raises PictureRefused.

    The size is read from the header before a single pixel is decoded.
    """
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise PictureRefused("picture_too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise PictureRefused("picture_bomb")
                image.draft("RGB", (longest_side, longest_side))
                turned = ImageOps.exif_transpose(image)
                picture = turned.convert("RGBA" if _has_alpha(turned) else "RGB")
    except Image.DecompressionBombError as error:
        raise PictureRefused("picture_bomb") from error
    except PictureRefused:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        MemoryError,
    ) as error:
        raise PictureRefused("picture_unreadable") from error
    picture.thumbnail((longest_side, longest_side))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85, method=4)
    return Picture(data=out.getvalue(), width=picture.width, height=picture.height)


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
