"""What went wrong, as RFC 9457 problem+json, in the person's language."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from vigie.kernel.geojson import GeometryRefused
from vigie.operations.access import NotAllowed, UnknownOperation
from vigie.triage.actions.incident_edits import StateRefused
from vigie.triage.actions.incident_merges import NotMerged, SameIncident
from vigie.triage.actions.incidents import IncidentMerged, IncidentNotHere, LeadNotHere
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.queries.incidents import CursorUnreadable
from vigie.triage.queries.leads import BadCursor
from vigie.triage.refusals import Refusal, words

CONFLICTS = (IncidentMerged, SameIncident, NotMerged, StateRefused)


class NotFound(Exception):
    """There is no such thing here, or none that this person may know of."""


def problem(status: int, *, code: str, title: str, detail: str = "", **more: Any) -> HttpResponse:
    """One answer of type application/problem+json. `code` is stable, the texts are for people."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title}
    if detail:
        body["detail"] = detail
    return JsonResponse(
        body | more,
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def refused(refusal: Exception) -> HttpResponse:
    """A refusal of triage: 404 for what is elsewhere, 409 for a state of things, 422 for a value."""
    if isinstance(refusal, LeadNotHere):
        return not_found()
    status = 409 if isinstance(refusal, CONFLICTS) else 422
    more: dict[str, Any] = {}
    code = type(refusal).__name__
    if isinstance(refusal, GeometryRefused):
        code, more = f"geometry.{refusal.code}", {"field": "geometry"}
    elif isinstance(refusal, FieldRefused):
        code, more = f"field.{refusal.code}", {"field": refusal.field}
    elif isinstance(refusal, IncidentMerged):
        more = {"merged_into": refusal.into.number}
    return problem(
        status, code=code, title=_("Nothing was changed"), detail=words(refusal), **more
    )  # fmt: skip


def not_found() -> HttpResponse:
    return problem(
        404,
        code="not_found",
        title=_("Not found"),
        detail=_("This does not exist here, or is not yours to see."),
    )


def install(api: NinjaAPI) -> None:
    """Let every error of the API be a problem."""

    def unknown(request: HttpRequest, error: Any) -> HttpResponse:
        return not_found()

    for missing in (UnknownOperation, IncidentNotHere, NotFound, Http404):
        api.add_exception_handler(missing, unknown)
    for refusal in Refusal:
        api.add_exception_handler(refusal, _refused)
    for cursor in (CursorUnreadable, BadCursor):
        api.add_exception_handler(cursor, _bad_cursor)
    api.add_exception_handler(NotAllowed, _forbidden)
    api.add_exception_handler(AuthenticationError, _unknown_person)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _other)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return refused(error)


def _bad_cursor(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(
        422,
        code="cursor",
        title=_("Unreadable page"),
        detail=_("`after` is not what the page before gave. Begin again without it."),
        field="after",
    )


def _forbidden(request: HttpRequest, error: NotAllowed | Any) -> HttpResponse:
    return problem(
        403,
        code="not_allowed",
        title=_("Your role does not allow this"),
        detail=_("Nothing was changed. Ask the coordinator of the operation if you need it."),
        right=error.right.value,
    )


def _unknown_person(request: HttpRequest, error: Any) -> HttpResponse:
    answer = problem(
        401,
        code="unauthenticated",
        title=_("Who are you?"),
        detail=_("Send a token in “Authorization: Bearer …”. It may be revoked or expired."),
    )
    answer["WWW-Authenticate"] = 'Bearer realm="vigie"'
    return answer


def _invalid(request: HttpRequest, error: ValidationError | Any) -> HttpResponse:
    found = [
        {
            "at": ".".join(str(part) for part in each["loc"]),
            "code": each["type"],
            "said": each["msg"],
        }
        for each in error.errors
    ]
    return problem(
        422,
        code="invalid",
        title=_("The request cannot be read"),
        detail=_("Nothing was changed. `errors` says what is wrong where."),
        errors=found,
    )


def _other(request: HttpRequest, error: HttpError | Any) -> HttpResponse:
    return problem(error.status_code, code="http", title=str(error))
