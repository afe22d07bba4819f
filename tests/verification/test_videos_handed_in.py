"""A video handed in gives its key frames in the background: looked at for reuse, shown, forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from tests import factories
from tests.analysis.pictures.test_frames import film
from tests.factories import Cast, make_cast
from vigie.collection.blobs import BlobStore
from vigie.collection.retention import unused_files
from vigie.operations import jobs
from vigie.pipeline.http import GuardedHttp
from vigie.verification import retention
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add
from vigie.verification.handed import take_in
from vigie.verification.models import Claim, Evidence, KeyFrame, SeenPicture, Video
from vigie.verification.queries.pictures import difference, pictures_of, videos_of
from vigie.verification.sightings.index import HELD
from vigie.workers.work import Worker

LATER_S = 10 * 86_400.0


@pytest.fixture
async def worker(transactional_db: None, settings: Any, tmp_path: Path) -> AsyncIterator[Worker]:
    HELD.forget()
    settings.VIGIE_BLOBS = tmp_path / "blobs"
    async with GuardedHttp() as http:
        made = Worker(http=http, name="w", tick_s=0.01)
        yield made
        await made.close()
    await sync_to_async(connections.close_all)()


def hand_in(cast: Cast, data: bytes, name: str, *, now: datetime, kind: str = "") -> Evidence:
    by = factories.desk(cast.volunteer, cast.operation)
    claim = open_claim(wording=f"Le pont est coupé ({name})", by=by, now=now)
    handed = take_in([data], name=name, content_type=kind)
    piece = Piece(kind="file", title="Vidéo du pont", handed=handed, graphic=True)
    return add(claim=claim, piece=piece, by=by, now=now)


async def test_its_scenes_become_pictures_of_the_claim_that_are_known_when_they_come_back(
    worker: Worker, now: datetime, tmp_path: Path
) -> None:
    cast = await sync_to_async(make_cast)(now=now)
    data = film(tmp_path / "a.mp4", [1, 2]).read_bytes()
    first = await sync_to_async(hand_in)(cast, data, "a.mp4", now=now)
    again = await sync_to_async(hand_in)(cast, data, "b.bin", now=now)
    by = await sync_to_async(factories.desk)(cast.verifier, cast.operation)
    claim = await Claim.objects.aget(pk=first.claim_id)
    waiting = await sync_to_async(videos_of)(by, claim)
    assert [video.state for video in waiting] == ["wanted"]
    await worker.drain()
    assert await sync_to_async(videos_of)(by, claim) == []
    pictures = await sync_to_async(pictures_of)(by, claim)
    assert [picture.ref[0] for picture in pictures] == ["k", "k"]
    assert [round(picture.at_s or 0) for picture in pictures] == [0, 2]
    assert all(picture.graphic and picture.blob for picture in pictures)
    assert (await sync_to_async(difference)(*pictures) or 0) > 40
    groups = [
        [row.alike async for row in SeenPicture.objects.filter(frame__video__evidence=piece)
         .order_by("frame")]
        for piece in (first, again)
    ]  # fmt: skip
    assert groups[0] == groups[1]
    assert len(set(groups[0])) == 2
    assert await sync_to_async(jobs.waiting)() == 0


async def test_a_video_that_cannot_be_read_says_so_and_is_not_tried_again(
    worker: Worker, now: datetime
) -> None:
    cast = await sync_to_async(make_cast)(now=now)
    broken = b"\0\0\0\x18ftypisom" + b"\0" * 40
    await sync_to_async(hand_in)(cast, broken, "a.mp4", now=now)
    await worker.drain()
    assert [(v.state, v.code) async for v in Video.objects.all()] == [
        ("refused", "video_unreadable")
    ]
    assert await sync_to_async(jobs.waiting)() == 0


@pytest.mark.parametrize(("name", "kind"), [("a.mp4", ""), ("a.bin", "video/mp4"), ("a.txt", "")])
async def test_a_file_that_only_says_it_is_a_video_is_a_file_like_any_other(
    worker: Worker, now: datetime, name: str, kind: str
) -> None:
    cast = await sync_to_async(make_cast)(now=now)
    handed = await sync_to_async(hand_in)(cast, b"a letter", name, now=now, kind=kind)
    await worker.drain()
    assert handed.content_type == ""
    assert not await Video.objects.aexists()


async def test_its_pictures_are_held_and_go_with_the_evidence(
    worker: Worker, now: datetime, tmp_path: Path
) -> None:
    cast = await sync_to_async(make_cast)(now=now)
    data = film(tmp_path / "a.mp4", [1, 2]).read_bytes()
    await sync_to_async(hand_in)(cast, data, "a.mp4", now=now)
    await worker.drain()
    names = [frame.blob async for frame in KeyFrame.objects.all()]
    assert len(names) == 2

    def purged() -> None:
        assert not set(names) & set(unused_files(now_s=now.timestamp() + LATER_S))
        cast.operation.closed_at, cast.operation.phase = now, "closed"
        cast.operation.save(update_fields=["closed_at", "phase"])
        retention.purge(now=now + timedelta(days=4_000))

    await sync_to_async(purged)()
    assert not await Video.objects.aexists()
    assert not await KeyFrame.objects.aexists()
    assert not await SeenPicture.objects.aexists()
    assert not any(BlobStore().path(name).exists() for name in names)
