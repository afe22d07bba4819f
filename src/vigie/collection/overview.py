"""The watch as a whole, in names: what reports and the room tell of sources and watches."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from vigie.collection.models import Source, Watch

FAILING = ("failing", "refused")


def _sources(operation_id: int, *, exercise: bool) -> QuerySet[Source]:
    """Enabled sources that serve an operation: its own, and the shared ones unless an exercise."""
    own = Q(operation_id=operation_id)
    serving = own if exercise else own | Q(operation__isnull=True)
    return Source.objects.filter(serving, enabled=True).order_by("name")


def source_names(operation_id: int, *, exercise: bool) -> list[str]:
    """Names of the sources in use."""
    return list(_sources(operation_id, exercise=exercise).values_list("name", flat=True))


def failing_source_names(operation_id: int, *, exercise: bool) -> list[str]:
    """Names of the sources in use that do not answer: a blind spot."""
    return list(
        _sources(operation_id, exercise=exercise)
        .filter(state__in=FAILING)
        .values_list("name", flat=True)
    )


def watch_names(operation_id: int) -> list[str]:
    """Names of the active watches."""
    return list(
        Watch.objects.filter(operation_id=operation_id, active=True)
        .order_by("name")
        .values_list("name", flat=True)
    )


def counts(source_id: int) -> dict[str, int]:
    """What became of a source's items so far."""
    row = Source.objects.filter(pk=source_id).values_list(
        "items_seen", "items_kept", "items_unmatched", "items_refused"
    )
    return dict(zip(("seen", "kept", "unmatched", "refused"), row[0], strict=True))


def held(*, now: datetime) -> dict[str, int]:
    """How many sources are enabled, and how many a collector holds now."""
    enabled = Source.objects.filter(enabled=True)
    return {
        "sources": enabled.count(),
        "held": enabled.exclude(holder="").filter(held_until__gte=now).count(),
    }
