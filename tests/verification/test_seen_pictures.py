"""A picture that comes back is known by itself: looked at once, kept in 256 bits, never stored."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from PIL import Image

from tests import factories
from tests.factories import Cast
from tests.pipeline.servers import Server, answer, path_of, serving
from vigie.accounts.roles import Role
from vigie.analysis.pictures import MODEL, fingerprint
from vigie.collection.models import Media
from vigie.journal.models import Entry
from vigie.operations import jobs
from vigie.pipeline.http import GuardedHttp
from vigie.triage.models import Lead
from vigie.verification.models import SeenPicture
from vigie.verification.sightings import looking
from vigie.verification.sightings.index import HELD
from vigie.verification.sightings.reuse import reuse_of
from vigie.workers.work import Worker


def scene(seed: int, *, quality: int = 90, width: int = 640) -> bytes:
    random = np.random.default_rng(seed)
    layers = [
        Image.fromarray(random.integers(0, 255, (n, n, 3), dtype=np.uint8)).resize(
            (640, 480), Image.Resampling.BICUBIC
        )
        for n in (3, 9, 17)
    ]
    picture = Image.blend(Image.blend(layers[0], layers[1], 0.5), layers[2], 0.3)
    out = io.BytesIO()
    picture.resize((width, width * 3 // 4)).save(out, "JPEG", quality=quality)
    return out.getvalue()


async def _pictures(head: str, writer: asyncio.StreamWriter) -> None:
    match path_of(head):
        case "/flood.jpg":
            writer.write(answer(scene(1), Content_Type="image/jpeg"))
        case "/flood-again.jpg":
            writer.write(answer(scene(1, quality=25, width=400), Content_Type="image/jpeg"))
        case "/other.jpg":
            writer.write(answer(scene(2), Content_Type="image/jpeg"))
        case "/page":
            writer.write(answer(b"<html>", Content_Type="text/html"))
        case _:
            writer.write(answer(status="410 Gone"))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(_pictures) as running:
        yield running


@pytest.fixture
async def worker(transactional_db: None, server: Server) -> AsyncIterator[Worker]:
    HELD.forget()
    async with GuardedHttp(allowed=frozenset({server.pair})) as http:
        made = Worker(http=http, name="w", tick_s=0.01)
        yield made
        await made.close()
    await sync_to_async(connections.close_all)()


def post(op: Any, url: str, *, now: datetime, **fields: Any) -> Lead:
    row = factories.lead(op, now=now, post={"has_media": True, "published_at": now}, **fields)
    Media.objects.create(post=row.post, type="image", url=url)
    return row


def at(person_of: Any, *, now: datetime) -> Any:
    return factories.desk(factories.member(person_of, Role.WATCHER, now=now), person_of)


async def look(worker: Worker, now: datetime) -> int:
    asked: int = await sync_to_async(looking.look)(now=now)
    await worker.drain()
    return asked


async def test_a_picture_of_last_month_is_said_to_be_one(
    worker: Worker, server: Server, now: datetime, tmp_path: Path, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"
    op = await sync_to_async(factories.operation)(now=now)
    by = await sync_to_async(at)(op, now=now)
    old = await sync_to_async(post)(op, server.url("/flood.jpg"), now=now - timedelta(days=30))
    new = await sync_to_async(post)(op, server.url("/flood-again.jpg"), now=now)
    other = await sync_to_async(post)(op, server.url("/other.jpg"), now=now)
    assert await look(worker, now) == 3
    told = await sync_to_async(reuse_of)([old.pk, new.pk, other.pk], by=by)
    assert set(told) == {old.pk, new.pk}
    assert (told[new.pk].times, told[new.pk].old, told[new.pk].first_lead) == (2, True, old.pk)
    assert (told[old.pk].old, told[old.pk].first_lead) == (False, None)
    entries = [entry async for entry in Entry.objects.filter(verb="picture.recognised")]
    assert {entry.subject_id for entry in entries} <= {new.pk}
    assert not (tmp_path / "blobs").exists()
    assert await look(worker, now) == 0
    assert len(server.asked) == 3


async def test_a_picture_of_another_operation_is_told_without_what_one_may_not_know(
    worker: Worker, server: Server, now: datetime
) -> None:
    here, there = [await sync_to_async(factories.operation)(now=now) for _ in range(2)]
    stranger = await sync_to_async(at)(here, now=now)
    await sync_to_async(post)(there, server.url("/flood.jpg"), now=now - timedelta(hours=1))
    await look(worker, now)
    mine = await sync_to_async(post)(here, server.url("/flood-again.jpg"), now=now)
    await look(worker, now)
    (told,) = (await sync_to_async(reuse_of)([mine.pk], by=stranger)).values()
    assert (told.old, told.elsewhere, told.operation, told.first_lead) == (True, True, None, None)
    assert await Entry.objects.filter(verb="picture.recognised", chain=here.pk).acount() == 1


async def test_what_is_no_picture_is_set_aside_and_not_asked_again(
    worker: Worker, server: Server, now: datetime
) -> None:
    op = await sync_to_async(factories.operation)(now=now)
    for url in (server.url("/page"), server.url("/gone"), "http://169.254.169.254/a.jpg"):
        await sync_to_async(post)(op, url, now=now)
    await look(worker, now)
    found = [row async for row in SeenPicture.objects.order_by("media_id")]
    assert [(row.state, row.code) for row in found] == [
        ("refused", "picture_unreadable"), ("refused", "picture_gone"),
        ("refused", "address_forbidden"),
    ]  # fmt: skip
    assert await sync_to_async(jobs.waiting)() == 0


async def test_a_picture_whose_post_is_taken_back_goes_with_it(
    worker: Worker, server: Server, now: datetime
) -> None:
    op = await sync_to_async(factories.operation)(now=now)
    row = await sync_to_async(post)(op, server.url("/flood.jpg"), now=now)
    await look(worker, now)
    assert await SeenPicture.objects.filter(state="seen").acount() == 1
    await Media.objects.filter(post=row.post_id).adelete()
    await look(worker, now)
    assert not await SeenPicture.objects.aexists()


@pytest.mark.django_db
def test_the_picture_of_a_folded_copy_is_left_to_its_head(cast: Cast, now: datetime) -> None:
    head = post(cast.operation, "https://exemple.fr/a.jpg", now=now)
    post(cast.operation, "https://exemple.fr/b.jpg", now=now, folded_into=head)
    assert looking.look(now=now) == 1


@pytest.mark.django_db
def test_no_more_is_asked_for_than_can_wait(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "WAITING_LIMIT", 1)
    post(cast.operation, "https://exemple.fr/a.jpg", now=now)
    assert looking.look(now=now) == 1
    post(cast.operation, "https://exemple.fr/b.jpg", now=now)
    assert looking.look(now=now) == 0


@pytest.mark.django_db
def test_a_picture_too_plain_to_tell_is_nobodys_double(cast: Cast, now: datetime) -> None:
    HELD.forget()
    asked = fingerprint(Image.open(io.BytesIO(scene(1))))
    for media, quality in ((1, 0), (2, 100)):
        SeenPicture.objects.create(
            operation=cast.operation, media_id=media, state="seen", bits=asked.bits,
            quality=quality, model=MODEL, alike=media, seen_at=now,
        )  # fmt: skip
    telling = SeenPicture.objects.get(media_id=2)
    assert [each.id for each in HELD.nearest(asked)] == [telling.pk]
    late = SeenPicture.objects.get(media_id=1)
    SeenPicture.objects.filter(pk=late.pk).update(quality=100)
    telling.delete()
    assert [each.id for each in HELD.nearest(asked)] == [late.pk]
    HELD.forget()
