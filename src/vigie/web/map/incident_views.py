"""One incident: its page, and every gesture on it. Each gesture answers with the panel's parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.kernel.geojson import GeometryRefused
from vigie.operations.access import Desk, team_with
from vigie.triage.actions import incident_edits, incident_merges, incidents
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.models import Incident
from vigie.triage.queries import incidents as reading
from vigie.triage.refusals import Refusal, repair_words, words
from vigie.web.map.asked import moment
from vigie.web.map.panel import After, answer, whole
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_INCIDENTS)
def incident(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    return whole(request, desk, number)


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Fields one person changed, with the `version` they had read."""
    row = _row(desk, number)
    typed = {k: v for k, v in request.POST.items() if isinstance(v, str)}

    def act() -> incident_edits.Outcome:
        return incident_edits.edit_incident(
            incident=row,
            version=whole_number(typed.get("version"), "version") or 0,
            changes=_changes(typed, desk),
            near=reading.territory_centre(desk),
            by=desk,
            now=utc_now(),
        )

    return _after(request, desk, row, act, typed=typed)


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def state(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    row = _row(desk, number)
    typed = {"reason": request.POST.get("reason", "")}

    def act() -> incident_edits.Outcome:
        return incident_edits.set_state(
            incident=row,
            state=request.POST.get("state", ""),
            reason=typed["reason"],
            version=whole_number(request.POST.get("version"), "version"),
            by=desk,
            now=utc_now(),
        )

    return _after(request, desk, row, act, typed=typed, at="state")


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def locate(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """`geometry` (GeoJSON text, empty to take it off the map), `precision_m`, `version`."""
    row = _row(desk, number)

    def act() -> incident_edits.Outcome:
        return incident_edits.locate_incident(
            incident=row,
            geometry=request.POST.get("geometry") or None,
            precision_m=whole_number(request.POST.get("precision_m"), "precision_m"),
            place_name=request.POST.get("place_name"),
            near=reading.territory_centre(desk),
            version=whole_number(request.POST.get("version"), "version"),
            by=desk,
            now=utc_now(),
        )

    return _after(request, desk, row, act, at="geometry")


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def comment(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    row = _row(desk, number)
    text = request.POST.get("comment", "")

    def act() -> None:
        incidents.comment_incident(incident=row, text=text, by=desk, now=utc_now())

    return _after(request, desk, row, act, typed={"comment": text}, at="comment")


@require_POST
@at_desk(Right.MERGE_INCIDENTS)
def merge(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Merge this incident into `into` (a number), or with `other` that one into this."""
    row = _row(desk, number)

    def act() -> None:
        into = request.POST.get("into")
        found = reading.incident(
            desk, whole_number(into or request.POST.get("other"), "merge") or 0
        )
        if found is None:
            raise FieldRefused("merge", "missing")
        one, other = (row, found) if into else (found, row)
        incident_merges.merge_incidents(incident=one, into=other, by=desk, now=utc_now())

    return _after(request, desk, row, act, at="merge")


@require_POST
@at_desk(Right.MERGE_INCIDENTS)
def unmerge(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Take this incident, or with `other` one merged into it, out again."""
    row = _row(desk, number)
    other = request.POST.get("other", "")
    apart = _row(desk, int(other)) if other.isdecimal() and len(other) < 10 else row

    def act() -> None:
        incident_merges.unmerge_incident(incident=apart, by=desk, now=utc_now())

    return _after(request, desk, row, act, at="merge")


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def join(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Let posts (`lead`, repeated) back this incident."""
    row = _row(desk, number)

    def act() -> None:
        incidents.join_incident(
            incident=row, leads=leads_asked(request, desk), by=desk, now=utc_now()
        )

    return _after(request, desk, row, act, at="posts")


@require_POST
@at_desk(Right.EDIT_INCIDENTS)
def leave(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Take a post (`lead`) out."""
    row = _row(desk, number)

    def act() -> None:
        for lead in leads_asked(request, desk):
            incidents.leave_incident(incident=row, lead=lead, by=desk, now=utc_now())

    return _after(request, desk, row, act, at="posts")


def leads_asked(request: HttpRequest, desk: Desk) -> list[Any]:
    """The posts named by `lead` in the form or the address; those that are elsewhere are refused
    as if they did not exist."""
    asked = (request.POST if request.method == "POST" else request.GET).getlist("lead")
    found = [
        reading.lead_here(desk, int(pk)) if pk.isdecimal() and len(pk) < 19 else None
        for pk in asked
    ]
    if None in found:
        raise Http404
    return found


def _row(desk: Desk, number: int) -> Incident:
    row = reading.incident(desk, number)
    if row is None:
        raise Http404
    return row


def _after(
    request: HttpRequest,
    desk: Desk,
    row: Incident,
    act: Callable[[], incident_edits.Outcome | None],
    *,
    typed: dict[str, str] | None = None,
    at: str = "",
) -> HttpResponse:
    """Do it; show the incident as it is now, with what went wrong beside the field (`at` when the
    refusal names none) and what the person typed still there."""
    try:
        outcome = act()
    except Refusal as refusal:
        name = refusal.field if isinstance(refusal, FieldRefused) else at or "geometry"
        if isinstance(refusal, GeometryRefused):
            name = "geometry"
        after = After(problems={name: words(refusal)}, typed=typed or {})
        return answer(request, desk, row.number, after=after, status=422)
    if outcome is None:
        return answer(request, desk, row.number)
    if outcome.clashes:
        note = _(
            "Somebody changed the same field while you were writing. Both versions are shown: "
            "choose. The rest is saved."
        )
        after = After(clashes=outcome.clashes, notes=[note])
        return answer(request, desk, row.number, after=after, status=200)
    after = After(notes=repair_words(outcome.repairs))
    return answer(request, desk, row.number, after=after)


def _changes(typed: dict[str, str], desk: Desk) -> dict[str, Any]:
    """The fields of the form as an edit wants them. Raises FieldRefused."""
    made: dict[str, Any] = {}
    for name in ("title", "description", "category", "reliability", "place_name", "place_code"):
        if name in typed:
            made[name] = typed[name]
    for name in ("urgency", "credibility", "precision_m"):
        if name in typed:
            made[name] = whole_number(typed[name], name)
    if "occurred_at" in typed:
        made["occurred_at"] = moment(typed["occurred_at"], desk.operation.time_zone)
        if typed["occurred_at"] and made["occurred_at"] is None:
            raise FieldRefused("occurred_at", "unlikely")
    if "geometry" in typed:
        made["geometry"] = typed["geometry"] or None
    if "assignee" in typed:
        made["assignee"] = _person(typed["assignee"], desk)
    return made


def _person(value: str, desk: Desk) -> Any:
    if not value:
        return None
    for person in team_with(desk.operation, Right.EDIT_INCIDENTS):
        if str(person.pk) == value:
            return person
    raise FieldRefused("assignee", "out_of_range")


def whole_number(value: str | None, name: str) -> int | None:
    """A whole number of a form; None when empty. Raises FieldRefused on anything else."""
    if value is None or value == "":
        return None
    if not value.isdecimal() or len(value) > 12:
        raise FieldRefused(name, "out_of_range")
    return int(value)
