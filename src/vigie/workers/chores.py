"""What a worker looks after once a minute, beside its jobs. Each by itself: one that fails is told
and stops none of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError

from vigie.collection import naming
from vigie.collection.indicators import watching
from vigie.mapping.feeds import kept, refreshing
from vigie.triage import objections
from vigie.verification.actions import surroundings
from vigie.verification.checkfeeds import fetching
from vigie.verification.sightings import looking
from vigie.workers import nightly

log = logging.getLogger(__name__)

CHORES: Final[tuple[Callable[..., Any], ...]] = (
    nightly.look,
    watching.look,
    looking.look,
    naming.look,
    objections.look,
    fetching.look,
    refreshing.look,
    kept.tidy,
    surroundings.tidy_views,
)
"""Each takes `now` and is quick when there is nothing to do."""


def look(*, now: datetime) -> None:
    """Do all of them. A database that does not answer is raised: the worker waits for it."""
    for chore in CHORES:
        try:
            chore(now=now)
        except DatabaseError:
            raise
        except Exception:
            log.exception("a chore failed: %s", chore.__module__)
