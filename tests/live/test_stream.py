"""What a browser gets from `/live/<slug>/`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import AsyncClient

from tests import factories
from tests.factories import Cast, desk, make_cast
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.journal import actions as journal
from vigie.live import hub as hub_module
from vigie.live.hub import hub
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.operations.models import Membership, Operation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None, now: datetime) -> Cast:
    return make_cast(now=now)


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    yield
    hub().release()
    await sync_to_async(lambda: connection.close())()  # of the thread that tests write from


@pytest.fixture(autouse=True)
def _quick_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "POLL_S", 0.01)
    monkeypatch.setattr(hub_module, "RECHECK_S", 0.05)
    monkeypatch.setattr(hub_module, "BEAT_S", 0.05)


def note(op: Operation, now: datetime, text: str = "", touches: tuple[str, ...] = ()) -> int:
    with transaction.atomic():
        entry = journal.write(chain=op.pk, verb="note.written", now=now, text=text, touches=touches)
    return entry.seq


anote = sync_to_async(note)


class Page:
    """A browser page listening: events in the order they came."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = aiter(chunks)
        self._rest = ""

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next named event; raises StopAsyncIteration when the stream ended."""
        async with asyncio.timeout(20):
            return await self._event()

    async def _event(self) -> tuple[str, dict[str, Any]]:
        while True:
            while "\n\n" in self._rest:
                block, self._rest = self._rest.split("\n\n", 1)
                fields = dict(line.split(": ", 1) for line in block.split("\n"))
                if "event" in fields:
                    data = json.loads(fields["data"])
                    if fields["event"] == "objects":
                        assert "id" not in fields  # it does not move where a stream resumes
                    else:
                        assert fields["id"] == str(data["seq"])
                    return fields["event"], data
            self._rest += (await anext(self._chunks)).decode()

    async def seqs(self, count: int) -> list[int]:
        return [(await self.event())[1]["seq"] for _ in range(count)]

    async def joined(self) -> None:
        """Wait for the first bytes: from now on nothing is missed."""
        self._rest += (await anext(self._chunks)).decode()


async def page_of(person: User, op: Operation, *, query: str = "", **headers: str) -> Page:
    client = AsyncClient()
    await client.aforce_login(person)
    answer = await client.get(f"/live/{op.slug}/{query}", headers=headers)
    assert answer.status_code == 200, answer.status_code
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    return Page(answer.streaming_content)


async def test_an_entry_written_meanwhile_arrives(cast: Cast, now: datetime) -> None:
    page = await page_of(cast.volunteer, cast.operation)
    await page.joined()
    await anote(cast.operation, now, touches=("lead:9",))
    name, entry = await page.event()
    assert (name, entry["verb"], entry["touches"]) == (
        "entry",
        "note.written",
        ["lead:9", "journal"],
    )


async def test_a_page_resumes_exactly_after_the_last_event_it_had(
    cast: Cast, now: datetime
) -> None:
    for _ in range(5):
        await anote(cast.operation, now)
    page = await page_of(cast.volunteer, cast.operation, **{"Last-Event-ID": "2"})
    assert await page.seqs(3) == [3, 4, 5]
    await anote(cast.operation, now)
    assert await page.seqs(1) == [6]


async def test_a_new_page_resumes_where_it_was_rendered(cast: Cast, now: datetime) -> None:
    for _ in range(3):
        await anote(cast.operation, now)
    page = await page_of(cast.volunteer, cast.operation, query="?after=1")
    assert await page.seqs(2) == [2, 3]


async def test_entries_of_another_operation_stay_there(cast: Cast, now: datetime) -> None:
    page = await page_of(cast.volunteer, cast.operation)
    await page.joined()
    await anote(cast.other_operation, now)
    await anote(cast.operation, now, text="ici")
    assert (await page.event())[1]["seq"] == 1


async def test_a_partner_gets_only_what_the_table_opens(cast: Cast, now: datetime) -> None:
    page = await page_of(cast.partner, cast.operation)
    await page.joined()
    await anote(cast.operation, now, touches=("lead:1",))
    await anote(cast.operation, now, touches=("lead:1", "incident:4"))
    _, entry = await page.event()
    assert (entry["seq"], entry["touches"]) == (2, ["incident:4"])


@sync_to_async
def a_map(cast: Cast, now: datetime) -> dict[str, Layer]:
    by = desk(cast.coordinator, cast.operation)
    return {
        audience: create_layer(name=audience, audience=audience, by=by, now=now)
        for audience in ("team", "partner")
    }


@sync_to_async
def edit(cast: Cast, now: datetime, *edits: Edit) -> int:
    return apply_edits(edits=edits, by=desk(cast.coordinator, cast.operation), now=now).seq


async def caught_up(cast: Cast, now: datetime, *pages: Page) -> None:
    """Wait until these pages are served from the tail, no longer from the journal. The entry is not
    about layers: the tail may read it together with the edit that follows."""
    for page in pages:
        await page.joined()
    seq = await anote(cast.operation, now, touches=("incidents",))
    for page in pages:
        assert await page.seqs(1) == [seq]


def drawn(layer: Layer) -> Edit:
    point = {"type": "Point", "coordinates": [2.2, 48.6]}
    return Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number, set={"geometry": point}
    )


async def test_what_changed_on_the_map_comes_with_the_entry_to_pages_that_want_it(
    cast: Cast, now: datetime
) -> None:
    layers = await a_map(cast, now)
    wants, other, partner = [
        await page_of(person, cast.operation, query=query)
        for person, query in (
            (cast.volunteer, "?objects=1"), (cast.volunteer, ""), (cast.partner, "?objects=1"),
        )
    ]  # fmt: skip
    await caught_up(cast, now, wants, other, partner)
    inside, shared = drawn(layers["team"]), drawn(layers["partner"])
    seq = await edit(cast, now, inside, shared)
    for page, uids in ((wants, [inside.feature, shared.feature]), (partner, [shared.feature])):
        assert (await page.event())[1]["seq"] == seq
        kind, told = await page.event()
        assert (kind, told["seq"], told["gone"]) == ("objects", seq, [])
        assert [each["id"] for each in told["features"]] == [str(uid) for uid in uids]
        assert told["since"] < seq  # the tail may read the entry before together with it
    gone = Edit(edit=uuid4(), feature=shared.feature, set={"deleted": True}, base={"*": seq})
    seq = await edit(cast, now, gone)
    assert await other.seqs(2) == [seq - 1, seq]
    for page in (wants, partner):
        assert (await page.event())[1]["seq"] == seq
        assert (await page.event())[1]["gone"] == [str(shared.feature)]


async def test_a_page_asks_for_itself_when_an_object_moved_or_layers_changed(
    cast: Cast, now: datetime
) -> None:
    layers = await a_map(cast, now)
    one = drawn(layers["partner"])
    seq = await edit(cast, now, one)
    page = await page_of(cast.partner, cast.operation, query="?objects=1")
    await caught_up(cast, now, page)
    moved = Edit(
        edit=uuid4(), feature=one.feature, set={"layer": layers["team"].number}, base={"*": seq}
    )
    seq = await edit(cast, now, moved)
    assert (await page.event())[1]["seq"] == seq
    seq = await edit(cast, now, drawn(layers["partner"]))
    assert [(await page.event())[0] for _ in range(2)] == ["entry", "objects"]


async def test_who_missed_too_much_is_told_to_load_the_page_again(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "CATCH_UP_ENTRIES", 3)
    for _ in range(5):
        await anote(cast.operation, now)
    page = await page_of(cast.volunteer, cast.operation, query="?after=1")
    assert await page.event() == ("reload", {"seq": 5})
    await anote(cast.operation, now)
    assert await page.seqs(1) == [6]


async def test_a_place_the_journal_never_reached_is_told_to_load_again(
    cast: Cast, now: datetime
) -> None:
    page = await page_of(cast.volunteer, cast.operation, query="?after=99")
    assert await page.event() == ("reload", {"seq": 0})


async def test_a_slow_page_neither_blocks_others_nor_misses_an_entry(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = await page_of(cast.volunteer, cast.operation)
    await slow.joined()
    await anote(cast.operation, now)
    assert await slow.seqs(1) == [1]
    quick = await page_of(cast.verifier, cast.operation)
    await quick.joined()
    wanted = list(range(2, hub_module.QUEUE_FRAMES + 12))

    def many() -> None:
        for _ in wanted:
            note(cast.operation, now)

    await sync_to_async(many)()
    assert await quick.seqs(len(wanted)) == wanted
    assert await slow.seqs(len(wanted)) == wanted


async def test_the_stream_of_a_person_removed_from_the_team_ends(cast: Cast, now: datetime) -> None:
    page = await page_of(cast.volunteer, cast.operation)
    await page.joined()

    def leave() -> None:
        with transaction.atomic():
            Membership.objects.filter(user=cast.volunteer).update(until=now)
            desk(cast.coordinator, cast.operation).record("team.left", now=now, touches=["team"])

    await sync_to_async(leave)()
    with pytest.raises(StopAsyncIteration):
        await page.event()


async def test_the_stream_of_a_person_who_signed_out_ends(cast: Cast) -> None:
    client = AsyncClient()
    await client.aforce_login(cast.volunteer)
    answer = await client.get(f"/live/{cast.operation.slug}/")
    page = Page(answer.streaming_content)
    await page.joined()
    await client.alogout()
    with pytest.raises(StopAsyncIteration):
        await page.event()


async def test_a_person_given_another_role_is_told_by_its_rights(cast: Cast, now: datetime) -> None:
    page = await page_of(cast.partner, cast.operation)
    await page.joined()

    def promote() -> None:
        with transaction.atomic():
            Membership.objects.create(
                operation=cast.operation, user=cast.partner, role=Role.WATCHER.value, since=now
            )
            journal.write(chain=cast.operation.pk, verb="team.changed", now=now, touches=["team"])
            journal.write(chain=cast.operation.pk, verb="x", now=now, touches=["lead:1"])

    await sync_to_async(promote)()
    assert [(await page.event())[1]["touches"] for _ in range(2)] == [
        ["team", "journal"],
        ["lead:1", "journal"],
    ]


async def test_closing_ends_every_stream_and_refuses_new_ones(cast: Cast) -> None:
    page = await page_of(cast.volunteer, cast.operation)
    await page.joined()
    hub().close()
    with pytest.raises(StopAsyncIteration):
        await page.event()
    late = await page_of(cast.volunteer, cast.operation)
    with pytest.raises(StopAsyncIteration):
        await late.event()


async def test_a_page_that_goes_away_leaves_nothing_running(cast: Cast) -> None:
    client = AsyncClient()
    await client.aforce_login(cast.volunteer)
    answer = await client.get(f"/live/{cast.operation.slug}/")
    await Page(answer.streaming_content).joined()
    assert hub().listeners == 1
    await sync_to_async(answer.close)()
    async with asyncio.timeout(20):
        while hub().listeners or any(
            task.get_name() == "vigie-live-tail" for task in asyncio.all_tasks()
        ):
            await asyncio.sleep(0)


async def test_a_silent_line_is_kept_open_with_beats(cast: Cast) -> None:
    client = AsyncClient()
    await client.aforce_login(cast.volunteer)
    answer = await client.get(f"/live/{cast.operation.slug}/")
    chunks = aiter(answer.streaming_content)
    assert await anext(chunks) == b"retry: 2000\n\n"
    assert await anext(chunks) == b": beat\nid: 0\n\n"


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("administrator", 404)])
async def test_who_is_not_in_the_team_is_told_nothing(cast: Cast, who: str, status: int) -> None:
    client = AsyncClient()
    await client.aforce_login(getattr(cast, who))
    assert (await client.get(f"/live/{cast.operation.slug}/")).status_code == status


async def test_nobody_listens_without_signing_in(cast: Cast) -> None:
    assert (await AsyncClient().get(f"/live/{cast.operation.slug}/")).status_code == 401


async def test_only_get_is_answered(cast: Cast) -> None:
    client = AsyncClient()
    await client.aforce_login(cast.volunteer)
    assert (await client.post(f"/live/{cast.operation.slug}/")).status_code == 405


def test_an_operation_of_the_factory_has_its_own_chain(cast: Cast, now: datetime) -> None:
    other = factories.operation(now=now)
    assert (note(cast.operation, now), note(other, now)) == (1, 1)
