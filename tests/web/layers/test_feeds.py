"""Layers from outside on the screen: tried before they are followed, listed with their state, their
pictures fetched by our server for who may see the layer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from tests import factories
from tests.factories import Cast
from tests.mapping.feeds import services
from tests.mapping.feeds.town import Town, collection, png, point
from tests.pipeline.servers import Server, serving
from vigie.accounts.models import User
from vigie.kernel.clock import utc_now
from vigie.mapping.actions import feeds
from vigie.mapping.feeds import storing
from vigie.mapping.feeds.contract import Pictures
from vigie.mapping.models import Layer, LayerFeed
from vigie.operations.access import Desk
from vigie.web.layers.outside.fetching import FETCHER

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def server(town: Town, tmp_path: Path) -> Iterator[Server]:
    """The town in a thread of its own: what asks it blocks."""
    loop = asyncio.new_event_loop()
    opened = threading.Event()
    found: list[Server] = []
    over: list[asyncio.Event] = []

    async def run() -> None:
        async with serving(town) as made:
            found.append(made)
            over.append(asyncio.Event())
            opened.set()
            await over[0].wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert opened.wait(20)
    with override_settings(VIGIE_ALLOW_PRIVATE=frozenset({found[0].pair}), VIGIE_HOME=tmp_path):
        yield found[0]
        FETCHER.close()
    loop.call_soon_threadsafe(over[0].set)
    thread.join(20)
    loop.close()


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


def as_person(person: User) -> Client:
    User.objects.filter(pk=person.pk).update(language="en")
    client = Client()
    client.force_login(person)
    return client


def room(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/layers/"


def form(kind: str, address: str, **more: str) -> dict[str, str]:
    return {"kind": kind, "address": address, "interval_s": "900", **more}


def test_a_source_is_tried_and_nothing_is_kept(cast: Cast, town: Town, server: Server) -> None:
    broken = point(3)
    broken["geometry"]["coordinates"] = [400, 99]
    town.pages["/f"] = collection(point(1, "Gymnase"), point(2, known=False), broken)
    client = as_person(cast.mapper)
    answer = client.post(f"{room(cast)}feeds/new/", form("geojson", server.url("/f"), **{"try": "1"}))  # fmt: skip
    page = answer.content.decode()
    assert "2 objects can be read" in page
    assert "Gymnase" in page
    assert "Object 3" in page
    assert "no identifier" in page
    assert not LayerFeed.objects.exists()
    assert not Layer.objects.exists()


def test_what_is_no_data_is_said_with_what_to_do(cast: Cast, town: Town, server: Server) -> None:
    town.pages["/f"] = b"<!doctype html><html><body>Open data</body></html>"
    client = as_person(cast.mapper)
    page = client.post(
        f"{room(cast)}feeds/new/", form("geojson", server.url("/f"), **{"try": "1"})
    ).content.decode()
    assert "A web page answers there" in page
    inside = form("geojson", "http://169.254.169.254/latest", **{"try": "1"})
    assert "leads inside a network" in client.post(f"{room(cast)}feeds/new/", inside).content.decode()  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("geojson", "", "Give the address"),
        ("geojson", "ftp://a.example/", "beginning with https"),
        ("geojson", "https://me:secret@a.example/", "take them out"),
        ("xyz", "https://a.example/tiles", "{z}, {x} and {y}"),
        ("xyz", "https://a.example/{z}/{x}/{y}", "whose pictures"),
        ("wms", "https://a.example/wms", "Try it"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(
    cast: Cast, kind: str, address: str, words: str
) -> None:
    client = as_person(cast.mapper)
    answer = client.post(f"{room(cast)}feeds/new/", form(kind, address, save="1"))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not LayerFeed.objects.exists()


def test_a_source_is_followed_paused_changed_and_removed(cast: Cast, desk: Desk) -> None:
    client = as_person(cast.mapper)
    new = form("vigie", "https://voisin.example/ogc/crue/collections/layer-1", name="Voisin", token="jeton-secret", save="1")  # fmt: skip
    assert client.post(f"{room(cast)}feeds/new/", new).status_code == 302
    row = LayerFeed.objects.get()
    assert (row.layer.name, row.layer.origin, row.layer.audience) == ("Voisin", "remote", "team")
    assert storing.unsealed(row.token) == "jeton-secret"
    number = row.layer.number
    for page in (f"{room(cast)}feeds/", f"{room(cast)}feeds/{number}/", room(cast)):
        answer = client.get(page).content.decode()
        assert "Voisin" in answer
        assert "jeton-secret" not in answer
    client.post(f"{room(cast)}feeds/{number}/pause/")
    row.refresh_from_db()
    assert row.paused_at is not None
    client.post(f"{room(cast)}feeds/{number}/resume/")
    same = form("vigie", "https://voisin.example/ogc/crue/collections/layer-2", save="1")
    client.post(f"{room(cast)}feeds/{number}/", same | {"interval_s": "3600"})
    row.refresh_from_db()
    assert (row.interval_s, storing.unsealed(row.token)) == (3600, "jeton-secret")
    elsewhere = form("vigie", "https://autre.example/ogc/x/collections/a", save="1")
    client.post(f"{room(cast)}feeds/{number}/", elsewhere)
    row.refresh_from_db()
    assert row.token == ""  # a token given for one server goes to no other
    client.post(f"{room(cast)}feeds/{number}/remove/", {"keep": "on"})
    assert not LayerFeed.objects.exists()
    row.layer.refresh_from_db()
    assert (row.layer.origin, row.layer.archived_at) == ("imported", None)


def test_who_draws_but_edits_no_layers_follows_nothing(cast: Cast) -> None:
    client = as_person(cast.volunteer)
    assert client.get(f"{room(cast)}feeds/").status_code == 403
    assert "feeds/" not in client.get(room(cast)).content.decode()


def test_a_source_of_another_operation_is_not_there(cast: Cast, desk: Desk, now: datetime) -> None:
    other = factories.operation(now=now)
    person = factories.member(other, factories.Role.MAPPER, now=now)
    row = feeds.add_feed(
        kind="geojson", address="https://a.example/f", options={}, interval_s=900, name="A",
        by=factories.desk(person, other), now=now,
    )  # fmt: skip
    client = as_person(cast.mapper)
    for path in (f"feeds/{row.layer.number}/", f"feeds/{row.layer.number}/pause/"):
        assert client.post(room(cast) + path).status_code == 404


def test_an_old_layer_is_told_as_old_and_a_stuck_one_with_its_reason(
    cast: Cast, desk: Desk
) -> None:
    now = utc_now()
    row = feeds.add_feed(
        kind="geojson", address="https://a.example/f", options={}, interval_s=900, name="Routes",
        by=desk, now=now,
    )  # fmt: skip
    LayerFeed.objects.update(succeeded_at=now - timedelta(hours=5), state="ok", asked_at=None)
    storing.failed(row.pk, code="feed_gone", detail="HTTP 410", asked_s=None, now=now, chance=0)
    client = as_person(cast.mapper)
    page = client.get(f"{room(cast)}feeds/").content.decode()
    assert "gone for good" in page
    assert "is-old" in page
    listed = client.get(room(cast), headers={"HX-Request": "true"}).content.decode()
    assert "is-old" in listed
    facts = json.loads(listed.split('id="layers-data" type="application/json">')[1].split("<")[0])
    assert facts[0]["old"] is True
    journal = client.get(f"/o/{cast.operation.slug}/journal/").content.decode()
    assert "no longer refreshed from a.example" in journal


def followed(desk: Desk, server: Server, now: datetime, **options: str) -> LayerFeed:
    row = feeds.add_feed(
        kind="xyz", address=server.url("/t/{z}/{x}/{y}"), options={"attribution": "© V", **options},
        interval_s=900, name="Photos", by=desk, now=now,
    )  # fmt: skip
    pictures = Pictures(template=row.address, attribution="© V", max_zoom=12)
    storing.take_in_pictures(row.pk, pictures, now=now)
    return LayerFeed.objects.get(pk=row.pk)


def tile(client: Client, cast: Cast, row: LayerFeed, at: str = "3/4/2") -> Any:
    return client.get(f"{room(cast)}{row.layer.number}/pictures/{at}")


def test_pictures_are_fetched_once_for_who_may_see_the_layer(
    cast: Cast, desk: Desk, town: Town, server: Server
) -> None:
    row = followed(desk, server, utc_now())
    town.pages["/t/3/4/2"] = png(256)
    client = as_person(cast.volunteer)
    answer = tile(client, cast, row)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer.content == png(256)
    assert "max-age=900" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert tile(as_person(cast.coordinator), cast, row).content == png(256)
    assert len(server.asked) == 1
    assert "cookie" not in server.asked[0].lower()
    assert tile(as_person(cast.outsider), cast, row).status_code == 404
    assert tile(as_person(cast.partner), cast, row).status_code == 404  # of the team alone
    assert Client().get(f"{room(cast)}{row.layer.number}/pictures/3/4/2").status_code == 302


def test_where_a_source_has_no_picture_there_is_a_transparent_one(
    cast: Cast, desk: Desk, server: Server
) -> None:
    row = followed(desk, server, utc_now())
    client = as_person(cast.mapper)
    assert tile(client, cast, row, "5/0/0").content.startswith(b"\x89PNG")  # 404 there
    assert tile(client, cast, row, "13/0/0").content.startswith(b"\x89PNG")  # deeper than it goes
    assert len(server.asked) == 1
    assert tile(client, cast, row, "3/9/0").status_code == 404  # no such tile anywhere


@pytest.mark.parametrize(
    "body",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"<html>no</html>",
     png(2048), b"\x89PNG\r\n\x1a\nnot one", b""],
    ids=["svg", "page", "too wide", "broken", "empty"],
)  # fmt: skip
def test_what_is_no_picture_goes_no_further(
    cast: Cast, desk: Desk, town: Town, server: Server, body: bytes
) -> None:
    row = followed(desk, server, utc_now())
    town.pages["/t/3/4/2"] = body
    town.kinds["/t/3/4/2"] = "image/png"
    answer = tile(as_person(cast.mapper), cast, row)
    assert (answer.status_code, answer.content) == (502, b"")


def test_a_source_that_fails_is_left_alone_for_a_while(
    cast: Cast, desk: Desk, town: Town, server: Server
) -> None:
    row = followed(desk, server, utc_now())
    town.whole["/t/3/4/2"] = b""
    client = as_person(cast.mapper)
    LayerFeed.objects.update(facts={**row.facts, "template": server.url("/inside")})
    assert [tile(client, cast, row).status_code for _ in range(5)] == [504, 504, 504, 503, 503]
    assert len(server.asked) == 3


def test_a_layer_of_pictures_says_where_they_are(cast: Cast, desk: Desk, server: Server) -> None:
    row = followed(desk, server, utc_now(), opacity="0.5")
    page = as_person(cast.volunteer).get(room(cast)).content.decode()
    facts = json.loads(page.split('id="layers-data" type="application/json">')[1].split("<")[0])
    pictures = facts[0]["pictures"]
    assert pictures["tiles"].endswith(f"/layers/{row.layer.number}/pictures/{{z}}/{{x}}/{{y}}")
    assert (pictures["opacity"], pictures["attribution"]) == (0.5, "© V")
    assert server.url("") not in page  # browsers ask nobody but us


def test_a_wms_is_chosen_from_what_it_has(cast: Cast, town: Town, server: Server) -> None:
    home = server.url("").rstrip("/")
    town.pages |= {"/wms": services.WMS_130.replace("{home}", home).encode(), "/ows": png()}
    client = as_person(cast.mapper)
    address = f"{room(cast)}feeds/new/"
    page = client.post(address, form("wms", f"{home}/wms", **{"try": "1"})).content.decode()
    assert "Zones inondables (azi)" in page
    chosen = form("wms", f"{home}/wms", layer="azi", **{"try": "1"})
    page = client.post(address, chosen).content.decode()
    assert "data:image/png;base64," in page
    assert '<option value="bleu"' in page
