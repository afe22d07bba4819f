"""Which of many boxes touch a square: an R-tree packed in flat arrays, rebuilt in milliseconds.

The boxes come in Morton order, so sixteen that stand side by side lie near one another; each level
above holds the box of sixteen below and the size of the largest of them (as in flatbush, by
V. Agafonkin). shapely's tree needs a geometry a box, ten times the memory, and cannot leave out
what is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FAN: Final = 16
Boxes = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxTree:
    """`levels` from the boxes themselves (west, north, east, south; shape (4, n)) to the top;
    `largest` the longest side of a box at or below each."""

    levels: tuple[Boxes, ...]
    largest: tuple[NDArray[np.int32], ...]

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in (*self.levels, *self.largest))

    def touching(
        self, west: int, north: int, east: int, south: int, *, least: int = 0
    ) -> NDArray[np.int64]:
        """Places of the boxes that touch this one and have a side of `least` units, in order."""
        here: NDArray[Any] = np.arange(self.levels[-1].shape[1])
        for level in range(len(self.levels) - 1, -1, -1):
            box = self.levels[level][:, here]
            hit = (box[0] <= east) & (box[2] >= west) & (box[1] <= south) & (box[3] >= north)
            if least:
                hit &= self.largest[level][here] >= least
            here = here[hit]
            if level:
                below = self.levels[level - 1].shape[1]
                here = (here[:, None] * FAN + np.arange(FAN)).ravel()
                here = here[here < below]
        return here


def pack(boxes: Boxes) -> BoxTree:
    """A tree over boxes in Morton order, shape (4, n)."""
    levels, largest = [boxes], [np.maximum(boxes[2] - boxes[0], boxes[3] - boxes[1])]
    while levels[-1].shape[1] > FAN:
        box = levels[-1]
        at = np.arange(0, box.shape[1], FAN)
        low, high = np.minimum.reduceat, np.maximum.reduceat
        levels.append(
            np.stack([low(box[0], at), low(box[1], at), high(box[2], at), high(box[3], at)])
        )
        largest.append(high(largest[-1], at))
    return BoxTree(levels=tuple(levels), largest=tuple(largest))
