from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.collection.models import Source
from vigie.contracts.plugins import Manifest
from vigie.kernel.clock import utc_now
from vigie.plugins.sources.exercise import ExercisePlayer
from vigie.plugins.sources.feed import FeedSource
from vigie.web.sources.config_forms import SourceForm, config_fields

At = Callable[[str], str]


def test_a_feed_is_added_with_the_sites_name_when_none_is_given(
    coordinator: Client, at: At
) -> None:
    answer = coordinator.post(at("sources/add/feed/"), {"url": "https://www.mairie.exemple/rss"})
    made = Source.objects.get()
    assert answer.headers["Location"] == at(f"sources/{made.pk}/")
    assert (made.name, made.config["url"]) == ("mairie.exemple", "https://www.mairie.exemple/rss")
    assert made.config["interval_s"] == 300


@pytest.mark.parametrize("url", ["", "mairie", "ftp://a.exemple/", "javascript:alert(1)"])
def test_an_address_that_is_none_is_said_under_the_field(
    coordinator: Client, at: At, url: str
) -> None:
    page = coordinator.post(at("sources/add/feed/"), {"url": url}).content.decode()
    assert 'id="id_url_error"' in page
    assert not Source.objects.exists()


def test_settings_are_changed_and_the_rest_of_the_configuration_stays(
    coordinator: Client, at: At, cast: Cast, now: datetime
) -> None:
    made = factories.source(
        cast.operation, now=now, plugin="feed", name="Mairie",
        config={"url": "https://a.exemple/", "author": "Ville", "lang": "fr"},
    )  # fmt: skip
    page = coordinator.get(at(f"sources/{made.pk}/edit/")).content.decode()
    assert 'value="https://a.exemple/"' in page
    assert 'value="Mairie"' in page
    coordinator.post(
        at(f"sources/{made.pk}/edit/"),
        {"url": "https://b.exemple/", "name": "Mairie", "author": "Ville", "interval_s": "120"},
    )
    made.refresh_from_db()
    assert made.config["url"] == "https://b.exemple/"
    assert made.config["author"] == "Ville"
    assert made.config["lang"] == ""
    assert made.config["interval_s"] == 120


def test_pause_resume_try_and_remove(
    coordinator: Client, at: At, cast: Cast, now: datetime
) -> None:
    made = factories.source(
        cast.operation, now=now, plugin="feed", config={"url": "https://a.exemple/"}
    )
    coordinator.post(at(f"sources/{made.pk}/pause/"))
    assert not Source.objects.get().enabled
    coordinator.post(at(f"sources/{made.pk}/resume/"))
    coordinator.post(at(f"sources/{made.pk}/try/"))
    assert Source.objects.get().next_try_at is not None
    factories.lead(cast.operation, now=now, src=made)
    coordinator.post(at(f"sources/{made.pk}/remove/"))
    assert Source.objects.exists()
    made.posts.all().delete()
    coordinator.post(at(f"sources/{made.pk}/remove/"))
    assert not Source.objects.exists()


def test_the_list_tells_trouble_first_and_why(coordinator: Client, at: At, cast: Cast) -> None:
    moment = utc_now()
    soon = moment + timedelta(minutes=2)
    for name, fields in {
        "Alpha": {"state": "unchanged"},
        "Zoulou": {"state": "refused", "error_code": "feed_gone", "error_detail": "HTTP 410"},
        "Mike": {"state": "empty"},
        "Novembre": {"state": "ok", "enabled": False},
    }.items():
        factories.source(
            cast.operation, now=moment, plugin="feed", name=name, next_try_at=soon,
            config={"url": "https://a.exemple/"}, **fields,
        )  # fmt: skip
    page = coordinator.get(at("sources/")).content.decode()
    order = [page.index(f">{name}</a>") for name in ("Zoulou", "Alpha", "Mike", "Novembre")]
    assert order == sorted(order)
    for words in (
        "refusée",
        "fermé pour de bon (410)",
        "rien de nouveau",
        "répond, mais vide",
        "en pause",
    ):
        assert words in page


def test_the_part_that_refreshes_is_the_page_without_its_frame(
    coordinator: Client, at: At, cast: Cast
) -> None:
    factories.source(
        cast.operation, now=utc_now(), plugin="feed", config={"url": "https://a.exemple/"}
    )
    whole = coordinator.get(at("sources/")).content.decode()
    part = coordinator.get(at("sources/"), headers={"HX-Target": "refreshing"}).content.decode()
    assert part.strip() in whole
    assert "<html" not in part


def test_a_source_whose_plugin_is_gone_is_shown_as_such(
    coordinator: Client, at: At, cast: Cast, now: datetime
) -> None:
    made = factories.source(cast.operation, now=now, plugin="gone", name="Ancienne")
    assert "n’est pas installé" in coordinator.get(at(f"sources/{made.pk}/")).content.decode()


def test_the_form_follows_the_plugins_struct() -> None:
    fields = config_fields(FeedSource.manifest)
    assert list(fields) == ["url", "interval_s", "longest_wait_s", "lang", "author"]
    assert fields["url"].required
    assert not fields["author"].required
    assert set(config_fields(ExercisePlayer.manifest)) == {
        "scenario", "file", "speed", "start_at_s",
    }  # fmt: skip


class Odd(msgspec.Struct, frozen=True):
    words: list[str] = []
    flag: bool = False
    ratio: float | None = None
    name: str = ""


def test_what_has_no_control_is_kept_as_it_was() -> None:
    manifest = Manifest(kind="source", name="odd", label={"en": "Odd"}, version="1", config=Odd)
    form = SourceForm(
        {"name": "x", "ratio": "0.5"}, manifest=manifest, kept={"words": ["a"], "flag": True}
    )
    assert form.is_valid(), form.errors
    assert form.config() == {"words": ["a"], "flag": False, "ratio": 0.5, "name": "x"}
