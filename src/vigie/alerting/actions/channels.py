"""Writing channels: where alerts go. Their secrets are sealed here and never leave in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction

from vigie.accounts.roles import Right, Role
from vigie.alerting import sealing
from vigie.alerting.actions.rules import UnknownChannel
from vigie.alerting.actions.telling import Destination, destinations
from vigie.alerting.delivering import deliver
from vigie.alerting.models import Channel, Delivery
from vigie.contracts.notifiers import ADDRESS, NotifierPlugin
from vigie.contracts.registry import plugins
from vigie.kernel.text import clean_line
from vigie.operations import jobs
from vigie.operations.access import Desk

NAME_LIMIT: Final = 80
CHANNELS: Final = 40


class ChannelNameMissing(ValueError):
    """A channel without a name."""


class ChannelNameTaken(ValueError):
    """Another channel of the operation has this name."""


class TooManyChannels(Exception):
    """The operation has CHANNELS already."""


class NobodyReached(ValueError):
    """The channel names neither people nor addresses."""


class ChannelInvalid(ValueError):
    """The notifier will not take this configuration. `code` says why, `field` where ("" for all)."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


def add_channel(
    *,
    plugin: str,
    name: str,
    config: Mapping[str, Any],
    roles: Iterable[str] = (),
    language: str = "fr",
    by: Desk,
    now: datetime,
) -> Channel:
    """Add a way out. Raises UnknownPlugin, ChannelInvalid, ChannelNameMissing, ChannelNameTaken,
    NobodyReached, TooManyChannels.
    """
    by.require(Right.EDIT_ALERTS)
    notifier = plugins().notifier(plugin)
    columns = _columns(notifier, name=name, config=config, roles=roles, language=language)
    with transaction.atomic():
        if Channel.objects.filter(operation=by.operation).count() >= CHANNELS:
            raise TooManyChannels
        row = Channel(
            operation=by.operation, plugin=plugin, created_at=now, created_by=by.user, **columns
        )
        _save(row)
        _record("channel.added", row, by=by, now=now)
    return row


def change_channel(
    *,
    channel: Channel,
    name: str,
    config: Mapping[str, Any],
    roles: Iterable[str] = (),
    language: str = "fr",
    by: Desk,
    now: datetime,
) -> Channel:
    """Write a channel anew: what `config` leaves out of what was sealed stays as it was, so that a
    secret need not be shown to be kept. Raises what `add_channel` does."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(channel, by)
        notifier = plugins().notifier(row.plugin)
        try:
            kept = sealing.unseal(row.sealed)
        except sealing.Unreadable:
            kept = {}
        columns = _columns(
            notifier, name=name, config={**kept, **config}, roles=roles, language=language
        )
        for field, value in columns.items():
            setattr(row, field, value)
        row.failures, row.error_code, row.error_detail = 0, "", ""
        _save(row)
        _record("channel.changed", row, by=by, now=now)
    return row


def set_channel_enabled(*, channel: Channel, enabled: bool, by: Desk, now: datetime) -> None:
    """Close or open a way out; what is on its way through a closed one is dropped."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(channel, by)
        if row.enabled != enabled:
            Channel.objects.filter(pk=row.pk).update(enabled=enabled)
            _record("channel.opened" if enabled else "channel.closed", row, by=by, now=now)


def delete_channel(*, channel: Channel, by: Desk, now: datetime) -> None:
    """Delete a way out with what is kept of its deliveries; rules go on without it."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(channel, by)
        _record("channel.deleted", row, by=by, now=now)
        row.delete()


def send_test(*, channel: Channel, by: Desk, now: datetime) -> int:
    """Have a message that says so sent through the channel; to how many destinations.

    Where people are reached by role, the test goes to the person who asks for it alone, if the
    channel reaches them; else to everybody it reaches.
    """
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(channel, by)
        there = destinations([row], by.operation).get(row.pk, [])
        own = [place for place in there if place.user is not None and place.user == by.user]
        made = [_test(row, place, now=now) for place in own or there]
        Delivery.objects.bulk_create(made)
        jobs.enqueue(deliver, [(each.pk,) for each in made])
        _record("channel.test_asked", row, by=by, now=now)
    return len(made)


def try_again(*, channel: Channel, by: Desk, now: datetime) -> int:
    """Let what is stuck in a channel be tried once more from the first attempt; how many."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(channel, by)
        stuck = list(
            Delivery.objects.filter(channel=row, state="stuck").values_list("pk", flat=True)
        )
        Delivery.objects.filter(pk__in=stuck).update(state="waiting", attempts=0)
        jobs.forget(deliver, [(pk,) for pk in stuck])
        jobs.enqueue(deliver, [(pk,) for pk in stuck])
        if stuck:
            _record("channel.retried", row, by=by, now=now)
    return len(stuck)


def _test(row: Channel, place: Destination, *, now: datetime) -> Delivery:
    return Delivery(
        channel=row, key=f"test.{row.pk}.{token_hex(8)}", reason="test", user=place.user,
        device=place.device, address=place.address, language=place.language, created_at=now,
    )  # fmt: skip


def _columns(
    notifier: type[NotifierPlugin],
    *,
    name: str,
    config: Mapping[str, Any],
    roles: Iterable[str],
    language: str,
) -> dict[str, Any]:
    name = clean_line(name, limit=NAME_LIMIT)
    if not name:
        raise ChannelNameMissing
    try:
        read = msgspec.convert(dict(config), notifier.manifest.config)
    except msgspec.ValidationError as error:
        _, _, path = str(error).partition("`$.")
        raise ChannelInvalid("config_invalid", path.rstrip("`")) from error
    if problem := notifier.problem(read):
        raise ChannelInvalid(problem)
    chosen = [role.value for role in Role if role.value in set(roles)]
    if notifier.reach == ADDRESS:
        chosen = []
    elif not chosen and not notifier.addresses(read):
        raise NobodyReached
    return {
        "name": name,
        "sealed": sealing.seal(msgspec.to_builtins(read)),
        "shown": notifier.shown(read)[:200],
        "roles": chosen,
        "language": language if language in ("fr", "en") else "fr",
    }


def _locked(channel: Channel, by: Desk) -> Channel:
    row = Channel.objects.select_for_update().filter(pk=channel.pk, operation=by.operation).first()
    if row is None:
        raise UnknownChannel(channel.pk)
    return row


def _save(row: Channel) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ChannelNameTaken(row.name) from error


def _record(verb: str, row: Channel, *, by: Desk, now: datetime) -> None:
    by.record(
        verb, now=now, subject=("channel", row.pk),
        data={"channel": row.name, "plugin": row.plugin}, touches=["channels"],
    )  # fmt: skip
