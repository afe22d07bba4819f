"""A failed batch handed back over the stream: what is new in it is stored, and nothing older wins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from click.testing import CliRunner
from django.db import transaction

from tests.cluster.parts import add_source, drained, plain_intake, texts, working
from tests.workers.sources import SteppedClock, batch
from vigie.collection import failing
from vigie.collection.models import FailedBatch, Source, TakenBack
from vigie.collection.turns import Turn
from vigie.journal.models import Entry
from vigie.operations.models import Operation
from vigie.pipeline import installed
from vigie.pipeline.broker import Address, Broker
from vigie.pipeline.messages import Message, message_of


@pytest.fixture
def stream(address: Address, settings: Any) -> Address:
    """The installation's own stream for the length of a test."""
    settings.VIGIE_STREAM = {
        "servers": list(address.servers), "name": address.name, "replicas": 1,
        "max_bytes": address.max_bytes,
    }  # fmt: skip
    return address


def set_aside(source: Source, *numbers: int, now: datetime, number: int = 1) -> FailedBatch:
    message = message_of(batch(*numbers, at=now), source=source.pk, holder="", collected_at=now)
    turn = Turn(epoch=1, number=number, after=number - 1)
    pk = failing.set_aside(
        source.pk, turn, payload=message.to_bytes(), items=len(numbers), code="store_failed",
        detail="KeyError", now=now,
    )  # fmt: skip
    return FailedBatch.objects.get(pk=pk)


def take_back(source: Source, *remote_ids: str, now: datetime) -> None:
    """The source deleted these while they stood aside."""
    with transaction.atomic():
        failing.remember_taken_back(source.pk, set(remote_ids), now=now)


async def test_handed_back_it_is_stored_by_a_worker_without_what_changed_since(
    operation: Operation, clock: SteppedClock, now: datetime, stream: Address,
    connect: Callable[[Address], Broker],
) -> None:  # fmt: skip
    source = await sync_to_async(add_source)(operation, now, "s")
    row = await sync_to_async(set_aside)(source, 1, 2, 3, now=now)
    # Since then 1 was stored in a newer version, and 2 was taken back unseen.
    newer = batch(1, at=now).items[0]
    payload = newer.payload.replace(b"num\\u00e9ro 1", b"nouvelle")
    await sync_to_async(plain_intake().take)(
        Message(source=source.pk, items=(type(newer)(payload=payload),)), now=now
    )
    await sync_to_async(take_back)(source, "2", now=now)
    await asyncio.to_thread(installed.hand_back, row)
    async with working(stream, clock):
        await drained(connect(stream))
    assert await texts(source) == {"1": "La crue nouvelle", "3": "La crue numéro 3"}
    row = await sync_to_async(FailedBatch.objects.get)()
    assert (row.state, bytes(row.payload)) == ("stored", b"")
    assert not await sync_to_async(TakenBack.objects.exists)()


async def test_failing_again_it_waits_again(
    operation: Operation, clock: SteppedClock, now: datetime, stream: Address,
    connect: Callable[[Address], Broker],
) -> None:  # fmt: skip
    def broken() -> Any:
        raise ZeroDivisionError

    source = await sync_to_async(add_source)(operation, now, "s")
    row = await sync_to_async(set_aside)(source, 1, now=now)
    await asyncio.to_thread(installed.hand_back, row)
    async with working(stream, clock, make=broken):
        await drained(connect(stream))
    row = await sync_to_async(FailedBatch.objects.get)()
    assert (row.state, row.code) == ("waiting", "store_failed")
    assert row.detail.startswith("ZeroDivisionError")


@pytest.mark.django_db(transaction=True)
def test_operators_look_replay_and_discard_on_the_command_line(
    now: datetime, stream: Address
) -> None:
    from tests import factories
    from vigie.cli.stream import stream as command

    source = add_source(factories.operation(now=now), now, "s")
    first, second = (set_aside(source, n, now=now, number=n) for n in (1, 2))

    def run(*arguments: str, status: int = 0) -> Any:
        done = CliRunner().invoke(command, [*arguments])
        assert done.exit_code == status, done.output
        return done.output

    told = json.loads(run("status", "--json"))
    assert (told["engine"], told["state"], told["failed"]["waiting"]) == ("nats", "ok", 2)
    assert told["server"][0].isdigit()
    assert "store_failed KeyError" in run("failed")
    assert "La crue num" in run("show", str(first.pk))
    assert run("replay", str(first.pk)) == f"replayed: {first.pk}\n"
    assert json.loads(run("status", "--json"))["messages"] == 1
    run("replay", str(first.pk), status=1)
    run("discard", str(second.pk), status=2)
    run("discard", "--all", "--reason", "Essai")
    second.refresh_from_db()
    assert (second.state, second.reason) == ("discarded", "Essai")
    verbs = Entry.objects.filter(actor="cli").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["batch.replayed", "batch.discarded"]


@pytest.mark.django_db(transaction=True)
def test_out_of_reach_is_said_everywhere_and_changes_nothing(now: datetime, settings: Any) -> None:
    from django.test import Client
    from scripts.servers import free_port

    from tests import factories
    from vigie.cli.doctor import examine
    from vigie.cli.stream import stream as command

    settings.VIGIE_STREAM = {
        "servers": [f"nats://127.0.0.1:{free_port()}"], "name": "x", "replicas": 1, "max_bytes": 1,
    }  # fmt: skip
    source = add_source(factories.operation(now=now), now, "s")
    row = set_aside(source, 1, now=now)
    done = CliRunner().invoke(command, ["replay", str(row.pk)])
    assert done.exit_code == 1
    row.refresh_from_db()
    assert row.state == "waiting"
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["stream"]["state"]) == (200, "unreachable")
    levels = {each.check: each.level for each in examine()}
    assert (levels["stream"], levels["failed batches"]) == ("failed", "warning")
