"""What changes without any measure: indicators that fall silent, events whose time runs out.

Looked at once a minute by whoever does the background work; told once, as every happening is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from vigie.collection.indicators import decide, judging
from vigie.collection.indicators.decide import Said
from vigie.collection.indicators.models import Following
from vigie.collection.indicators.queries import standing
from vigie.operations.models import OPEN_PHASES

AT_ONCE: Final = 2_000


def look(*, now: datetime) -> int:
    """Tell what fell silent, speaks again or ran out; how many entries were written.

    One query when nothing changed.
    """
    rows = (
        Following.objects.filter(active=True, operation__phase__in=OPEN_PHASES)
        .exclude(indicator__event=True, judged_state=decide.ENDED)
        .select_related("indicator__latest", "indicator__source")
        .order_by("operation_id", "pk")[:AT_ONCE]
    )
    changed = [row for row in rows if _change(row, now=now)]
    if not changed:
        return 0
    written = 0
    for row in changed:
        with transaction.atomic():
            held = (
                Following.objects.select_for_update(of=("self",))
                .select_related("indicator__latest", "indicator__source")
                .get(pk=row.pk)
            )
            change = _change(held, now=now)  # somebody else may have told it meanwhile
            if change:
                _tell(held, change, now=now)
                written += 1
    return written


def _change(row: Following, *, now: datetime) -> str:
    """ "silent", "speaks", "over" or "" when nothing is to be told."""
    indicator = row.indicator
    if indicator.latest is None:
        return ""
    how = standing(indicator, now=now)
    if indicator.event and how == "over":
        return "over" if row.judged_state not in ("", decide.ENDED) else ""
    if how == "late" and not row.silent:
        return "silent"
    if how == "current" and row.silent:
        return "speaks"
    return ""


def _tell(row: Following, change: str, *, now: datetime) -> None:
    latest = row.indicator.latest
    assert latest is not None
    said = Said(
        at=latest.observed_at, value=latest.value, level=latest.level, state=latest.state
    )  # fmt: skip
    if change == "over":
        before = row.judged_state
        row.judged_state = decide.ENDED
        row.save(update_fields=["judged_state"])
        said = Said(at=latest.observed_at, state=decide.ENDED)
        ended = {**judging.common(row, row.indicator, said), "before": before, "valid_until": None}
        judging.write(row, row.indicator, "state", ended, now=now)
        return
    row.silent = change == "silent"
    row.save(update_fields=["silent"])
    data: dict[str, object] = {
        "direction": "down" if row.silent else "up",
        "age_s": max(0, int((now - latest.observed_at).total_seconds())),
    }
    judging.write(
        row, row.indicator, "silent", {**judging.common(row, row.indicator, said), **data}, now=now
    )
