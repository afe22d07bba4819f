"""Versions of a post that come in another order than they were written in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests import factories
from tests.pipeline.plain import message
from tests.plugins.servers.jetstream import old_event
from tests.plugins.servers.mastodon import status
from vigie.collection.models import Post, Source, Watch
from vigie.journal.models import Entry
from vigie.pipeline.intake import Intake

WRITTEN, EDITED, AGAIN = "La crue monte", "La crue monte à Orsay", "La crue redescend à Orsay"


def _frame(second: int, operation: str, text: str) -> bytes:
    event = old_event(1, text=text)
    event["time_us"] += second * 1_000_000
    event["commit"]["operation"] = operation
    return json.dumps(event).encode()


def _sky() -> list[bytes]:
    return [
        _frame(0, "create", WRITTEN), _frame(60, "update", EDITED), _frame(120, "update", AGAIN),
    ]  # fmt: skip


def _elephant() -> list[bytes]:
    def version(text: str, edited_at: str | None) -> bytes:
        more: dict[str, Any] = {"content": f"<p>{text}</p>", "edited_at": edited_at}
        return json.dumps(status(1, **more)).encode()

    return [
        version(WRITTEN, None), version(EDITED, "2026-11-24T02:10:00.000Z"),
        version(AGAIN, "2026-11-24T02:20:00.000Z"),
    ]  # fmt: skip


@pytest.fixture(params=["bluesky", "mastodon"])
def versions(request: Any) -> tuple[str, list[bytes]]:
    return request.param, _sky() if request.param == "bluesky" else _elephant()


@pytest.fixture
def source(versions: tuple[str, list[bytes]], cast: Any, now: datetime) -> Source:
    configs = {"bluesky": {}, "mastodon": {"instances": "a.exemple", "tags": "inondation"}}
    plugin = versions[0]
    return factories.source(cast.operation, now=now, plugin=plugin, config=configs[plugin])


def test_an_older_version_that_comes_again_changes_nothing(
    versions: tuple[str, list[bytes]], source: Source, intake: Intake, crue: Watch, now: datetime
) -> None:
    first, second, third = versions[1]
    for payload in (first, third):
        intake.take(message(source.pk, payload), now=now)
    entries = Entry.objects.count()
    for payload in (first, second):
        outcome = intake.take(message(source.pk, payload), now=now)
        assert (outcome.edited, outcome.repeated) == (0, 1)
    assert Post.objects.get().text == AGAIN
    assert Entry.objects.count() == entries


def test_within_a_batch_the_latest_version_counts_wherever_it_stands(
    versions: tuple[str, list[bytes]], source: Source, intake: Intake, crue: Watch, now: datetime
) -> None:
    first, second, third = versions[1]
    intake.take(message(source.pk, third, first, second), now=now)
    assert Post.objects.get().text == AGAIN


def test_an_edit_that_comes_first_is_not_undone_by_what_it_edited(
    versions: tuple[str, list[bytes]], source: Source, intake: Intake, crue: Watch, now: datetime
) -> None:
    first, second, third = versions[1]
    for payload in (second, first, third):
        intake.take(message(source.pk, payload), now=now)
    assert Post.objects.get().text == AGAIN
