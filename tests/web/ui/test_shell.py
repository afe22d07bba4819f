"""The frame of every page: rooms one may enter, the operation's switch, words when lost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.factories import Cast, user
from vigie.accounts.models import User
from vigie.operations.models import Operation
from vigie.web.ui.toasts import toast

pytestmark = pytest.mark.django_db


def page(person: User, route: str, cast: Cast) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get(reverse(route, kwargs={"slug": cast.operation.slug}))
    return answer.content.decode()


def draw(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


def test_the_left_bar_has_the_rooms_of_ones_roles(cast: Cast) -> None:
    board = reverse("board:board", kwargs={"slug": cast.operation.slug})
    rail = page(cast.coordinator, "room:home", cast).split('class="rail"')[1].split("</nav>")[0]
    assert board in rail
    rail = page(cast.partner, "room:home", cast).split('class="rail"')[1].split("</nav>")[0]
    assert board not in rail


@pytest.mark.parametrize("route", ["room:home", "room:journal", "map:map"])
def test_the_room_one_is_in_is_marked_once(cast: Cast, route: str) -> None:
    rail = page(cast.coordinator, route, cast).split('class="rail"')[1].split("</nav>")[0]
    url = reverse(route, kwargs={"slug": cast.operation.slug})
    assert rail.count("aria-current") == 1
    assert f'href="{url}" aria-current="page"' in rail


def test_an_exercise_says_so_on_every_screen(cast: Cast) -> None:
    assert "exercise-band" not in page(cast.volunteer, "room:home", cast)
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    for route in ("room:home", "board:board", "map:map", "reports:list"):
        assert "EXERCICE" in page(cast.volunteer, route, cast)


def test_the_switch_holds_ones_open_operations_only(cast: Cast) -> None:
    html = page(cast.coordinator, "room:home", cast)
    assert cast.operation.title in html
    assert cast.other_operation.title not in html


def test_a_page_that_is_not_there_says_so_in_the_persons_language(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.outsider)
    answer = client.get(reverse("room:home", kwargs={"slug": cast.operation.slug}))
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.content.decode()
    assert cast.operation.title not in answer.content.decode()


def test_the_gallery_is_for_administrators(cast: Cast, client: Client) -> None:
    url = reverse("ui:gallery")
    assert client.get(url).status_code == 404
    client.force_login(cast.coordinator)
    assert client.get(url).status_code == 404
    client.force_login(cast.administrator)
    assert client.get(url).status_code == 200


def test_urgency_has_a_word_a_shape_and_its_reason() -> None:
    with translation.override("fr"):
        html = draw('{% urgency 4 "« coincés »" %}')
    assert 'data-level="critical"' in html
    assert "<svg" in html
    assert "Critique" in html
    assert "« coincés »" in html


def test_a_rating_is_spelt_out_and_f6_is_not_rated() -> None:
    with translation.override("en"):
        assert "Usually reliable source; Probably true" in draw('{% rating "B" 2 %}')
    assert "unrated" in draw('{% rating "F" 6 %}')
    assert "unrated" not in draw('{% rating "F" 5 %}')


def test_initials_are_never_empty_and_never_markup() -> None:
    assert ">CD<" in draw("{% person who %}", who=user("Claire Dumas"))
    assert ">V3<" in draw("{% person who %}", who=user("Claire", callsign="V3"))
    assert "&lt;" in draw("{% person who %}", who=user("<b> <i>"))


def test_a_missing_time_is_a_dash_and_an_old_one_stands_still(now: datetime) -> None:
    assert draw("{% when nothing %}", nothing=None) == "–"
    html = draw("{% when moment %}", moment=now - timedelta(days=9))
    assert "data-vigie-time" not in html
    assert 'datetime="2026-11-15T03:00:00Z"' in html


def test_a_toast_goes_with_an_answer() -> None:
    answer = toast(HttpResponse(), "Écartée", undo="/o/crue/undo/7/")
    assert json.loads(answer["HX-Trigger"])["vigie:toast"] == {
        "text": "Écartée", "kind": "info", "undo": "/o/crue/undo/7/",
    }  # fmt: skip
