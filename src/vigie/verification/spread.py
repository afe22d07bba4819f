"""How far a claim went: computed from the posts that make it, their copies counted.

A post counts when it spreads the claim and a person agreed or a machine is sure (`SAME`); its folded
copies count with it. What its source took back counts no more, but was still seen first. Measured
many claims at a time in three statements, however many posts there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from vigie.analysis.claims import SAME
from vigie.collection import bulk
from vigie.verification.decide import priority
from vigie.verification.models import Claim

GROWTH_OVER: Final = timedelta(hours=1)

_COLUMNS: Final = (
    "posts", "accounts", "reach", "growth_per_h", "networks", "first_seen_at", "last_seen_at",
    "spread_as_of", "priority",
)  # fmt: skip


def measure(claim: Claim, *, now: datetime) -> None:
    """Count again and write the spread columns and the priority; no new version, no journal."""
    measure_all([claim], now=now)


def measure_all(claims: Sequence[Claim], *, now: datetime) -> list[Claim]:
    """The same for many claims; those whose counts (beside the age of the measure) changed."""
    ids = [claim.pk for claim in claims]
    totals = {row[0]: row[1:] for row in _select(_TOTALS, ids, bulk.stamp(now - GROWTH_OVER))}
    networks: dict[int, dict[str, int]] = {}
    for claim, network, number in sorted(
        _select(_NETWORKS, ids), key=lambda row: (-row[2], row[1])
    ):
        networks.setdefault(claim, {})[network] = number
    reached = {row[0]: int(row[1]) for row in _select(_REACH, ids)}
    changed = []
    for each in claims:
        before = [getattr(each, name) for name in _COLUMNS if name != "spread_as_of"]
        posts, accounts, first, last, lately = totals.get(each.pk, (0, 0, None, None, 0))
        each.posts, each.accounts = int(posts or 0), accounts or 0
        each.reach = reached.get(each.pk)
        each.growth_per_h = float(lately or 0)
        each.networks = networks.get(each.pk, {})
        each.first_seen_at = None if first is None else bulk.read_stamp(first)
        each.last_seen_at = None if last is None else bulk.read_stamp(last)
        each.spread_as_of = now
        _weigh(each)
        if before != [getattr(each, name) for name in _COLUMNS if name != "spread_as_of"]:
            changed.append(each)
    Claim.objects.bulk_update(claims, _COLUMNS)
    return changed


def weigh(claim: Claim) -> None:
    """Write the priority again, after its harm was changed."""
    _weigh(claim)
    claim.save(update_fields=["priority"])


def _weigh(claim: Claim) -> None:
    claim.priority = priority(
        posts=claim.posts, reach=claim.reach, growth_per_h=claim.growth_per_h, harm=claim.harm
    )


def _select(sql: str, ids: Sequence[int], *after: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of a statement that begins with `_MADE`, whose claims are these."""
    with connection.cursor() as cursor:
        for first in range(0, len(ids), bulk.CHUNK):
            chunk = ids[first : first + bulk.CHUNK]
            marks = ",".join(["%s"] * len(chunk))
            cursor.execute(_MADE.format(marks) + sql, [*chunk, *after])
            yield from cursor.fetchall()


_MADE: Final = (
    "WITH heads AS (SELECT claim_id AS claim, lead_id AS lead FROM verification_claimpost "  # noqa: S608
    "WHERE claim_id IN ({}) AND refused_at IS NULL AND stance = 'spreads' "
    f"AND (confirmed OR score >= {SAME})), "
    "made AS (SELECT h.claim, p.network, p.author_id AS author, l.published_at AS at, "
    "CASE WHEN p.deleted_at IS NULL THEN 1 ELSE 0 END AS stands FROM heads h "
    "JOIN triage_lead l ON l.id = h.lead JOIN collection_post p ON p.id = l.post_id "
    "UNION ALL SELECT h.claim, p.network, p.author_id, l.published_at, "
    "CASE WHEN p.deleted_at IS NULL THEN 1 ELSE 0 END FROM heads h "
    "JOIN triage_lead l ON l.folded_into_id = h.lead JOIN collection_post p ON p.id = l.post_id) "
)
_TOTALS: Final = (
    "SELECT claim, SUM(stands), COUNT(DISTINCT author), MIN(at), MAX(at), "
    "SUM(CASE WHEN at > %s THEN stands ELSE 0 END) FROM made GROUP BY claim"
)
_NETWORKS: Final = (
    "SELECT claim, network, COUNT(*) FROM made WHERE stands = 1 GROUP BY claim, network"
)
_REACH: Final = (
    "SELECT known.claim, SUM(a.followers) FROM (SELECT DISTINCT claim, author FROM made "
    "WHERE stands = 1) known JOIN collection_author a ON a.id = known.author "
    "WHERE a.followers IS NOT NULL GROUP BY known.claim"
)
