"""What the tables say: in one snapshot while a run goes on, and whole at its end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.servers import Feed, Jetstream, Mastodon
from tests.faults.world import SOURCES, Event, Name, World

CALM: Final = frozenset({"ok", "empty", "unchanged", "running"})
FAILING: Final = frozenset({"failing", "refused"})
Wanted = Mapping[tuple[Name, str], str | None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A source as it stands."""

    state: str
    error: str
    cursor: Mapping[str, Any]
    kept: int
    holder: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One moment. `posts`: (source, remote id) → text, None for one that was emptied."""

    sources: Mapping[Name, Row]
    posts: Mapping[tuple[Name, str], str | None]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`kind`: lost, doubled, behind, ahead, health, crash, chain, counters, stuck."""

    kind: str
    detail: str
    name: Name | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


_SOURCES: Final = (
    "SELECT name, state, error_code, cursor, items_kept, holder FROM collection_source "
    "WHERE name IN ('feed', 'sky', 'elephant')"
)
_POSTS: Final = (
    "SELECT s.name, p.remote_id, p.text, p.deleted_at IS NOT NULL "
    "FROM collection_post p JOIN collection_source s ON s.id = p.source_id"
)


def sqlite_looker(path: str) -> Callable[[], Snapshot | None]:
    """Looks at one moment of a SQLite file; None while it cannot be read."""

    def look() -> Snapshot | None:
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.5)) as db:
                db.isolation_level = None
                db.execute("BEGIN")
                return _snapshot(db.execute(_SOURCES).fetchall(), db.execute(_POSTS).fetchall())
        except sqlite3.Error:
            return None

    return look


def postgres_looker(url: str) -> Callable[[], Snapshot | None]:
    """Looks at one moment of a PostgreSQL database; None while it does not answer."""
    import psycopg

    def look() -> Snapshot | None:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=2) as db:
                db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                return _snapshot(db.execute(_SOURCES).fetchall(), db.execute(_POSTS).fetchall())
        except psycopg.Error:
            return None

    return look


def _snapshot(sources: list[Any], posts: list[Any]) -> Snapshot:
    return Snapshot(
        sources={
            name: Row(
                state=state, error=error, kept=kept, holder=holder,
                cursor=json.loads(cursor) if isinstance(cursor, str) else cursor,
            )
            for name, state, error, cursor, kept, holder in sources
        },
        posts={(row[0], row[1]): None if row[3] else row[2] for row in posts},
    )  # fmt: skip


def as_of_cursor(seen: Snapshot, feed: Feed, sky: Jetstream, elephant: Mastodon) -> list[Problem]:
    """Where a cursor and the data stored with it disagree at this moment."""
    return [
        *_feed(seen, feed), *_sky(seen, sky), *_elephant(seen, elephant),
    ]  # fmt: skip


def _texts(events: list[Event]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for event in events:
        if event.matches:
            found[event.remote_id] = None if event.verb == "delete" else event.text
    return found


def _feed(seen: Snapshot, feed: Feed) -> list[Problem]:
    """The cursor names the document: all of that document is stored, nothing of a later one."""
    number = feed.bodies.get(str(seen.sources["feed"].cursor.get("body", "")))
    if number is None:
        return []
    stored = {remote: text for (name, remote), text in seen.posts.items() if name == "feed"}
    return _compared("feed", stored, _texts(feed.said[:number]))


def _sky(seen: Snapshot, sky: Jetstream) -> list[Problem]:
    """The cursor names a moment: all up to it is stored, nothing later."""
    if sky.ever_turned:
        return []
    time_us = seen.sources["sky"].cursor.get("time_us", 0)
    events = [frame[2] for frame in list(sky.frames) if frame[0] <= time_us and frame[2]]
    stored = {remote: text for (name, remote), text in seen.posts.items() if name == "sky"}
    return _compared("sky", stored, _texts(events))


def _elephant(seen: Snapshot, elephant: Mastodon) -> list[Problem]:
    """The cursor names the last status: those up to it that are still there are stored."""
    reached = max(
        (int(status) for status in seen.sources["elephant"].cursor.get("at", {}).values()),
        default=0,
    )
    if elephant.ever_turned:
        return []
    made = [event for event in elephant.said if event.matches]
    gone = {event.remote_id for event in made if event.verb == "delete"}
    found = []
    for event in made:
        if event.verb != "new":
            continue
        there = ("elephant", event.remote_id) in seen.posts
        upto = int(elephant.status_id(event.number)) <= reached
        if upto and not there and event.remote_id not in gone:
            found.append(Problem(kind="ahead", detail=f"elephant {event.number}: cursor {reached}"))
        if there and not upto:
            found.append(Problem(kind="behind", detail=f"elephant {event.number}: {reached}"))
    return found


def _compared(
    name: Name, stored: Mapping[str, str | None], wanted: Mapping[str, str | None]
) -> list[Problem]:
    found = []
    for remote, text in wanted.items():
        if text is None and stored.get(remote) is None:
            continue
        if stored.get(remote) != text:
            have = "nothing" if remote not in stored else repr(stored[remote])[:60]
            found.append(
                Problem(
                    kind="ahead",
                    detail=f"{name} {remote[-12:]}: {have} not {text!r:.60}",
                    name=name,
                )
            )
    return found + [
        Problem(kind="behind", detail=f"{name} {remote[-12:]} beyond the cursor", name=name)
        for remote in stored
        if remote not in wanted
    ]


def missing(seen: Snapshot, wanted: Wanted) -> list[Problem]:
    """What is not stored as it was said last."""
    found = []
    for (name, remote), text in wanted.items():
        key = (name, remote)
        if text is None:
            if seen.posts.get(key) is not None:
                found.append(Problem(kind="lost", detail=f"deletion of {name} {remote[-12:]}"))
        elif seen.posts.get(key) != text:
            have = "nothing" if key not in seen.posts else repr(seen.posts[key])[:60]
            found.append(
                Problem(kind="lost", detail=f"{name} {remote[-12:]}: {have}, not {text!r:.60}")
            )
    found += [
        Problem(kind="doubled", detail=f"{name} {remote[-12:]} was never said")
        for name, remote in seen.posts
        if (name, remote) not in wanted
    ]
    return found


def unwell(seen: Snapshot) -> list[Problem]:
    """Sources that are not said to be well although all is well."""
    return [
        Problem(kind="health", detail=f"{name} is {row.state} ({row.error})")
        for name, row in seen.sources.items()
        if row.state not in CALM or row.error
    ]


def whole(world: World) -> list[Problem]:
    """The tables at the end of a run: counters, leads, hits, index, chains. Django is set up."""
    from django.db import connection
    from django.db.models import Count, Sum

    from vigie.collection.models import Post, PostIndex, RawItem, RefusedItem, Source
    from vigie.journal import queries as journal
    from vigie.journal.models import Entry
    from vigie.operations import jobs
    from vigie.triage.models import Annotation, Lead, WatchHit

    found: list[Problem] = []

    def same(kind: str, name: str, have: Any, want: Any) -> None:
        if have != want:
            found.append(Problem(kind=kind, detail=f"{name}: {have!r:.200}, not {want!r:.200}"))

    for name in SOURCES:
        row = Source.objects.get(name=name)
        same("counters", f"{name} kept", row.items_kept, Post.objects.filter(source=row).count())
        same(
            "counters", f"{name} refused", row.items_refused,
            RefusedItem.objects.filter(source=row).count(),
        )  # fmt: skip
        same("health", f"{name} holder", row.holder, "")
    posts = Post.objects.count()
    twice = Post.objects.values("source", "remote_id").annotate(n=Count("pk")).filter(n__gt=1)
    same("doubled", "posts", list(twice), [])
    leads = Lead.objects.values("operation", "post").annotate(n=Count("pk"))
    same("doubled", "leads", [row for row in leads if row["n"] > 1], [])
    same("lost", "leads", leads.count(), posts)
    hits = WatchHit.objects.values("watch", "lead").annotate(n=Count("pk"))
    same("doubled", "hits", [row for row in hits if row["n"] > 1], [])
    same("lost", "hits", hits.count(), posts)
    there = Post.objects.filter(deleted_at=None).count()
    same("lost", "raw items", RawItem.objects.count(), there)
    folded = Lead.objects.filter(folded_into__isnull=False)
    same("counters", "copies", Lead.objects.aggregate(n=Sum("copies"))["n"] or 0, folded.count())
    same(
        "counters", "folded twice", folded.filter(folded_into__folded_into__isnull=False).count(), 0
    )
    notes = Annotation.objects.filter(kind="category", lead__post__deleted_at=None, value__rank=0)
    by_lead = notes.values("lead", "at").annotate(n=Count("pk")).filter(n__gt=1)
    same("doubled", "statements", list(by_lead), [])
    for chain in journal.chains():
        same("chain", f"chain {chain}", list(journal.breaks(chain)), [])
    told = Entry.objects.filter(verb="posts.arrived").values_list("data", flat=True)
    same("counters", "lines told", sum(data["leads"] for data in told), posts - folded.count())
    same("stuck", "jobs", [job.reason for job in jobs.stuck()], [])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            same("chain", "integrity", cursor.fetchall(), [("ok",)])
            cursor.execute("PRAGMA foreign_key_check")
            same("chain", "foreign keys", cursor.fetchall(), [])
        same(
            "lost", "index", PostIndex.objects.filter(words__match='"cru"').count(),
            sum("cru" in tokens.split() for tokens in Post.objects.values_list("tokens", flat=True)),
        )  # fmt: skip
    connection.close()
    return found
