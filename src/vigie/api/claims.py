"""Claims: list, one, write one down with the posts that say it.

A verdict is read by two people at their screens: no programme proposes or concludes one here.
"""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Router, Schema, Status
from pydantic import Field

from vigie.api.auth import desk_of
from vigie.api.problems import not_found, problem
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.claims import (
    ClaimNotHere,
    FieldRefused,
    LeadNotHere,
    open_claim,
)
from vigie.verification.decide import UNSETTLED
from vigie.verification.models import Claim
from vigie.verification.queries.claim_detail import first_post
from vigie.verification.queries.claims import claim_for, claims_of, leads_here

router = Router(tags=["claims"])

State = Literal[
    "detected", "assigned", "checking", "second_reading", "concluded", "published", "corrected",
    "withdrawn",
]  # fmt: skip


class SpreadOut(Schema):
    """How far it went; `reach` null when no account gives its followers."""

    posts: int
    accounts: int
    reach: int | None
    growth_per_h: float
    networks: dict[str, int]
    first_seen_at: str | None
    last_seen_at: str | None
    as_of: str | None


class ClaimOut(Schema):
    """A claim. `verdict` is empty until two people agreed; `merged_into` is a number."""

    number: int
    wording: str
    language: str
    state: str
    verdict: str
    harm: int = Field(description="What believing it may do: 0 nothing … 4 people killed.")
    priority: float
    category: str
    place_name: str
    reliability: str
    credibility: int
    spread: SpreadOut
    opened_at: str
    concluded_at: str | None
    merged_into: int | None
    version: int
    exercise: bool

    @classmethod
    def of(cls, row: Claim, *, exercise: bool) -> ClaimOut:
        return cls(**_plain(row), exercise=exercise)


class ReadingOut(Schema):
    """A person's verdict; the second agrees or dissents."""

    round: int
    kind: str
    verdict: str
    agrees: bool | None
    reason: str
    by: str
    at: str


class ClaimDetailOut(ClaimOut):
    details: str
    posts: list[int] = Field(description="Ids of the posts that people confirmed.")
    first_post: int | None
    readings: list[ReadingOut]
    incidents: list[int]


class ClaimList(Schema):
    claims: list[ClaimOut]


class ClaimIn(Schema):
    model_config = {"extra": "forbid"}

    wording: str
    harm: int = Field(default=1, ge=0, le=4)
    details: str = ""
    leads: list[int] = Field(default_factory=list, max_length=200)


def _plain(row: Claim) -> dict[str, Any]:
    return {
        **{
            name: getattr(row, name)
            for name in (
                "number", "wording", "language", "state", "verdict", "harm", "priority", "category",
                "place_name", "reliability", "credibility", "version",
            )
        },
        "spread": {
            **{
                name: getattr(row, name)
                for name in ("posts", "accounts", "reach", "growth_per_h", "networks")
            },
            "first_seen_at": _time(row.first_seen_at),
            "last_seen_at": _time(row.last_seen_at),
            "as_of": _time(row.spread_as_of),
        },
        "opened_at": rfc3339(row.opened_at),
        "concluded_at": _time(row.concluded_at),
        "merged_into": row.merged_into.number if row.merged_into else None,
    }  # fmt: skip


def _time(moment: Any) -> str | None:
    return rfc3339(moment) if moment else None


class Asked(Schema):
    """Filters of a list; repeat `state` for several."""

    state: list[State] = Field(default_factory=list)
    unsettled: bool = Field(default=False, description="Only those without a verdict.")
    limit: int = Field(default=200, ge=1, le=500)


@router.get("/{slug}/claims", response=ClaimList, summary="Claims, the most pressing first")
def list_claims(
    request: HttpRequest,
    slug: str,
    asked: Query[Asked],
) -> Any:
    desk = desk_of(request, slug)
    rows = claims_of(desk, states=UNSETTLED if asked.unsettled else asked.state).select_related(
        "merged_into"
    )
    exercise = desk.operation.is_exercise
    return {
        "claims": [
            ClaimOut.of(row, exercise=exercise) for row in rows.defer("vector")[: asked.limit]
        ]
    }


@router.get("/{slug}/claims/{int:number}", response=ClaimDetailOut, summary="One claim")
def one_claim(request: HttpRequest, slug: str, number: int) -> Any:
    return _full(desk_of(request, slug), number)


@router.post(
    "/{slug}/claims",
    response={201: ClaimDetailOut},
    summary="Write down what is said, with the posts that say it",
    description="Verdicts are read by two people at their screens; none is given here.",
)
def open_one(request: HttpRequest, slug: str, given: ClaimIn) -> Any:
    desk = desk_of(request, slug)
    leads = leads_here(desk, given.leads) if given.leads else []
    if len(leads) != len(set(given.leads)):
        raise LeadNotHere(*set(given.leads).difference(lead.pk for lead in leads))
    made = open_claim(
        wording=given.wording, harm=given.harm, details=given.details, leads=leads, by=desk,
        now=utc_now(), origin="api",
    )  # fmt: skip
    return Status(201, _full(desk, made.number))


def _full(desk: Desk, number: int) -> ClaimDetailOut:
    row = claim_for(desk, number)
    first = first_post(row)
    return ClaimDetailOut(
        **_plain(row),
        exercise=desk.operation.is_exercise,
        details=row.details,
        posts=list(
            row.made_of.filter(refused_at__isnull=True, confirmed=True)
            .order_by("lead")
            .values_list("lead", flat=True)
        ),
        first_post=first.pk if first else None,
        readings=[
            ReadingOut(
                round=each.round, kind=each.kind, verdict=each.verdict, agrees=each.agrees,
                reason=each.reason, by=each.by.display if each.by else "", at=rfc3339(each.at),
            )
            for each in row.readings.select_related("by").order_by("round", "pk")
        ],
        incidents=list(
            row.about.order_by("incident__number").values_list("incident__number", flat=True)
        ),
    )  # fmt: skip


def install(api: NinjaAPI) -> None:
    """Refusals of claims as problems."""
    for missing in (ClaimNotHere, LeadNotHere):
        api.add_exception_handler(missing, _unknown)
    api.add_exception_handler(FieldRefused, _refused)


def _unknown(request: HttpRequest, error: Any) -> HttpResponse:
    return not_found()


def _refused(request: HttpRequest, error: FieldRefused | Any) -> HttpResponse:
    return problem(
        422, code=f"field.{error.code}", title=_("Nothing was changed"), field=error.field,
        detail=_("A claim is one short sentence: at most 280 characters, and not empty."),
    )  # fmt: skip
