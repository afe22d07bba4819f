"""Findings become alerts: opened, joined, ended. Inside a pass, under the cursor's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Q

from vigie.alerting import decide
from vigie.alerting.decide import Ending, Finding, Quiet, Standing
from vigie.alerting.models import Alert, Rule
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation

ACTOR = "alerts"
_CHANGED = ("facts", "count", "last_at", "due_at", "held", "state", "settled_at", "step_at")


def apply(
    operation: Operation, results: Sequence[tuple[Rule, Finding | Ending]], *, now: datetime
) -> int:
    """Open, join and end alerts; how many were opened."""
    if not results:
        return 0
    latest = _latest(results)
    changed: dict[int, Alert] = {}
    opened: list[Alert] = []
    ended: list[Alert] = []
    for rule, result in results:
        if isinstance(result, Ending):
            ended += _end(rule, result, latest, changed)
        elif (new := _find(operation, rule, result, latest, changed, now=now)) is not None:
            opened.append(new)
    _write(operation, opened, changed, ended, now=now)
    return len(opened)


def _latest(results: Iterable[tuple[Rule, Finding | Ending]]) -> dict[tuple[int, str], Alert]:
    """The latest alert of each rule and key that the results speak of, in one query."""
    wanted = Q(pk__in=())
    for rule, result in results:
        if isinstance(result, Ending):
            wanted |= Q(
                rule=rule, key__startswith=result.prefix, state__in=("open", "acknowledged")
            )
        else:
            wanted |= Q(rule=rule, key=result.key)
    found: dict[tuple[int, str], Alert] = {}
    for row in Alert.objects.filter(wanted).select_for_update().order_by("pk"):
        if row.rule_id is not None:
            found[row.rule_id, row.key] = row
    return found


def _find(
    operation: Operation,
    rule: Rule,
    finding: Finding,
    latest: dict[tuple[int, str], Alert],
    changed: dict[int, Alert],
    *,
    now: datetime,
) -> Alert | None:
    """What a finding does; the alert when it opens one."""
    row = latest.get((rule.pk, finding.key))
    standing = standing_of(row)
    fate = decide.fate(standing, lasting=finding.lasting, repeat_s=rule.repeat_s, now=now)
    if fate == decide.NOTHING:
        return None
    due_at, held = decide.due(
        standing, group_s=rule.group_s, repeat_s=rule.repeat_s,
        quiet=quiet_of(rule, operation), urgent=rule.urgent, now=now,
    )  # fmt: skip
    if fate == decide.OPEN:
        kind, subject = finding.subject or ("", None)
        new = Alert(
            operation=operation, rule=rule, kind=rule.kind, key=finding.key, title=rule.name,
            urgent=rule.urgent, facts=dict(finding.facts), subject_kind=kind, subject_id=subject,
            count=finding.count, opened_at=now, last_at=now, due_at=due_at, held=held,
        )  # fmt: skip
        latest[rule.pk, finding.key] = new
        return new
    assert row is not None
    row.facts = decide.merged(row.facts, finding.facts)
    row.count += finding.count
    row.last_at = max(row.last_at, now)
    if fate == decide.JOIN and row.due_at is None:
        row.due_at, row.held = due_at, held
    if row.pk is not None:
        changed[row.pk] = row
    return None


def _end(
    rule: Rule,
    ending: Ending,
    latest: dict[tuple[int, str], Alert],
    changed: dict[int, Alert],
) -> list[Alert]:
    """End what the rule had found; those that were open are returned, to be told of."""
    ended = []
    for (of_rule, key), row in latest.items():
        if of_rule != rule.pk or not key.startswith(ending.prefix) or row.state == "over":
            continue
        was_open = row.state == "open"
        row.state = "over"
        row.facts = {**row.facts, **{f"end_{k}": v for k, v in ending.facts.items()}}
        row.settled_at = row.settled_at or max(ending.at, row.opened_at)
        row.step_at = None
        # Nobody is told that something is over which they were not told of.
        is_told = ending.told and was_open and row.told_at is not None
        row.due_at = row.settled_at if is_told else None
        row.held = False
        if row.pk is not None:
            changed[row.pk] = row
        if was_open:
            ended.append(row)
    return ended


def _write(
    operation: Operation,
    opened: Sequence[Alert],
    changed: dict[int, Alert],
    ended: Sequence[Alert],
    *,
    now: datetime,
) -> None:
    if opened:
        rows = Alert.objects.filter(operation=operation)
        last = rows.aggregate(last=Max("number"))["last"] or 0
        for number, row in enumerate(opened, last + 1):
            row.number = number
        Alert.objects.bulk_create(opened)
    if changed:
        Alert.objects.bulk_update(list(changed.values()), _CHANGED)
    desk = machine_desk(operation, ACTOR)
    for verb, alerts in (("alert.opened", opened), ("alert.ended", ended)):
        for row in alerts:
            desk.record(
                verb, now=now, subject=("alert", row.pk), data=told_of(row), touches=touches(row)
            )


def touches(row: Alert) -> list[str]:
    """The words of what an alert changes on screens."""
    return ["alerts", f"alert:{row.pk}"]


def told_of(row: Alert) -> dict[str, Any]:
    """What the journal says of an alert."""
    return {"number": row.number, "rule": row.title, "kind": row.kind, "urgent": row.urgent}


def standing_of(row: Alert | None) -> Standing | None:
    if row is None:
        return None
    return Standing(
        state=row.state, settled_at=row.settled_at, told_at=row.told_at, due_at=row.due_at
    )


def quiet_of(rule: Rule, operation: Operation) -> Quiet | None:
    """The rule's quiet hours, on the operation's clock."""
    if rule.quiet_from is None or rule.quiet_until is None:
        return None
    return Quiet(begins=rule.quiet_from, ends=rule.quiet_until, zone=ZoneInfo(operation.time_zone))
