"""The public map: what was released and nothing else, list first, light, the same for everybody."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.mapping.releasing import HOME, changed, drawn, released
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.releases import withdraw_map
from vigie.mapping.basemaps.known import offer
from vigie.mapping.models import Layer
from vigie.mapping.queries.release_review import Choice
from vigie.operations.access import Desk
from vigie.triage.models import Incident

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(mapper: Desk, now: datetime) -> Layer:
    made = create_layer(
        name="Abris internes", theme="shelters", audience="public", by=mapper, now=now
    )
    drawn(
        made, mapper, now, template="shelter", name="Gymnase Pompidou", note="Entrée par le parc",
        **{"attributes.capacity": 180, "attributes.phone": "06 12 34 56 78"},
    )  # fmt: skip
    return made


def here(cast: Cast, rest: str = "carte/") -> str:
    return f"/p/{cast.operation.slug}/{rest}"


ALL = ("carte/", "carte/en/", "carte/embed/", "carte/en/embed/", "carte.geojson")


def test_nothing_is_there_before_a_release(cast: Cast, layer: Layer, client: Client) -> None:
    for rest in ALL:
        answer = client.get(here(cast, rest))
        assert answer.status_code == 404, rest
        assert "Gymnase" not in answer.content.decode()
    assert "Pas encore de carte" in client.get(here(cast)).content.decode()
    assert "carte/" not in client.get(here(cast, "")).content.decode()


def test_a_resident_reads_the_list_in_french_and_in_english(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    words = {"fr": {"title": "Crue de l’Orge", "text": "Abris ouverts."},
             "en": {"title": "Orge flood", "text": "Open shelters."}}  # fmt: skip
    released(mapper, now, words=words)
    answer = client.get(here(cast))
    html = answer.content.decode()
    for text in ("Crue de l’Orge", "Gymnase Pompidou", "180", "Longjumeau", "112", "heure de Paris",
                 "Département de l’Essonne", "Licence Ouverte 2.0", "carte.geojson",
                 "&lt;iframe", "Afficher la carte", 'hreflang="en"'):  # fmt: skip
        assert text in html, text
    assert html.index("Gymnase Pompidou") < html.index("data-map-show"), "the list comes first"
    assert answer["Content-Language"] == "fr"
    english = client.get(here(cast, "carte/en/")).content.decode()
    for text in ("Orge flood", "Open shelters.", "Capacity: 180", 'lang="fr">Gymnase'):
        assert text in english, text
    page = client.get(here(cast, "")).content.decode()
    assert f'href="{here(cast)}"' in page
    assert "Crue de l’Orge" in page


def test_nobody_is_named_and_nothing_internal_is_told(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    inside = create_layer(name="Secours", audience="partner", by=mapper, now=now)
    drawn(inside, mapper, now, template="command_post", name="PC avancé")
    home = drawn(layer, mapper, now, name="Pompage", geometry=HOME)
    Incident.objects.create(
        operation=cast.operation, number=4321, title="Mme Petit isolée", category="appel_secours",
        description="12 rue du Port", place_name="12 rue du Port", place_code="91345",
        geometry=HOME, lon=HOME["coordinates"][0], lat=HOME["coordinates"][1], state="confirmed",
        created_at=now, updated_at=now,
    )  # fmt: skip
    released(mapper, now, {"incident-4321": Choice(precision="500", title="Personne secourue")})
    names = [user.display for user in (cast.mapper, cast.coordinator, cast.volunteer)]
    lon, lat = HOME["coordinates"]
    for rest in ALL:
        body = client.get(here(cast, rest)).content.decode()
        assert "Personne secourue" in body, rest
        for secret in ("Petit", "rue du Port", "4321", "06 12", "PC avancé", "Abris internes",
                       str(home.uid), f"{lon:.5f}", f"{lat:.5f}", str(lon), str(lat), *names):  # fmt: skip
            assert secret not in body, (rest, secret)


def test_the_page_is_the_same_for_everybody_and_caches_keep_it(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    released(mapper, now)
    signed_in = Client()
    signed_in.force_login(cast.mapper)
    for rest in ALL:
        answer = client.get(here(cast, rest))
        assert answer.content == signed_in.get(here(cast, rest)).content
        assert answer["Cache-Control"].startswith("public, max-age=60")
        assert not answer.cookies
        assert answer["Vary"] == "Accept-Encoding"
        again = client.get(here(cast, rest), HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (again.status_code, again.content) == (304, b"")
        small = client.get(here(cast, rest), HTTP_ACCEPT_ENCODING="br, gzip")
        assert small["Content-Encoding"] == "gzip"
        assert small["ETag"] != answer["ETag"]
        assert gzip.decompress(small.content) == answer.content


def test_only_its_own_scripts_run_and_only_the_embed_stands_in_a_frame(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    released(mapper, now)
    page, frame = client.get(here(cast)), client.get(here(cast, "carte/embed/"))
    for answer in (page, frame):
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "nonce" not in policy
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert frame["X-Robots-Tag"] == "noindex"
    assert "script-src" not in client.get(here(cast, ""))["Content-Security-Policy"]


def test_the_data_say_when_under_what_licence_and_how_exactly(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    drawn(layer, mapper, now, name="Pompage", geometry=HOME)
    released(mapper, now)
    answer = client.get(here(cast, "carte.geojson"))
    assert answer["Content-Type"] == "application/geo+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    made = json.loads(answer.content)
    assert made["as_of"] == "2026-11-24T03:00:00Z"
    assert (made["licence"], made["release"]) == ("Licence Ouverte 2.0", 1)
    by_title = {each["properties"]["title"]: each for each in made["features"]}
    assert by_title["Gymnase Pompidou"]["properties"]["capacity"] == 180
    assert by_title["Pompage"]["properties"]["precision_m"] == 100
    assert by_title["Pompage"]["geometry"]["coordinates"] != HOME["coordinates"]
    assert all("phone" not in each["properties"] for each in made["features"])
    assert "exercise" not in by_title["Pompage"]["properties"]


def test_a_withdrawn_map_is_gone_in_clear_words(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    released(mapper, now)
    withdraw_map(by=mapper, now=now + timedelta(minutes=5))
    for rest in ALL:
        answer = client.get(here(cast, rest))
        assert answer.status_code == 410, rest
        assert "Gymnase" not in answer.content.decode()
        assert answer["Cache-Control"].startswith("public, max-age=60")
    page = client.get(here(cast))
    assert "La carte a été retirée le 24 novembre 2026" in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    assert "carte/" not in client.get(here(cast, "")).content.decode()
    released(mapper, now)
    assert client.get(here(cast)).status_code == 200


def test_an_exercise_says_so_everywhere_and_to_no_search_engine(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    released(mapper, now)
    for rest in ALL:
        answer = client.get(here(cast, rest))
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert ("EXERCISE" if "/en/" in rest else "EXERCICE") in answer.content.decode(), rest
    data = client.get(here(cast, "carte.geojson"))
    assert "EXERCICE_" in data["Content-Disposition"]
    made = json.loads(data.content)
    assert made["exercise"] is True
    assert all(each["properties"]["exercise"] for each in made["features"])


def test_words_are_words_and_never_markup(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    drawn(layer, mapper, now, template="shelter", name=evil, note=evil)
    released(mapper, now, words={"fr": {"title": evil, "text": evil}}, signed=evil[:100])
    for rest in ALL[:4]:
        assert "<img" not in client.get(here(cast, rest)).content.decode()


def test_a_page_asks_the_database_little(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for n in range(10):
        drawn(layer, mapper, now, template="shelter", name=f"Salle {n}")
    released(mapper, now)
    with django_assert_max_num_queries(4):
        client.get(here(cast))
    with django_assert_max_num_queries(3):
        client.get(here(cast, "carte.geojson"))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nobody_writes_by_a_public_address(cast: Cast, client: Client, method: str) -> None:
    for rest in ALL:
        assert getattr(client, method)(here(cast, rest)).status_code == 405


def test_an_operation_in_preparation_has_no_map(cast: Cast, client: Client) -> None:
    cast.operation.phase = "prepared"
    cast.operation.save()
    for rest in ALL:
        assert client.get(here(cast, rest)).status_code == 404
    assert client.get("/p/inconnue/carte/").status_code == 404


def test_what_the_team_draws_since_stays_inside(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    released(mapper, now)
    row = layer.features.get()
    changed(row, mapper, now, name="Gymnase de Mme Petit")
    assert "Petit" not in client.get(here(cast)).content.decode()


def test_what_is_past_or_of_an_operation_that_is_over_says_so(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client
) -> None:
    today = utc_now()
    for name, hours in (("D 117", -1), ("D 118", 1)):
        until = rfc3339(today + hours * HOUR)
        drawn(layer, mapper, now, template="road_cut", name=name, valid_until=until)
    released(mapper, today - 2 * HOUR)
    html = client.get(here(cast)).content.decode()
    assert html.count("Cette durée est passée") == 1
    assert "jusqu’à" in html
    assert "Cette opération est terminée" not in html
    cast.operation.phase, cast.operation.closed_at = "closed", now
    cast.operation.save()
    for rest in ("carte/", "carte/embed/"):
        assert "Cette opération est terminée" in client.get(here(cast, rest)).content.decode()


def test_the_background_is_the_installations_own(
    cast: Cast, layer: Layer, mapper: Desk, now: datetime, client: Client, settings: Any
) -> None:
    released(mapper, now)
    settings.VIGIE_BASEMAPS = offer("Fond=https://fonds.exemple.fr/{z}/{x}/{y}.png © Essonne")
    html = client.get(here(cast)).content.decode()
    assert "Fond (fonds.exemple.fr, qui voit alors votre adresse Internet)" in html
    assert 'data-credit="© Essonne"' in html
    settings.VIGIE_BASEMAPS = offer("none")
    html = client.get(here(cast)).content.decode()
    assert "adresse Internet" not in html
    assert "data-tiles" not in html
