"""The desk: what is open and who is at it, the most pressing first, in a few queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncHour

from vigie.accounts.roles import Right
from vigie.analysis.claims import SAME
from vigie.operations.access import Desk
from vigie.verification.decide import UNSETTLED
from vigie.verification.models import Claim, ClaimPost, Reading
from vigie.verification.queries.claims import claims_of

HOURS: Final = 12
"""How far back the line of growth goes."""
SETTLED_SHOWN: Final = 50
OPEN_SHOWN: Final = 300


@dataclass(frozen=True, kw_only=True)
class Line:
    """A claim on the desk. `trend`: posts of each of the last hours, oldest first. `proposed`:
    posts a machine proposes and nobody looked at. `reader` is who proposed the verdict that waits;
    `wanted`: this person may read second. `dissent`: somebody did not agree in an earlier round."""

    claim: Claim
    trend: tuple[int, ...]
    proposed: int = 0
    reading: Reading | None = None
    wanted: bool = False
    dissent: bool = False
    mine: bool = False


@dataclass(frozen=True, kw_only=True)
class DeskPage:
    """`groups`: open claims by what they wait for, in the order somebody should look at them."""

    groups: Mapping[str, Sequence[Line]]
    settled: Sequence[Line]
    open_number: int
    oldest: Claim | None
    wanted: int
    """Verdicts that wait for this person's reading."""


ORDER: Final = ("second_reading", "checking", "assigned", "detected")


def desk_page(by: Desk, *, now: datetime, mine: bool = False) -> DeskPage:
    """The claims of the operation; with `mine` only those this person holds or may read second."""
    rows = list(claims_of(by, states=UNSETTLED).defer("vector")[:OPEN_SHOWN])
    settled = [] if mine else list(_settled(by)[:SETTLED_SHOWN])
    lines = _lines(by, [*rows, *settled], now=now)
    open_lines = [lines[row.pk] for row in rows]
    shown = [line for line in open_lines if not mine or line.mine or line.wanted]
    groups: dict[str, list[Line]] = {state: [] for state in ORDER}
    for line in shown:
        groups[line.claim.state].append(line)
    for state, found in groups.items():
        first = (lambda line: not line.wanted) if state == "second_reading" else (
            lambda line: not line.mine
        )  # fmt: skip
        found.sort(key=first)
    return DeskPage(
        groups={state: found for state, found in groups.items() if found},
        settled=[lines[row.pk] for row in settled],
        open_number=claims_of(by, states=UNSETTLED).count(),
        oldest=claims_of(by, states=UNSETTLED).order_by("opened_at").defer("vector").first(),
        wanted=sum(line.wanted for line in open_lines),
    )


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How many claims are open, since when the oldest, how many wait for a second reading."""

    open: int
    oldest: datetime | None
    to_read: int


def waiting(by: Desk) -> Waiting:
    """The desk in three figures, for the room."""
    told = claims_of(by, states=UNSETTLED).aggregate(
        n=Count("pk"), at=Min("opened_at"), read=Count("pk", filter=Q(state="second_reading"))
    )
    return Waiting(open=told["n"], oldest=told["at"], to_read=told["read"])


def _settled(by: Desk) -> QuerySet[Claim]:
    rows = claims_of(by).exclude(state__in=UNSETTLED).defer("vector")
    return rows.order_by("-concluded_at", "-pk")


def line_of(by: Desk, claim: Claim, *, now: datetime) -> Line:
    """One claim as the desk shows it."""
    return _lines(by, [claim], now=now)[claim.pk]


def _lines(by: Desk, claims: Sequence[Claim], *, now: datetime) -> dict[int, Line]:
    ids = [claim.pk for claim in claims]
    trends = trends_of(ids, now=now)
    proposed = dict(
        ClaimPost.objects.filter(claim__in=ids)
        .filter(proposals())
        .order_by()
        .values_list("claim")
        .annotate(n=Count("pk"))
    )
    waiting: dict[int, Reading] = {}
    dissent: set[int] = set()
    for reading in Reading.objects.filter(claim__in=ids).select_related("by").order_by("round"):
        if reading.kind == "first":
            waiting[reading.claim_id] = reading
        elif reading.agrees is False:
            dissent.add(reading.claim_id)
    me = by.user.pk if by.user else None
    found = {}
    for claim in claims:
        proposal = waiting.get(claim.pk) if claim.state == "second_reading" else None
        found[claim.pk] = Line(
            claim=claim, trend=trends.get(claim.pk, (0,) * HOURS),
            proposed=proposed.get(claim.pk, 0), reading=proposal,
            wanted=proposal is not None and by.may(Right.CHECK_CLAIMS) and proposal.by_id != me,
            dissent=claim.pk in dissent, mine=me is not None and claim.assignee_id == me,
        )  # fmt: skip
    return found


def proposals() -> Q:
    """Posts that a machine proposes for a person to look at."""
    return Q(confirmed=False, refused_at__isnull=True, score__lt=SAME)


def trends_of(claims: Iterable[int], *, now: datetime) -> dict[int, tuple[int, ...]]:
    """Claim → posts that spread it in each of the last HOURS hours, oldest first, copies counted."""
    ids = list(claims)
    top = now.replace(minute=0, second=0, microsecond=0)
    since = top - timedelta(hours=HOURS - 1)
    counts: dict[int, list[int]] = {}
    standing = ClaimPost.objects.filter(
        Q(confirmed=True) | Q(score__gte=SAME),
        claim__in=ids, refused_at__isnull=True, stance="spreads",
    )  # fmt: skip
    for path in ("lead", "lead__folded"):
        rows = (
            standing.filter(**{f"{path}__published_at__gte": since})
            .annotate(hour=TruncHour(f"{path}__published_at"))
            .order_by()
            .values_list("claim", "hour")
            .annotate(n=Count(path))
        )
        for claim, hour, number in rows:
            at = int((hour - since) / timedelta(hours=1))
            if 0 <= at < HOURS:
                counts.setdefault(claim, [0] * HOURS)[at] += number
    return {claim: tuple(found) for claim, found in counts.items()}
