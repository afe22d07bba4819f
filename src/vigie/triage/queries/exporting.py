"""An operation's posts and incidents as streams, for exports: bounded memory, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vigie.accounts.roles import Right
from vigie.contracts.findings import URGENCY_LEVELS
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk
from vigie.triage.models import Lead
from vigie.triage.queries.incident_features import feature
from vigie.triage.queries.incidents import incidents

CHUNK = 1000


def posts(by: Desk, *, authors: bool) -> Iterator[dict[str, Any]]:
    """Posts in the wire form with what the team made of each under `lead`.

    Without `authors` accounts are left out. Posts their source took back are left out.
    """
    by.require(Right.EXPORT)
    rows = (
        Lead.objects.filter(operation=by.operation, post__deleted_at__isnull=True)
        .select_related("post", "post__author", "folded_into__post")
        .prefetch_related("post__media")
        .order_by("pk")
    )
    for lead in rows.iterator(chunk_size=CHUNK):
        yield _post(lead, authors=authors)


def _post(lead: Lead, *, authors: bool) -> dict[str, Any]:
    post = lead.post
    made: dict[str, Any] = {
        "id": post.remote_id,
        "network": post.network,
        "url": post.url,
        "created_at": rfc3339(post.published_at),
        "lang": post.language or None,
        "text": post.text,
        "media": [
            {"type": each.type, "url": each.url, "description": each.description}
            for each in post.media.all()
        ],
        "reply_to": post.reply_to or None,
        "repost_of": post.repost_of or None,
        "lead": {
            "state": lead.state,
            "urgency": URGENCY_LEVELS[lead.urgency],
            "category": lead.category or None,
            "rating": f"{lead.reliability}{lead.credibility}",
            "place": lead.place_name or None,
            "place_code": lead.place_code or None,
            "duplicate_of": lead.folded_into.post.remote_id if lead.folded_into else None,
        },
    }
    for name in ("lat", "lon", "likes", "reposts", "replies"):
        value = getattr(post, name)
        if value is not None:
            made[name] = value
    if authors and post.author:
        made["author"] = {
            "id": post.author.remote_id,
            "handle": post.author.handle,
            "name": post.author.name,
            "official": post.author.official,
        }
    return made


def incident_features(by: Desk) -> Iterator[dict[str, Any]]:
    """Standing incidents as GeoJSON features, by number."""
    by.require(Right.EXPORT)
    for row in incidents(by).order_by("number").iterator(chunk_size=CHUNK):
        yield feature(row)
