"""What the operation froze, beside posts and incidents: the standing decisions, with who and why."""

from __future__ import annotations

from collections.abc import Iterable

from vigie.accounts.roles import Right
from vigie.collection.freezing import copies
from vigie.collection.freezing.models import Freeze
from vigie.operations.access import Desk
from vigie.triage.models import IncidentPost


def of_posts(by: Desk, posts: Iterable[int]) -> dict[int, Freeze]:
    """By post, the decision that keeps it. One query; none when there is no post."""
    by.require(Right.SEE_BOARD)
    wanted = list(posts)
    if not wanted:
        return {}
    rows = copies.standing(by.operation).filter(post__in=wanted).select_related("by")
    return {row.post_id: row for row in rows.defer("payload")}


def of_incidents(by: Desk, incidents: Iterable[int]) -> dict[int, list[Freeze]]:
    """By incident, the decisions that keep posts backing it. Two queries at most; none for who may
    not read posts."""
    wanted = list(incidents)
    if not wanted or not by.may(Right.SEE_BOARD):
        return {}
    links = list(
        IncidentPost.objects.filter(
            incident__in=wanted, lead__post__in=copies.standing(by.operation).values("post")
        )
        .order_by("pk")
        .values_list("incident_id", "lead__post_id")
    )
    freezes = of_posts(by, {post for _, post in links})
    found: dict[int, list[Freeze]] = {}
    for incident, post in links:
        found.setdefault(incident, []).append(freezes[post])
    return found
