"""The part of a claim's page with the tools to look at pictures and videos."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from PIL import Image

from vigie.accounts.roles import Right
from vigie.analysis.pictures import MATCH
from vigie.analysis.pictures.inspect import Facts, Unreadable, error_levels, facts_of
from vigie.analysis.pictures.panorama import looking
from vigie.analysis.sun import sun_at, when_shadow_points
from vigie.collection.blobs import BlobStore, UnknownBlob
from vigie.operations.access import Desk
from vigie.verification.actions.claims import ClaimNotHere
from vigie.verification.models import Claim
from vigie.verification.queries.claims import claim_for
from vigie.verification.queries.pictures import (
    ClaimPicture,
    PictureNotHere,
    difference,
    picture_of,
    pictures_of,
    sightings_of,
    videos_of,
)
from vigie.web.ui.access import at_desk
from vigie.web.verify.engines import searches
from vigie.web.verify.numbers import degrees
from vigie.web.verify.views import surroundings
from vigie.web.verify.views.surroundings import Place

A_DAY_S: Final = 86_400
_KINDS: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}  # fmt: skip


def part(desk: Desk, claim: Claim) -> dict[str, Any]:
    """What `verify/claim/pictures.html` needs to know of this claim."""
    pictures = pictures_of(desk, claim)
    return {
        "videos": videos_of(desk, claim),
        "all": pictures,
        "shown": [each for each in pictures if each.blob],
    }


@require_GET
@at_desk(Right.SEE_CLAIMS, Right.SEE_BOARD)
def bench(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The workbench: `one` under the lens, `two` to compare it with."""
    claim = _claim(desk, number)
    pictures = [each for each in pictures_of(desk, claim) if each.blob]
    one = _asked(pictures, request.GET.get("one", "")) or (pictures[0] if pictures else None)
    asked = request.GET.get("two", "")
    view = surroundings.beside(desk, asked, request.GET.get("to", ""))
    two = view.picture if view else _asked(pictures, asked)
    if one is None:
        one, two = two, None
    if two is not None and one is not None and two.ref == one.ref:
        two = None
    facts = _facts(one) if one else None
    apart = difference(one, two) if one and two and not view else None
    place = surroundings.place_of(request, desk, claim, one, facts)
    return render(
        request,
        "verify/pictures.html",
        {
            "claim": claim,
            "pictures": pictures,
            "one": one,
            "two": two,
            "view": view,
            "apart": apart,
            "same": apart is not None and apart <= MATCH,
            "facts": facts,
            "sightings": sightings_of(desk, one) if one else [],
            "searches": searches(one.address) if one else [],
            **_sun_begins(desk, claim, one, facts, place),
            **surroundings.context_of(desk, place, one.ref if one else ""),
        },
    )


@require_GET
@at_desk(Right.SEE_CLAIMS)
def picture_file(request: HttpRequest, desk: Desk, number: int, ref: str) -> HttpResponse:
    """The picture as it is shown (written anew), for this browser only."""
    if ref.startswith("v"):
        return _view(request, desk, number, ref)
    found = _picture(desk, number, ref)
    return _image(_read(found.blob), suffix=found.blob[-5:])


def _view(request: HttpRequest, desk: Desk, number: int, ref: str) -> HttpResponse:
    """A view of the place; of one all round what lies `to` so many degrees, drawn as a lens does;
    `thumb`: as it stands in lists."""
    _claim(desk, number)
    if "thumb" in request.GET:
        return _image(_read(surroundings.thumb(desk, ref)), suffix=".webp")
    found = surroundings.beside(desk, ref, request.GET.get("to", ""))
    if found is None:
        raise Http404
    data = _read(found.picture.blob)
    if found.to is None:
        return _image(data, suffix=".webp")
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        made = looking(image, azimuth=found.azimuth, towards=found.to)
    made.save(out, "WEBP", quality=85)
    return _image(out.getvalue(), suffix=".webp")


@require_GET
@at_desk(Right.SEE_CLAIMS, Right.SEE_BOARD)
def levels(request: HttpRequest, desk: Desk, number: int, ref: str) -> HttpResponse:
    """Its error levels as PNG, from the original when there is one."""
    found = _picture(desk, number, ref)
    try:
        made = error_levels(_read(found.original or found.blob))
    except Unreadable as error:
        raise Http404 from error
    out = io.BytesIO()
    made.save(out, "PNG")
    return _image(out.getvalue(), suffix=".png")


@require_GET
@at_desk(Right.SEE_CLAIMS)
def sun(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Where the sun stood, or when a shadow pointed that way; nothing is kept."""
    _claim(desk, number)
    return render(request, "verify/_sun.html", sun_of(request, desk))


def sun_of(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    """The answer to the sun's form, or what of it cannot be read."""
    zone = ZoneInfo(desk.operation.time_zone)
    asked = request.GET
    lat, lon = degrees(asked.get("lat", ""), 90), degrees(asked.get("lon", ""), 180)
    try:
        day = date.fromisoformat(asked.get("day", ""))
    except ValueError:
        day = None
    if lat is None or lon is None or day is None:
        return {"sun_trouble": True}
    shadow = degrees(asked.get("shadow", ""), 360)
    ratio = degrees(asked.get("ratio", ""), 100)
    made: dict[str, Any] = {"sun_day": day}
    if shadow is not None:
        made["windows"] = when_shadow_points(
            lon=lon, lat=lat, day=day, zone=zone, to=shadow, ratio=ratio if ratio else None
        )
        made["shadow"] = shadow
    try:
        at = datetime.combine(day, datetime.strptime(asked.get("time", ""), "%H:%M").time(), zone)  # noqa: DTZ007
    except ValueError:
        return made | {"sun_trouble": shadow is None}
    return made | {"sun": sun_at(lon=lon, lat=lat, at=at)}


def _sun_begins(
    desk: Desk, claim: Claim, one: ClaimPicture | None, facts: Facts | None, place: Place
) -> dict[str, Any]:
    """Place, day and hour to begin the sun's form with: the picture's own, else the claim's."""
    zone = ZoneInfo(desk.operation.time_zone)
    at = (one.at if one else claim.opened_at).astimezone(zone)
    if facts is not None and facts.taken_at is not None:
        at = facts.taken_at
    return {
        "sun_lat": place.lat_text, "sun_lon": place.lon_text,
        "sun_date": at.date().isoformat(), "sun_time": f"{at:%H:%M}",
    }  # fmt: skip


def _facts(picture: ClaimPicture) -> Facts | None:
    """What the original says of itself; None when there is none (networks strip it)."""
    if not picture.original:
        return None
    try:
        return facts_of(_read(picture.original))
    except (Unreadable, Http404):
        return None


def _asked(pictures: list[ClaimPicture], ref: str) -> ClaimPicture | None:
    return next((each for each in pictures if each.ref == ref), None)


def _claim(desk: Desk, number: int) -> Claim:
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def _picture(desk: Desk, number: int, ref: str) -> ClaimPicture:
    try:
        found = picture_of(desk, _claim(desk, number), ref)
    except PictureNotHere as unknown:
        raise Http404 from unknown
    if not found.blob:
        raise Http404
    return found


def _read(blob: str) -> bytes:
    try:
        return BlobStore().path(blob).read_bytes()
    except (UnknownBlob, OSError) as error:
        raise Http404 from error


def _image(data: bytes, *, suffix: str) -> HttpResponse:
    kind = next((kind for end, kind in _KINDS.items() if suffix.endswith(end)), "image/webp")
    answer = HttpResponse(data, content_type=kind)
    answer["Cache-Control"] = f"private, max-age={A_DAY_S}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
