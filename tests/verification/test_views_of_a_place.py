"""What a place looks like: asked through the guard, written anew, kept for a day and no longer."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from PIL import Image

from tests.factories import Cast, desk
from tests.pipeline.servers import Server, answer, path_of, serving
from tests.verification import places
from tests.verification.capturing import trapped
from tests.verification.places import LAT, LON
from tests.workers.sources import SteppedClock
from vigie.collection import holders
from vigie.collection.blobs import BlobStore
from vigie.config.environment import Misconfigured, PlaceViews, place_views
from vigie.operations.access import Desk, NotAllowed
from vigie.pipeline import ports as house
from vigie.pipeline.http import GuardedHttp
from vigie.verification.actions import surroundings as asking
from vigie.verification.models import PlaceView
from vigie.verification.queries.surroundings import flown, surroundings
from vigie.verification.surroundings import fetching, services
from vigie.workers.work import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    settings.VIGIE_BLOBS = tmp_path
    monkeypatch.setattr(house, "SystemClock", lambda: SteppedClock(now))


@pytest.fixture
def by(cast: Cast) -> Desk:
    return desk(cast.volunteer, cast.operation)


def fetched(
    settings: Any, by: Desk, now: datetime, answering: places.Answering, **asked: Any
) -> tuple[PlaceView, list[str]]:
    """Ask once and run the job; the row, and the paths that were asked."""
    return async_to_sync(_fetched)(settings, by, now, answering, asked)


async def _fetched(
    settings: Any, by: Desk, now: datetime, answering: places.Answering, asked: dict[str, Any]
) -> tuple[PlaceView, list[str]]:
    box: dict[str, Any] = {"answer": answering}
    async with serving(places.handler(box)) as server:
        box["server"] = server
        settings.VIGIE_PLACE_VIEWS = PlaceViews(
            photos=server.url("/wms"), flights=server.url("/wfs"), streets=server.url("/api")
        )
        given = {"kind": "sky", "lon": LON, "lat": LAT, "across_m": 300} | asked
        row = await sync_to_async(_asked)(given, by, now)
        async with GuardedHttp(allowed=frozenset({server.pair})) as http:
            worker = Worker(http=http, name="w", tick_s=0.01)
            try:
                await worker.drain()
            finally:
                await worker.close()
        await row.arefresh_from_db()
        return row, [path_of(head) for head in server.asked]


def _asked(given: dict[str, Any], by: Desk, now: datetime) -> PlaceView:
    if "view" in given:
        return asking.ask_street_view(view=given["view"], by=by, now=now)
    return asking.ask_view(by=by, now=now, **given)


def test_a_photo_from_the_air_shows_the_width_asked_with_its_day_of_flight(
    settings: Any, by: Desk, now: datetime
) -> None:
    row, paths = fetched(settings, by, now, places.kind)
    assert row.state == "kept"
    asked = places.asked_of(next(path for path in paths if path.startswith("/wms")))
    assert (asked["LAYERS"], asked["CRS"]) == ("ORTHOIMAGERY.ORTHOPHOTOS", "EPSG:3857")
    west, south, east, north = (float(each) for each in asked["BBOX"].split(","))
    assert (east - west) * math.cos(math.radians(LAT)) == pytest.approx(300, abs=0.1)
    assert (north - south) == pytest.approx(east - west, abs=0.1)
    assert math.degrees((west + east) / 2 / 6_378_137) == pytest.approx(LON, abs=1e-5)
    assert [str(day) for day in flown(row) or ()] == ["2023-06-12", "2023-07-02"]
    with Image.open(BlobStore().path(row.blob)) as image:
        assert (image.format, image.size) == ("WEBP", (600, 600))


def test_pictures_of_the_street_are_listed_those_that_face_the_place_first(
    settings: Any, by: Desk, now: datetime
) -> None:
    _, paths = fetched(settings, by, now, places.kind, kind="search", across_m=100)
    asked = places.asked_of(paths[0])
    assert (asked["place_position"], asked["place_distance"]) == ("2.330000,48.630000", "0-100")
    found = surroundings(by, lon=LON, lat=LAT, now=now).searches[0][1]
    assert [each.row.facts["id"] for each in found] == ["regarde", "tout-autour", "tourne-le-dos"]
    first = found[0]
    assert first.distance_m == pytest.approx(40, abs=0.5)
    assert first.bearing == pytest.approx(180, abs=0.5)
    assert (first.licence, first.producer) == ("CC-BY-SA-4.0", "Marie Cartographe")
    assert all(each.row.thumb and each.row.state == "listed" for each in found)
    assert not any("sd" in path for path in paths)
    large, paths = fetched(settings, by, now, places.kind, view=first.row.pk)
    assert large.state == "failed"  # the server of before is gone, its address is not ours any more
    assert paths == []


def test_a_picture_that_was_chosen_is_fetched_at_its_full_size(
    settings: Any, by: Desk, now: datetime
) -> None:
    row, _ = fetched(settings, by, now, places.kind, kind="search", across_m=100)
    found = row.found.get(rank=0)

    def moved(server: Server, path: str) -> bytes:
        return places.kind(server, path)

    async def again() -> PlaceView:
        box: dict[str, Any] = {"answer": moved}
        async with serving(places.handler(box)) as server:
            box["server"] = server
            await PlaceView.objects.filter(pk=found.pk).aupdate(address=server.url("/sd.jpg"))
            await sync_to_async(asking.ask_street_view)(view=found.pk, by=by, now=now)
            async with GuardedHttp(allowed=frozenset({server.pair})) as http:
                worker = Worker(http=http, name="w")
                await worker.drain()
                await worker.close()
        await found.arefresh_from_db()
        return found

    async_to_sync(again)()
    assert found.state == "kept"
    with Image.open(BlobStore().path(found.blob)) as image:
        assert image.size == (1600, 1200)


BAD: dict[str, tuple[places.Answering, str]] = {
    "busy": (lambda s, p: answer(status="429 No", Retry_After="7"), "busy"),
    "out of order": (lambda s, p: answer(status="500 No"), "service_failed"),
    "not allowed": (lambda s, p: answer(b"<e/>", status="400 No"), "service_refused"),
    "no picture": (lambda s, p: answer(b"<ServiceException/>"), "picture_unreadable"),
    "a bomb": (lambda s, p: places.bomb(), "picture_bomb"),
    "huge": (lambda s, p: answer(b"x" * 8_000_001), "too_large"),
    "nothing at all": (lambda s, p: b"", "not_http"),
    "leading inside by number": (
        lambda s, p: answer(status="302 Found", Location="http://169.254.169.254/latest/"),
        "address_forbidden",
    ),
    "leading in circles": (
        lambda s, p: answer(status="302 Found", Location=s.url("/round")), "too_many_redirects",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", BAD)
def test_a_service_fails_in_words_and_nothing_is_kept_when_it_is(
    settings: Any, by: Desk, now: datetime, how: str, tmp_path: Path
) -> None:
    answering, code = BAD[how]
    row, _ = fetched(settings, by, now, answering)
    assert (row.state, row.code) == ("failed", code)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_slow_service_is_given_up(
    settings: Any, by: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ALL_S", 0.2)
    row, _ = fetched(settings, by, now, lambda server, path: None)
    assert (row.state, row.code) == ("failed", "too_slow")


def test_no_address_inside_is_reached_whatever_leads_there(
    settings: Any, by: Desk, now: datetime
) -> None:
    async def run() -> int:
        async with trapped() as trap:
            inside = f"http://127.0.0.1:{trap.port}/"

            def answering(server: Server, path: str) -> bytes:
                if path.startswith("/api"):
                    listed = places.item(server, "piège")
                    for each in listed["assets"].values():
                        each["href"] = inside
                    return places.listing(listed)
                return answer(status="302 Found", Location=inside)

            for asked in ({}, {"kind": "search", "across_m": 100}):
                await _fetched(settings, by, now, answering, asked)
            found = await PlaceView.objects.aget(kind="street")
            assert found.thumb == ""
            row, _ = await _fetched(settings, by, now, answering, {"view": found.pk})
            assert (row.state, row.code) == ("failed", "address_forbidden")
            return trap.hits

    assert async_to_sync(run)() == 0


def test_a_photo_whose_day_is_not_told_is_kept_without(
    settings: Any, by: Desk, now: datetime
) -> None:
    def answering(server: Server, path: str) -> bytes:
        return answer(status="503 No") if path.startswith("/wfs") else places.kind(server, path)

    row, _ = fetched(settings, by, now, answering)
    assert row.state == "kept"
    assert flown(row) is None


def test_where_there_is_no_photo_and_no_street_picture_it_is_said_so(
    settings: Any, by: Desk, now: datetime
) -> None:
    def answering(server: Server, path: str) -> bytes:
        if path.startswith("/api"):
            return places.listing(places.item(server, "trop-loin", north_m=150))
        return places.flat()

    assert fetched(settings, by, now, answering)[0].state == "none"
    assert fetched(settings, by, now, answering, kind="search", across_m=100)[0].state == "none"


def test_an_answer_that_makes_no_sense_is_no_list(settings: Any, by: Desk, now: datetime) -> None:
    for body in (b"<html>", b"[]", b'{"features": 3}', b"[" * 5_000):
        PlaceView.objects.all().delete()
        row, _ = fetched(
            settings, by, now, lambda s, p, body=body: answer(body), kind="search", across_m=100
        )
        assert (row.state, row.code) == ("failed", "answer_unreadable")


def test_of_a_list_what_makes_no_sense_is_left_out() -> None:
    good: dict[str, Any] = {
        "id": "ici", "bbox": [LON, LAT], "assets": {"hd": {"href": "https://exemple.fr/a.jpg"}},
    }  # fmt: skip
    bad: list[Any] = [
        None, 7, {}, good | {"bbox": ["x", None]}, good | {"bbox": [900, 0], "id": "dehors"},
        good | {"assets": {"sd": {"href": "javascript:alert(1)"}}}, good | {"assets": []},
        good | {"id": {"a": 1}}, good | {"bbox": [True, False]},
    ]  # fmt: skip
    body = msgspec.json.encode({"features": [*bad, good | {"properties": {
        "datetime": "hier", "view:azimuth": "nord", "license": 3, "providers": "x",
    }}]})  # fmt: skip
    found = services.pictures_in(body, lon=LON, lat=LAT, radius_m=100)
    assert [each.remote_id for each in found] == ["ici"]
    assert (found[0].taken_at, found[0].azimuth, found[0].producer) == (None, None, "")
    assert not found[0].faces


def test_one_drive_does_not_fill_the_list() -> None:
    body = [
        {"id": f"{drive}{n}", "collection": drive, "bbox": [LON, LAT + n / 1e5],
         "assets": {"sd": {"href": "https://exemple.fr/a.jpg"}}}
        for drive in "ab" for n in range(20)
    ]  # fmt: skip
    near = services.pictures_in(
        msgspec.json.encode({"features": body}), lon=LON, lat=LAT, radius_m=100
    )
    assert len(near) == 40
    assert len(services.chosen(near)) == 2 * services.PER_SEQUENCE


def test_a_service_that_is_busy_is_left_alone_for_as_long_as_it_asks(
    settings: Any, by: Desk, now: datetime
) -> None:
    row, _ = fetched(settings, by, now, lambda s, p: answer(status="429 No", Retry_After="90"))
    assert row.retry_at is not None
    with pytest.raises(asking.ViewRefused) as refused:
        asking.ask_view(kind="sky", lon=1, lat=47, across_m=100, by=by, now=row.asked_at)
    assert (refused.value.code, refused.value.until) == ("busy", row.retry_at)
    asking.ask_view(kind="search", lon=1, lat=47, across_m=100, by=by, now=row.asked_at)
    later = row.retry_at + timedelta(seconds=1)
    again = asking.ask_view(kind="sky", lon=LON, lat=LAT, across_m=300, by=by, now=later)
    assert (again.pk, again.state, again.retry_at) == (row.pk, "wanted", None)


@pytest.mark.parametrize(
    ("said", "wait"),
    [("7", 7), ("999999", 3_600), ("", 10), ("bientôt", 10), ("-3", 10),
     ("Thu, 02 Jun 2016 12:00:30 GMT", 30), ("Thu, 02 Jun 2016 11:00:00 GMT", 0)],
)  # fmt: skip
def test_how_long_it_asks_is_read_in_seconds_or_as_a_date(said: str, wait: float) -> None:
    now = datetime.fromisoformat("2016-06-02T12:00:00+00:00")
    assert services.wait_s({"retry-after": said}, now=now) == wait


def test_one_operation_asks_no_more_than_its_share_of_a_minute(
    settings: Any, by: Desk, now: datetime
) -> None:
    for n in range(asking.PER_MINUTE):
        asking.ask_view(kind="sky", lon=2, lat=48 + n / 100, across_m=100, by=by, now=now)
    with pytest.raises(asking.ViewRefused, match="too_many"):
        asking.ask_view(kind="sky", lon=3, lat=48, across_m=100, by=by, now=now)
    known = asking.ask_view(kind="sky", lon=2, lat=48, across_m=100, by=by, now=now)
    assert known.state == "wanted"
    later = now + timedelta(seconds=61)
    asking.ask_view(kind="sky", lon=3, lat=48, across_m=100, by=by, now=later)


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"lat": 89.0}, "bad_place"), ({"lon": 181.0}, "bad_place"), ({"lat": math.nan}, "bad_place"),
     ({"across_m": 5_000}, "bad_width"), ({"kind": "street"}, "bad_width")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    by: Desk, now: datetime, asked: dict[str, Any], code: str
) -> None:
    given: dict[str, Any] = {"kind": "sky", "lon": LON, "lat": LAT, "across_m": 100}
    with pytest.raises(asking.ViewRefused, match=code):
        asking.ask_view(**given | asked, by=by, now=now)
    assert not PlaceView.objects.exists()


def test_nobody_is_asked_where_the_installation_says_so(
    settings: Any, by: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_STREETS_URL", "off")
    settings.VIGIE_PLACE_VIEWS = place_views()
    with pytest.raises(asking.ViewRefused, match="off"):
        asking.ask_view(kind="search", lon=LON, lat=LAT, across_m=100, by=by, now=now)
    monkeypatch.setenv("VIGIE_STREETS_URL", "panoramax")
    with pytest.raises(Misconfigured, match="VIGIE_STREETS_URL"):
        place_views()


def test_who_only_reads_asks_nobody(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        asking.ask_view(
            kind="sky", lon=LON, lat=LAT, across_m=100, now=now,
            by=desk(cast.observer, cast.operation),
        )  # fmt: skip


def test_after_a_day_the_views_and_their_files_are_gone(
    settings: Any, by: Desk, now: datetime, tmp_path: Path
) -> None:
    fetched(settings, by, now, places.kind)
    fetched(settings, by, now, places.kind, kind="search", across_m=100)
    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.webp")]
    assert len(files) == 2  # the photo, and one small picture that all three share
    assert holders.unheld(files) == []
    assert asking.tidy_views(now=now + timedelta(hours=23)) == 0
    day_over = now + timedelta(days=1)
    assert surroundings(by, lon=LON, lat=LAT, now=day_over).sky == []
    assert asking.tidy_views(now=day_over) > 0
    assert not PlaceView.objects.exists()
    assert not list(tmp_path.rglob("*.webp"))


def test_another_operation_does_not_see_what_this_one_asked(
    settings: Any, cast: Cast, by: Desk, now: datetime
) -> None:
    row, _ = fetched(settings, by, now, places.kind, kind="search", across_m=100)
    found = row.found.get(rank=0)
    stranger = desk(cast.outsider, cast.other_operation)
    assert surroundings(stranger, lon=LON, lat=LAT, now=now).searches == []
    with pytest.raises(asking.ViewNotHere):
        asking.ask_street_view(view=found.pk, by=stranger, now=now)
