"""Which lead an arriving post repeats: a repost, the same words, or nearly the same words.

Same words are found by their digest in the tables; nearly the same ones among the recent posts, in
memory. What is remembered serves speed only: it is verified before use (people fold and unfold), and
forgotten after a transaction that failed (its ids will be given again).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from vigie.analysis.duplicates import DuplicateIndex
from vigie.collection import bulk
from vigie.collection.storing import signed
from vigie.contracts.findings import Findings

SAME_TALK: Final = timedelta(hours=72)
"""A copy folds into what arrived at most that long before it: later, it is told again."""

REMEMBERED: Final = 50_000
"""Heads kept in memory, so that a post repeated ten thousand times is looked up once."""

RECENT: Final = 10_000
"""Posts among which nearly the same words are looked for (about 3 kB each)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A stored post on its way to the boards. `watches`: operation → the watches it answers.

    `lon`/`lat` are where the network says it was written. `repost_of` is the stored post it reposts.
    """

    post: int
    published_at: datetime
    findings: Findings
    watches: Mapping[int, Sequence[int]]
    lon: float | None = None
    lat: float | None = None
    repost_of: int | None = None


@dataclass(kw_only=True, slots=True)
class Heads:
    """Heads by text and by post, for one batch; the batch's own leads included as it goes."""

    by_text: dict[tuple[int, int], int] = field(default_factory=dict)
    by_post: dict[tuple[int, int], int] = field(default_factory=dict)
    near: dict[int, int] = field(default_factory=dict)
    """Arriving post → the post it nearly repeats."""

    def head_of(self, operation: int, each: Arrival) -> tuple[int | None, str]:
        """The head this arrival folds into and how it was recognised; (None, "") for a first."""
        reposted = self.by_post.get((operation, each.repost_of or 0))
        if reposted is not None:
            return reposted, "repost"
        same = self.by_text.get((operation, each.findings.exact))
        if same is not None:
            return same, "exact"
        near = self.by_post.get((operation, self.near.get(each.post, 0)))
        return (near, "near") if near is not None else (None, "")

    def put(self, operation: int, each: Arrival, head: int) -> None:
        self.by_post[operation, each.post] = head
        if each.findings.exact:
            self.by_text[operation, each.findings.exact] = head


class Memory:
    """What one pipeline remembers between batches to recognise copies quickly."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, int], tuple[int, datetime]] = {}
        self._recent: DuplicateIndex[int] | None = None
        self._last = 0

    def forget(self) -> None:
        """After a transaction that failed: what was put since may not be there."""
        self._texts.clear()
        self._recent = None

    def put(self, operation: int, exact: int, head: int, at: datetime) -> None:
        """A text is told under this head, last `at`."""
        if exact:
            if len(self._texts) >= REMEMBERED:
                self._texts.clear()
            self._texts[operation, exact] = head, at

    def heads_of(self, arrivals: Sequence[Arrival], *, now: datetime) -> Heads:
        """Look up the heads of all that stored posts repeat; the arrivals are remembered."""
        if not arrivals:
            return Heads()
        since = now - SAME_TALK
        heads = Heads(by_text=self._by_text(arrivals, since=since))
        heads.near = self._near(arrivals, heads.by_text, since=since)
        originals = {each.repost_of for each in arrivals if each.repost_of is not None}
        originals |= set(heads.near.values())
        for operation, post, lead, head in bulk.select_in(
            "SELECT operation_id, post_id, id, folded_into_id FROM triage_lead WHERE post_id IN {}",
            originals,
        ):
            heads.by_post[operation, post] = head or lead
        return heads

    def _by_text(
        self, arrivals: Sequence[Arrival], *, since: datetime
    ) -> dict[tuple[int, int], int]:
        texts: dict[tuple[int, int], int] = {}
        unknown: dict[int, int] = {}
        for each in arrivals:
            exact = each.findings.exact
            for operation in each.watches if exact else ():
                found = self._texts.get((operation, exact))
                if found is not None and found[1] >= since:
                    texts[operation, exact] = found[0]
                else:
                    unknown[signed(exact)] = exact
        for text, operation, lead in bulk.select_in(
            "SELECT p.exact, l.operation_id, min(l.id) FROM collection_post p "
            "JOIN triage_lead l ON l.post_id = p.id WHERE p.received_at >= %s AND p.exact IN {} "
            "GROUP BY p.exact, l.operation_id",
            unknown,
            bulk.stamp(since),
        ):
            texts[operation, unknown[text]] = lead
        # People fold and unfold in between: where does each of these stand now?
        standing = {
            lead: head or lead
            for lead, head in bulk.select_in(
                "SELECT id, folded_into_id FROM triage_lead WHERE id IN {}", texts.values()
            )
        }
        return {key: standing[lead] for key, lead in texts.items() if lead in standing}

    def _near(
        self, arrivals: Sequence[Arrival], texts: Mapping[tuple[int, int], int], *, since: datetime
    ) -> dict[int, int]:
        """Nearly the same words; only those are compared that are no exact copy everywhere."""
        recent = self._catch_up(before=arrivals[0].post, since=since)
        told = set(texts)
        near: dict[int, int] = {}
        for each in arrivals:
            keys = [(operation, each.findings.exact) for operation in each.watches]
            if not each.findings.exact or any(key not in told for key in keys):
                found = recent.find_or_add(each.post, 0, each.findings.signature)
                if found is not None:
                    near[each.post] = found
            told.update(keys)
            self._last = max(self._last, each.post)
        return near

    def _catch_up(self, *, before: int, since: datetime) -> DuplicateIndex[int]:
        """The recent posts, those included that others stored since we last looked."""
        if self._recent is None:
            self._recent, self._last = DuplicateIndex(capacity=RECENT), 0
        for post, signature in _heads(after=self._last, before=before, since=since):
            self._recent.add(post, 0, signature)
            self._last = post
        return self._recent


def _heads(*, after: int, before: int, since: datetime) -> list[tuple[int, bytes]]:
    """(post, signature) of the latest posts with an id between the two that fold into no other.

    Oldest first. Whoever stored them has compared them already: with two workers that was a tenth
    of each one's time, spent on the other's posts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [after, before, bulk.stamp(since), RECENT])
        return [(row[0], bytes(row[1])) for row in reversed(cursor.fetchall())]


_HEADS: Final = (
    "SELECT p.id, p.signature FROM collection_post p WHERE p.id > %s AND p.id < %s "
    "AND p.received_at >= %s AND p.signature IS NOT NULL AND EXISTS (SELECT 1 FROM triage_lead l "
    "WHERE l.post_id = p.id AND l.folded_into_id IS NULL) ORDER BY p.id DESC LIMIT %s"
)
