"""A person's request and the evidence locker: which pieces name a handle, and letting them go.

Evidence is kept by a decision with its reason in writing, as frozen posts are: an erasure leaves it
and tells of it, unless the officer of data protection decides against that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from vigie.collection import holders
from vigie.collection.blobs import BlobStore
from vigie.journal import actions as journal
from vigie.kernel.clock import rfc3339
from vigie.triage.persons import Officer
from vigie.verification.models import Archive, Evidence
from vigie.verification.retention import let_go

MOST: Final = 500
LEAST: Final = 2
"""Characters of a handle at least."""


def naming(handle: str) -> list[Evidence]:
    """Evidence whose words, link or kept page hold the handle or the account's id."""
    name = handle.strip().removeprefix("@")
    if len(name) < LEAST:
        return []
    fields = ("title", "text", "url", "facts__who", "archive__text", "archive__url")
    holds = Q()
    for field in (*fields, "archive__final_url", "archive__title"):
        holds |= Q(**{f"{field}__icontains": name})
    found = Evidence.objects.filter(holds, expired_at__isnull=True)
    return list(
        found.select_related("claim__operation", "archive", "added_by").order_by("pk")[:MOST]
    )


def told(rows: Sequence[Evidence]) -> list[dict[str, Any]]:
    """What is held in them, as JSON for the person; people of the team by role, not by name."""
    return [
        {
            "operation": row.claim.operation.title, "kind": row.kind, "added_at": rfc3339(row.added_at),
            "reason": row.title, "text": row.text, "url": row.url,
            "kept_page": row.archive.text if row.archive else None,
        }
        for row in rows
    ]  # fmt: skip


def forget(rows: Sequence[Evidence], *, why: str, by: Officer, now: datetime) -> int:
    """Let their contents go, former copies too, by decision of the officer; how many pieces.

    Hash, kind, who and when stay, and the journal of each operation says why.
    """
    with transaction.atomic():
        archives = _with_earlier([row.archive_id for row in rows if row.archive_id is not None])
        files = let_go(rows, archives, now=now)
        by_operation: dict[int, list[Evidence]] = {}
        for row in rows:
            by_operation.setdefault(row.claim.operation_id, []).append(row)
        for operation, pieces in sorted(by_operation.items()):
            claims = sorted({row.claim_id for row in pieces})
            journal.write(
                chain=operation, verb="evidence.let_go", now=now, by=by.user, actor=by.actor,
                text=why, data={"number": len(pieces), "evidence": [row.pk for row in pieces]},
                touches=[f"evidence:{claim}" for claim in claims],
            )  # fmt: skip
    BlobStore().remove(holders.unheld(files))
    return len(rows)


def _with_earlier(ids: Sequence[int]) -> list[Archive]:
    """Archives and those they replace."""
    found: dict[int, Archive] = {}
    border = list(ids)
    while border:
        rows = Archive.objects.filter(pk__in=border)
        found |= {row.pk: row for row in rows}
        before = {row.replaces_id for row in rows if row.replaces_id is not None}
        border = [pk for pk in before if pk not in found]
    return list(found.values())
