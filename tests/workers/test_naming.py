"""Handles are learnt from the stream and from the network's directory, of kept posts only, and a
watch finds an account by the handle a person wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import sync_to_async

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import make_intake, message
from tests.pipeline.servers import Server, answer, path_of, serving
from tests.workers.sources import SteppedClock
from vigie.collection import naming
from vigie.collection.models import Author, NamedAccount, Objection, Post, Source
from vigie.contracts.plugins import SOURCE
from vigie.contracts.registry import Registry
from vigie.journal.models import Entry
from vigie.operations import jobs
from vigie.operations.models import Operation
from vigie.pipeline import ports as house
from vigie.pipeline.http import GuardedHttp
from vigie.plugins.sources.bluesky import BlueskySource
from vigie.triage import objections, persons
from vigie.workers.work import Worker

POST = "app.bsky.feed.post"
MAYOR = "did:plc:maire"
PASSER = "did:plc:passant"
KNOWN = {MAYOR: "mairie.example", PASSER: "passant.example"}


class Directory:
    """What the server knows, and what it does instead when told: a status."""

    def __init__(self) -> None:
        self.known = dict(KNOWN)
        self.status = ""

    def answered(self, head: str) -> bytes:
        if self.status:
            return answer(b"{}", status=self.status, Retry_After="60")
        asked = parse_qs(urlsplit(path_of(head)).query)["actors"]
        by_handle = {handle: did for did, handle in self.known.items()}
        found = [each if each in self.known else by_handle.get(each) for each in asked]
        profiles = [{"did": did, "handle": self.known[did]} for did in found if did]
        return answer(json.dumps({"profiles": profiles}).encode())


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    made = SteppedClock(now)
    monkeypatch.setattr(house, "SystemClock", lambda: made)
    monkeypatch.setattr("django_tasks_db.models.timezone.now", made.now)
    return made


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
async def server(directory: Directory) -> AsyncIterator[Server]:
    async def handle(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(directory.answered(head))

    async with serving(handle) as found:
        yield found


@pytest.fixture
async def worker(
    committed: Any, clock: SteppedClock, server: Server
) -> AsyncIterator[Worker]:  # fmt: skip
    async with GuardedHttp(allowed=frozenset({server.pair})) as http:
        made = Worker(http=http, name="w1", tick_s=0.01)
        yield made
        await made.close()


@pytest.fixture
async def sky(worker: Worker, server: Server, now: datetime) -> Source:
    def made() -> Source:
        factories.operation(now=now)
        return factories.source(
            None, now=now, plugin="bluesky", name="Ciel",
            config={"way": "jetstream", "directory": server.url("").rstrip("/")},
        )  # fmt: skip

    return await sync_to_async(made)()


def frame(rkey: str, text: str, now: datetime, did: str = PASSER) -> bytes:
    at = int((now - timedelta(minutes=1)).timestamp() * 1_000_000)
    record = {"$type": POST, "createdAt": "2026-01-01", "text": text, "langs": ["fr"]}
    commit = {"operation": "create", "collection": POST, "rkey": rkey, "record": record}
    return json.dumps({"did": did, "time_us": at, "kind": "commit", "commit": commit}).encode()


def renaming(did: str, now: datetime, **identity: str) -> bytes:
    at = int(now.timestamp() * 1_000_000)
    told = {"did": did, "time_us": at, "kind": "identity", "identity": {"did": did, **identity}}
    return json.dumps(told).encode()


def take(source: Source, *payloads: bytes, now: datetime) -> int:
    intake = make_intake(registry=Registry(by_kind={SOURCE: {"bluesky": BlueskySource}}))
    return intake.take(message(source.pk, *payloads), now=now).kept


def looking_for(query: str, now: datetime) -> None:
    factories.watch(Operation.objects.get(), query, now=now, name=query)


def handles() -> dict[str, str]:
    return dict(Author.objects.values_list("remote_id", "handle"))


async def test_authors_of_kept_posts_get_their_handles_and_nobody_else_is_asked_for(
    sky: Source, worker: Worker, server: Server, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("crue", now)
        assert (
            take(sky, frame("1", "La crue", now), frame("2", "Bon appétit", now, MAYOR), now=now)
            == 1
        )
        assert handles() == {PASSER: ""}
        assert naming.look(now=now) == 1
        assert naming.look(now=now) == 0  # it is waiting already

    await sync_to_async(before)()
    assert await worker.drain() == 1
    assert await sync_to_async(handles)() == {PASSER: "passant.example"}
    assert ["maire" in head for head in server.asked] == [False]
    assert await sync_to_async(naming.look)(now=clock.now()) == 0
    # The next post of the same author, which bears no handle, takes nothing away.
    assert await sync_to_async(take)(sky, frame("3", "crue encore", now), now=now) == 1
    assert await sync_to_async(handles)() == {PASSER: "passant.example"}


async def test_a_watch_finds_the_account_whose_handle_a_person_wrote(
    sky: Source, worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("from:Mairie.example", now)
        assert take(sky, frame("1", "Réunion ce soir", now, MAYOR), now=now) == 0
        assert naming.look(now=now) == 1

    def after() -> None:
        kept = take(
            sky, frame("2", "Les rues", now, MAYOR), frame("3", "Les rues", now), now=now
        )  # fmt: skip
        assert kept == 1
        assert Post.objects.get().remote_id.endswith("/2")
        assert NamedAccount.objects.get().remote_id == MAYOR

    await sync_to_async(before)()
    assert await worker.drain() == 1
    await sync_to_async(after)()


async def test_the_stream_tells_of_a_new_handle_and_the_watch_follows_the_name(
    sky: Source, worker: Worker, directory: Directory, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("from:mairie.example OR crue", now)
        take(sky, frame("1", "crue", now, MAYOR), now=now)
        naming.look(now=now)

    def renamed() -> None:
        assert handles() == {MAYOR: "mairie.example"}
        take(sky, renaming(MAYOR, now, handle="ville.example"), renaming("did:plc:x", now), now=now)
        assert handles() == {MAYOR: "ville.example"}
        assert naming.look(now=now) == 1

    def after() -> None:
        assert take(sky, frame("2", "Réunion", now, MAYOR), now=now) == 0
        take(sky, renaming(MAYOR, now), now=now)
        assert handles() == {MAYOR: ""}
        assert naming.look(now=now) == 1

    await sync_to_async(before)()
    await worker.drain()
    directory.known[MAYOR] = "ville.example"
    await sync_to_async(renamed)()
    await worker.drain()
    await sync_to_async(after)()


@pytest.mark.parametrize("status", ["429 Too Many", "500 No", "403 No"])
async def test_a_directory_in_trouble_is_asked_again_later(
    status: str,
    sky: Source,
    worker: Worker,
    directory: Directory,
    clock: SteppedClock,
    now: datetime,
) -> None:
    def before() -> None:
        looking_for("crue", now)
        take(sky, frame("1", "La crue", now), now=now)
        naming.look(now=now)

    directory.status = status
    await sync_to_async(before)()
    assert await worker.drain() == 1
    assert await sync_to_async(jobs.waiting)() == 1
    assert await sync_to_async(handles)() == {PASSER: ""}
    directory.status = ""
    clock.step(hours=2)
    assert await worker.drain() == 1
    assert await sync_to_async(handles)() == {PASSER: "passant.example"}


async def test_a_directory_that_never_answers_leaves_no_stuck_job_and_is_asked_in_an_hour(
    sky: Source, worker: Worker, directory: Directory, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("crue", now)
        take(sky, frame("1", "La crue", now), now=now)
        naming.look(now=now)

    directory.status = "503 No"
    await sync_to_async(before)()
    while await worker.drain():
        clock.step(hours=2)
    assert await sync_to_async(jobs.stuck)() == []
    assert await sync_to_async(naming.look)(now=clock.now() - timedelta(hours=2)) == 0
    directory.status = ""
    assert await sync_to_async(naming.look)(now=clock.now() + timedelta(hours=2)) == 1
    await worker.drain()
    assert await sync_to_async(handles)() == {PASSER: "passant.example"}


async def test_who_is_not_found_is_asked_for_once_a_day(
    sky: Source, worker: Worker, directory: Directory, clock: SteppedClock, now: datetime
) -> None:
    directory.known.clear()

    def before() -> None:
        looking_for("crue -from:personne.example", now)
        take(sky, frame("1", "La crue", now), now=now)
        naming.look(now=now)

    await sync_to_async(before)()
    await worker.drain()
    look = sync_to_async(naming.look)
    assert await look(now=now + timedelta(hours=23)) == 0
    assert await look(now=now + timedelta(hours=25)) == 1


def test_a_handle_no_watch_names_any_more_is_forgotten(cast: Cast, now: datetime) -> None:
    factories.source(None, now=now, plugin="bluesky", name="Ciel", config={})
    watch = factories.watch(cast.operation, "from:mairie.example", now=now)
    naming.look(now=now)
    assert NamedAccount.objects.count() == 1
    watch.delete()
    naming.look(now=now)
    assert NamedAccount.objects.count() == 0


def test_nobody_is_asked_for_without_a_source_that_could_tell(cast: Cast, now: datetime) -> None:
    factories.source(None, now=now, plugin="bluesky", name="Ciel", config={}, enabled=False)
    factories.watch(cast.operation, "from:mairie.example", now=now)
    assert naming.look(now=now) == 0
    assert not NamedAccount.objects.exists()


def object_to(name: str, now: datetime) -> None:
    officer = persons.Officer(user=None, actor="cli")
    objections.add(names=[name], reason="Opposition reçue par courrier.", by=officer, now=now)


async def test_an_objection_to_a_handle_holds_from_when_the_handle_is_learnt(
    sky: Source, worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("crue", now)
        take(sky, frame("1", "La crue d’hier", now), now=now - timedelta(hours=1))
        object_to("@passant.example", now - timedelta(minutes=30))
        taken = (frame("2", "La crue", now), frame("3", "La crue", now, MAYOR))
        assert take(sky, *taken, now=now) == 2  # nobody knows yet who that is
        naming.look(now=now)

    def after() -> None:
        assert objections.look(now=now) == 1
        assert objections.look(now=now) == 0
        posts = Post.objects.order_by("pk").values_list("text", flat=True)
        assert list(posts) == ["La crue d’hier", "", "La crue"]
        told = Entry.objects.filter(verb="person.objection_honoured")
        assert sorted(told.values_list("chain", flat=True)) == [0, Operation.objects.get().pk]
        assert all("passant" not in str(entry.data) for entry in told)
        again = (frame("4", "La crue monte", now), frame("5", "La crue", now, MAYOR))
        assert take(sky, *again, now=now) == 1
        Author.objects.filter(remote_id=PASSER).delete()
        assert take(sky, frame("6", "La crue monte", now), now=now) == 0  # known by its id now

    await sync_to_async(before)()
    await worker.drain()
    await sync_to_async(after)()


async def test_an_objection_to_a_handle_that_is_known_holds_for_posts_that_bear_none(
    sky: Source, worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    def before() -> None:
        looking_for("crue", now)
        take(sky, frame("1", "La crue d’hier", now), now=now)
        naming.look(now=now)

    def after() -> None:
        object_to("passant.example", now)
        assert take(sky, frame("2", "La crue", now), now=now) == 0
        assert take(sky, frame("3", "La crue", now, MAYOR), now=now) == 1

    await sync_to_async(before)()
    await worker.drain()
    await sync_to_async(after)()


async def test_an_account_that_takes_an_objected_handle_is_let_go_as_the_stream_tells(
    sky: Source, worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    def all_of_it() -> None:
        looking_for("crue", now)
        object_to("parti.example", now - timedelta(minutes=5))
        assert take(sky, frame("1", "La crue", now), now=now) == 1
        take(sky, renaming(PASSER, now, handle="parti.example"), now=now)
        assert objections.look(now=now) == 1
        assert not Post.objects.exclude(text="").exists()
        assert take(sky, frame("2", "La crue", now), now=now) == 0

    await sync_to_async(all_of_it)()


async def test_an_objection_that_was_withdrawn_meanwhile_takes_nothing_away(
    sky: Source, worker: Worker, clock: SteppedClock, now: datetime
) -> None:
    def all_of_it() -> None:
        looking_for("crue", now)
        object_to("parti.example", now - timedelta(minutes=5))
        take(sky, frame("1", "La crue", now), now=now)
        take(sky, renaming(PASSER, now, handle="parti.example"), now=now)
        officer = persons.Officer(user=None, actor="cli")
        row = Objection.objects.get()
        objections.withdraw(objection=row.pk, reason="Demande de reprise.", by=officer, now=now)
        assert objections.look(now=now) == 0
        assert Post.objects.exclude(text="").count() == 1
        assert take(sky, frame("2", "La crue", now), now=now) == 1

    await sync_to_async(all_of_it)()
