"""Which incident was merged into which."""

from __future__ import annotations

from vigie.operations.models import Operation
from vigie.triage.models import Incident


def parents_in(operation: Operation) -> dict[int, int]:
    """{merged incident: the one it was merged into}, by id, for a whole operation."""
    return {
        pk: into
        for pk, into in Incident.objects.filter(
            operation=operation, merged_into__isnull=False
        ).values_list("pk", "merged_into_id")
        if into is not None
    }
