"""Operations of who asks, their posts, their journal."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query as of_query

from vigie.accounts.models import User
from vigie.accounts.roles import Right, rights_of
from vigie.analysis.query import QueryError
from vigie.api.auth import desk_of
from vigie.api.problems import NotFound
from vigie.api.schemas import EntryList, EntryOut, LeadList, LeadOut, OperationOut
from vigie.journal import queries as journal
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations import queries as operations
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.queries import leads
from vigie.triage.queries.leads import Line
from vigie.triage.queries.streams import Filters, Stream

router = Router(tags=["operations"])


@router.get("", response=list[OperationOut], summary="Operations in whose team you are")
def list_operations(request: HttpRequest) -> Any:
    assert isinstance(request.user, User)
    return [
        OperationOut.of(mine.operation, sorted(right.value for right in rights_of(mine.roles)))
        for mine in operations.mine(request.user)
    ]


@router.get("/{slug}", response=OperationOut, summary="One operation")
def one_operation(request: HttpRequest, slug: str) -> Any:
    desk = desk_of(request, slug)
    return OperationOut.of(desk.operation, sorted(right.value for right in desk.rights))


@router.get(
    "/{slug}/leads", response=LeadList, summary="Posts of the operation, newest arrival first"
)
def list_leads(
    request: HttpRequest,
    slug: str,
    text: str = of_query("", description="In the language of watches.", max_length=2000),
    state: Literal["open", "new", "kept", "dismissed", "all"] = "open",
    category: str = "",
    urgency_from: int = of_query(0, ge=0, le=4),
    after: str = "",
    limit: int = of_query(50, ge=1, le=200),
) -> Any:
    desk = desk_of(request, slug)
    wanted = Filters(
        text=text.replace("\x00", ""), state=state, category=category, urgency=urgency_from
    )
    try:
        page = leads.page(
            stream=Stream(kind="search", filters=wanted),
            by=desk, now=utc_now(), after=after, limit=limit,
        )  # fmt: skip
    except QueryError as error:
        raise FieldRefused("text", "out_of_range") from error
    return {"leads": [_lead(line) for line in page.lines], "after": page.older or None}


@router.get("/{slug}/leads/{int:lead}", response=LeadOut, summary="One post")
def one_lead(request: HttpRequest, slug: str, lead: int) -> Any:
    desk = desk_of(request, slug)
    desk.require(Right.SEE_BOARD)
    found = leads.lines([lead], by=desk, now=utc_now())
    if not found:
        raise NotFound(lead)
    return _lead(found[0])


@router.get("/{slug}/journal", response=EntryList, summary="The journal, oldest first")
def list_journal(
    request: HttpRequest,
    slug: str,
    after: int = of_query(0, ge=0, description="Entries after this number."),
    limit: int = of_query(200, ge=1, le=1000),
) -> Any:
    desk = desk_of(request, slug)
    desk.require(Right.SEE_JOURNAL)
    found = journal.since(desk.operation.pk, after, limit=limit + 1)
    shown = found[:limit]
    return {
        "entries": [
            EntryOut(
                seq=entry.seq, at=rfc3339(entry.at), actor=entry.actor, verb=entry.verb,
                subject=[entry.subject_kind, entry.subject_id] if entry.subject_kind else None,
                text=entry.text, data=entry.data, hash=entry.hash,
            )
            for entry in shown
        ],
        "after": shown[-1].seq if len(found) > limit else None,
    }  # fmt: skip


def _lead(line: Line) -> LeadOut:
    row, post = line.lead, line.lead.post
    return LeadOut(
        id=row.pk, state=row.state, urgency=row.urgency, category=row.category,
        reliability=row.reliability, credibility=row.credibility, place_name=row.place_name,
        place_code=row.place_code, lon=row.lon, lat=row.lat, precision_m=row.precision_m,
        copies=row.copies, arrived_at=rfc3339(row.arrived_at),
        published_at=rfc3339(row.published_at), network=post.network, url=post.url,
        language=post.language, text=post.text, incidents=[number for number, _ in line.incidents],
    )  # fmt: skip
