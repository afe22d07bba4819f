"""A layer from outside follows its source: what is new comes, what changed is changed, what vanished
goes into the past, and a source that fails leaves what was there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.mapping.feeds import town as towns
from tests.mapping.feeds.conftest import AtWork
from tests.mapping.feeds.town import Town, collection, point
from vigie.journal.models import Entry
from vigie.mapping.actions import feeds
from vigie.mapping.actions.layers import archive_layer
from vigie.mapping.feeds import refreshing, storing
from vigie.mapping.models import Feature, FeatureRevision, Layer, LayerFeed
from vigie.mapping.queries.past import versions_of
from vigie.operations.access import Desk, NotAllowed

FORMS = {
    "geojson": (collection(point(1, "Gymnase")), {"1": "Gymnase"}),
    "kml": (towns.KML, {"k1": "Gymnase"}),
    "gpx": (towns.GPX, None),
    "csv": (towns.CSV, {"1": "Pont fermé", "2": "Gué"}),
    "georss": (towns.GEORSS, {"g1": "Coupure"}),
    "umap": (towns.UMAP, {"QxNjg": "Gymnase", "RyOkh": "D 19"}),
}


@pytest.mark.parametrize("kind", FORMS)
async def test_every_kind_of_document_is_read(at: AtWork, town: Town, kind: str) -> None:
    body, names = FORMS[kind]
    town.pages["/f"] = body
    feed = await at.follow("/f", kind)
    assert (feed.state, feed.code, feed.asked_at) == ("ok", "", None)
    assert feed.layer.origin == "remote"
    found = await at.standing(feed)
    assert found == names if names else set(found.values()) == {"Ravitaillement", "Course"}


async def test_kmz_and_one_layer_of_umap_are_read(at: AtWork, town: Town) -> None:
    town.pages |= {"/z": towns.kmz(), "/d": towns.DATALAYER}
    assert await at.standing(await at.follow("/z", "kml")) == {"k1": "Gymnase"}
    feed = await at.follow("/d", "umap")
    assert await at.standing(feed) == {"QxNjg": "Gymnase"}
    assert feed.layer.style["look"]["family"] == "crowd"  # green


async def test_a_map_of_umap_is_followed_by_its_address_and_keeps_its_colours(
    at: AtWork, town: Town
) -> None:
    town.pages["/map/12/download/"] = towns.UMAP
    feed = await at.follow("/fr/map/crue_12", "umap")
    assert feed.address.endswith("/map/12/download/")
    rules = feed.layer.style["rules"]
    assert [(each["when"][0]["value"], each["look"]["family"]) for each in rules] == [
        ("Abris", "people"), ("Coupures", "rescue"),
    ]  # fmt: skip


async def test_a_visit_writes_what_changed_and_one_entry_of_the_journal(
    at: AtWork, town: Town
) -> None:
    town.pages["/f"] = collection(*(point(n) for n in range(1, 5)))
    feed = await at.follow("/f")
    before = {row.foreign_id: row for row in await at.do(lambda: list(Feature.objects.all()))}
    seq = await at.do(lambda: Entry.objects.filter(chain=at.by.operation.pk).count())
    town.pages["/f"] = collection(
        point(1), point(2, "Barrage déplacé", lon=2.4), point(5), point(3)
    )
    feed = await at.come_back(feed)
    assert set(await at.standing(feed)) == {"1", "2", "3", "5"}
    entries = await at.do(lambda: list(Entry.objects.filter(chain=at.by.operation.pk, seq__gt=seq)))
    assert [each.verb for each in entries] == ["map.refreshed"]
    assert {key: entries[0].data[key] for key in ("made", "changed", "gone")} == {
        "made": 1, "changed": 1, "gone": 1,
    }  # fmt: skip
    rows = {row.foreign_id: row for row in await at.do(lambda: list(Feature.objects.all()))}
    assert all(rows[name].uid == row.uid for name, row in before.items())
    assert (rows["1"].version, rows["2"].version, rows["4"].version) == (1, 2, 2)
    assert rows["4"].deleted_at == at.clock.now()
    revisions = await at.do(lambda: list(FeatureRevision.objects.values_list("entry", flat=True)))
    assert set(revisions) == {entries[0].seq}
    layer = await at.do(Layer.objects.get, pk=feed.layer_id)
    assert (layer.objects_number, layer.changed) == (4, entries[0].seq)
    past = await at.do(versions_of, rows["4"])
    assert len(past) == 2


async def test_what_comes_back_is_the_same_object_again(at: AtWork, town: Town) -> None:
    town.pages["/f"] = collection(point(1), point(2))
    feed = await at.follow("/f")
    uid = await at.do(lambda: Feature.objects.get(foreign_id="2").uid)
    town.pages["/f"] = collection(point(1))
    await at.come_back(feed)
    town.pages["/f"] = collection(point(1), point(2))
    feed = await at.come_back(feed)
    assert set(await at.standing(feed)) == {"1", "2"}
    assert await at.do(lambda: Feature.objects.get(foreign_id="2").uid) == uid


async def test_objects_without_an_id_are_known_by_what_they_are(at: AtWork, town: Town) -> None:
    plain = [point(n, known=False, lon=2 + n / 100) for n in range(3)]
    town.pages["/f"] = collection(*plain)
    feed = await at.follow("/f")
    uids = await at.do(lambda: set(Feature.objects.values_list("uid", flat=True)))
    town.pages["/f"] = collection(*reversed(plain))  # another order, and one as often twice
    feed = await at.come_back(feed)
    assert await at.do(lambda: set(Feature.objects.values_list("uid", flat=True))) == uids
    assert len(await at.standing(feed)) == 3


async def test_an_empty_collection_empties_the_layer_and_fills_it_again(
    at: AtWork, town: Town
) -> None:
    town.pages["/f"] = collection()
    feed = await at.follow("/f")
    assert (feed.state, await at.standing(feed)) == ("ok", {})
    town.pages["/f"] = collection(point(1))
    feed = await at.come_back(feed)
    assert set(await at.standing(feed)) == {"1"}
    town.pages["/f"] = collection()
    feed = await at.come_back(feed)
    assert (feed.state, await at.standing(feed)) == ("ok", {})


async def test_the_same_document_is_asked_for_on_condition_and_read_once(
    at: AtWork, town: Town
) -> None:
    town.pages["/f"] = collection(point(1))
    town.conditional.add("/f")
    feed = await at.follow("/f")
    feed = await at.come_back(feed)
    assert at.asked("/f") == 2
    assert "if-none-match" in at.server.asked[-1].lower()
    assert feed.succeeded_at == at.clock.now()
    assert await at.do(Entry.objects.filter(verb="map.refreshed").count) == 1


async def test_an_object_that_cannot_be_read_is_told_and_stays_as_it_was(
    at: AtWork, town: Town
) -> None:
    town.pages["/f"] = collection(point(1), point(2))
    feed = await at.follow("/f")
    broken = point(2)
    broken["geometry"]["coordinates"] = [400, 99]
    town.pages["/f"] = collection(point(1, "Nouveau"), broken)
    feed = await at.come_back(feed)
    assert await at.standing(feed) == {"1": "Nouveau", "2": "Barrage 2"}
    assert (feed.state, feed.refused_number, feed.refused[0]["number"]) == ("ok", 1, 2)


TROUBLES = {
    "/slow": "too_slow", "/huge": "too_large", "/bomb": "too_large", "/inside": "address_forbidden",
    "/circle": "too_many_redirects", "/cut": "not_http", "/nothing": "feed_missing",
    "/busy": "server_busy", "/ill": "server_failed", "/page": "page_instead", "/xml": "doctype",
    "/half": "truncated", "/words": "no_places", "/blank": "feed_empty", "/other": "other_kind",
    "/deep": "no_places",
}  # fmt: skip


@pytest.mark.parametrize("path", TROUBLES)
async def test_a_source_that_misbehaves_leaves_the_layer_as_it_was_and_says_why(
    at: AtWork, town: Town, path: str
) -> None:
    town.status |= {"/busy": "429 Too Many Requests", "/ill": "500 Oops"}
    bad = {
        "/page": b"<!doctype html><html><body>Maintenance</body></html>",
        "/xml": b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>',
        "/half": collection(point(1), point(2))[:-40],
        "/words": b'{"error": "quota exceeded"}',
        "/blank": b" \n ",
        "/other": towns.GPX,
        "/deep": b'{"type":"FeatureCollection","features":[' + b"[" * 90_000 + b"]" * 90_000 + b"]}",
    }  # fmt: skip
    town.pages |= bad
    feed = await at.follow(path)
    assert feed.code == TROUBLES[path]
    assert feed.state in ("failing", "stuck")
    assert await at.standing(feed) == {}
    # The same at an address that went well before: a bad hour, and what was there stays.
    town.pages["/good"] = collection(point(1), point(2))
    good = await at.follow("/good")
    await at.do(
        LayerFeed.objects.filter(pk=good.pk).update, address=at.server.url(path), next_at=at.clock.now()
    )  # fmt: skip
    good = await at.come_back(good, minutes=1)
    if path == "/other":
        assert good.code in ("broken", "other_kind")
    elif path == "/xml":
        assert good.code in ("broken", "doctype")
    else:
        assert good.code == TROUBLES[path]
    assert set(await at.standing(good)) == {"1", "2"}
    assert good.succeeded_at is not None
    assert good.succeeded_at < at.clock.now()


async def test_a_failing_source_is_tried_less_and_less_then_told_once(
    at: AtWork, town: Town
) -> None:
    town.pages["/f"] = collection(point(1))
    feed = await at.follow("/f")
    town.status["/f"] = "500 Oops"
    for _ in range(8):
        feed = await at.come_back(feed, days=2)
    assert (feed.state, feed.failures) == ("stuck", 8)
    assert await at.do(Entry.objects.filter(verb="map.source_stuck").count) == 1
    del town.status["/f"]
    feed = await at.come_back(feed, days=2)
    assert (feed.state, feed.code) == ("ok", "")
    assert await at.do(Entry.objects.filter(verb="map.source_mended").count) == 1


async def test_the_server_is_left_alone_as_long_as_it_asks(at: AtWork, town: Town) -> None:
    town.status["/f"] = "429 Too Many Requests"
    feed = await at.follow("/f", interval_s=60)
    assert feed.next_at >= at.clock.now() + timedelta(seconds=7200)


async def test_many_workers_visit_a_source_once(at: AtWork, town: Town) -> None:
    town.pages["/f"] = collection(point(1))
    await at.follow("/f")
    at.clock.step(hours=1)
    first = await at.do(refreshing.look, now=at.clock.now())
    second = await at.do(refreshing.look, now=at.clock.now())
    assert (first, second) == (1, 0)


async def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    at: AtWork, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.pages["/f"] = collection(*(point(n) for n in range(50)))
    whole = storing.bulk.remove_vanished

    def dies(**named: object) -> None:
        raise KeyboardInterrupt

    feed = await at.follow("/f", name="avant")
    assert len(await at.standing(feed)) == 50
    town.pages["/f"] = collection(*(point(n) for n in range(25, 75)))
    monkeypatch.setattr(storing.bulk, "remove_vanished", dies)
    at.clock.step(hours=1)
    with pytest.raises(KeyboardInterrupt):
        await at.do(_take_in_now, feed, town.pages["/f"], at.clock.now())
    assert set(await at.standing(feed)) == {str(n) for n in range(50)}
    assert await at.do(Entry.objects.filter(verb="map.refreshed").count) == 1
    monkeypatch.setattr(storing.bulk, "remove_vanished", whole)
    feed = await at.come_back(feed)
    assert set(await at.standing(feed)) == {str(n) for n in range(25, 75)}
    assert await at.do(Feature.objects.filter(layer=feed.layer_id).count) == 75


def _take_in_now(feed: LayerFeed, body: bytes, now: object) -> None:
    from vigie.mapping.feeds.contract import Document
    from vigie.mapping.feeds.reading import read_document

    wanted = storing.wanted(feed.pk)
    assert wanted is not None
    read = read_document(Document(body=body), wanted.manner)
    storing.take_in(feed.pk, read, digest="x", now=now)  # type: ignore[arg-type]


async def test_paused_removed_and_put_away_sources_are_left_alone(at: AtWork, town: Town) -> None:
    town.pages |= {path: collection(point(1)) for path in ("/a", "/b", "/c", "/d")}
    a, b, c, d = [await at.follow(path) for path in ("/a", "/b", "/c", "/d")]
    now = at.clock.now()
    await at.do(feeds.pause_feed, layer=a.layer.number, by=at.by, now=now)
    await at.do(archive_layer, layer=b.layer, by=at.by, now=now)
    await at.do(feeds.remove_feed, layer=c.layer.number, keep=True, by=at.by, now=now)
    await at.do(feeds.remove_feed, layer=d.layer.number, by=at.by, now=now)
    before = len(at.server.asked)
    at.clock.step(hours=9)
    assert await at.do(refreshing.look, now=at.clock.now()) == 0
    await at.worker.drain()
    assert len(at.server.asked) == before
    layers = {row.number: row for row in await at.do(lambda: list(Layer.objects.all()))}
    assert (layers[c.layer.number].origin, layers[c.layer.number].archived_at) == ("imported", None)
    assert layers[d.layer.number].archived_at == now
    await at.do(feeds.resume_feed, layer=a.layer.number, by=at.by, now=at.clock.now())
    await at.worker.drain()
    assert len(at.server.asked) == before + 1


async def test_who_may_not_edit_layers_follows_nothing(at: AtWork, town: Town) -> None:
    by = Desk(operation=at.by.operation, user=at.by.user, actor="x", rights=frozenset())
    with pytest.raises(NotAllowed):
        await at.do(
            feeds.add_feed, kind="geojson", address="https://a.example/", options={},
            interval_s=900, name="", by=by, now=at.clock.now(),
        )  # fmt: skip
