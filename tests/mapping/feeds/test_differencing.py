"""Whatever a source says from one visit to the next, the layer is what it says now, and each object
keeps who it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast
from vigie.journal.models import Entry
from vigie.kernel.clock import utc_now
from vigie.mapping.actions import feeds
from vigie.mapping.feeds import storing
from vigie.mapping.feeds.reading import Read
from vigie.mapping.files.types import Choices, Draft, fingerprint
from vigie.mapping.models import Feature, FeatureRevision, Layer, LayerFeed
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db

CHOICES = Choices(format="geojson", crs="EPSG:4326", columns={"id": "id", "name": "nom"})
State = dict[str, tuple[str, int, int]]
"""Id → name, longitude in hundredths, an attribute."""

states = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.tuples(st.sampled_from(["", "Pont", "Gué"]), st.integers(200, 240), st.integers(0, 2)),
    max_size=12,
)


def read(state: State, unreadable: frozenset[str] = frozenset()) -> Read:
    """What the reader makes of a document; objects that cannot be read still say their id."""
    drafts = [
        Draft(
            number=at, foreign=name, fields={"name": told} if told else {},
            attributes={"n": n} if n else {},
            geometry=json.dumps({"type": "Point", "coordinates": [lon / 100, 48.5]}, separators=(",", ":")),
            box=(lon / 100, 48.5, lon / 100, 48.5), lon=lon / 100, lat=48.5,
        )
        for at, (name, (told, lon, n)) in enumerate(state.items(), start=1)
        if name not in unreadable
    ]  # fmt: skip
    return Read(
        drafts=tuple(drafts), seen=b"".join(map(fingerprint, state)), choices=CHOICES,
        format="geojson",
    )  # fmt: skip


def standing(row: LayerFeed) -> State:
    found = Feature.objects.filter(layer=row.layer_id, deleted_at__isnull=True)
    return {
        each.foreign_id: (each.name, round((each.lon or 0) * 100), each.attributes.get("n", 0))
        for each in found
    }  # fmt: skip


def followed(by: Desk) -> LayerFeed:
    Layer.objects.all().delete()  # of the example before
    return feeds.add_feed(
        kind="geojson", address="https://a.example/f", options={}, interval_s=900, name="A", by=by,
        now=utc_now(),
    )  # fmt: skip


@pytest.fixture
def by(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=st.lists(states, min_size=1, max_size=5), blind=st.sets(st.sampled_from("abcdefgh")))  # fmt: skip
def test_the_layer_is_what_was_there_without_the_vanished_and_with_the_new(
    by: Desk, visits: list[State], blind: set[str]
) -> None:
    row, now = followed(by), utc_now()
    was: State = {}
    known: dict[str, Any] = {}
    for nth, says in enumerate(visits):
        unreadable = frozenset(blind) if nth else frozenset[str]()
        before = Entry.objects.filter(chain=row.layer.operation_id, verb="map.refreshed").count()
        revisions = FeatureRevision.objects.count()
        done = storing.take_in(row.pk, read(says, unreadable), digest=str(nth), now=now)
        assert done is not None
        now += timedelta(minutes=1)
        wanted = {name: told for name, told in says.items() if name not in unreadable}
        wanted |= {name: was[name] for name in unreadable & set(says) & set(was)}
        assert standing(row) == wanted
        made, gone = set(wanted) - set(was), set(was) - set(wanted)
        changed = {name for name in set(was) & set(wanted) if was[name] != wanted[name]}
        back = {name for name in made if name in known}
        assert (done.made + len(back), done.gone) == (len(made), len(gone))
        written = FeatureRevision.objects.count() - revisions
        assert written == len(gone) + len(changed) + len(back)
        entries = Entry.objects.filter(chain=row.layer.operation_id, verb="map.refreshed")
        assert entries.count() - before == bool(made or gone or changed)
        uids = dict(Feature.objects.filter(layer=row.layer_id).values_list("foreign_id", "uid"))
        assert {name: uids[name] for name in known} == known
        known, was = uids, wanted
        layer = Layer.objects.get(pk=row.layer_id)
        assert layer.objects_number == len(wanted)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(says=states)
def test_the_same_said_again_writes_nothing(by: Desk, says: State) -> None:
    row, now = followed(by), utc_now()
    storing.take_in(row.pk, read(says), digest="1", now=now)
    entries, revisions = Entry.objects.count(), FeatureRevision.objects.count()
    storing.take_in(row.pk, read(dict(reversed(says.items()))), digest="2", now=now)
    assert (Entry.objects.count(), FeatureRevision.objects.count()) == (entries, revisions)


def test_an_object_whose_mark_ends_in_nothing_stays(by: Desk) -> None:
    name = next(f"{n}" for n in range(10_000) if fingerprint(f"{n}").endswith(b"\0"))
    row, says = followed(by), {name: ("Pont", 200, 0), "x": ("Gué", 210, 0)}
    storing.take_in(row.pk, read(says), digest="1", now=utc_now())
    assert standing(row) == says
