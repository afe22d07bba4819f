"""The job that sends one delivery, and what follows from how it went.

A delivery that is sent is marked so at once; a worker killed between the two sends it again when
the job comes back, with the same key: mail gets the same Message-ID, a push takes the place of the
one before, a service without such a means may show it twice. That is said in docs/explanation.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_tasks import task

from vigie.alerting import mail, sealing, words
from vigie.alerting.models import Channel, Delivery, Device
from vigie.contracts.jobs import GiveUp, NotYet, Tools, tools
from vigie.contracts.notifiers import DEVICES, MAIL, Gone, Notice, NotifierPlugin, NotifierPorts
from vigie.contracts.ports import AddressForbidden, FetchError
from vigie.contracts.registry import UnknownPlugin, plugins
from vigie.operations.access import machine_desk
from vigie.operations.jobs import PRESSING

log = logging.getLogger(__name__)

UNDELIVERED = "alert.undelivered"
SEND_S = 22.0
"""For one attempt: less than a pressing job has."""


@dataclass(frozen=True, kw_only=True)
class _Parcel:
    """All that sending needs, read from the database at once."""

    plugin: type[NotifierPlugin]
    config: msgspec.Struct
    notice: Notice
    to: dict[str, str]


@task(priority=PRESSING)
async def deliver(delivery: int) -> None:
    """Send one delivery unless it is sent. Raises NotYet, GiveUp or FetchError."""
    at_hand = tools()
    now = at_hand.ports.clock.now()
    try:
        parcel = await at_hand.database(_parcel, delivery)
        if parcel is None:
            return
        async with asyncio.timeout(SEND_S):
            await parcel.plugin(parcel.config, ports_of(at_hand)).send(parcel.notice, parcel.to)
    except (GiveUp, AddressForbidden) as error:
        gone = isinstance(error, Gone)
        detail = error.detail if isinstance(error, GiveUp) else ""
        await at_hand.database(_failed, delivery, error.code, detail, now=now, last=True, gone=gone)
        if isinstance(error, AddressForbidden):
            raise GiveUp(error.code) from error
        if not gone:
            raise
    except (NotYet, FetchError) as error:
        # What a connection failed with may name the address: only its code is kept.
        detail = error.detail if isinstance(error, NotYet) else ""
        await at_hand.database(_failed, delivery, error.code, detail, now=now, last=at_hand.is_last)
        if isinstance(error, FetchError):
            raise NotYet(error.code, after_s=error.retry_after_s) from error
        raise
    except TimeoutError:
        await at_hand.database(_failed, delivery, "too_slow", "", now=now, last=at_hand.is_last)
        raise NotYet("too_slow") from None
    except Exception as error:
        # The same: a plugin's own mistake must not carry a secret into a log.
        log.error("a notifier failed on delivery %s: %s", delivery, type(error).__name__)
        await at_hand.database(
            _failed, delivery, "notifier_failed", type(error).__name__, now=now,
            last=at_hand.is_last,
        )  # fmt: skip
        raise NotYet("notifier_failed", type(error).__name__) from None
    else:
        await at_hand.database(_sent, delivery, now=at_hand.ports.clock.now())


def ports_of(at_hand: Tools) -> NotifierPorts:
    """The ports of a notifier in a running job."""
    address = settings.VIGIE_ADDRESS
    mailbox = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return NotifierPorts(
        http=at_hand.ports.http, clock=at_hand.ports.clock,
        mail=mail.SettingsMail(apart=at_hand.apart), outside=at_hand.outside,
        signing_key=sealing.signing_key(),
        contact=address if address.startswith("https://") else f"mailto:{mailbox}",
    )  # fmt: skip


def _parcel(pk: int) -> _Parcel | None:
    """None when it is sent, dropped, or need not be sent any more. Raises GiveUp."""
    row = (
        Delivery.objects.select_related("channel__operation", "alert__operation", "device")
        .filter(pk=pk)
        .first()
    )
    if row is None or row.state in ("sent", "dropped"):
        return None
    channel = row.channel
    try:
        plugin = plugins().notifier(channel.plugin)
        config = msgspec.convert(sealing.unseal(channel.sealed), plugin.manifest.config)
        to = _destination(row, plugin)
    except UnknownPlugin as error:
        raise GiveUp("plugin_missing", channel.plugin) from error
    except msgspec.ValidationError as error:
        raise GiveUp("config_invalid") from error
    except sealing.Unreadable as error:
        raise GiveUp("sealed_unreadable") from error
    if to is None or (not channel.enabled and row.reason != "test"):
        Delivery.objects.filter(pk=pk).update(state="dropped", code="destination_gone")
        return None
    return _Parcel(plugin=plugin, config=config, notice=words.notice(row), to=to)


def _destination(row: Delivery, plugin: type[NotifierPlugin]) -> dict[str, str] | None:
    """Where it goes; None when that is no more."""
    if plugin.reach == DEVICES:
        return None if row.device is None else sealing.unseal(row.device.sealed)
    if plugin.reach == MAIL:
        return {"to": row.address}
    return {}


def _sent(pk: int, *, now: datetime) -> None:
    with transaction.atomic():
        row = Delivery.objects.select_related("channel").select_for_update(of=("self",)).get(pk=pk)
        Delivery.objects.filter(pk=pk).update(
            state="sent", sent_at=now, attempts=F("attempts") + 1, code="", detail=""
        )
        Channel.objects.filter(pk=row.channel_id).update(
            last_success_at=now, failures=0, error_code="", error_detail=""
        )
        if row.device_id is not None:
            Device.objects.filter(pk=row.device_id).update(last_success_at=now)
        _refresh(row, now=now, was_failing=row.channel.failures > 0)


def _failed(
    pk: int, code: str, detail: str, *, now: datetime, last: bool, gone: bool = False
) -> None:
    with transaction.atomic():
        rows = Delivery.objects.select_related("channel__operation", "alert")
        row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            return
        state = "dropped" if gone else "stuck" if last else "waiting"
        Delivery.objects.filter(pk=pk).update(
            state=state, attempts=F("attempts") + 1, code=code[:60], detail=detail[:300]
        )
        if gone:
            if row.device_id is not None:
                Device.objects.filter(pk=row.device_id).delete()
            return
        Channel.objects.filter(pk=row.channel_id).update(
            last_failure_at=now, failures=F("failures") + 1, error_code=code[:60],
            error_detail=detail[:300],
        )  # fmt: skip
        if row.channel.failures == 0 and not last:
            machine_desk(row.channel.operation, "work").record(
                "channel.failing", now=now, subject=("channel", row.channel_id),
                data={"channel": row.channel.name, "code": code}, touches=["channels"],
            )  # fmt: skip
        if last:
            machine_desk(row.channel.operation, "work").record(
                UNDELIVERED, now=now, subject=("alert", row.alert_id) if row.alert_id else None,
                data={
                    "channel": row.channel.name, "code": code,
                    **({"number": row.alert.number} if row.alert else {}),
                },
                touches=["channels", *([f"alert:{row.alert_id}", "alerts"] if row.alert_id else [])],
            )  # fmt: skip


def _refresh(row: Delivery, *, now: datetime, was_failing: bool) -> None:
    """Tell the screens what a person waits for: a test that arrived, a channel that works again."""
    if row.reason == "test" or was_failing:
        desk = machine_desk(row.channel.operation, "work")
        data: dict[str, Any] = {"channel": row.channel.name}
        verb = "channel.tested" if row.reason == "test" else "channel.recovered"
        desk.record(
            verb, now=now, subject=("channel", row.channel_id), data=data, touches=["channels"]
        )
