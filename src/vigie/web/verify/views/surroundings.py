"""Beside a claim's pictures: what the place looks like from the sky and from the street."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.analysis.pictures.inspect import Facts
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.operations.places import commune
from vigie.triage.queries.incidents import lead_here, territory_centre
from vigie.verification.actions.claims import ClaimNotHere
from vigie.verification.actions.surroundings import (
    ViewNotHere,
    ViewRefused,
    ask_street_view,
    ask_view,
)
from vigie.verification.models import Claim, PlaceView
from vigie.verification.queries.claims import claim_for
from vigie.verification.queries.pictures import ClaimPicture
from vigie.verification.queries.surroundings import Street, street_of, surroundings, view_of
from vigie.verification.surroundings.services import RADII, WIDTHS
from vigie.web.map.history import distance_words
from vigie.web.map.panel import PRECISIONS
from vigie.web.map.symbols import vocabulary as vocabulary_of_the_map
from vigie.web.map.views import territory
from vigie.web.ui.access import at_desk
from vigie.web.verify import place_words as words
from vigie.web.verify.numbers import degrees, number_of

NEAR = 0.02
"""Degrees around a place that the small map begins with."""
TURN = 45
"""Degrees by which one looks further left or right in a picture all round."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one looks (degrees), and how that is known."""

    lon: float
    lat: float
    origin: str

    @property
    def lon_text(self) -> str:
        return f"{self.lon:.5f}"

    @property
    def lat_text(self) -> str:
        return f"{self.lat:.5f}"

    @property
    def said(self) -> str:
        return str(words.ORIGINS[self.origin])


@dataclass(frozen=True, kw_only=True)
class Card:
    """A view in the list, in words. `said` are its facts, in their order."""

    row: PlaceView
    title: str
    said: Sequence[str]
    faces: bool = False
    failure: str = ""
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A view on the workbench. `to`: where one looks in a picture all round, None in others."""

    picture: ClaimPicture
    card: Card
    to: int | None = None
    azimuth: float = 0.0
    left: int = 0
    right: int = 0


def place_of(
    request: HttpRequest, desk: Desk, claim: Claim, one: ClaimPicture | None, facts: Facts | None
) -> Place:
    """The place asked for, else of the picture's file, its post, an incident, the claim's commune,
    the territory."""
    lat, lon = degrees(request.GET.get("lat", ""), 90), degrees(request.GET.get("lon", ""), 180)
    if lat is not None and lon is not None:
        return Place(lon=lon, lat=lat, origin="asked")
    if facts is not None and facts.lon is not None and facts.lat is not None:
        return Place(lon=facts.lon, lat=facts.lat, origin="file")
    lead = lead_here(desk, one.lead) if one is not None and one.lead else None
    if lead is not None and lead.lon is not None and lead.lat is not None:
        return Place(lon=lead.lon, lat=lead.lat, origin="post")
    for link in claim.about.select_related("incident").order_by("incident"):
        if link.incident.lon is not None and link.incident.lat is not None:
            return Place(lon=link.incident.lon, lat=link.incident.lat, origin="incident")
    here = commune(claim.place_code) if claim.place_code else None
    if here is not None and here.lon is not None and here.lat is not None:
        return Place(lon=here.lon, lat=here.lat, origin="claim")
    centre = territory_centre(desk) or (2.35, 48.85)
    return Place(lon=centre[0], lat=centre[1], origin="territory")


def context_of(desk: Desk, place: Place, one: str) -> dict[str, Any]:
    """What `verify/place/*.html` read: the views of this place, the choices to ask for others."""
    found = surroundings(desk, lon=place.lon, lat=place.lat, now=utc_now())
    zone = ZoneInfo(desk.operation.time_zone)
    services = settings.VIGIE_PLACE_VIEWS
    return {
        "place": place,
        "one_ref": one,
        "may_ask": desk.may(Right.OPEN_CLAIMS),
        "sky_on": bool(services.photos),
        "street_on": bool(services.streets),
        "widths": [(metres, distance_words(metres)) for metres in WIDTHS],
        "radii": [(metres, distance_words(metres)) for metres in RADII],
        "sky": [card(row, zone) for row in found.sky],
        "looked_for": [
            (card(row, zone), [card(each.row, zone, each) for each in streets])
            for row, streets in found.searches
        ],
        "waits": found.waits,
    }


def card(row: PlaceView, zone: ZoneInfo, street: Street | None = None) -> Card:
    """A view in words."""
    failure = words.failed(row) if row.state == "failed" else ""
    if row.state == "failed" and row.retry_at is not None:
        failure = words.refused(ViewRefused("busy", until=row.retry_at), zone)
    if row.kind == "search":
        return Card(row=row, title=words.nothing(row), said=(), failure=failure)
    if street is None:
        said: tuple[str, ...] = (words.days_of_flight(row), words.credit(row))
        return Card(row=row, title=words.title(row), said=said, failure=failure)
    said = (words.looks(street), words.taken(street, zone), words.credit(row))
    return Card(
        row=row, title=words.title(row), said=said, failure=failure, faces=street.faces,
        page=words.page_of(row),
    )  # fmt: skip


def beside(desk: Desk, ref: str, to: str) -> Beside | None:
    """The view named by `ref` ("v" and a number) for the workbench; None when it is not there."""
    row = kept_view(desk, ref)
    if row is None:
        return None
    zone = ZoneInfo(desk.operation.time_zone)
    street = street_of(row) if row.kind == "street" else None
    made = card(row, zone, street)
    picture = ClaimPicture(ref=ref, title=made.title, at=row.asked_at, blob=row.blob)
    if street is None or not street.all_round:
        return Beside(picture=picture, card=made)
    given = degrees(to, 100_000)
    looks = round(street.bearing if given is None else given) % 360
    return Beside(
        picture=picture,
        card=made,
        to=looks,
        azimuth=street.azimuth or 0.0,
        left=(looks - TURN) % 360,
        right=(looks + TURN) % 360,
    )


def thumb(desk: Desk, ref: str) -> str:
    """The file of a view's small picture; "" when there is none."""
    number = number_of(ref[1:])
    try:
        return view_of(desk, number or 0, now=utc_now()).thumb
    except ViewNotHere:
        return ""


def kept_view(desk: Desk, ref: str) -> PlaceView | None:
    """The view named by `ref` when its picture is there."""
    number = number_of(ref[1:]) if ref.startswith("v") else None
    if number is None:
        return None
    try:
        row = view_of(desk, number, now=utc_now())
    except ViewNotHere:
        return None
    return row if row.blob else None


@require_GET
@at_desk(Right.SEE_CLAIMS, Right.SEE_BOARD)
def place(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The views of a place, asked again while some are on their way; `then`: the one to be laid
    beside the picture as soon as it is there."""
    claim = _claim(desk, number)
    one = request.GET.get("one", "")
    where = place_of(request, desk, claim, None, None)
    then = number_of(request.GET.get("then", ""))
    row = kept_view(desk, f"v{then}") if then else None
    if row is not None:
        return _to_the_bench(request, desk, claim, row, where, one)
    context = {"claim": claim, "then": then, **context_of(desk, where, one)}
    return render(request, "verify/place/found.html", context)


@require_POST
@at_desk(Right.OPEN_CLAIMS, Right.SEE_BOARD)
def ask(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Ask for a view from the sky, for pictures from the street, or for one of these in full."""
    claim = _claim(desk, number)
    given = request.POST
    lat, lon = degrees(given.get("lat", ""), 90), degrees(given.get("lon", ""), 180)
    one, view = given.get("one", "")[:20], number_of(given.get("view", ""))
    problem, row = "", None
    try:
        if view:
            row = ask_street_view(view=view, by=desk, now=utc_now())
        elif lat is None or lon is None:
            raise ViewRefused("bad_place")
        else:
            kind = given.get("kind", "")
            across = number_of(given.get(f"across-{kind}", "")) or 0
            row = ask_view(kind=kind, lon=lon, lat=lat, across_m=across, by=desk, now=utc_now())
    except ViewNotHere as unknown:
        raise Http404 from unknown
    except ViewRefused as refusal:
        problem = words.refused(refusal, ZoneInfo(desk.operation.time_zone))
    where = Place(lon=lon or 0.0, lat=lat or 0.0, origin="asked")
    if row is not None and row.blob:
        return _to_the_bench(request, desk, claim, row, where, one)
    if not request.headers.get("HX-Request"):
        return redirect(_bench(desk, claim, where, one=one))
    then = row.pk if row is not None and row.kind != "search" and row.state == "wanted" else None
    context = {
        "claim": claim, "then": then, "problem": problem, **context_of(desk, where, one),
    }  # fmt: skip
    return render(request, "verify/place/found.html", context, status=422 if problem else 200)


@require_GET
@at_desk(Right.SEE_CLAIMS, Right.SEE_BOARD)
def place_map(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """A small map to say where, begun around the place that was asked of."""
    where = place_of(request, desk, _claim(desk, number), None, None)
    west, south = where.lon - NEAR, where.lat - NEAR
    around = (
        None if where.origin == "territory" else [west, south, west + 2 * NEAR, south + 2 * NEAR]
    )
    context = {
        "picker": {
            "bounds": around or territory(desk),
            "labels": reverse("map:labels", kwargs={"slug": desk.operation.slug}),
        },
        "precisions": [(metres, distance_words(metres)) for metres in PRECISIONS],
        "vocabulary": vocabulary_of_the_map(),
    }
    return render(request, "verify/place/map.html", context)


def _to_the_bench(
    request: HttpRequest, desk: Desk, claim: Claim, row: PlaceView, where: Place, one: str
) -> HttpResponse:
    """Lay a view beside the picture, now that it is there."""
    address = _bench(desk, claim, where, one=one, two=f"v{row.pk}")
    if not request.headers.get("HX-Request"):
        return redirect(address)
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = address
    return answer


def _bench(desk: Desk, claim: Claim, where: Place, **more: str) -> str:
    page = reverse("verify:pictures", kwargs={"slug": desk.operation.slug, "number": claim.number})
    asked = {**more, "lat": where.lat_text, "lon": where.lon_text}
    return f"{page}?{urlencode({k: v for k, v in asked.items() if v}, quote_via=quote)}"


def _claim(desk: Desk, number: int) -> Claim:
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown
