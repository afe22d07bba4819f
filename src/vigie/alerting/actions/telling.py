"""What is due is told: deliveries and their jobs, one for each destination of each channel."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import Q

from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.alerting import decide, sealing
from vigie.alerting.actions.raising import ACTOR, quiet_of, told_of, touches
from vigie.alerting.delivering import deliver
from vigie.alerting.models import Alert, Channel, Delivery, Device, RuleChannel
from vigie.contracts.notifiers import DEVICES, MAIL
from vigie.contracts.registry import UnknownPlugin, plugins
from vigie.operations import jobs
from vigie.operations.access import machine_desk, team_in_roles
from vigie.operations.models import Operation

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a channel leads for one recipient. `of` tells recipients of a channel apart."""

    of: str
    language: str
    user: User | None = None
    device: Device | None = None
    address: str = ""


def tell_due(operation: Operation, *, now: datetime) -> int:
    """Tell of the operation's alerts whose time has come; how many deliveries were made."""
    rows = list(
        Alert.objects.select_for_update(of=("self",))
        .filter(Q(due_at__lte=now) | Q(step_at__lte=now, state="open"), operation=operation)
        .select_related("rule")
        .order_by("pk")
    )
    if not rows:
        return 0
    ways = _ways(rows)
    there = destinations({way.channel for each in ways.values() for way in each}, operation)
    made: list[Delivery] = []
    desk = machine_desk(operation, ACTOR)
    for row in rows:
        steps = ways.get(row.rule_id or 0, [])
        for reason, after_s in _said(row, steps, now=now):
            row.messages += 1
            channels = [way.channel for way in steps if way.after_s == after_s]
            if reason == "over":
                channels = _reached(row, steps)
            made += _deliveries(row, reason, channels, there, now=now)
            if reason in ("more", "escalated"):
                verb = "alert.repeated" if reason == "more" else "alert.escalated"
                desk.record(
                    verb, now=now, subject=("alert", row.pk),
                    data={**told_of(row), "count": row.count, "after_s": after_s},
                    touches=touches(row),
                )  # fmt: skip
        _advance(row, steps, operation, now=now)
    Alert.objects.bulk_update(
        rows,
        ["messages", "due_at", "held", "told_at", "told_count", "first_told_at", "step_s", "step_at"],
    )  # fmt: skip
    Delivery.objects.bulk_create(made)
    jobs.enqueue(deliver, [(each.pk,) for each in made])
    return len(made)


def _said(row: Alert, steps: Sequence[RuleChannel], *, now: datetime) -> list[tuple[str, int]]:
    """(why, step in seconds) of each message to send about an alert now."""
    said: list[tuple[str, int]] = []
    if row.due_at is not None and row.due_at <= now:
        reason = "over" if row.state == "over" else "more" if row.messages else "opened"
        said.append((reason, 0))
    if row.state == "open" and row.step_at is not None and row.step_at <= now:
        said.append(("escalated", _next_of(row, steps)))
    return said


def _next_of(row: Alert, steps: Iterable[RuleChannel]) -> int:
    return min((way.after_s for way in steps if way.after_s > row.step_s), default=0)


def _advance(
    row: Alert, steps: Sequence[RuleChannel], operation: Operation, *, now: datetime
) -> None:
    """The alert after it was told of."""
    if row.due_at is not None and row.due_at <= now:
        row.due_at, row.held = None, False
        row.told_at, row.told_count = now, row.count
        row.first_told_at = row.first_told_at or now
    if row.step_at is not None and row.step_at <= now:
        row.step_s = _next_of(row, steps) or row.step_s
    row.step_at = None
    if row.state == "open" and row.first_told_at is not None and row.rule is not None:
        row.step_at = decide.next_step(
            (way.after_s for way in steps), told_at=row.first_told_at, done_s=row.step_s,
            quiet=quiet_of(row.rule, operation), urgent=row.rule.urgent,
        )  # fmt: skip


def _ways(rows: Iterable[Alert]) -> dict[int, list[RuleChannel]]:
    rules = {row.rule_id for row in rows if row.rule_id is not None}
    found: dict[int, list[RuleChannel]] = {}
    ways = RuleChannel.objects.filter(rule__in=rules, channel__enabled=True)
    for way in ways.select_related("channel").order_by("after_s", "pk"):
        found.setdefault(way.rule_id, []).append(way)
    return found


def _reached(row: Alert, steps: Iterable[RuleChannel]) -> list[Channel]:
    """The channels that were told of an alert so far."""
    return list(
        {way.channel_id: way.channel for way in steps if way.after_s <= row.step_s}.values()
    )


def _deliveries(
    row: Alert,
    reason: str,
    channels: Iterable[Channel],
    there: Mapping[int, Sequence[Destination]],
    *,
    now: datetime,
) -> list[Delivery]:
    return [
        Delivery(
            alert=row, channel=channel, key=f"{row.pk}.{row.messages}.{channel.pk}.{place.of}",
            reason=reason, user=place.user, device=place.device, address=place.address,
            language=place.language, created_at=now,
        )
        for channel in channels
        for place in there.get(channel.pk, ())
    ]  # fmt: skip


def destinations(channels: Iterable[Channel], operation: Operation) -> dict[int, list[Destination]]:
    """Channel → its destinations now: people by the roles they have at this moment.

    Two queries for all channels together. A channel whose plugin or configuration cannot be read
    has one destination all the same: its delivery then says why it is stuck.
    """
    rows = list(channels)
    people = team_in_roles(operation, {Role(role) for row in rows for role in row.roles})
    devices: dict[int, list[Device]] = {}
    reaches = {row.pk: _reach(row) for row in rows}
    if DEVICES in reaches.values():
        for device in Device.objects.filter(user__in=[user for user, _ in people]).order_by("pk"):
            devices.setdefault(device.user_id, []).append(device)
    return {row.pk: list(_of_channel(row, reaches[row.pk], people, devices)) for row in rows}


def _of_channel(
    row: Channel,
    reach: str,
    people: Sequence[tuple[User, frozenset[Role]]],
    devices: Mapping[int, Sequence[Device]],
) -> Iterable[Destination]:
    chosen = [user for user, roles in people if roles & {Role(role) for role in row.roles}]
    if reach == DEVICES:
        for user in chosen:
            for device in devices.get(user.pk, ()):
                yield Destination(
                    of=f"d{device.pk}", user=user, device=device,
                    language=user.language or row.language,
                )  # fmt: skip
    elif reach == MAIL:
        for user in chosen:
            yield Destination(
                of=f"u{user.pk}", user=user, address=user.email,
                language=user.language or row.language,
            )  # fmt: skip
        theirs = {user.email.casefold() for user in chosen}
        for number, address in enumerate(_written(row)):
            if address.casefold() not in theirs:
                yield Destination(of=f"a{number}", address=address, language=row.language)
    else:
        yield Destination(of="0", language=row.language)


def _reach(row: Channel) -> str:
    try:
        return plugins().notifier(row.plugin).reach
    except UnknownPlugin:
        return ""


def _written(row: Channel) -> tuple[str, ...]:
    """Mail addresses of the configuration; none when it cannot be read."""
    try:
        plugin = plugins().notifier(row.plugin)
        config = msgspec.convert(sealing.unseal(row.sealed), plugin.manifest.config)
    except (UnknownPlugin, sealing.Unreadable, msgspec.ValidationError):
        log.warning("channel %s cannot be read", row.pk)
        return ()
    return plugin.addresses(config)
