"""Hiding faces and plates in a picture: areas drawn by hand, burned into a copy written anew.

What is hidden is gone: an area is reduced to a few mean colours before it is smoothed, so that nothing
can be computed back. No face is looked for by a machine: a person says what is to be hidden.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFilter

from vigie.collection.pictures import rewritten

LONGEST_SIDE: Final = 1_200
"""Pixels of the picture on a public page."""
MAX_AREAS: Final = 200
CELLS: Final = 3
"""Mean colours that are left of an area, along each side."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """A rectangle of the picture, in parts of its width and height (0 … 1)."""

    left: float
    top: float
    width: float
    height: float


class AreaRefused(ValueError):
    """An area that is none: outside of the picture, without size, or too many of them."""


def hidden(data: bytes, areas: Sequence[Area]) -> bytes:
    """The picture as WebP with the areas hidden, without metadata.

    Raises AreaRefused, and PictureRefused when it cannot be read.
    """
    if len(areas) > MAX_AREAS:
        raise AreaRefused("too many")
    picture = rewritten(io.BytesIO(data), longest_side=LONGEST_SIDE)
    with Image.open(io.BytesIO(picture.data)) as opened:
        image = opened.convert("RGB")
    for area in areas:
        box = _box(area, image.width, image.height)
        size = (box[2] - box[0], box[3] - box[1])
        cells = (min(CELLS, size[0]), min(CELLS, size[1]))
        patch = image.crop(box).resize(cells, Image.Resampling.BOX)
        patch = patch.resize(size, Image.Resampling.NEAREST)
        image.paste(patch.filter(ImageFilter.GaussianBlur(max(size) / 12)), box)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()


def _box(area: Area, width: int, height: int) -> tuple[int, int, int, int]:
    """Pixels of the area, at least one, rounded outwards."""
    values = (area.left, area.top, area.width, area.height)
    if not all(0 <= value <= 1 for value in values) or area.width <= 0 or area.height <= 0:
        raise AreaRefused("outside")
    left, top = int(area.left * width), int(area.top * height)
    right = min(width, -int(-(area.left + area.width) * width // 1))
    bottom = min(height, -int(-(area.top + area.height) * height // 1))
    if right <= left or bottom <= top:
        raise AreaRefused("outside")
    return left, top, right, bottom
