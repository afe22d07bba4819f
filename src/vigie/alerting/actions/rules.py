"""Writing rules: what to find, whom to tell, when to be quiet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final

from django.db import IntegrityError, transaction

from vigie.accounts.roles import Right
from vigie.alerting.kinds import settings_of, settings_to
from vigie.alerting.models import Alert, Channel, Rule, RuleChannel
from vigie.journal import queries as journal
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

NAME_LIMIT: Final = 80
RULES: Final = 50
"""Of one operation: more than anybody could answer for."""
LONGEST_S: Final = 7 * 86_400


class RuleNameMissing(ValueError):
    """A rule without a name."""


class RuleNameTaken(ValueError):
    """Another rule of the operation has this name."""


class TooManyRules(Exception):
    """The operation has RULES already."""


class QuietHoursHalf(ValueError):
    """Quiet hours with a beginning and no end, or the other way round."""


class RuleChanged(Exception):
    """Somebody changed it since it was read. `current` is how it is now."""

    def __init__(self, current: Rule) -> None:
        super().__init__(current.pk)
        self.current = current


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A rule as a person writes it. `ways`: (channel id, seconds nobody acknowledged; 0 at once).

    Lengths of time in seconds; quiet hours on the operation's clock.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    ways: tuple[tuple[int, int], ...] = ()
    urgent: bool = False
    group_s: int = 0
    repeat_s: int = 1800
    quiet_from: time | None = None
    quiet_until: time | None = None


def add_rule(*, plan: Plan, by: Desk, now: datetime) -> Rule:
    """Add a rule; it judges what happens from now on. Raises SettingsInvalid, RuleNameMissing,
    RuleNameTaken, QuietHoursHalf, TooManyRules, and UnknownChannel for a way out of elsewhere.
    """
    by.require(Right.EDIT_ALERTS)
    columns = _columns(plan)
    with transaction.atomic():
        if Rule.objects.filter(operation=by.operation).count() >= RULES:
            raise TooManyRules
        row = Rule(
            operation=by.operation, kind=plan.kind, created_at=now, created_by=by.user,
            since_seq=journal.last_seq(by.operation.pk), **columns,
        )  # fmt: skip
        _save(row)
        _set_ways(row, plan.ways, by)
        _record("alert_rule.added", row, by=by, now=now)
    return row


def change_rule(*, rule: Rule, plan: Plan, seen_version: int, by: Desk, now: datetime) -> Rule:
    """Write a rule anew; its kind stays. Raises what `add_rule` does, and RuleChanged."""
    by.require(Right.EDIT_ALERTS)
    columns = _columns(plan, kind=rule.kind)
    with transaction.atomic():
        row = _locked(rule, by)
        if row.version != seen_version:
            raise RuleChanged(row)
        for name, value in columns.items():
            setattr(row, name, value)
        row.version += 1
        row.since_seq = journal.last_seq(by.operation.pk)
        _save(row)
        _set_ways(row, plan.ways, by)
        _record("alert_rule.changed", row, by=by, now=now)
    return row


def set_rule_active(*, rule: Rule, active: bool, by: Desk, now: datetime) -> None:
    """Pause or resume; what happens during the pause is not judged."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(rule, by)
        if row.active == active:
            return
        row.active, row.since_seq = active, journal.last_seq(by.operation.pk)
        row.save(update_fields=["active", "since_seq"])
        row.awaited.all().delete()
        _record("alert_rule.resumed" if active else "alert_rule.paused", row, by=by, now=now)


def delete_rule(*, rule: Rule, by: Desk, now: datetime) -> None:
    """Delete a rule. Its alerts stay; nobody is told of them any more."""
    by.require(Right.EDIT_ALERTS)
    with transaction.atomic():
        row = _locked(rule, by)
        Alert.objects.filter(rule=row).update(due_at=None, held=False, step_at=None)
        _record("alert_rule.deleted", row, by=by, now=now)
        row.delete()


class UnknownRule(Exception):
    """No such rule in this operation."""


class UnknownChannel(Exception):
    """No such channel in this operation."""


def _locked(rule: Rule, by: Desk) -> Rule:
    row = Rule.objects.select_for_update().filter(pk=rule.pk, operation=by.operation).first()
    if row is None:
        raise UnknownRule(rule.pk)
    return row


def _columns(plan: Plan, kind: str = "") -> dict[str, Any]:
    """The row's values, checked."""
    name = clean_line(plan.name, limit=NAME_LIMIT)
    if not name:
        raise RuleNameMissing
    if (plan.quiet_from is None) != (plan.quiet_until is None):
        raise QuietHoursHalf
    return {
        "name": name,
        "settings": settings_to(settings_of(kind or plan.kind, dict(plan.settings))),
        "urgent": plan.urgent,
        "group_s": max(0, min(plan.group_s, LONGEST_S)),
        "repeat_s": max(0, min(plan.repeat_s, LONGEST_S)),
        "quiet_from": plan.quiet_from,
        "quiet_until": plan.quiet_until,
    }


def _save(row: Rule) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise RuleNameTaken(row.name) from error


def _set_ways(row: Rule, ways: Iterable[tuple[int, int]], by: Desk) -> None:
    wanted = dict.fromkeys((channel, max(0, min(after, LONGEST_S))) for channel, after in ways)
    known = set(Channel.objects.filter(operation=by.operation).values_list("pk", flat=True))
    for channel, _ in wanted:
        if channel not in known:
            raise UnknownChannel(channel)
    row.ways.all().delete()
    RuleChannel.objects.bulk_create(
        RuleChannel(rule=row, channel_id=channel, after_s=after) for channel, after in wanted
    )


def _record(verb: str, row: Rule, *, by: Desk, now: datetime) -> None:
    by.record(
        verb, now=now, subject=("alert_rule", row.pk), data={"name": row.name, "kind": row.kind},
        touches=["alert_rules", "alerts"],
    )  # fmt: skip
