"""Background jobs: tried again with pauses, stuck with a reason in the end, never run twice at once."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, transaction
from django_tasks import task
from PIL import Image

from tests import factories
from tests.factories import Cast
from tests.pipeline.servers import Server, answer, path_of, serving
from tests.workers.sources import SteppedClock, until
from vigie.accounts.roles import Role
from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.models import Media
from vigie.collection.pictures import Picture
from vigie.contracts.jobs import GiveUp, NotYet, tools
from vigie.journal.models import Entry
from vigie.operations import jobs
from vigie.operations.access import NotAllowed
from vigie.pipeline import ports as house
from vigie.pipeline.http import GuardedHttp
from vigie.triage import pictures
from vigie.triage.actions import leads
from vigie.triage.models import Lead
from vigie.workers.work import Worker

_done: list[str] = []
_hang = asyncio.Event()


@task()
async def succeed(word: str) -> None:
    _done.append(word)


@task()
def plain(word: str) -> None:
    _done.append(f"plain {word}")


@task()
async def give_up() -> None:
    raise GiveUp("no_use", "whatever we do")


@task()
async def fail() -> None:
    raise ZeroDivisionError("a bug")


@task()
async def later() -> None:
    raise NotYet("not_ready", after_s=500)


@task()
async def hang() -> None:
    _done.append("begun")
    await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _forget() -> None:
    _done.clear()


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    made = SteppedClock(now)
    monkeypatch.setattr(house, "SystemClock", lambda: made)
    monkeypatch.setattr("django_tasks_db.models.timezone.now", made.now)
    return made


@pytest.fixture
async def worker(committed: Any, clock: SteppedClock, http: Any) -> AsyncIterator[Worker]:
    made = Worker(http=http, name="w1", tick_s=0.01)
    yield made
    await made.close()


async def test_a_job_that_is_done_leaves_no_trace(worker: Worker) -> None:
    await succeed.aenqueue("one")
    await plain.aenqueue("two")
    assert await sync_to_async(jobs.waiting)() == 2
    assert await worker.drain() == 2
    assert sorted(_done) == ["one", "plain two"]
    assert await sync_to_async(jobs.waiting)() == 0


async def test_a_job_is_enqueued_with_its_transaction_or_not_at_all(worker: Worker) -> None:
    def undone() -> None:
        with transaction.atomic():
            succeed.enqueue("never")
            transaction.set_rollback(True)

    await sync_to_async(undone)()
    assert await worker.drain() == 0


async def test_a_failing_job_is_tried_with_growing_pauses_and_stuck_in_the_end(
    worker: Worker, clock: SteppedClock
) -> None:
    await fail.aenqueue()
    runs = 0
    pauses = []
    while not (found := await sync_to_async(jobs.stuck)()):
        began = clock.now()
        while not await worker.drain():
            clock.step(seconds=5)
        pauses.append((clock.now() - began).total_seconds())
        runs += 1
    assert runs == jobs.ATTEMPTS
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 800
    assert (found[0].name, found[0].reason, found[0].attempts) == ("fail", "job_failed", 6)
    assert found[0].detail == "ZeroDivisionError: a bug"
    assert found[0].since == clock.now()


async def test_a_job_that_gives_up_is_stuck_at_once_and_people_may_try_it_again(
    worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    await give_up.aenqueue()
    await worker.drain()
    (found,) = await sync_to_async(jobs.stuck)()
    assert (found.reason, found.detail, found.attempts) == ("no_use", "whatever we do", 1)

    def people() -> int:
        with pytest.raises(NotAllowed):
            jobs.try_again(jobs=[found.id], by=factories.user(), now=now)
        admin = factories.user(is_administrator=True)
        return jobs.try_again(jobs=[found.id], by=admin, now=now)

    assert await sync_to_async(people)() == 1
    assert await worker.drain() == 1
    assert len(await sync_to_async(jobs.stuck)()) == 1


async def test_a_job_that_asks_for_time_gets_it(worker: Worker, clock: SteppedClock) -> None:
    await later.aenqueue()
    await worker.drain()
    clock.step(seconds=499)
    assert await worker.drain() == 0
    clock.step(seconds=200)
    assert await worker.drain() == 1


async def test_only_one_worker_gets_a_job(committed: Any, now: datetime) -> None:
    await succeed.aenqueue("one")
    claim = sync_to_async(jobs.claim)
    first = await claim(worker="w1", now=now + timedelta(days=1))
    assert first is not None
    assert (first.name, first.attempt, first.is_last) == ("succeed", 1, False)
    assert await claim(worker="w2", now=now + timedelta(days=1)) is None


async def test_the_job_of_a_dead_worker_is_due_again(worker: Worker, clock: SteppedClock) -> None:
    await succeed.aenqueue("one")
    assert await sync_to_async(jobs.claim)(worker="dead", now=clock.now())
    assert await sync_to_async(jobs.recover)(now=clock.now()) == 0
    clock.step(minutes=11)
    assert await sync_to_async(jobs.recover)(now=clock.now()) == 1
    assert await worker.drain() == 1
    assert _done == ["one"]


async def test_a_job_that_began_before_the_clock_went_back_is_due_again(
    worker: Worker, clock: SteppedClock
) -> None:
    await succeed.aenqueue("one")
    ahead = clock.now() + timedelta(hours=11)
    assert await sync_to_async(jobs.claim)(worker="dead", now=ahead)
    assert await sync_to_async(jobs.recover)(now=clock.now()) == 1


@pytest.mark.parametrize("ahead", [{"minutes": 20}, {"hours": 11}, {"days": 40}], ids=str)
async def test_a_job_planned_by_a_clock_that_goes_back_does_not_wait_for_it_to_catch_up(
    ahead: dict[str, float], worker: Worker, clock: SteppedClock
) -> None:
    await fail.aenqueue()
    clock.step(**ahead)
    assert await worker.drain() == 1
    clock.step(**{name: -number for name, number in ahead.items()})
    assert await worker.drain() == 1  # by the right clock now, and planned by it:
    assert await worker.drain() == 0
    clock.step(seconds=40)
    assert await worker.drain() == 1


async def test_nor_does_one_that_a_person_tries_again_while_the_clock_is_ahead(
    worker: Worker, clock: SteppedClock, cast: Cast
) -> None:
    await give_up.aenqueue()
    assert await worker.drain() == 1
    clock.step(hours=11)
    stuck = await sync_to_async(jobs.stuck)()
    await sync_to_async(jobs.try_again)(
        jobs=[each.id for each in stuck], by=cast.administrator, now=clock.now()
    )
    clock.step(hours=-11)
    assert await worker.drain() == 1


async def test_a_worker_outlives_a_full_disk_and_loses_no_job(
    committed: Any, clock: SteppedClock, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(http=http, name="w1", tick_s=0.01)
    monkeypatch.setattr("vigie.workers.work.UNWILLING_S", 0.01)
    full = {"recover": 2, "claim": 2, "done": 2}

    def refusing(name: str) -> Any:
        action = getattr(jobs, name)

        def attempt(*given: Any, **named: Any) -> Any:
            if full[name]:
                full[name] -= 1
                raise OperationalError("database or disk is full")
            return action(*given, **named)

        return attempt

    for name in full:
        monkeypatch.setattr(jobs, name, refusing(name))
    await succeed.aenqueue("one")
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))

    async def gone() -> bool:
        return await sync_to_async(jobs.waiting)() == 0

    await until(gone)
    stop.set()
    await running
    assert (_done, full) == (["one"], {"recover": 0, "claim": 0, "done": 0})


async def test_a_job_cut_short_by_the_end_is_given_back(
    committed: Any, clock: SteppedClock, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.workers.work.WIND_UP_S", 0.05)
    made = Worker(http=http, name="w1", tick_s=0.01)
    await hang.aenqueue()
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))

    async def begun() -> bool:
        return _done == ["begun"]

    await until(begun)
    stop.set()
    await running
    again = await sync_to_async(jobs.claim)(worker="w2", now=clock.now())
    assert again is not None
    assert again.attempt == 1


def test_tools_are_for_jobs_only() -> None:
    with pytest.raises(LookupError):
        tools()


# -- pictures ----------------------------------------------------------------------------------


def _image(width: int = 2400, height: int = 1200) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (width, height), "navy").save(out, "JPEG", exif=exif)
    return out.getvalue()


async def _pictures(head: str, writer: asyncio.StreamWriter) -> None:
    match path_of(head):
        case "/good.jpg":
            writer.write(answer(_image(), Content_Type="image/jpeg"))
        case "/page":
            writer.write(answer(b"<html>", Content_Type="text/html"))
        case "/busy":
            writer.write(answer(status="503 Service Unavailable"))
        case "/bomb.png":
            out = io.BytesIO()
            Image.new("1", (20_000, 20_000)).save(out, "PNG")
            writer.write(answer(out.getvalue()))
        case _:
            writer.write(answer(status="410 Gone"))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(_pictures) as running:
        yield running


@pytest.fixture
async def http(server: Server) -> AsyncIterator[GuardedHttp]:
    async with GuardedHttp(allowed=frozenset({server.pair})) as client:
        yield client


def _kept_lead(url: str, now: datetime) -> Media:
    operation = factories.operation(now=now)
    desk = factories.desk(factories.member(operation, Role.WATCHER, now=now), operation)
    lead = factories.lead(operation, now=now, post={"has_media": True})
    media = Media.objects.create(post=lead.post, type="image", url=url)
    Media.objects.create(post=lead.post, type="video", url=url, position=1)
    leads.keep(leads={lead.pk: None}, by=desk, now=now)
    media.refresh_from_db()
    return media


async def test_the_picture_of_a_kept_post_is_fetched_and_written_anew(
    worker: Worker, server: Server, now: datetime, tmp_path: Path, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    media = await sync_to_async(_kept_lead)(server.url("/good.jpg"), now)
    assert media.state == "wanted"
    assert await worker.drain() == 1
    await media.arefresh_from_db()
    assert (media.state, media.width, media.height) == ("fetched", 1600, 800)
    with Image.open(BlobStore().path(media.blob)) as image:
        assert (image.format, image.size) == ("WEBP", (1600, 800))
        assert not image.getexif()
    assert media.sha256 in media.blob
    lead = await Lead.objects.aget()
    entry = await Entry.objects.aget(verb="picture.fetched")
    assert entry.touches == [f"lead:{lead.pk}"]
    assert not await Media.objects.filter(type="video").exclude(state="remote").aexists()


async def test_a_picture_that_two_workers_had_in_hand_is_told_once(
    worker: Worker, server: Server, now: datetime, tmp_path: Path, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    media = await sync_to_async(_kept_lead)(server.url("/good.jpg"), now)
    assert await worker.drain() == 1
    await media.arefresh_from_db()

    def once_more() -> None:
        picture = Picture(data=b"", width=1600, height=800)
        kept = Kept(name=media.blob, size=0, sha256=media.sha256)
        pictures._keep(media.pk, picture, kept, now=now)
        pictures._settle(media.pk, state="stuck", reason="bad_status", now=now)

    await sync_to_async(once_more)()
    await media.arefresh_from_db()
    assert media.state == "fetched"
    assert BlobStore().path(media.blob).exists()
    assert await Entry.objects.filter(verb__startswith="picture.").acount() == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/page", "picture_unreadable"),
        ("/bomb.png", "picture_bomb"),
        ("/gone.jpg", "picture_gone"),
        ("http://10.0.0.1/a.jpg", "address_forbidden"),
    ],
)
async def test_a_picture_that_cannot_be_had_is_refused_with_its_reason(
    worker: Worker, server: Server, now: datetime, path: str, reason: str
) -> None:
    url = path if path.startswith("http") else server.url(path)
    media = await sync_to_async(_kept_lead)(url, now)
    await worker.drain()
    await media.arefresh_from_db()
    assert (media.state, media.reason, media.blob) == ("refused", reason, "")
    assert await sync_to_async(jobs.waiting)() == 0


async def test_a_busy_server_is_asked_again_and_the_picture_stuck_in_the_end(
    worker: Worker, clock: SteppedClock, server: Server, now: datetime
) -> None:
    media = await sync_to_async(_kept_lead)(server.url("/busy"), now)
    while not await sync_to_async(jobs.stuck)():
        await worker.drain()
        clock.step(hours=2)
    await media.arefresh_from_db()
    assert (media.state, media.reason) == ("stuck", "bad_status")
    assert len(server.asked) == jobs.ATTEMPTS


def test_only_what_is_kept_is_wanted_and_only_once(cast: Cast, now: datetime) -> None:
    desk = factories.desk(cast.volunteer, cast.operation)
    rows = [factories.lead(cast.operation, now=now) for _ in range(2)]
    for row in rows:
        Media.objects.create(post=row.post, type="image", url="https://exemple.fr/a.jpg")
    leads.keep(leads={rows[0].pk: None}, by=desk, now=now)
    assert pictures.want([rows[0].pk], operation=cast.operation.pk) == 0
    assert pictures.want([rows[1].pk], operation=cast.other_operation.pk) == 0
    assert [m.state for m in Media.objects.order_by("pk")] == ["wanted", "remote"]
    assert jobs.waiting() == 1
