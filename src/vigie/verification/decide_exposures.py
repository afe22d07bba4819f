"""When a pause is proposed to somebody who opens pictures that shock. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
PAUSE_AFTER: Final = 8
"""Graphic pictures in an hour. Newsrooms that work with eyewitness media advise short turns and
frequent breaks without a number; eight is one every seven or eight minutes, more than checking a
rumour needs and soon enough to be of use. Nobody is stopped."""
AGAIN_AFTER: Final = 4
"""More in the same hour before it is proposed again: a notice at every picture is not read."""


def pause_is_due(looks: int) -> bool:
    """Whether this look, the `looks`-th of the hour, is one after which to propose a pause."""
    return looks >= PAUSE_AFTER and (looks - PAUSE_AFTER) % AGAIN_AFTER == 0
