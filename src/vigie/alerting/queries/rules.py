"""Reading rules, channels and devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.alerting.actions.rules import UnknownChannel, UnknownRule
from vigie.alerting.models import Alert, Channel, Delivery, Device, Rule, RuleChannel
from vigie.operations.access import Desk


@dataclass(frozen=True, kw_only=True)
class RuleLine:
    """A rule with its ways out; `alerts` it raised, `last_at` the latest."""

    rule: Rule
    ways: tuple[RuleChannel, ...]
    alerts: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ChannelLine:
    """A channel with how it does. `stuck` deliveries wait for a person, `rules` use it."""

    channel: Channel
    stuck: int
    waiting: int
    rules: int


def rules(by: Desk) -> list[RuleLine]:
    """The operation's rules by name, in three queries."""
    by.require(Right.SEE_ALERTS)
    rows = list(Rule.objects.filter(operation=by.operation).order_by("name"))
    ways: dict[int, list[RuleChannel]] = {}
    for way in (
        RuleChannel.objects.filter(rule__in=rows)
        .select_related("channel")
        .order_by("after_s", "channel__name")
    ):
        ways.setdefault(way.rule_id, []).append(way)
    raised = {
        row["rule"]: row
        for row in Alert.objects.filter(rule__in=rows)
        .order_by()
        .values("rule")
        .annotate(number=Count("pk"), last=Max("last_at"))
    }
    return [
        RuleLine(
            rule=row,
            ways=tuple(ways.get(row.pk, ())),
            alerts=raised[row.pk]["number"] if row.pk in raised else 0,
            last_at=raised[row.pk]["last"] if row.pk in raised else None,
        )
        for row in rows
    ]


def rule_for(by: Desk, pk: int) -> Rule:
    """A rule of the operation. Raises UnknownRule."""
    found = Rule.objects.filter(operation=by.operation, pk=pk).first()
    if found is None:
        raise UnknownRule(pk)
    return found


def ways_of(rule: Rule) -> list[RuleChannel]:
    """Its ways out, in the order of the escalation."""
    return list(rule.ways.select_related("channel").order_by("after_s", "channel__name"))


def channels(by: Desk) -> list[ChannelLine]:
    """The operation's channels by name, in three queries."""
    by.require(Right.EDIT_ALERTS)
    rows = list(Channel.objects.filter(operation=by.operation).order_by("name"))
    states = _counts(
        Delivery.objects.filter(channel__in=rows, state__in=("stuck", "waiting"))
        .order_by()
        .values("channel")
        .annotate(
            stuck=Count("pk", filter=Q(state="stuck")),
            waiting=Count("pk", filter=Q(state="waiting")),
        )
    )
    used = _counts(
        RuleChannel.objects.filter(channel__in=rows)
        .order_by()
        .values("channel")
        .annotate(rules=Count("rule", distinct=True))
    )
    return [
        ChannelLine(
            channel=row,
            stuck=states.get(row.pk, {}).get("stuck", 0),
            waiting=states.get(row.pk, {}).get("waiting", 0),
            rules=used.get(row.pk, {}).get("rules", 0),
        )
        for row in rows
    ]


def channel_for(by: Desk, pk: int) -> Channel:
    """A channel of the operation. Raises UnknownChannel."""
    by.require(Right.EDIT_ALERTS)
    found = Channel.objects.filter(operation=by.operation, pk=pk).first()
    if found is None:
        raise UnknownChannel(pk)
    return found


def recent_deliveries(by: Desk, channel: Channel, *, limit: int = 20) -> list[Delivery]:
    """What went through a channel last, the latest first."""
    by.require(Right.EDIT_ALERTS)
    rows = Delivery.objects.filter(channel=channel, channel__operation=by.operation)
    return list(rows.select_related("alert", "user").order_by("-pk")[:limit])


def devices_of(user: User) -> list[Device]:
    """A person's own devices, the latest first."""
    return list(Device.objects.filter(user=user).order_by("-created_at"))


def _counts(rows: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, int]]:
    return {row["channel"]: row for row in rows}
