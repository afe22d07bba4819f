"""Deliveries reach real servers on loopback, wait and come back when these misbehave, and are stuck
with a reason in the end; nothing secret is said on the way."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from tests import factories
from tests.alerting.receivers import Receiver, mail_server, receiving
from tests.alerting.telling import arrive, happens, make_passes
from tests.workers.sources import SteppedClock
from vigie.alerting import sealing
from vigie.alerting.actions.devices import add_device
from vigie.alerting.models import Alert, Channel, Delivery, Device
from vigie.journal.models import Entry
from vigie.operations import jobs
from vigie.operations.models import Operation
from vigie.pipeline import ports as house
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.outside import Outside
from vigie.plugins.notifiers.webpush.encryption import (
    _hkdf,
    b64,
    private_key,
    public_bytes,
    unb64,
)
from vigie.workers.work import Worker

SECRET = "jetontressecret"


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    made = SteppedClock(now)
    monkeypatch.setattr(house, "SystemClock", lambda: made)
    monkeypatch.setattr("django_tasks_db.models.timezone.now", made.now)
    return made


@pytest.fixture
def root_log() -> Iterator[io.StringIO]:
    """All that reaches the root of the logs, at the finest level."""
    said, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield said
    root.setLevel(level)
    root.removeHandler(handler)


@asynccontextmanager
async def worker(*allowed: tuple[str, int]) -> AsyncIterator[Worker]:
    async with GuardedHttp(allowed=frozenset(allowed)) as http:
        made = Worker(http=http, name="w1", outside=Outside(frozenset(allowed)), tick_s=0.01)
        yield made
        await made.close()


@sync_to_async
def an_alert(now: datetime, **channel: Any) -> Operation:
    """An operation in which two posts of a watch raised an alert that goes through the channel."""
    op = factories.operation(now=now, title="Crue de l’Orge")
    watch = factories.watch(op, now=now, name="Crues")
    way = factories.channel(op, now=now, **channel)
    factories.rule(op, "posts", now=now, ways=((way, 0),), name="Publications", urgent=True)
    arrive(op, now=now, watches=[watch], number=2, text="Mme Untel au 3 rue Haute crie")
    make_passes(now=now)
    return op


@sync_to_async
def delivery() -> Delivery:
    return Delivery.objects.select_related("channel").get()


@sync_to_async
def verbs() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("verb", flat=True))


def apprise(url: str) -> dict[str, Any]:
    return {"plugin": "apprise", "config": {"url": url}}


def plain(text: str) -> str:
    """With ordinary spaces where French typography has narrower ones."""
    return " ".join(text.split())


async def run_out(made: Worker, clock: SteppedClock) -> list[float]:
    """Let every attempt be made; the pauses between them, in seconds."""
    pauses = []
    while await sync_to_async(jobs.waiting)():
        began = clock.now()
        while not await made.drain():
            clock.step(seconds=5)
        pauses.append((clock.now() - began).total_seconds())
    return pauses


MESSENGERS: dict[str, tuple[Callable[[Receiver], str], Callable[[bytes], str]]] = {
    "mattermost": (
        lambda r: r.url("mmost", f"/{SECRET}"), lambda body: str(json.loads(body)["text"]),
    ),
    "webhook": (
        lambda r: r.url("json", f"/crochet/{SECRET}"),
        lambda body: f"{json.loads(body)['title']} {json.loads(body)['message']}",
    ),
    "ntfy": (
        lambda r: r.url("ntfy", f"/{SECRET}"), lambda body: "{title} {message}".format(**json.loads(body)),
    ),
    "sms gateway": (
        lambda r: f"smseagle://{SECRET}@127.0.0.1:{r.port}/+33611223344", lambda body: body.decode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSENGERS)
async def test_a_messenger_is_told_why_in_words(
    name: str, committed: Any, clock: SteppedClock
) -> None:
    address, read = MESSENGERS[name]
    async with receiving() as receiver, worker(receiver.pair) as made:
        if name == "sms gateway":
            receiver.body = b'{"result": {"message_id": "1", "status": "ok"}}'
        await an_alert(clock.now(), **apprise(address(receiver)))
        assert await made.drain() == 1
    (request,) = receiver.came
    said = read(request.body)
    assert "Crues" in said
    assert "Untel" not in said
    row = await delivery()
    assert (row.state, row.attempts, row.code) == ("sent", 1, "")
    assert row.channel.last_success_at == clock.now()


async def test_matrix_is_spoken_with_the_token_in_its_header(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as receiver, worker(receiver.pair) as made:
        receiver.body = b'{"room_id": "!salon:127.0.0.1", "event_id": "$1", "joined_rooms": []}'
        url = f"matrix://{SECRET}@127.0.0.1:{receiver.port}/!salon:127.0.0.1?v=3"
        await an_alert(clock.now(), **apprise(url))
        await made.drain()
    sent = next(r for r in receiver.came if "/send/m.room.message" in r.path)
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert "Crues" in sent.json["body"]
    assert (await delivery()).state == "sent"


async def test_an_exercise_says_so_first(committed: Any, clock: SteppedClock) -> None:
    async with receiving() as receiver, worker(receiver.pair) as made:
        op = await an_alert(clock.now(), **apprise(receiver.url("json", "/x")))
        await Operation.objects.filter(pk=op.pk).aupdate(is_exercise=True)
        await made.drain()
    assert receiver.came[0].json["title"].startswith("EXERCICE · ")


@pytest.mark.parametrize("trouble", [(429, {}), (500, {}), (503, {}), "cut"])
async def test_a_server_in_trouble_is_asked_again_until_it_takes_it(
    trouble: Any, committed: Any, clock: SteppedClock
) -> None:
    async with receiving(trouble, trouble, (200, {})) as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", f"/{SECRET}")))
        pauses = await run_out(made, clock)
    assert len(receiver.came) == 3
    assert pauses[0] == 0
    assert 10 <= pauses[1] <= 20
    assert 30 <= pauses[2] <= 45
    row = await delivery()
    assert (row.state, row.attempts) == ("sent", 3)
    assert row.channel.failures == 0
    told = await verbs()
    assert told.count("channel.failing") == 1
    assert told.count("channel.recovered") == 1


async def test_a_server_that_never_answers_leaves_a_delivery_stuck_with_its_reason(
    committed: Any, clock: SteppedClock, root_log: io.StringIO
) -> None:
    async with receiving((503, {})) as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", f"/{SECRET}")))
        await run_out(made, clock)
    row = await delivery()
    assert (row.state, row.attempts, row.code, row.detail) == (
        "stuck", jobs.ATTEMPTS, "notifier_busy", "HTTP 503",
    )  # fmt: skip
    assert row.channel.failures == jobs.ATTEMPTS
    assert (await verbs())[-1] == "alert.undelivered"
    assert "notifier_busy" in root_log.getvalue()
    assert SECRET not in root_log.getvalue()
    assert SECRET not in str([entry.data async for entry in Entry.objects.all()])


async def test_a_server_that_refuses_is_not_asked_twice(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving((403, {})) as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", f"/{SECRET}")))
        await run_out(made, clock)
    assert len(receiver.came) == 1
    row = await delivery()
    assert (row.state, row.code, row.detail) == ("stuck", "notifier_refused", "HTTP 403")


async def test_a_server_that_hangs_holds_nobody_up(committed: Any, clock: SteppedClock) -> None:
    async with (
        receiving("hang") as hanging,
        receiving() as healthy,
        worker(hanging.pair, healthy.pair) as made,
    ):
        op = await an_alert(clock.now(), **apprise(f"{hanging.url('json', '/x')}?rto=1"))

        @sync_to_async
        def second() -> None:
            way = factories.channel(op, now=clock.now(), **apprise(healthy.url("json", "/y")))
            factories.rule(op, "handoff", now=clock.now(), ways=((way, 0),))
            rule = factories.rule(op, "urgency", now=clock.now(), ways=((way, 0),))
            rule.settings = {"level": 1}
            rule.save()
            arrive(op, now=clock.now(), urgency=4)
            make_passes(now=clock.now())

        await second()
        await made.drain()
    rows = {row.channel.name: row.state async for row in Delivery.objects.select_related("channel")}
    assert sorted(rows.values()) == ["sent", "waiting"]
    stalled = await Delivery.objects.aget(state="waiting")
    assert stalled.code == "notifier_unreachable"


async def test_a_private_address_is_refused_whatever_library_asks_for_it(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as receiver, worker() as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", f"/{SECRET}")))
        await run_out(made, clock)
    assert receiver.came == []
    row = await delivery()
    assert (row.state, row.code, row.attempts) == ("stuck", "address_forbidden", 1)


async def test_a_redirect_to_a_private_address_is_refused_too(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as inner:
        away = (307, {"Location": f"http://127.0.0.1:{inner.port}/inside"})
        async with receiving(away) as outer, worker(outer.pair) as made:
            await an_alert(clock.now(), **apprise(outer.url("json", "/x")))
            await run_out(made, clock)
    assert len(outer.came) == 1
    assert inner.came == []
    assert (await delivery()).code == "address_forbidden"


async def test_a_delivery_that_was_sent_is_not_sent_again(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", "/x")))
        row = await delivery()
        await made.drain()
        from vigie.alerting.delivering import deliver

        await deliver.aenqueue(row.pk)
        await made.drain()
    assert len(receiver.came) == 1


async def test_a_closed_channel_drops_what_is_on_its_way(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", "/x")))
        await Channel.objects.aupdate(enabled=False)
        await made.drain()
    assert receiver.came == []
    assert (await delivery()).state == "dropped"


async def test_a_secret_key_that_changed_is_told_as_the_reason(
    committed: Any, clock: SteppedClock, settings: Any
) -> None:
    async with worker() as made:
        await an_alert(clock.now(), **apprise("json://example.org/x"))
        settings.SECRET_KEY = "another"
        await run_out(made, clock)
    assert (await delivery()).code == "sealed_unreadable"


# -- mail --------------------------------------------------------------------------------------


def _smtp(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = "vigie@departement.example"
    settings.VIGIE_ADDRESS = "https://vigie.example"


async def test_mail_arrives_with_its_reason_its_link_and_the_same_id_each_time(
    committed: Any, clock: SteppedClock, settings: Any
) -> None:
    async with mail_server() as box, worker() as made:
        _smtp(settings, box.port)
        op = await an_alert(clock.now())
        await made.drain()
        await Delivery.objects.aupdate(state="waiting", sent_at=None)
        from vigie.alerting.delivering import deliver

        await deliver.aenqueue((await delivery()).pk)
        await made.drain()
    first, again = box.messages
    assert plain(first["Subject"]) == "Alerte 1 · « Crues » : 2 nouvelles publications"
    assert first["To"] == "astreinte@exemple.fr"
    body = first.get_content()  # type: ignore[attr-defined]
    assert f"https://vigie.example/o/{op.slug}/alerts/1/" in body
    assert "Publications" in body
    assert "Untel" not in body
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("command", "reply", "code", "state", "attempts"),
    [
        ("RCPT", "550 5.1.1 no such user", "mail_address_refused", "stuck", 1),
        ("RCPT", "451 4.7.1 greylisted", "", "sent", 2),
        ("DATA", "554 5.7.1 spam", "mail_refused", "stuck", 1),
        ("DATA", "452 4.3.1 full", "", "sent", 2),
    ],
)
async def test_what_a_mail_server_says_decides_whether_it_is_tried_again(
    command: str, reply: str, code: str, state: str, attempts: int,
    committed: Any, clock: SteppedClock, settings: Any,
) -> None:  # fmt: skip
    replies = {command: [reply, reply if attempts == 1 else ""]}
    async with mail_server() as box, worker() as made:
        box.say = lambda asked: replies[asked].pop(0) if replies.get(asked) else ""
        _smtp(settings, box.port)
        await an_alert(clock.now())
        await run_out(made, clock)
    row = await delivery()
    assert (row.state, row.code, row.attempts) == (state, code, attempts)


async def test_no_mail_server_is_told_as_that(
    committed: Any, clock: SteppedClock, settings: Any
) -> None:
    async with mail_server() as box:
        port = box.port
    async with worker() as made:
        _smtp(settings, port)
        await an_alert(clock.now())
        await made.drain()
    row = await delivery()
    assert (row.state, row.code) == ("waiting", "mail_unreachable")


# -- web push ----------------------------------------------------------------------------------


class Browser:
    """What a browser keeps of a subscription, and how it reads a message (RFC 8291, backwards)."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = bytes(range(16))

    def subscribe(self, user: Any, endpoint: str, now: datetime) -> Device:
        return add_device(
            user=user, endpoint=endpoint, p256dh=b64(public_bytes(self.key)), auth=b64(self.secret),
            label="Téléphone", now=now,
        )  # fmt: skip

    def read(self, body: bytes) -> Any:
        salt, length = body[:16], body[20]
        sender = body[21 : 21 + length]
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), peer)
        info = b"WebPush: info\0" + public_bytes(self.key) + sender
        key = _hkdf(shared, salt=self.secret, info=info, length=32)
        content = _hkdf(key, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
        nonce = _hkdf(key, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
        plain = AESGCM(content).decrypt(nonce, body[21 + length :], None)
        assert plain.endswith(b"\x02")
        return json.loads(plain[:-1])


@sync_to_async
def a_push(now: datetime, browser: Browser, endpoint: str) -> Operation:
    from vigie.accounts.roles import Role

    op = factories.operation(now=now)
    person = factories.member(op, Role.WATCHER, now=now)
    browser.subscribe(person, endpoint, now)
    way = factories.channel(op, now=now, plugin="webpush", config={}, roles=["watcher"])
    factories.rule(op, "indicator", now=now, ways=((way, 0),), urgent=True)
    data = {"name": "L'Orge", "kind": "level", "unit": "m", "value": 1.62, "direction": "up"}
    data["threshold"] = {"id": 5, "name": "Juin 2016", "value": 1.6}
    happens(op, "indicator.threshold", now=now, subject=("indicator", 12), data=data)
    make_passes(now=now)
    return op


async def test_a_push_is_encrypted_for_its_browser_and_signed_by_us(
    committed: Any, clock: SteppedClock, settings: Any
) -> None:
    settings.VIGIE_ADDRESS = "https://vigie.example"
    browser = Browser()
    async with receiving((201, {})) as receiver, worker(receiver.pair) as made:
        op = await a_push(clock.now(), browser, receiver.url("http", "/push/abc"))
        await made.drain()
    (request,) = receiver.came
    assert (request.headers["ttl"], request.headers["urgency"]) == ("14400", "high")
    assert len(request.headers["topic"]) == 32
    said = browser.read(request.body)
    assert plain(said["title"]) == "Alerte 1 · L'Orge : 1,62 m, au-dessus de « Juin 2016 » (1,60 m)"
    assert said["url"] == f"https://vigie.example/o/{op.slug}/alerts/1/"
    assert said["tag"] == f"alert-{(await Alert.objects.aget()).pk}"
    token, key = request.headers["authorization"].removeprefix("vapid t=").split(", k=")
    head, claims, proof = token.split(".")
    assert json.loads(unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(unb64(claims)) == {
        "aud": f"http://127.0.0.1:{receiver.port}", "sub": "https://vigie.example",
        "exp": int(clock.now().timestamp()) + 12 * 3600,
    }  # fmt: skip
    ours = private_key(sealing.signing_key())
    assert unb64(key) == public_bytes(ours)
    raw = unb64(proof)
    signature = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    ours.public_key().verify(signature, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    device = await Device.objects.aget()
    assert device.last_success_at == clock.now()
    assert "push/abc" not in device.sealed


async def test_a_browser_that_unsubscribed_is_forgotten(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving((410, {})) as receiver, worker(receiver.pair) as made:
        await a_push(clock.now(), Browser(), receiver.url("http", "/push"))
        await run_out(made, clock)
    assert not await Device.objects.aexists()
    row = await delivery()
    assert (row.state, row.code) == ("dropped", "destination_gone")
    assert row.channel.failures == 0


async def test_a_push_service_that_asks_to_wait_is_obeyed(
    committed: Any, clock: SteppedClock
) -> None:
    script = [(429, {"Retry-After": "300"}), (503, {}), (201, {})]
    async with receiving(*script) as receiver, worker(receiver.pair) as made:
        await a_push(clock.now(), Browser(), receiver.url("http", "/push"))
        pauses = await run_out(made, clock)
    assert 300 <= pauses[1] <= 310
    assert (await delivery()).state == "sent"


async def test_a_push_to_a_private_address_is_refused(committed: Any, clock: SteppedClock) -> None:
    async with receiving((201, {})) as receiver, worker() as made:
        await a_push(clock.now(), Browser(), receiver.url("http", "/push"))
        await run_out(made, clock)
    assert receiver.came == []
    assert (await delivery()).code == "address_forbidden"


# -- workers that are no more ------------------------------------------------------------------


async def test_the_delivery_of_a_worker_that_was_killed_is_made_within_minutes(
    committed: Any, clock: SteppedClock
) -> None:
    async with receiving() as receiver, worker(receiver.pair) as made:
        await an_alert(clock.now(), **apprise(receiver.url("json", "/x")))
        killed = await sync_to_async(jobs.claim)(worker="killed", now=clock.now())
        assert killed is not None
        clock.time += timedelta(seconds=59)
        await sync_to_async(jobs.recover)(now=clock.now())
        assert await made.drain() == 0
        clock.time += timedelta(seconds=2)
        await sync_to_async(jobs.recover)(now=clock.now())
        assert await made.drain() == 1
    assert len(receiver.came) == 1


@pytest.mark.skipif(
    "connection.vendor == 'sqlite'", reason="SQLite has one writer at a time by itself"
)
async def test_two_workers_never_judge_an_operation_at_once(committed: Any, now: datetime) -> None:
    from django.db import transaction

    from vigie.alerting.actions import passes

    op = await sync_to_async(factories.operation)(now=now)
    await sync_to_async(factories.rule)(op, "posts", now=now)

    def inside() -> passes.Passed:
        with transaction.atomic():
            held = passes._held(op.pk)
            assert held is not None
            import threading

            found: list[passes.Passed] = []

            def other() -> None:
                found.append(passes.run(op.pk, now=now))
                connection.close()

            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            return found[0]

    assert await sync_to_async(inside)() == passes.Passed()
