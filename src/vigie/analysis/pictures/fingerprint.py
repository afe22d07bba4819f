"""A picture in 256 bits that change little when it is shrunk, compressed, sharpened or recoloured.

The method is PDQ's (Facebook, ThreatExchange: "PDQ & TMK", 2019): luminance, two passes of a box
filter, 64 × 64 samples, the 16 × 16 lowest cosine frequencies without the mean, each bit whether
its coefficient is above their median. Written anew with numpy: bits may differ from the reference
by one or two, since decoders do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MODEL: Final = "pdq@1"
"""Named beside each stored fingerprint: another version cannot be compared with this one."""
BITS: Final = 256
MATCH: Final = 31
"""At most so many differing bits are the same picture (the reference's own threshold)."""
QUALITY_FLOOR: Final = 50
"""A picture below it is too plain (sky, a black screen): its fingerprint resembles anything."""

_SIDE: Final = 64
_KEPT: Final = 16
_SHRUNK: Final = 512

_Plane = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """`bits`: 32 bytes. `quality` 0 … 100, how much there is in the picture to recognise it by.

    `turned`: the fingerprints the picture would have turned by 90, 180, 270 degrees and mirrored
    (seven), to find it again after such a trick; only ask with them, store `bits`.
    """

    bits: bytes
    quality: int
    turned: tuple[bytes, ...]

    @property
    def telling(self) -> bool:
        """Whether it may be compared at all."""
        return self.quality >= QUALITY_FLOOR


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of a decoded picture (any mode and size; the caller limits pixels)."""
    plane = _luminance(image)
    samples = _samples(plane)
    spectrum = (_DCT @ samples @ _DCT.T).astype(np.float32)
    return Fingerprint(
        bits=_bits(spectrum),
        quality=_quality(samples),
        turned=tuple(_bits(turn(spectrum)) for turn in _TURNS),
    )


def _luminance(image: Image.Image) -> _Plane:
    picture = image.convert("RGBA") if image.mode in ("LA", "PA", "P") else image
    if picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    picture = picture.convert("RGB")
    if max(picture.size) > _SHRUNK:
        picture.thumbnail((_SHRUNK, _SHRUNK), Image.Resampling.BOX)
    rgb = np.asarray(picture, dtype=np.float32)
    made: _Plane = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return made


def _samples(plane: _Plane) -> _Plane:
    """64 × 64 samples after two passes of a box filter in each direction."""
    for _ in range(2):
        plane = _boxed(_boxed(plane, 1), 0)
    rows = ((np.arange(_SIDE) + 0.5) * plane.shape[0] / _SIDE).astype(int)
    columns = ((np.arange(_SIDE) + 0.5) * plane.shape[1] / _SIDE).astype(int)
    made: _Plane = plane[np.ix_(rows, columns)]
    return made


def _boxed(plane: _Plane, axis: int) -> _Plane:
    """The mean over a window of about a 128th of the side, shorter at the borders."""
    length = plane.shape[axis]
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    if window <= 1:
        return plane
    along = np.moveaxis(plane, axis, 0)
    total = np.concatenate(
        [np.zeros((1, along.shape[1]), np.float64), np.cumsum(along, axis=0, dtype=np.float64)]
    )
    at = np.arange(length)
    low = np.maximum(0, at - (window - 1) // 2)
    high = np.minimum(length, at + window // 2 + 1)
    mean = (total[high] - total[low]) / (high - low)[:, None]
    return np.moveaxis(mean.astype(np.float32), 0, axis)


def _dct_matrix() -> _Plane:
    """Rows 1 … 16 of the cosine transform of 64 samples (the mean is left out)."""
    k = np.arange(1, _KEPT + 1)[:, None]
    n = np.arange(_SIDE)[None, :]
    made: _Plane = (np.sqrt(2.0 / _SIDE) * np.cos(np.pi / 2 / _SIDE * k * (2 * n + 1))).astype(
        np.float32
    )
    return made


def _quality(samples: _Plane) -> int:
    """Steps between neighbours, as the reference counts them; 0 … 100."""
    steps = np.abs(np.diff(samples, axis=0)).astype(int) * 100 // 255
    across = np.abs(np.diff(samples, axis=1)).astype(int) * 100 // 255
    return min(100, int(steps.sum() + across.sum()) // 90)


def _bits(spectrum: _Plane) -> bytes:
    above = (spectrum > np.median(spectrum)).ravel()
    return np.packbits(above).tobytes()


_DCT: Final = _dct_matrix()
_ODD: Final = (-1.0) ** np.arange(1, _KEPT + 1, dtype=np.float32)
"""What mirroring does to a frequency: the odd ones (1, 3, …) change sign."""

_Turn = Callable[[_Plane], _Plane]
_TURNS: Final[tuple[_Turn, ...]] = (
    lambda a: a * _ODD[None, :],
    lambda a: a * _ODD[:, None],
    lambda a: a * _ODD[None, :] * _ODD[:, None],
    lambda a: a.T,
    lambda a: a.T * _ODD[None, :],
    lambda a: a.T * _ODD[:, None],
    lambda a: a.T * _ODD[None, :] * _ODD[:, None],
)
