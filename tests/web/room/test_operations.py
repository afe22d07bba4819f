"""My operations, opening one, its settings, the picker of its territory."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from vigie.accounts.roles import Role
from vigie.collection.models import Watch
from vigie.operations.models import Operation

pytestmark = pytest.mark.django_db
NEW = {
    "title": "Crue de la Bièvre",
    "kind": "flood",
    "languages": ["fr", "en"],
    "commune": ["91064", "91312"],
    "watches": "on",
}


def client_of(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def text(answer: object) -> str:
    return answer.content.decode().replace("\u00a0", " ")  # type: ignore[attr-defined,no-any-return]


def test_ones_operations_are_cards_with_what_waits(cast: Cast, now: datetime) -> None:
    for _ in range(3):
        factories.lead(cast.operation, now=now)
    page = text(client_of(cast.volunteer).get("/"))
    assert cast.operation.title in page
    assert cast.other_operation.title not in page
    assert '<span class="count new">3</span> à traiter' in page
    assert "veilleur" in page
    assert reverse("room:new") not in page


def test_a_partners_card_says_nothing_of_posts(cast: Cast, now: datetime) -> None:
    factories.lead(cast.operation, now=now)
    page = text(client_of(cast.partner).get("/"))
    assert cast.operation.title in page
    assert "à traiter" not in page


def test_closed_operations_are_put_away(cast: Cast, now: datetime) -> None:
    Operation.objects.filter(pk=cast.operation.pk).update(phase="closed", closed_at=now)
    page = text(client_of(cast.volunteer).get("/"))
    assert page.index("Opérations closes") < page.index(cast.operation.title)


def test_who_has_none_is_told_what_comes_next(cast: Cast) -> None:
    assert "Vous n’êtes encore dans aucune équipe" in text(client_of(factories.user()).get("/"))
    page = text(client_of(cast.administrator).get("/"))
    assert "Aucune opération ouverte" in page
    assert reverse("room:new") in page


def test_an_operation_is_opened_with_its_territory_and_watches(cast: Cast) -> None:
    answer = client_of(cast.coordinator).post(reverse("room:new"), NEW)
    made = Operation.objects.get(title="Crue de la Bièvre")
    assert answer["Location"] == reverse("room:home", args=[made.slug])
    assert set(made.communes.values_list("name", flat=True)) == {"Bièvres", "Igny"}
    queries = list(Watch.objects.filter(operation=made).values_list("query", flat=True))
    assert queries
    assert all('place:"Bièvres"' in query for query in queries)


def test_without_watches_none_is_made(cast: Cast) -> None:
    client_of(cast.coordinator).post(
        reverse("room:new"), {k: v for k, v in NEW.items() if k != "watches"}
    )
    assert not Watch.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"commune": []}, "Ajoutez au moins une commune au territoire."),
        ({"commune": ["99999"]}, "Ajoutez au moins une commune au territoire."),
        ({"title": ""}, "errorlist"),
        ({"kind": "picnic"}, "errorlist"),
        ({"languages": []}, "errorlist"),
    ],
)
def test_what_is_missing_is_said_and_what_was_given_is_kept(
    cast: Cast, change: dict[str, object], words: str
) -> None:
    answer = client_of(cast.coordinator).post(reverse("room:new"), {**NEW, **change})
    assert answer.status_code == 422
    page = text(answer)
    assert words in page
    assert ("Bièvres" in page) is (change.get("commune") is None)
    assert Operation.objects.filter(title="Crue de la Bièvre").count() == 0


def test_suggestions_come_with_whole_departements(cast: Cast) -> None:
    client = client_of(cast.coordinator)
    page = text(client.get(reverse("room:places"), {"q": "essonne"}))
    assert "Essonne (91)" in page
    assert "ajouter ses 194 communes" in page
    assert text(client.get(reverse("room:departement", args=["91"]))).count('name="commune"') == 194
    assert client.get(reverse("room:departement", args=["0"])).status_code == 404
    assert "Aucune commune" in text(client.get(reverse("room:places"), {"q": "qzx"}))


def test_settings_show_what_is_and_save_what_is_changed(cast: Cast) -> None:
    client = client_of(cast.coordinator)
    url = reverse("room:settings", args=[cast.operation.slug])
    assert "Orsay" in text(client.get(url))
    answer = client.post(
        url,
        {"title": "Autre", "kind": "storm", "languages": ["fr"], "commune": ["91471"],
         "time_zone": "Europe/Paris", "hold_minutes": "15"},
    )  # fmt: skip
    assert answer.status_code == 302
    operation = Operation.objects.get(pk=cast.operation.pk)
    assert (operation.title, operation.kind, operation.hold_minutes) == ("Autre", "storm", 15)
    assert list(operation.communes.values_list("code", flat=True)) == ["91471"]


def test_the_exercise_flag_is_shut_once_posts_came(cast: Cast, now: datetime) -> None:
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    by = factories.desk(cast.coordinator, cast.operation)
    with transaction.atomic():
        by.record("posts.arrived", now=now)
    url = reverse("room:settings", args=[cast.operation.slug])
    assert "cela ne peut plus changer" in text(client_of(cast.coordinator).get(url))
    client_of(cast.coordinator).post(
        url,
        {"title": "X", "kind": "flood", "languages": ["fr"], "commune": ["91471"],
         "time_zone": "Europe/Paris", "hold_minutes": "10"},
    )  # fmt: skip
    assert Operation.objects.get(pk=cast.operation.pk).is_exercise


@pytest.mark.parametrize("role", list(Role))
def test_the_room_shows_each_role_what_its_rights_open(
    cast: Cast, now: datetime, role: Role
) -> None:
    factories.lead(cast.operation, now=now)
    who = {Role.WATCHER: "volunteer"}.get(role, role.value)
    page = text(client_of(getattr(cast, who)).get(reverse("room:home", args=[cast.operation.slug])))
    assert cast.operation.title in page
    reads = role not in (Role.PARTNER, Role.CALLER)
    assert ("Signalements" in page) is (role is not Role.CALLER)
    assert ("À traiter" in page) is reads
    assert ("Dernièrement" in page) is reads
    assert ("Commencer le désengagement" in page) is (role is Role.COORDINATOR)


def test_fragments_are_what_the_page_shows(cast: Cast, now: datetime) -> None:
    """The same words, whether the page is loaded or its part is refreshed."""
    factories.lead(cast.operation, now=now)
    client = client_of(cast.volunteer)
    page = text(client.get(reverse("room:home", args=[cast.operation.slug])))
    for name in ("situation", "lately", "bar"):
        fragment = text(client.get(reverse(f"room:{name}", args=[cast.operation.slug])))
        assert fragment.strip() in page, name


def test_who_is_here_is_answered_with_who_is_here(cast: Cast) -> None:
    url = reverse("room:presence", args=[cast.operation.slug])
    client_of(cast.volunteer).post(url, {"room": "board"})
    page = text(client_of(cast.observer).post(url, {"room": "room"}))
    assert "watcher" in page
    assert "observer" in page
    room = text(client_of(cast.observer).get(reverse("room:team", args=[cast.operation.slug])))
    assert room.count('<span class="badge good">présent</span>') == 2
