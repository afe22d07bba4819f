"""A firehose is only glanced at: what it leads to is the same as if every line were decoded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import make_intake, message
from vigie.collection.models import Post, RefusedItem, Source, Watch
from vigie.contracts.plugins import SOURCE, Glance, Glanced, RawItem, Refusal
from vigie.contracts.registry import Registry
from vigie.pipeline.intake import Intake
from vigie.plugins.sources.bluesky import BlueskySource

DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
POST = "app.bsky.feed.post"


class Thorough(BlueskySource):
    """Bluesky without its glance."""

    glanced: ClassVar[Glanced | None] = None


class Counting(BlueskySource):
    """Bluesky, telling how many items were decoded."""

    decoded = 0

    @classmethod
    def decode(cls, item: RawItem, config: Any) -> Any:
        cls.decoded += 1
        return super().decode(item, config)


class Clumsy(BlueskySource):
    @classmethod
    def glance(cls, payload: bytes) -> Glance | None:
        raise RuntimeError("as asked")


def intake_with(plugin: type[BlueskySource]) -> Intake:
    return make_intake(registry=Registry(by_kind={SOURCE: {"bluesky": plugin}}))


@pytest.fixture
def sky(cast: Cast, now: datetime) -> Source:
    return factories.source(None, now=now, plugin="bluesky", name="Ciel", config={})


Frame = Callable[..., bytes]


@pytest.fixture
def frame(now: datetime) -> Frame:
    def made(rkey: str, text: str = "", operation: str = "create", **record: Any) -> bytes:
        at = int((now - timedelta(minutes=1)).timestamp() * 1_000_000)
        commit: dict[str, Any] = {"operation": operation, "collection": POST, "rkey": rkey}
        if operation != "delete":
            commit["record"] = {"$type": POST, "createdAt": "2026-01-01", "text": text, **record}
        told = {"did": DID, "time_us": at, "kind": "commit", "commit": commit}
        return json.dumps(told, ensure_ascii=False).encode()

    return made


def stored(source: Source) -> list[tuple[str, str, bool]]:
    return [
        (post.remote_id.rpartition("/")[2], post.text, post.deleted_at is not None)
        for post in Post.objects.filter(source=source).order_by("remote_id")
    ]


@pytest.mark.parametrize("plugin", [BlueskySource, Thorough, Clumsy])
def test_the_outcome_is_that_of_decoding_every_line(
    plugin: type[BlueskySource], sky: Source, crue: Watch, frame: Frame, now: datetime
) -> None:
    intake = intake_with(plugin)
    first = intake.take(
        message(
            sky.pk, frame("1", "La crue monte"), frame("2", "Bon appétit"),
            frame("3", "#InondationYvette"), frame("4", "Inonde\u0301 ici"),
            frame("5", "crue au pont"), b'{"did":"did:plc:x","kind":"commit","commit":',
            frame("6", "rien", embed={"$type": "app.bsky.embed.images", "images": []}),
        ),
        now=now,
    )  # fmt: skip
    assert (first.seen, first.kept, first.unmatched, first.refused) == (7, 4, 2, 1)
    second = intake.take(
        message(
            sky.pk, frame("1", "Fausse alerte", "update"), frame("2", "La crue !", "update"),
            frame("3", operation="delete"), frame("7", operation="delete"),
            frame("8", "beau temps"), frame("5", "crue au pont"),
        ),
        now=now,
    )  # fmt: skip
    assert (second.kept, second.edited, second.deleted) == (1, 1, 1)
    assert stored(sky) == [
        ("1", "Fausse alerte", False),
        ("2", "La crue !", False),
        ("3", "", True),
        ("4", "Inondé ici", False),
        ("5", "crue au pont", False),
    ]
    sky.refresh_from_db()
    assert (sky.items_seen, sky.items_kept, sky.items_unmatched) == (13, 5, 3)


def test_lines_without_a_word_that_is_looked_for_are_not_decoded(
    sky: Source, crue: Watch, frame: Frame, now: datetime
) -> None:
    Counting.decoded = 0
    payloads = [frame(f"n{number}", f"Bon appétit à {number} amis") for number in range(50)]
    outcome = intake_with(Counting).take(
        message(sky.pk, *payloads, frame("1", "la crue")), now=now
    )  # fmt: skip
    assert (outcome.seen, outcome.kept, outcome.unmatched) == (51, 1, 50)
    assert Counting.decoded == 1


def test_a_new_watch_sees_the_next_line(
    sky: Source, crue: Watch, cast: Cast, frame: Frame, now: datetime
) -> None:
    intake = intake_with(BlueskySource)
    assert intake.take(message(sky.pk, frame("1", "le pont")), now=now).kept == 0
    factories.watch(cast.operation, "pont", now=now)
    assert intake.take(message(sky.pk, frame("2", "le pont")), now=now).kept == 1


def test_a_watch_that_asks_for_the_source_by_name_gets_all_of_it(
    sky: Source, crue: Watch, cast: Cast, frame: Frame, now: datetime
) -> None:
    other = factories.source(None, now=now, plugin="bluesky", name="Autre", config={})
    factories.watch(cast.operation, "source:ciel", now=now)
    intake = intake_with(BlueskySource)
    assert intake.take(message(other.pk, frame("1", "le pont")), now=now).kept == 0
    assert intake.take(message(sky.pk, frame("2", "le pont")), now=now).kept == 1
    assert intake.take(message(other.pk, frame("3", "le pont")), now=now).kept == 0


def test_retries_and_what_a_person_chose_are_decoded_whatever_they_say(
    sky: Source, crue: Watch, cast: Cast, frame: Frame, now: datetime
) -> None:
    intake = intake_with(BlueskySource)
    sky.operation = cast.operation
    sky.save()
    chosen = message(sky.pk, frame("1", "le pont"), keep_all=True)
    assert intake.take(chosen, now=now).kept == 1
    refused = message(
        sky.pk, refusals=(Refusal(code="bad_json", payload=b"{"),)
    )  # fmt: skip
    intake.take(refused, now=now)
    item = RefusedItem.objects.get()
    again = message(sky.pk, frame("2", "le pont"), retries=(item.pk,))
    outcome = intake.take(again, now=now)
    assert (outcome.seen, outcome.unmatched) == (1, 1)
