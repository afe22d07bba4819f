from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import Cast, desk, lead, source
from vigie.collection import imports, sources
from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.models import RefusedItem, Source
from vigie.contracts.registry import UnknownPlugin
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed

FEED = {"url": "https://a.exemple/rss"}


@pytest.fixture
def by(cast: Cast) -> Desk:
    return desk(cast.coordinator, cast.operation)


def feed(by: Desk, now: datetime, **config: Any) -> Source:
    return sources.add_source(
        plugin="feed", name="Mairie", config={**FEED, **config}, by=by, now=now
    )


def test_a_source_that_is_added_is_due_at_once(by: Desk, now: datetime) -> None:
    made = feed(by, now, interval_s=120)
    assert (made.next_try_at, made.enabled, made.state) == (now, True, "never")
    assert made.config["interval_s"] == 120
    assert made.config["longest_wait_s"] == 3600
    entry = Entry.objects.get(verb="source.added")
    assert entry.data["config"]["url"] == FEED["url"]
    assert entry.touches == ["sources", f"source:{made.pk}"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"url": "ftp://a"}, "url"),
        ({"url": "https://a", "interval_s": 5}, "interval_s"),
        ({"url": "https://a", "lang": "français"}, "lang"),
        ({}, ""),
    ],
)
def test_a_configuration_the_plugin_refuses_names_its_field(
    by: Desk, now: datetime, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(sources.ConfigInvalid) as caught:
        sources.add_source(plugin="feed", name="x", config=config, by=by, now=now)
    assert list(caught.value.problems) == [field]
    assert not Source.objects.exists()


def test_a_source_needs_a_plugin_and_a_name(by: Desk, now: datetime) -> None:
    with pytest.raises(UnknownPlugin):
        sources.add_source(plugin="nothing", name="x", config={}, by=by, now=now)
    with pytest.raises(sources.SourceNameMissing):
        sources.add_source(plugin="feed", name=" ", config=FEED, by=by, now=now)


def test_changing_an_address_keeps_the_old_one_in_the_journal(by: Desk, now: datetime) -> None:
    made = feed(by, now)
    later = now + timedelta(hours=1)
    sources.change_source(
        source=made, name="Mairie", config={"url": "https://b.exemple/rss"}, by=by, now=later
    )
    made.refresh_from_db()
    assert (made.config["url"], made.next_try_at) == ("https://b.exemple/rss", later)
    assert Entry.objects.get(verb="source.changed").data["changes"] == {
        "url": ["https://a.exemple/rss", "https://b.exemple/rss"]
    }


def test_a_paused_source_waits_for_somebody(by: Desk, now: datetime) -> None:
    made = feed(by, now)
    for _ in range(2):
        sources.set_source_enabled(source=made, enabled=False, by=by, now=now)
    made.refresh_from_db()
    assert (made.enabled, made.next_try_at) == (False, None)
    assert Entry.objects.filter(verb="source.paused").count() == 1
    sources.set_source_enabled(source=made, enabled=True, by=by, now=now)
    made.refresh_from_db()
    assert (made.enabled, made.next_try_at) == (True, now)


def test_a_source_that_gave_posts_is_not_removed(cast: Cast, by: Desk, now: datetime) -> None:
    made = feed(by, now)
    lead(cast.operation, now=now, src=made)
    with pytest.raises(sources.SourceHasPosts):
        sources.remove_source(source=made, by=by, now=now)
    empty = feed(by, now)
    sources.remove_source(source=empty, by=by, now=now)
    assert list(Source.objects.values_list("pk", flat=True)) == [made.pk]


def test_a_shared_source_is_seen_by_operations_that_are_no_exercise_and_changed_by_none(
    cast: Cast, by: Desk, now: datetime
) -> None:
    shared = source(None, now=now, plugin="feed", config=FEED)
    assert shared in sources.sources_of(by)
    with pytest.raises(sources.SourceShared):
        sources.set_source_enabled(source=shared, enabled=False, by=by, now=now)
    cast.operation.is_exercise = True
    cast.operation.save()
    assert shared not in sources.sources_of(desk(cast.coordinator, cast.operation))


def test_sources_of_another_operation_do_not_exist(cast: Cast, by: Desk, now: datetime) -> None:
    foreign = source(cast.other_operation, now=now)
    with pytest.raises(sources.UnknownSource):
        sources.source_for(by, foreign.pk)
    with pytest.raises(sources.UnknownSource):
        sources.try_source_now(source=foreign, by=by, now=now)


def test_who_may_not_edit_sources_adds_none(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        feed(desk(cast.volunteer, cast.operation), now)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fields", "code", "troubled"),
    [
        ({"state": "never"}, "never", False),
        ({"state": "ok", "next": 3}, "ok", False),
        ({"state": "empty", "next": 3}, "empty", False),
        ({"state": "unchanged", "next": 3}, "unchanged", False),
        ({"state": "failing", "next": 3}, "failing", True),
        ({"state": "refused", "next": 3}, "refused", True),
        ({"state": "ok", "next": -3}, "ok", False),
        ({"state": "ok", "next": -6}, "overdue", True),
        ({"state": "ok", "next": -6, "held": 1}, "ok", False),
        ({"state": "never", "next": -6, "held": 1}, "running", False),
        ({"state": "never", "next": -600, "plugin": "capture"}, "ready", False),
        ({"state": "running", "next": -60, "held": 1}, "live", False),
        ({"state": "running", "next": -60, "lapsed": 1}, "interrupted", True),
        ({"state": "ok", "next": -60, "lapsed": 1}, "interrupted", True),
        ({"state": "running", "next": -60, "lapsed": 6}, "overdue", True),
        ({"state": "running", "next": -1}, "never", False),
        ({"state": "waiting", "next": -60, "held": 1}, "waiting", True),
        ({"state": "ok", "next": -60, "held": 1, "began": 16}, "stalled", True),
        ({"state": "ok", "next": -60, "held": 1, "began": 14}, "ok", False),
        ({"state": "failing", "next": -6, "enabled": False}, "paused", False),
        ({"state": "done", "next": -600, "enabled": False}, "done", False),
    ],
)
def test_health_is_told_honestly(
    now: datetime, fields: dict[str, Any], code: str, troubled: bool
) -> None:
    held, lapsed = fields.get("held"), fields.get("lapsed")
    until = (held and held / 4) or (-lapsed if lapsed else None)
    row = Source(
        plugin=fields.get("plugin", "feed"),
        created_at=now - 4 * MINUTE,
        state=fields["state"],
        enabled=fields.get("enabled", True),
        next_try_at=now + fields["next"] * MINUTE if "next" in fields else None,
        holder="collector" if until else "",
        held_until=now + until * MINUTE if until else None,
        last_try_at=now - fields["began"] * MINUTE if "began" in fields else None,
    )
    assert sources.health(row, now=now) == sources.Health(code=code, troubled=troubled)


def start(by: Desk, now: datetime, kept: Kept, **more: Any) -> Source:
    config = {"format": "posts", **more.pop("config", {})}
    started = imports.start_import(
        kept=kept, file_name=more.pop("name", "posts.jsonl"), config=config, by=by, now=now, **more
    )
    return started.source


@pytest.fixture
def kept() -> Kept:
    return BlobStore().keep([b'{"id": 1}\n'])


def test_an_import_is_a_source_the_collector_reads_once(
    by: Desk, now: datetime, kept: Kept
) -> None:
    made = start(by, now, kept, keep_all=True)
    assert (made.plugin, made.next_try_at, made.progress_total) == ("file", now, kept.size)
    assert made.config["blob"] == kept.name
    assert imports.keeps_all(made)
    again = imports.same_file(by, kept.sha256)
    assert again is not None
    assert again.source == made
    assert Entry.objects.get(verb="import.started").data["sha256"] == kept.sha256


def test_a_file_whose_settings_make_no_sense_is_not_imported(
    by: Desk, now: datetime, kept: Kept
) -> None:
    with pytest.raises(sources.ConfigInvalid):
        start(by, now, kept, config={"delimiter": "ab"})
    assert not Source.objects.exists()


def aside(of: Source, now: datetime, code: str, number: int = 1) -> list[RefusedItem]:
    return [
        RefusedItem.objects.create(source=of, at=now, where=str(n), code=code, payload=b"x")
        for n in range(number)
    ]


def test_what_is_put_away_leaves_the_list_and_stays_on_record(
    by: Desk, now: datetime, kept: Kept
) -> None:
    made = start(by, now, kept)
    dates, broken = aside(made, now, "bad_date", 3), aside(made, now, "bad_json", 2)
    assert imports.refused_by_code(made) == [("bad_date", 3), ("bad_json", 2)]
    assert imports.settle_refused(source=made, code="bad_date", by=by, now=now) == 3
    assert imports.settle_refused(source=made, item=broken[0].pk, by=by, now=now) == 1
    assert [item.pk for item in imports.refused_page(made)] == [broken[1].pk]
    assert RefusedItem.objects.count() == 5
    assert imports.settle_refused(source=made, item=dates[0].pk, by=by, now=now) == 0
    assert Entry.objects.filter(verb="refused.put_away").count() == 2


def test_the_list_of_what_is_set_aside_is_paged_by_key(by: Desk, now: datetime, kept: Kept) -> None:
    made = start(by, now, kept)
    items = aside(made, now, "bad_date", 5)
    first = imports.refused_page(made, limit=2)
    assert first == items[:2]
    assert imports.refused_page(made, after=first[-1].pk, limit=2) == items[2:4]
