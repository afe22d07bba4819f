"""This process's own pipeline, for what people hand in and want stored at once."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from threading import Lock

from vigie.pipeline.intake import Intake, installed_intake
from vigie.pipeline.messages import Message, Outcome

_one_at_a_time = Lock()


@cache
def intake() -> Intake:
    """Made at the first capture."""
    return installed_intake()


def take(message: Message, *, now: datetime) -> Outcome:
    """Store a message at once, in this process. Raises what `Intake.take` raises."""
    with _one_at_a_time:
        return intake().take(message, now=now)
