"""What a source takes back is taken back here; its place in the work of the team stays."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import Nothing, PlainEnricher, make_intake, message, wire
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Author, Media, Post, RawItem, Source, Watch
from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import SOURCE, Batch, Manifest, SourcePlugin
from vigie.contracts.plugins import RawItem as Raw
from vigie.contracts.registry import Registry
from vigie.contracts.wire import read_line
from vigie.journal.models import Entry
from vigie.pipeline.intake import Intake
from vigie.triage.models import Annotation, Lead, WatchHit


class Firehose(SourcePlugin):
    """Posts in the wire form, and {"gone": id}."""

    manifest = Manifest(
        kind=SOURCE, name="firehose", label={"en": "Firehose"}, version="1", config=Nothing
    )

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield Batch()

    @classmethod
    def decode(cls, item: Raw, config: msgspec.Struct) -> Draft:
        value = json.loads(item.payload)
        if "account" in value:
            return PostDeletion(id="", author=value["account"])
        return PostDeletion(id=value["gone"]) if "gone" in value else read_line(item.payload).post


def gone(number: int) -> bytes:
    return json.dumps({"gone": str(number)}).encode()


@pytest.fixture
def intake() -> Intake:
    registry = Registry(by_kind={SOURCE: {"firehose": Firehose}})
    return make_intake(PlainEnricher(), registry)


@pytest.fixture
def hose(cast: Cast, now: datetime) -> Source:
    return factories.source(None, now=now, plugin="firehose")


def test_a_deleted_post_loses_its_words_and_author_and_keeps_its_lead(
    intake: Intake, hose: Source, crue: Watch, cast: Cast, now: datetime, tmp_path: Path,
    settings: Any,
) -> None:  # fmt: skip
    settings.VIGIE_BLOBS = tmp_path
    text = "La crue monte à Orsay, secours"
    payload = wire(1, text, now, url="https://exemple.fr/@voisin/1", media=[{"type": "image", "url": "https://e.fr/a"}])  # fmt: skip
    intake.take(message(hose.pk, payload, wire(2, "crue deux", now)), now=now)
    kept = BlobStore().keep([b"image"])
    post = Post.objects.get(remote_id="1")
    Media.objects.filter(post=post).update(blob=kept.name, state="fetched")
    person = Annotation.objects.create(
        lead=post.leads.get(), kind="note", value={"text": "à rappeler"}, by=cast.volunteer, at=now
    )

    outcome = intake.take(message(hose.pk, gone(1), gone(99)), now=now)

    assert outcome.deleted == 1
    post.refresh_from_db()
    assert (post.text, post.tokens, post.url, post.author, post.deleted_at) == (
        "", "", "", None, now,
    )  # fmt: skip
    assert (post.signature, post.exact, post.has_media) == (None, 0, False)
    assert not RawItem.objects.filter(post=post).exists()
    assert not Media.objects.filter(post=post).exists()
    assert not BlobStore().path(kept.name).exists()
    assert not Author.objects.filter(remote_id="a1").exists()
    assert Author.objects.filter(remote_id="a2").exists()
    lead = Lead.objects.get(post=post)
    assert (lead.version, lead.place_code) == (2, "91471")
    assert WatchHit.objects.filter(lead=lead).exists()
    assert list(Annotation.objects.filter(lead=lead)) == [person]
    entry = Entry.objects.get(verb="post.deleted")
    assert entry.data["leads"] == [lead.pk]
    assert entry.touches == [f"lead:{lead.pk}"]


def test_a_file_that_another_post_shows_stays(
    intake: Intake, hose: Source, crue: Watch, now: datetime, tmp_path: Path, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    media = [{"type": "image", "url": "https://e.fr/a"}]
    intake.take(
        message(hose.pk, *(wire(n, f"crue {n} x", now, media=media) for n in (1, 2))), now=now
    )
    kept = BlobStore().keep([b"image"])
    Media.objects.update(blob=kept.name, state="fetched")
    intake.take(message(hose.pk, gone(1)), now=now)
    assert BlobStore().path(kept.name).exists()


def test_what_was_deleted_stays_deleted_when_it_comes_again(
    intake: Intake, hose: Source, crue: Watch, now: datetime
) -> None:
    first = message(hose.pk, wire(1, "La crue monte", now))
    intake.take(first, now=now)
    intake.take(message(hose.pk, gone(1)), now=now)
    outcome = intake.take(first, now=now)
    assert (outcome.kept, outcome.edited, outcome.repeated) == (0, 0, 1)
    assert Post.objects.get().text == ""
    assert intake.take(message(hose.pk, gone(1)), now=now).deleted == 0


def test_what_is_written_and_deleted_within_a_batch_is_never_stored(
    intake: Intake, hose: Source, crue: Watch, now: datetime
) -> None:
    outcome = intake.take(message(hose.pk, wire(1, "La crue monte", now), gone(1)), now=now)
    assert (outcome.seen, outcome.kept) == (2, 0)
    assert not Post.objects.exists()
    intake.take(message(hose.pk, gone(2), wire(2, "La crue monte", now)), now=now)
    assert Post.objects.get().remote_id == "2"


def test_an_account_that_is_gone_takes_all_its_posts_along(
    intake: Intake, hose: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    other_source = factories.source(None, now=now, plugin="firehose")
    same = {"author": {"id": "gone", "handle": "partie"}}
    intake.take(
        message(hose.pk, wire(1, "La crue monte", now, **same), wire(2, "crue deux", now)), now=now
    )
    intake.take(message(other_source.pk, wire(3, "crue trois", now, **same)), now=now)
    outcome = intake.take(
        message(hose.pk, wire(4, "crue quatre", now, **same), b'{"account": "gone"}'), now=now
    )
    assert (outcome.kept, outcome.deleted) == (0, 1)
    texts = dict(Post.objects.values_list("remote_id", "text"))
    assert texts == {"1": "", "2": "crue deux", "3": "crue trois"}


def test_an_edit_takes_the_quotes_of_the_old_words_and_the_files_of_pictures_left_out(
    intake: Intake, hose: Source, crue: Watch, now: datetime, tmp_path: Path, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    media = [{"type": "image", "url": "https://x.exemple/1.jpg"}]
    intake.take(message(hose.pk, wire(1, "La crue à Orsay, au secours", now, media=media)), now=now)
    assert Annotation.objects.filter(kind="place").exists()
    kept = BlobStore().keep([b"picture"], suffix=".webp")
    Media.objects.update(state="fetched", blob=kept.name)
    intake.take(message(hose.pk, wire(1, "La crue, rien de grave", now)), now=now)
    assert Post.objects.get().text == "La crue, rien de grave"
    assert not Media.objects.exists()
    assert not BlobStore().path(kept.name).exists()
    said = [str(each) for each in Annotation.objects.values_list("value", flat=True)]
    assert not any("secours" in each or "Orsay" in each for each in said)
    assert b"secours" not in zlib.decompress(bytes(RawItem.objects.get().payload))
