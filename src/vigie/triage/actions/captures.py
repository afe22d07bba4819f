"""Who captured a publication by hand, and when: kept beside the post, however often it is captured."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from vigie.accounts.roles import Right
from vigie.collection.models import Post, Source
from vigie.operations.access import Desk
from vigie.triage.actions.leads import touches
from vigie.triage.models import Annotation, Lead

KIND = "captured"


def record_capture(
    *, source: Source, remote_id: str, network: str, by: Desk, now: datetime
) -> int | None:
    """Note on the captured post's lead who captured it; the lead, None when it was refused.

    The journal says so too; what was captured is the post's own affair.
    """
    by.require(Right.CAPTURE)
    with transaction.atomic():
        post = Post.objects.filter(source=source, remote_id=remote_id).first()
        lead = Lead.objects.filter(operation=by.operation, post=post).first() if post else None
        if lead is not None:
            Annotation.objects.create(
                lead=lead, kind=KIND, value={"network": post.network if post else network},
                by=by.user, at=now,
            )  # fmt: skip
            Lead.objects.filter(pk=lead.pk).update(version=F("version") + 1)
        by.record(
            "post.captured", now=now,
            subject=("lead", lead.pk) if lead else ("source", source.pk),
            data={
                "name": source.name, "plugin": source.plugin, "network": network,
                "leads": [lead.pk] if lead else [],
            },
            touches=["sources", f"source:{source.pk}", *touches([lead.pk] if lead else [])],
        )  # fmt: skip
    return lead.pk if lead else None
