"""The job that asks outside services what a place looks like, through the guard, within seconds.

People wait for it, so it does not try again by itself: whatever goes wrong stands in the row's `code`
and whoever asked decides. It changes a view that is `wanted` and no other.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django_tasks import task
from PIL import Image

from vigie.collection import holders
from vigie.collection.blobs import BlobStore
from vigie.collection.pictures import PictureRefused, rewritten
from vigie.contracts.jobs import Tools, tools
from vigie.contracts.ports import FetchError, HttpResponse
from vigie.operations.jobs import PRESSING
from vigie.verification.models import PlaceView
from vigie.verification.surroundings import services
from vigie.verification.surroundings.services import AnswerUnreadable, StreetPicture

ALL_S: Final = 24.0
"""For one view, all told: less than a job that people wait for gets."""
FETCH_S: Final = 18.0
BESIDE_S: Final = 8.0
"""For what a view can do without: the day of the flight, the small pictures of a list."""
PICTURE_BYTES: Final = 8_000_000
THUMB_BYTES: Final = 500_000
ANSWER_BYTES: Final = 2_000_000
THUMB_SIDE: Final = 500
FLAT: Final = 3
"""A picture whose tones differ by no more shows nothing: there is no photo of that place."""
_IMAGE: Final = {"Accept": "image/*"}
_JSON: Final = {"Accept": "application/geo+json, application/json"}


class _Failed(Exception):
    """`code` is stable; `wait_s`: the service asks to be left alone for so long."""

    def __init__(self, code: str, *, wait_s: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    pk: int
    kind: str
    lon: float
    lat: float
    across_m: int
    address: str


@dataclass(frozen=True, kw_only=True)
class _Got:
    """What came of it: `found` with the names of their small pictures, "" without one."""

    state: str = "kept"
    blob: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    found: Sequence[tuple[StreetPicture, str]] = ()

    @property
    def files(self) -> list[str]:
        return [name for name in (self.blob, *(thumb for _, thumb in self.found)) if name]


@task(priority=PRESSING)
async def fetch_view(view: int) -> None:
    """Fetch one view, or write down why not."""
    at_hand = tools()
    wanted = await at_hand.database(_wanted, view)
    if wanted is None:
        return
    fetch = {"sky": _sky, "search": _search, "street": _street}[wanted.kind]
    try:
        async with asyncio.timeout(ALL_S):
            got = await fetch(wanted, at_hand)
    except TimeoutError:
        await at_hand.database(_fail, view, "too_slow", None, at_hand.ports.clock.now())
    except _Failed as error:
        await at_hand.database(_fail, view, error.code, error.wait_s, at_hand.ports.clock.now())
    except FetchError as error:
        await at_hand.database(_fail, view, error.code, None, at_hand.ports.clock.now())
    except Exception:
        await at_hand.database(_fail, view, "job_failed", None, at_hand.ports.clock.now())
        raise
    else:
        await at_hand.database(_keep, view, got, at_hand.ports.clock.now())


async def _sky(wanted: _Wanted, at_hand: Tools) -> _Got:
    url = services.photo_url(
        settings.VIGIE_PLACE_VIEWS.photos, lon=wanted.lon, lat=wanted.lat,
        across_m=wanted.across_m,
    )  # fmt: skip
    answer, flights = await asyncio.gather(
        _answer(at_hand, url, headers=_IMAGE, max_bytes=PICTURE_BYTES), _flights(at_hand, wanted)
    )
    blob, flat = await at_hand.apart(_written, answer.body)
    if flat:
        return _Got(state="none")
    return _Got(blob=blob, facts=flights)


async def _flights(at_hand: Tools, wanted: _Wanted) -> dict[str, Any]:
    """The days of flight; nothing when they are not told, whatever the reason: a photo without its
    day is of use too."""
    base = settings.VIGIE_PLACE_VIEWS.flights
    if not base:
        return {}
    try:
        answer = await _answer(
            at_hand,
            services.flights_url(
                base, lon=wanted.lon, lat=wanted.lat, across_m=wanted.across_m
            ),
            headers=_JSON, max_bytes=ANSWER_BYTES, timeout_s=BESIDE_S,
        )  # fmt: skip
        days = services.flights_in(answer.body)
    except (FetchError, _Failed, AnswerUnreadable):
        return {}
    return {"flown": [each.isoformat() for each in days]} if days else {}


async def _search(wanted: _Wanted, at_hand: Tools) -> _Got:
    url = services.search_url(
        settings.VIGIE_PLACE_VIEWS.streets, lon=wanted.lon, lat=wanted.lat,
        radius_m=wanted.across_m,
    )  # fmt: skip
    answer = await _answer(at_hand, url, headers=_JSON, max_bytes=ANSWER_BYTES)
    try:
        near = services.pictures_in(
            answer.body, lon=wanted.lon, lat=wanted.lat, radius_m=wanted.across_m
        )
    except AnswerUnreadable as error:
        raise _Failed("answer_unreadable") from error
    listed = services.chosen(near)
    if not listed:
        return _Got(state="none")
    thumbs = await asyncio.gather(*(_thumb(at_hand, each.thumb) for each in listed))
    return _Got(facts={"near": len(near)}, found=list(zip(listed, thumbs, strict=True)))


async def _thumb(at_hand: Tools, address: str) -> str:
    """The name of the small picture; "" when there is none to be had."""
    if not address:
        return ""
    try:
        answer = await _answer(
            at_hand, address, headers=_IMAGE, max_bytes=THUMB_BYTES, timeout_s=BESIDE_S
        )
        made = await at_hand.apart(_written, answer.body, THUMB_SIDE)
    except (FetchError, _Failed):
        return ""
    return str(made[0])


async def _street(wanted: _Wanted, at_hand: Tools) -> _Got:
    answer = await _answer(at_hand, wanted.address, headers=_IMAGE, max_bytes=PICTURE_BYTES)
    blob, _ = await at_hand.apart(_written, answer.body)
    return _Got(blob=blob)


async def _answer(
    at_hand: Tools, url: str, *, headers: dict[str, str], max_bytes: int, timeout_s: float = FETCH_S
) -> HttpResponse:
    """An answer that says yes. Raises _Failed, FetchError."""
    answer = await at_hand.ports.http.get(
        url, headers=headers, max_bytes=max_bytes, timeout_s=timeout_s
    )
    if answer.status == HTTPStatus.OK:
        return answer
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or "retry-after" in answer.headers:
        now = at_hand.ports.clock.now()
        raise _Failed("busy", wait_s=services.wait_s(answer.headers, now=now))
    is_ours = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    raise _Failed("service_refused" if is_ours else "service_failed")


def _written(body: bytes, longest_side: int = 3_000) -> tuple[str, bool]:
    """Write a picture anew and keep it; its name, and whether it shows nothing. Raises _Failed."""
    try:
        anew = rewritten(io.BytesIO(body), longest_side=longest_side)
    except PictureRefused as error:
        raise _Failed(error.code) from error
    with Image.open(io.BytesIO(anew.data)) as image:
        tones = image.convert("L").getextrema()
    flat = float(tones[1]) - float(tones[0]) <= FLAT  # type: ignore[arg-type]
    return BlobStore().keep([anew.data], suffix=".webp").name, flat


def _wanted(view: int) -> _Wanted | None:
    row = PlaceView.objects.filter(pk=view, state="wanted").first()
    if row is None:
        return None
    return _Wanted(
        pk=row.pk, kind=row.kind, lon=row.lon, lat=row.lat, across_m=row.across_m,
        address=row.address,
    )  # fmt: skip


def _fail(view: int, code: str, wait_s: float | None, now: datetime) -> None:
    until = None if wait_s is None else now + timedelta(seconds=wait_s)
    PlaceView.objects.filter(pk=view, state="wanted").update(
        state="failed", code=code[:60], retry_at=until
    )


def _keep(view: int, got: _Got, now: datetime) -> None:
    with transaction.atomic():
        row = PlaceView.objects.select_for_update().filter(pk=view, state="wanted").first()
        if row is not None:
            row.state, row.blob, row.facts = got.state, got.blob, {**row.facts, **got.facts}
            row.save(update_fields=["state", "blob", "facts"])
            PlaceView.objects.bulk_create(
                PlaceView(
                    operation_id=row.operation_id, kind="street", lon=each.lon, lat=each.lat,
                    search=row, rank=rank, address=each.large, facts=_facts(each), state="listed",
                    thumb=thumb, asked_at=now, expires_at=row.expires_at,
                )
                for rank, (each, thumb) in enumerate(got.found)
            )  # fmt: skip
    if row is None:  # its day is over, or another worker was first
        BlobStore().remove(holders.unheld(got.files))


def _facts(picture: StreetPicture) -> dict[str, Any]:
    return {
        "id": picture.remote_id,
        "distance_m": round(picture.distance_m, 1),
        "bearing": round(picture.bearing, 1),
        "azimuth": None if picture.azimuth is None else round(picture.azimuth, 1),
        "all_round": picture.all_round,
        "faces": picture.faces,
        "taken_at": picture.taken_at.isoformat() if picture.taken_at else None,
        "licence": picture.licence,
        "producer": picture.producer,
        "host": picture.host,
    }
