"""All of one claim, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, IntegerField, Q, Value, When

from vigie.accounts.models import User
from vigie.analysis.claims import SAME
from vigie.collection.models import Media
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.journal.queries import Wanted
from vigie.operations.access import Desk
from vigie.triage.models import Incident, Lead
from vigie.verification.checklist import (
    Proposal,
    Question,
    Shown,
    questions_for,
    rating_for,
)
from vigie.verification.models import (
    Check,
    Claim,
    ClaimPost,
    ClaimRevision,
    Evidence,
    Reading,
    Stint,
)
from vigie.verification.queries.desk import Line, line_of

POSTS_SHOWN: Final = 200
HISTORY_SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True)
class PostLine:
    """A post of the claim. `proposed`: a machine says so, a person has to look; `linked`: a machine
    is sure of it."""

    row: ClaimPost
    proposed: bool
    linked: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of the checklist with its last answer, and how many there were before."""

    question: Question
    last: Check | None
    earlier: int


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Time a person had the claim before them."""

    person: User | None
    time: timedelta


@dataclass(frozen=True, kw_only=True)
class ClaimDetail:
    """`posts` begins with those that are proposed; `refused` the latest taken out; `entries` is its
    history, newest first, `revisions` (by version) what each edit changed."""

    claim: Claim
    line: Line
    posts: Sequence[PostLine]
    posts_cut: bool
    refused: Sequence[ClaimPost]
    first: Lead | None
    media: frozenset[str]
    asked: Sequence[Asked]
    proposal: Proposal
    readings: Sequence[Reading]
    proposed: Reading | None
    """The verdict that waits for a second reading."""
    spent: Sequence[Spent]
    incidents: Sequence[Incident]
    merged: Sequence[Claim]
    entries: Sequence[Entry]
    revisions: dict[int, ClaimRevision]

    @property
    def spent_in_all(self) -> timedelta:
        return sum((each.time for each in self.spent), timedelta())


def claim_detail(by: Desk, claim: Claim, *, now: datetime) -> ClaimDetail:
    """What the claim's page shows; `claim` came through `claim_for`."""
    rows = list(
        claim.made_of.filter(refused_at__isnull=True)
        .select_related("lead__post__author", "origin", "by")
        .prefetch_related("lead__post__media")
        .annotate(turn=Case(
            When(Q(confirmed=False, score__lt=SAME), then=Value(0)), default=Value(1),
            output_field=IntegerField(),
        ))
        .order_by("turn", "lead__published_at", "pk")[: POSTS_SHOWN + 1]
    )  # fmt: skip
    posts = [
        PostLine(
            row=row, proposed=not row.confirmed and (row.score or 0) < SAME,
            linked=not row.confirmed and (row.score or 0) >= SAME,
        )
        for row in rows[:POSTS_SHOWN]
    ]  # fmt: skip
    evidence = list(
        Evidence.objects.filter(claim=claim, struck_at__isnull=True).values_list(
            "kind", "bearing", "content_type"
        )
    )
    media = media_of(claim, evidence=[(kind, content) for kind, _, content in evidence])
    asked = _asked(claim, media)
    answers = {each.question.code: each.last.answer for each in asked if each.last}
    readings = list(claim.readings.select_related("by").order_by("round", "pk"))
    waits = claim.state == "second_reading"
    return ClaimDetail(
        claim=claim,
        line=line_of(by, claim, now=now),
        posts=posts,
        posts_cut=len(rows) > POSTS_SHOWN,
        refused=list(
            claim.made_of.filter(refused_at__isnull=False)
            .select_related("lead__post", "by")
            .order_by("-refused_at")[:20]
        ),
        first=first_post(claim),
        media=media,
        asked=asked,
        proposal=rating_for(
            answers, [Shown(kind=kind, bearing=bearing) for kind, bearing, _ in evidence]
        ),
        readings=readings,
        proposed=next((r for r in reversed(readings) if r.kind == "first"), None)
        if waits
        else None,
        spent=spent_on(claim),
        incidents=[
            row.incident for row in claim.about.select_related("incident").order_by("incident")
        ],
        merged=list(claim.merged.defer("vector").order_by("number")),
        entries=list(
            journal.found(by.operation.pk, Wanted(subject=("claim", claim.pk)))[:HISTORY_SHOWN]
        ),
        revisions={row.version: row for row in claim.revisions.all()},
    )


def media_of(claim: Claim, *, evidence: Sequence[tuple[str, str]]) -> frozenset[str]:
    """What the claim is made of: text, picture, video, link. A claim without a post is a text."""
    posts = Lead.objects.filter(claims__claim=claim, claims__refused_at__isnull=True)
    found = {"text"}
    types = set(
        Media.objects.filter(post__leads__in=posts)
        .order_by()
        .values_list("type", flat=True)
        .distinct()
    )
    if types & {"image", "picture", "photo", "gif"}:
        found.add("picture")
    if "video" in types:
        found.add("video")
    if posts.filter(
        Q(post__text__contains="http://") | Q(post__text__contains="https://")
    ).exists():
        found.add("link")
    for kind, content in evidence:
        if kind == "link":
            found.add("link")
        if content.startswith("image/"):
            found.add("picture")
        if content.startswith("video/"):
            found.add("video")
    return frozenset(found)


def first_post(claim: Claim) -> Lead | None:
    """The earliest post that spreads it, copies looked at too, whatever became of it."""
    standing = Q(refused_at__isnull=True, stance="spreads") & (
        Q(confirmed=True) | Q(score__gte=SAME)
    )
    heads = claim.made_of.filter(standing).values("lead")
    return (
        Lead.objects.filter(Q(pk__in=heads) | Q(folded_into__in=heads))
        .select_related("post")
        .order_by("published_at", "pk")
        .first()
    )


def spent_on(claim: Claim) -> list[Spent]:
    """Time by person, the longest first."""
    times: dict[int | None, timedelta] = {}
    people: dict[int | None, User | None] = {}
    for stint in Stint.objects.filter(claim=claim).select_related("by"):
        times[stint.by_id] = times.get(stint.by_id, timedelta()) + (stint.until - stint.since)
        people[stint.by_id] = stint.by
    return [
        Spent(person=people[pk], time=time)
        for pk, time in sorted(times.items(), key=lambda each: -each[1])
    ]


def _asked(claim: Claim, media: frozenset[str]) -> list[Asked]:
    answers: dict[str, list[Any]] = {}
    for check in claim.checks.select_related("by").order_by("pk"):
        answers.setdefault(check.question, []).append(check)
    return [
        Asked(
            question=question, last=given[-1] if given else None, earlier=max(0, len(given) - 1)
        )
        for question in questions_for(media)
        for given in [answers.get(question.code, [])]
    ]  # fmt: skip
