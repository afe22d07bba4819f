"""Incidents: list, one, make, change, join, comment, merge; GeoJSON and streamed exports."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from ninja.params.functions import Query as of_query
from pydantic import AwareDatetime, Field

from vigie.accounts.queries import user_by_email
from vigie.accounts.roles import Right
from vigie.api.auth import desk_of
from vigie.api.problems import NotFound, problem
from vigie.api.schemas import (
    CommentIn,
    IncidentDetailOut,
    IncidentIn,
    IncidentList,
    IncidentOut,
    IncidentPatch,
    LeadsIn,
    MergeIn,
    State,
)
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage import export_incidents as exports
from vigie.triage.actions import incident_edits, incident_merges, incidents
from vigie.triage.actions.incident_edits import AssigneeNotInTeam
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.models import Incident, Lead
from vigie.triage.queries import incident_detail, incident_features
from vigie.triage.queries import incidents as reading
from vigie.triage.queries.incidents import SORTS, IncidentFilter

router = Router(tags=["incidents"])


class Asked(Schema):
    """Filters of a list; repeat `category` and `state` for several."""

    category: list[str] = Field(default_factory=list)
    state: list[State] = Field(default_factory=list)
    urgency_from: int = Field(default=0, ge=0, le=4)
    happened_from: AwareDatetime | None = None
    happened_before: AwareDatetime | None = None
    text: str = Field(default="", max_length=200)
    place_code: str = Field(default="", max_length=5)
    bbox: str = Field(default="", description="west,south,east,north in degrees")
    mine: bool = False
    located: bool | None = None

    def filter(self) -> IncidentFilter:
        return IncidentFilter(
            categories=frozenset(self.category),
            states=frozenset(self.state),
            urgency_from=self.urgency_from,
            since=self.happened_from,
            until=self.happened_before,
            text=self.text.replace("\x00", ""),
            place_code=self.place_code,
            box=_box(self.bbox),
            mine=self.mine,
            located=self.located,
        )


def _box(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise FieldRefused("bbox", "out_of_range") from error
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise FieldRefused("bbox", "out_of_range")
    return west, south, east, north


@router.get("/{slug}/incidents", response=IncidentList, summary="Incidents, filtered and sorted")
def list_incidents(
    request: HttpRequest,
    slug: str,
    asked: Query[Asked],
    sort: str = of_query("updated", description=f"One of {', '.join(SORTS)}."),
    after: str | None = None,
    limit: int = of_query(100, ge=1, le=500),
) -> Any:
    desk = desk_of(request, slug)
    if sort not in SORTS:
        raise FieldRefused("sort", "unknown")
    page = reading.page(desk, asked.filter(), sort=sort, after=after, limit=limit)
    exercise = desk.operation.is_exercise
    return {
        "incidents": [IncidentOut.of(row, exercise=exercise) for row in page.incidents],
        "after": page.after,
    }


@router.get(
    "/{slug}/incidents.geojson",
    summary="Incidents as GeoJSON; with `since`, what changed after that journal entry",
)
def incidents_geojson(
    request: HttpRequest, slug: str, asked: Query[Asked], since: int | None = None
) -> HttpResponse:
    found = incident_features.features(desk_of(request, slug), asked.filter(), since=since)
    return JsonResponse(found.as_geojson(), content_type="application/geo+json")


@router.get("/{slug}/incidents/export.csv", summary="All incidents that match, as CSV, streamed")
def export_csv(request: HttpRequest, slug: str, asked: Query[Asked]) -> StreamingHttpResponse:
    return _download(desk_of(request, slug), asked, "csv")


@router.get(
    "/{slug}/incidents/export.geojson", summary="All incidents that match, as GeoJSON, streamed"
)
def export_geojson(request: HttpRequest, slug: str, asked: Query[Asked]) -> StreamingHttpResponse:
    return _download(desk_of(request, slug), asked, "geojson")


def _download(desk: Desk, asked: Asked, kind: str) -> StreamingHttpResponse:
    pieces = exports.streamed(kind, reading.export(desk, asked.filter()), desk.operation)
    answer = StreamingHttpResponse(pieces, content_type=exports.MIME[kind])
    name = exports.file_name(desk.operation, utc_now(), kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@router.get("/{slug}/incidents/{int:number}", response=IncidentDetailOut, summary="One incident")
def one_incident(request: HttpRequest, slug: str, number: int) -> Any:
    return _full(desk_of(request, slug), number)


@router.post("/{slug}/incidents", response={201: IncidentDetailOut}, summary="Open an incident")
def open_incident(request: HttpRequest, slug: str, given: IncidentIn) -> Any:
    desk = desk_of(request, slug)
    fields = given.dict(exclude_unset=True, exclude={"leads", "title"})
    made = incidents.open_incident(
        title=given.title,
        leads=_leads(desk, given.leads) if given.leads else (),
        near=reading.territory_centre(desk),
        by=desk,
        now=utc_now(),
        **{name: value for name, value in fields.items() if value is not None},
    )
    return Status(201, _full(desk, made.number))


@router.patch(
    "/{slug}/incidents/{int:number}",
    response=IncidentDetailOut,
    summary="Change fields, with the version they were read at",
    description="409 with `clashes` when somebody changed the same fields meanwhile: those keep "
    "the other's value; the rest is saved (`applied`). Send again with the new `version` to insist.",
)
def change_incident(
    request: HttpRequest, slug: str, number: int, given: IncidentPatch
) -> IncidentDetailOut | HttpResponse:
    desk, now = desk_of(request, slug), utc_now()
    row = _row(desk, number)
    fields = given.dict(exclude_unset=True, exclude={"version", "state", "reason", "assignee"})
    if "assignee" in given.model_fields_set:
        fields["assignee"] = _person(given.assignee)
    outcomes = []
    with transaction.atomic():
        if fields:
            outcomes.append(
                incident_edits.edit_incident(
                    incident=row,
                    version=given.version,
                    changes=fields,
                    by=desk,
                    now=now,
                    near=reading.territory_centre(desk),
                )
            )
        if given.state is not None:
            outcomes.append(
                incident_edits.set_state(
                    incident=row,
                    state=given.state,
                    reason=given.reason,
                    version=given.version,
                    by=desk,
                    now=now,
                )
            )
    clashes = [clash for outcome in outcomes for clash in outcome.clashes]
    if not clashes:
        return _full(desk, number)
    current = outcomes[-1].incident
    return problem(
        409,
        code="clash",
        title=_("Somebody changed the same fields meanwhile"),
        detail=_("These keep the other's value; the rest is saved. Decide and send again."),
        version=current.version,
        applied=[name for outcome in outcomes for name in outcome.applied],
        clashes=[
            {"field": c.field, "base": c.base, "theirs": c.theirs, "mine": c.mine} for c in clashes
        ],
    )


@router.post(
    "/{slug}/incidents/{int:number}/posts", response=IncidentDetailOut, summary="Let posts back it"
)
def join(request: HttpRequest, slug: str, number: int, given: LeadsIn) -> Any:
    desk = desk_of(request, slug)
    incidents.join_incident(
        incident=_row(desk, number), leads=_leads(desk, given.leads), by=desk, now=utc_now()
    )
    return _full(desk, number)


@router.delete(
    "/{slug}/incidents/{int:number}/posts/{int:lead}",
    response=IncidentDetailOut,
    summary="Take a post out",
)
def leave(request: HttpRequest, slug: str, number: int, lead: int) -> Any:
    desk = desk_of(request, slug)
    (row,) = _leads(desk, [lead])
    incidents.leave_incident(incident=_row(desk, number), lead=row, by=desk, now=utc_now())
    return _full(desk, number)


@router.post(
    "/{slug}/incidents/{int:number}/comments",
    response={201: IncidentDetailOut},
    summary="Comment, for the team",
)
def comment(request: HttpRequest, slug: str, number: int, given: CommentIn) -> Any:
    desk = desk_of(request, slug)
    incidents.comment_incident(
        incident=_row(desk, number), text=given.text, by=desk, now=utc_now()
    )  # fmt: skip
    return Status(201, _full(desk, number))


@router.post(
    "/{slug}/incidents/{int:number}/merge",
    response=IncidentDetailOut,
    summary="Merge it into another; answers with that one",
)
def merge(request: HttpRequest, slug: str, number: int, given: MergeIn) -> Any:
    desk = desk_of(request, slug)
    end = incident_merges.merge_incidents(
        incident=_row(desk, number), into=_row(desk, given.into), by=desk, now=utc_now()
    )
    return _full(desk, end.number)


@router.post(
    "/{slug}/incidents/{int:number}/unmerge",
    response=IncidentDetailOut,
    summary="Separate a merged incident again",
)
def unmerge(request: HttpRequest, slug: str, number: int) -> Any:
    desk = desk_of(request, slug)
    incident_merges.unmerge_incident(incident=_row(desk, number), by=desk, now=utc_now())
    return _full(desk, number)


def _row(desk: Desk, number: int) -> Incident:
    row = reading.incident(desk, number)
    if row is None:
        raise NotFound(number)
    return row


def _full(desk: Desk, number: int) -> IncidentDetailOut:
    found = incident_detail.detail(desk, number)
    if found is None:
        raise NotFound(number)
    return IncidentDetailOut.in_full(
        found, exercise=desk.operation.is_exercise, with_posts=desk.may(Right.SEE_BOARD)
    )


def _leads(desk: Desk, ids: list[int]) -> list[Lead]:
    found = [reading.lead_here(desk, pk) for pk in dict.fromkeys(ids)]
    if None in found:
        raise NotFound("lead")
    return [lead for lead in found if lead is not None]


def _person(email: str | None) -> Any:
    if email is None:
        return None
    person = user_by_email(email)
    if person is None:
        raise AssigneeNotInTeam(email)
    return person
