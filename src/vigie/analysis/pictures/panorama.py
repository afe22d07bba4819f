"""Looking in one direction in a picture all round (equirectangular), as through a plain lens.

Gnomonic projection. The middle of the picture looks to its azimuth, its columns turn clockwise, as
street-view services and GPano metadata have it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

ACROSS: Final = 90.0
"""Degrees from the left edge to the right one."""
SIZE: Final = (1_200, 900)


def looking(
    image: Image.Image, *, azimuth: float, towards: float, across: float = ACROSS,
    size: tuple[int, int] = SIZE,
) -> Image.Image:  # fmt: skip
    """What the picture shows towards a direction (degrees from north, clockwise), upright.

    A picture that is less than half as high as wide shows the horizon in its middle; what lies above
    and below its edges is black.
    """
    source = np.asarray(image.convert("RGB"))
    height, width = source.shape[:2]
    half = np.tan(np.radians(across / 2))
    x = np.linspace(-half, half, size[0], dtype=np.float64)[None, :]
    y = np.linspace(half * size[1] / size[0], -half * size[1] / size[0], size[1])[:, None]
    turned = np.degrees(np.arctan(x)) + (towards - azimuth)
    raised = np.degrees(np.arctan(y / np.sqrt(1 + x * x)))
    per_degree = width / 360
    column = (np.broadcast_to(turned, raised.shape) * per_degree + width / 2 - 0.5) % width
    row = height / 2 - 0.5 - raised * per_degree
    made = _between(source, column, np.clip(row, 0, height - 1))
    made[(row < -0.5) | (row > height - 0.5)] = 0
    return Image.fromarray(made.astype(np.uint8))


def _between(
    source: np.ndarray, column: np.ndarray, row: np.ndarray
) -> np.ndarray:  # four neighbours, weighed; the columns go round
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right = (left + 1) % source.shape[1]
    low = np.minimum(top + 1, source.shape[0] - 1)
    along, down = (column - left)[..., None], (row - top)[..., None]
    left %= source.shape[1]
    upper = source[top, left] * (1 - along) + source[top, right] * along
    lower = source[low, left] * (1 - along) + source[low, right] * along
    made: np.ndarray = upper * (1 - down) + lower * down + 0.5
    return made
