"""The map goes to the public by a person's name, frozen, without what is nobody's business."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.factories import Cast
from tests.mapping.releasing import HOME, WORDS, changed, drawn, released
from vigie.journal.models import Entry
from vigie.kernel.clock import rfc3339
from vigie.kernel.geometry import distance_m
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import archive_layer, create_layer, edit_layer
from vigie.mapping.actions.releases import (
    ChangedMeanwhile,
    NothingPublic,
    ReleaseRefused,
    read_words,
    release_map,
    withdraw_map,
)
from vigie.mapping.models import Layer, MapRelease, ReleasedObject
from vigie.mapping.queries.release_review import Choice, review
from vigie.mapping.queries.releases import (
    layer_states,
    present_release,
    public_map,
    releases,
    shown_of,
    things_of,
)
from vigie.operations.access import Desk, NotAllowed, machine_desk
from vigie.triage.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(mapper: Desk, now: datetime) -> Layer:
    return create_layer(name="Abris", theme="shelters", audience="public", by=mapper, now=now)


@pytest.fixture
def shelter(layer: Layer, mapper: Desk, now: datetime) -> Any:
    return drawn(
        layer, mapper, now, template="shelter", name="Gymnase", note="Entrée par le parc",
        **{"attributes.capacity": 180, "attributes.phone": "06 12 34 56 78"},
    )  # fmt: skip


def incident(cast: Cast, now: datetime, **fields: Any) -> Incident:
    number = Incident.objects.filter(operation=cast.operation).count() + 1
    base: dict[str, Any] = {
        "operation": cast.operation, "number": number, "title": "Mme Petit isolée au 2e",
        "description": "12 rue du Port, 06 12 34 56 78", "category": "appel_secours",
        "state": "confirmed", "place_name": "12 rue du Port", "place_code": "91345",
        "geometry": HOME, "lon": HOME["coordinates"][0], "lat": HOME["coordinates"][1],
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    return Incident.objects.create(**(base | fields))


def test_nothing_is_public_before_somebody_says_so(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any
) -> None:
    assert present_release(cast.operation) is None
    found = public_map(cast.operation.slug)
    assert found is not None
    assert (found.release, found.things, found.withdrawn) == (None, (), False)
    assert layer_states(cast.operation, [layer])[layer.pk].code == "not_released"


def test_a_release_tells_the_listed_fields_and_nothing_else(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    hidden = create_layer(name="Secours", audience="partner", by=mapper, now=now)
    drawn(hidden, mapper, now, template="command_post", name="PC avancé")
    made = released(mapper, now)
    (row,) = things_of(made)
    assert (row.template, row.title, row.text) == ("shelter", "Gymnase", "Entrée par le parc")
    assert row.attributes == {"capacity": 180}
    assert row.precision == "exact"
    assert (made.number, made.by, made.signed) == (1, cast.mapper, "Département de l’Essonne")
    assert made.licence == "Licence Ouverte 2.0"
    told = json.dumps([each.told() for each in shown_of(made)], default=str)
    for secret in ("06 12", "PC avancé", "mapper", str(shelter.uid), "phone"):
        assert secret not in told


def test_every_gesture_is_an_entry_of_the_journal(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    made = released(mapper, now)
    entry = Entry.objects.get(chain=cast.operation.pk, verb="map.released")
    assert entry.seq == made.entry
    assert (entry.actor, entry.data["n"], entry.data["added"]) == ("mapper", 1, 1)
    withdraw_map(by=mapper, now=now + timedelta(minutes=1))
    entry = Entry.objects.get(chain=cast.operation.pk, verb="map.withdrawn")
    assert entry.data == {"number": 1}
    with pytest.raises(NothingPublic):
        withdraw_map(by=mapper, now=now)


def test_what_was_released_stays_as_it_was_until_the_next_release(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    released(mapper, now)
    changed(shelter, mapper, now, name="Gymnase fermé")
    found = public_map(cast.operation.slug)
    assert found is not None
    assert [row.title for row in found.things] == ["Gymnase"]
    layer.refresh_from_db()
    assert layer_states(cast.operation, [layer])[layer.pk].code == "changed"
    (line,) = review(mapper, now=now).lines
    assert (line.change, line.fields) == ("changed", ("title",))
    first = things_of(released(mapper, now))[0].public_id
    layer.refresh_from_db()
    assert layer_states(cast.operation, [layer])[layer.pk].code == "released"
    changed(shelter, mapper, now, deleted=True)
    drawn(layer, mapper, now, template="shelter", name="Salle")
    found_again = review(mapper, now=now)
    assert [each.title for each in found_again.vanished] == ["Gymnase fermé"]
    released(mapper, now)
    rows = ReleasedObject.objects.order_by("release__number", "position")
    assert [(row.release.number, row.title) for row in rows] == [
        (1, "Gymnase"), (2, "Gymnase fermé"), (3, "Salle"),
    ]  # fmt: skip
    assert {row.public_id for row in rows[:2]} == {first}


def test_a_withdrawn_map_is_gone_and_can_be_released_again(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    released(mapper, now)
    withdraw_map(by=mapper, now=now)
    found = public_map(cast.operation.slug)
    assert found is not None
    assert found.withdrawn
    assert found.things == ()
    assert layer_states(cast.operation, [layer])[layer.pk].code == "not_released"
    again = released(mapper, now)
    assert (again.number, present_release(cast.operation)) == (2, again)
    assert [each.number for each in releases(mapper)] == [2, 1]


def test_what_changed_since_it_was_read_does_not_go_out(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    from vigie.mapping.actions.releases import digest_of

    told = read_words(WORDS)
    seen = digest_of(told, "", review(mapper, {}, now=now))
    changed(shelter, mapper, now, name="Gymnase de Mme Petit")
    with pytest.raises(ChangedMeanwhile):
        release_map(words=told, choices={}, seen=seen, by=mapper, now=now)
    assert not MapRelease.objects.exists()


@pytest.mark.parametrize(
    ("words", "code"), [({"fr": {"title": " ", "text": "x"}}, "title"), ({}, "title")]
)
def test_a_release_without_a_title_is_refused(
    mapper: Desk, layer: Layer, shelter: Any, now: datetime, words: dict[str, Any], code: str
) -> None:
    with pytest.raises(ReleaseRefused) as refusal:
        release_map(words=words, choices={}, seen="", by=mapper, now=now)
    assert refusal.value.code == code


def test_a_release_of_nothing_or_of_nothing_new_is_refused(
    mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    with pytest.raises(ReleaseRefused, match="empty"):
        released(mapper, now, {f"object-{shelter.uid}": Choice(precision="no")})
    released(mapper, now)
    with pytest.raises(ReleaseRefused, match="unchanged"):
        released(mapper, now)


def test_only_who_may_release_releases_and_never_a_machine(
    cast: Cast, layer: Layer, shelter: Any, now: datetime
) -> None:
    for person in (cast.volunteer, cast.verifier, cast.partner, cast.communicator):
        by = factories.desk(person, cast.operation)
        with pytest.raises(NotAllowed):
            review(by, now=now)
        with pytest.raises(NotAllowed):
            withdraw_map(by=by, now=now)
    machine = machine_desk(cast.operation, "demo")
    with pytest.raises(NotAllowed):
        released(machine, now)
    assert not MapRelease.objects.exists()


def test_a_home_is_blurred_by_itself_and_stays_where_it_was_told(
    cast: Cast, mapper: Desk, layer: Layer, now: datetime
) -> None:
    home = drawn(layer, mapper, now, name="Pompage en cours", geometry=HOME)
    first = things_of(released(mapper, now))[0]
    assert (first.precision, first.precision_m) == ("100", 100)
    assert first.geometry["coordinates"] != HOME["coordinates"]
    lon, lat = HOME["coordinates"]
    assert 0 < distance_m(lon, lat, first.lon, first.lat) <= 100
    for n in range(1, 5):
        near = {"type": "Point", "coordinates": [lon + n * 2e-5, lat]}
        changed(home, mapper, now, geometry=near, name=f"Pompage {n}")
        (row,) = things_of(released(mapper, now))
        assert (row.lon, row.lat) == (first.lon, first.lat)


def test_an_incident_goes_out_only_by_choice_in_public_words(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    row = incident(cast, now)
    incident(cast, now, state="denied")
    found = review(mapper, now=now)
    assert [line.choice.precision for line in found.lines if line.incident] == ["no"]
    key = f"incident-{row.number}"
    made = released(mapper, now, {key: Choice(precision="500", title="Secours en cours")})
    told = next(each for each in things_of(made) if each.kind == "incident")
    assert (told.title, told.template, told.text) == ("Secours en cours", "appel_secours", "")
    assert (told.theme, told.precision_m, told.commune) == ("incidents", 500, "Longjumeau")
    written = json.dumps([each.told() for each in shown_of(made)], default=str)
    for secret in ("Petit", "rue du Port", "06 12", str(HOME["coordinates"][0])):
        assert secret not in written
    again = {line.thing.key: line for line in review(mapper, now=now).lines}[key]
    assert (again.choice, again.change) == (
        Choice(precision="500", title="Secours en cours"),
        "same",
    )
    row.state = "denied"
    row.save()
    assert [each.title for each in review(mapper, now=now).vanished] == ["Secours en cours"]


def test_what_was_kept_back_is_not_proposed_again(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    other = drawn(layer, mapper, now, template="shelter", name="Salle fermée")
    released(mapper, now, {f"object-{other.uid}": Choice(precision="no")})
    lines = {line.thing.title: line for line in review(mapper, now=now).lines}
    assert lines["Salle fermée"].shown is None
    assert lines["Gymnase"].change == "same"


def test_everything_doubtful_is_warned_of(
    cast: Cast, mapper: Desk, layer: Layer, now: datetime
) -> None:
    volunteer = factories.desk(cast.volunteer, cast.operation)
    row = drawn(
        layer, mapper, now, name="Chez Mme Petit", geometry=HOME, credibility=4,
        valid_until=rfc3339(now - timedelta(hours=1)), note="06 12 34 56 78",
        **{"attributes.reason": "vu par watcher"},
    )  # fmt: skip
    old = row.changed
    changed(row, mapper, now, note="06 12 34 56 79")
    clash = Edit(
        edit=row.uid, feature=row.uid, set={"note": "appelez le 06 12 34 56 70"}, base={"*": old}
    )
    apply_edits(edits=[clash], by=volunteer, now=now)
    (line,) = review(mapper, now=now).lines
    assert line.shown is None, "what is over is not proposed"
    (line,) = review(mapper, {line.thing.key: Choice(precision="exact")}, now=now).lines
    codes = {each.code for each in line.warnings}
    assert codes == {"asked", "doubtful", "home", "over", "person", "phone", "team"}
    post = drawn(layer, mapper, now, template="command_post", name="PC")
    lines = {each.thing.key: each for each in review(mapper, now=now).lines}
    assert [each.code for each in lines[f"object-{post.uid}"].warnings] == ["operational"]


def test_a_layer_that_is_no_longer_public_is_taken_back(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    released(mapper, now)
    edit_layer(layer=layer, changes={"audience": "team"}, by=mapper, now=now)
    layer.refresh_from_db()
    assert layer_states(cast.operation, [layer])[layer.pk].code == "still_public"
    found = review(mapper, now=now)
    assert (found.lines, len(found.vanished)) == ((), 1)
    assert found.differences.taken_back == (f"object-{shelter.uid}",)
    archive_layer(layer=layer, by=mapper, now=now)
    assert present_release(cast.operation) is not None, "only a person takes the map back"


def test_a_layer_that_is_too_large_is_said_and_not_released(
    mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    Layer.objects.filter(pk=layer.pk).update(objects_number=1_001)
    found = review(mapper, now=now)
    assert [row.pk for row in found.too_large] == [layer.pk]
    assert found.lines == ()


def test_what_comes_from_outside_is_said_by_layer(
    mapper: Desk, layer: Layer, shelter: Any, now: datetime
) -> None:
    assert review(mapper, now=now).outside == ()
    Layer.objects.filter(pk=layer.pk).update(origin="remote")
    assert [row.pk for row in review(mapper, now=now).outside] == [layer.pk]
    inside = {f"object-{shelter.uid}": Choice(precision="no")}
    assert review(mapper, inside, now=now).outside == ()


def test_layers_that_are_too_many_together_are_left_out(
    mapper: Desk, layer: Layer, now: datetime
) -> None:
    others = [
        create_layer(name=f"Autre {n}", audience="public", by=mapper, now=now) for n in range(2)
    ]
    Layer.objects.update(objects_number=900)
    assert [row.pk for row in review(mapper, now=now).too_large] == [layer.pk]
    assert len(others) == 2


def test_the_review_asks_a_fixed_number_of_queries(
    cast: Cast, mapper: Desk, layer: Layer, shelter: Any, now: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for n in range(12):
        drawn(layer, mapper, now, template="shelter", name=f"Salle {n}")
        incident(cast, now)
    released(mapper, now)
    with django_assert_max_num_queries(11):
        review(mapper, now=now)
    with django_assert_max_num_queries(3):
        public_map(cast.operation.slug)


def test_english_without_a_title_takes_the_french_one() -> None:
    told = read_words({"fr": {"title": "Carte"}, "en": {"text": "Roads"}, "de": {"title": "x"}})
    assert told == {
        "fr": {"title": "Carte", "text": ""}, "en": {"title": "Carte", "text": "Roads"},
    }  # fmt: skip
