"""Reading leads: one page of a column, what is new in it, the lines.

A page is read in a fixed number of queries however long it is, by keyset: deep pages cost what the
first costs. Where filters may match rarely, a page looks through a window of SCAN leads and says
that it can look further, instead of reading a million rows for one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.accounts.roles import Right
from vigie.collection.freezing import copies
from vigie.collection.freezing.models import Freeze
from vigie.contracts.findings import Reason
from vigie.journal import queries as journal
from vigie.operations.access import Desk
from vigie.triage.decide_incidents import root_of
from vigie.triage.models import Annotation, Incident, IncidentPost, Lead, WatchHit
from vigie.triage.queries import frozen, search
from vigie.triage.queries.incident_trees import parents_in
from vigie.triage.queries.search import Found
from vigie.triage.queries.streams import Filters, Stream
from vigie.triage.vocabulary import URGENCIES

PAGE = 30
COUNT_CAP = 99
SCAN = 5_000
"""Leads a filtered page looks through before it stops and says so."""


class UnknownLead(Exception):
    """No such lead in this operation."""


class BadCursor(ValueError):
    """The place in the list is none that a page gave."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A lead as a line of the board. `reasons` weighed for its urgency, offsets in the text."""

    lead: Lead
    reasons: tuple[Reason, ...] = ()
    incidents: tuple[tuple[int, int], ...] = ()
    """(number, id) of the incidents it backs."""
    held: bool = False
    mine: bool = False
    freeze: Freeze | None = None
    """This operation's decision to keep what it says, with who decided and why."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Lines in the column's order.

    `older` goes into the next call, "" when there is nothing more; `window_end` says that the page
    stopped looking there (arrival of the last lead looked at) though it is not full. `mark` goes
    into `news`.
    """

    lines: tuple[Line, ...]
    older: str
    mark: str
    window_end: datetime | None = None


# -- pages -------------------------------------------------------------------------------------


def page(*, stream: Stream, by: Desk, now: datetime, after: str = "", limit: int = PAGE) -> Page:
    """One page of a column, after the place `after` ("" for the first).

    Raises BadCursor; analysis.query.QueryError when the filter's text cannot be read.
    """
    by.require(Right.SEE_BOARD)
    mark = _mark(stream, by)
    found = _ids(stream, by=by, now=now, after=after, limit=limit)
    return Page(
        lines=lines(found.ids, by=by, now=now),
        older=found.older,
        mark=mark,
        window_end=found.window_end,
    )


def news(*, stream: Stream, by: Desk, now: datetime, mark: str) -> int:
    """How many came into the column since `mark`, counted up to COUNT_CAP + 1."""
    by.require(Right.SEE_BOARD)
    since = _number(mark)
    if stream.kind == "mine":
        return 0
    if stream.kind == "kept":
        entries = journal.entries(by.operation.pk).filter(verb="lead.kept", seq__gt=since)
        others = entries.exclude(by=by.user)[: COUNT_CAP + 1]
        return min(COUNT_CAP + 1, sum(len(entry.data["leads"]) for entry in others))
    if stream.kind == "watch":
        hits = WatchHit.objects.filter(
            _where(stream.filters, now, "lead__"), watch=stream.watch, lead_id__gt=since,
            watch__operation=by.operation, lead__folded_into__isnull=True,
        )  # fmt: skip
        return hits.order_by("-lead_id")[: COUNT_CAP + 1].count()
    rows = _heads(by).filter(pk__gt=since)
    if stream.kind == "todo":
        rows = rows.filter(_beside_state(stream.filters, now), _free(by, now), state="new")
    elif stream.filters.of_the_post:
        return search.news(rows, stream.filters, now=now, since=since, cap=COUNT_CAP + 1)
    else:
        rows = rows.filter(_where(stream.filters, now))
    return rows.order_by("-pk")[: COUNT_CAP + 1].count()


def _ids(stream: Stream, *, by: Desk, now: datetime, after: str, limit: int) -> Found:
    match stream.kind:
        case "watch":
            return _of_watch(stream, by=by, now=now, after=after, limit=limit)
        case "todo":
            return _to_do(stream, by=by, now=now, after=after, limit=limit)
        case "mine":
            return _mine(by=by, now=now, after=after, limit=limit)
        case "kept":
            return _kept(stream, by=by, now=now, after=after, limit=limit)
        case _ if stream.filters.of_the_post:
            return search.page(
                _heads(by), stream.filters, by=by, now=now, before=_number(after), limit=limit
            )
        case _:
            return _everything(stream, by=by, now=now, after=after, limit=limit)


def _heads(by: Desk) -> QuerySet[Lead]:
    return Lead.objects.filter(operation=by.operation, folded_into__isnull=True)


def _of_watch(stream: Stream, *, by: Desk, now: datetime, after: str, limit: int) -> Found:
    hits = WatchHit.objects.filter(watch=stream.watch, watch__operation=by.operation)
    if after:
        hits = hits.filter(lead_id__lt=_number(after))
    hits = hits.order_by("-lead_id")
    wanted = hits.filter(_where(stream.filters, now, "lead__"), lead__folded_into__isnull=True)
    return _windowed(hits, wanted, "lead_id", limit)


def _everything(stream: Stream, *, by: Desk, now: datetime, after: str, limit: int) -> Found:
    rows = _heads(by)
    if after:
        rows = rows.filter(pk__lt=_number(after))
    rows = rows.order_by("-pk")
    return _windowed(rows, rows.filter(_where(stream.filters, now)), "pk", limit)


def _windowed(
    every: QuerySet[Any], wanted: QuerySet[Any], key: str, limit: int
) -> Found:  # fmt: skip
    """The first `limit` of `wanted` among the first SCAN of `every`, both newest first."""
    floor = next(iter(every.values_list(key, flat=True)[SCAN : SCAN + 1]), None)
    if floor is not None:
        wanted = wanted.filter(**{f"{key}__gt": floor})
    ids: list[int] = list(wanted.values_list(key, flat=True)[: limit + 1])
    if len(ids) > limit:
        return Found(ids=ids[:limit], older=str(ids[limit - 1]))
    if floor is None:
        return Found(ids=ids, older="")
    last = Lead.objects.filter(pk=floor).values_list("arrived_at", flat=True).first()
    return Found(ids=ids, older=str(floor + 1), window_end=last)


def _to_do(stream: Stream, *, by: Desk, now: datetime, after: str, limit: int) -> Found:
    """Level by level: each is one seek in the index (operation, state, urgency, id)."""
    level, last = _pair(after) if after else (len(URGENCIES) - 1, 0)
    rows = _heads(by).filter(_beside_state(stream.filters, now), _free(by, now), state="new")
    found: list[tuple[int, int]] = []
    while level >= 0 and len(found) <= limit:
        wanted = rows.filter(urgency=level, pk__gt=last).order_by("pk")
        next_ids = wanted.values_list("pk", flat=True)[: limit + 1 - len(found)]
        found += [(level, pk) for pk in next_ids]
        level, last = level - 1, 0
    ids = [pk for _, pk in found[:limit]]
    older = f"{found[limit - 1][0]}-{found[limit - 1][1]}" if len(found) > limit else ""
    return Found(ids=ids, older=older)


def _mine(*, by: Desk, now: datetime, after: str, limit: int) -> Found:
    rows = Lead.objects.filter(operation=by.operation, holder=by.user, held_until__gt=now)
    if after:
        rows = rows.filter(pk__lt=_number(after))
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    return Found(ids=ids[:limit], older=str(ids[limit - 1]) if len(ids) > limit else "")


def _kept(stream: Stream, *, by: Desk, now: datetime, after: str, limit: int) -> Found:
    rows = _heads(by).filter(
        _beside_state(stream.filters, now), state="kept", touched_at__isnull=False
    )
    if after:
        moment, last = _moment(after)
        rows = rows.filter(touched_at__lte=moment).exclude(touched_at=moment, pk__gte=last)
    found = list(
        rows.order_by("-touched_at", "-pk").values_list("touched_at", "pk")[: limit + 1]
    )  # fmt: skip
    older = ""
    if len(found) > limit:
        touched, last = found[limit - 1]
        older = f"{touched.isoformat() if touched else ''}~{last}"
    return Found(ids=[pk for _, pk in found[:limit]], older=older)


def _where(filters: Filters, now: datetime, to_lead: str = "") -> Q:
    """The filters as conditions, without the text, which only an index answers."""
    wanted = Q()
    if filters.state == "open":
        wanted &= Q(**{f"{to_lead}state__in": ("new", "kept")})
    elif filters.state != "all":
        wanted &= Q(**{f"{to_lead}state": filters.state})
    return wanted & _beside_state(filters, now, to_lead)


def _beside_state(filters: Filters, now: datetime, to_lead: str = "") -> Q:
    return search.of_the_lead(filters, to_lead) & search.of_the_post(filters, now, to_lead)


def _free(by: Desk, now: datetime) -> Q:
    return Q(holder__isnull=True) | Q(holder=by.user) | Q(held_until__lte=now)


def _mark(stream: Stream, by: Desk) -> str:
    if stream.kind == "kept":
        return str(journal.last_seq(by.operation.pk))
    newest = Lead.objects.order_by("-pk")
    return str(newest.values_list("pk", flat=True).first() or 0)


def _number(text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadCursor(text)
    return int(text)


def _pair(text: str) -> tuple[int, int]:
    level, _, last = text.partition("-")
    if not level or not last:
        raise BadCursor(text)
    return min(_number(level), len(URGENCIES) - 1), _number(last)


def _moment(text: str) -> tuple[datetime, int]:
    moment, _, last = text.partition("~")
    try:
        read = datetime.fromisoformat(moment)
    except ValueError as error:
        raise BadCursor(text) from error
    if read.tzinfo is None:
        raise BadCursor(text)
    return read, _number(last)


# -- lines -------------------------------------------------------------------------------------


def lines(ids: Sequence[int], *, by: Desk, now: datetime) -> tuple[Line, ...]:
    """The operation's leads of these ids as lines, in this order; unknown ids are left out.

    Three queries, whatever the number of lines; two more when an incident of theirs was merged, one
    when something of them is frozen.
    """
    by.require(Right.SEE_BOARD)
    # Asked by id alone: beside thirty ids, SQLite without statistics would rather read by operation.
    rows = {
        row.pk: row
        for row in Lead.objects.filter(pk__in=ids)
        .annotate(is_frozen=Exists(copies.standing(by.operation).filter(post=OuterRef("post"))))
        .select_related("post", "post__author", "post__source", "holder", "touched_by")
        .defer("post__tokens", "post__signature", "post__source__config", "post__source__cursor")
        if row.operation_id == by.operation.pk
    }
    reasons = _reasons(rows)
    backed = _incidents(rows, by)
    kept = frozen.of_posts(by, [row.post_id for row in rows.values() if row.is_frozen])
    found = []
    for pk in ids:
        row = rows.get(pk)
        if row is None:
            continue
        held = row.holder_id is not None and row.held_until is not None and row.held_until > now
        found.append(
            Line(
                lead=row,
                reasons=tuple(r for r in reasons.get(pk, ()) if _stands_there(r, row.post.text)),
                incidents=tuple(backed.get(pk, ())),
                held=held,
                mine=held and by.user is not None and row.holder_id == by.user.pk,
                freeze=kept.get(row.post_id),
            )
        )
    return tuple(found)


def _incidents(leads: Iterable[int], by: Desk) -> dict[int, list[tuple[int, int]]]:
    """By lead, (number, id) of the incidents it backs; a merged one by what took it over."""
    links = list(
        IncidentPost.objects.filter(lead__in=leads)
        .order_by("incident__number")
        .values_list("lead_id", "incident_id", "incident__number", "incident__merged_into_id")
    )
    numbers = {pk: number for _, pk, number, _ in links}
    roots: dict[int, int] = {}
    if any(merged is not None for _, _, _, merged in links):
        parents = parents_in(by.operation)
        roots = {pk: root_of(pk, parents) for pk in numbers}
        standing = Incident.objects.filter(pk__in=roots.values())
        numbers |= dict(standing.values_list("pk", "number"))
    found: dict[int, list[tuple[int, int]]] = {}
    for lead, pk, _, _ in links:
        root = roots.get(pk, pk)
        known = found.setdefault(lead, [])
        if (numbers[root], root) not in known:
            known.append((numbers[root], root))
    return found


def _reasons(leads: Iterable[int]) -> dict[int, tuple[Reason, ...]]:
    """Why the machine proposed the urgency it last proposed, by lead."""
    latest: dict[int, tuple[Reason, ...]] = {}
    said = Annotation.objects.filter(lead__in=leads, kind="urgency", by__isnull=True)
    for lead, value in said.order_by("pk").values_list("lead_id", "value"):
        latest[lead] = reasons_in(value)
    return latest


def _stands_there(reason: Reason, text: str) -> bool:
    """Whether the words that weighed are still at their place: the post may have been edited."""
    return text[reason.start : reason.end] == reason.text


def reasons_in(value: Any) -> tuple[Reason, ...]:
    """The reasons written in an urgency annotation; what cannot be read is left out."""
    found = []
    for each in value.get("because", ()) if isinstance(value, dict) else ():
        try:
            found.append(
                Reason(
                    text=str(each["text"]),
                    start=int(each["start"]),
                    end=int(each["end"]),
                    rule=str(each.get("rule", "")),
                    weight=float(each.get("weight", 0.0)),
                )
            )
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(found)
