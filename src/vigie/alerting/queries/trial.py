"""Trying a rule on the last day before it is written: what it would have found, and told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from vigie.accounts.roles import Right
from vigie.alerting import decide, judging, measuring, pulses, words
from vigie.alerting.decide import Finding
from vigie.alerting.kinds import (
    Burst,
    Claim,
    HandOff,
    Indicator,
    Kind,
    Measure,
    Place,
    Posts,
    Silence,
    Urgency,
    settings_of,
)
from vigie.alerting.models import Alert, Pulse
from vigie.collection import sources
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.journal.queries import Wanted
from vigie.operations.access import Desk
from vigie.triage.queries import arrived

DAY: Final = timedelta(hours=24)
READ: Final = 5_000
"""Leads or entries looked at."""
SHOWN: Final = 8


@dataclass(frozen=True, kw_only=True)
class Example:
    """One alert it would have raised."""

    at: datetime
    title: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`messages` it would have sent about `alerts` things; the latest as examples.

    `is_now`: it can only tell what it would say at this moment. `is_cut`: there was more to look at.
    """

    messages: int
    alerts: int
    examples: tuple[Example, ...]
    is_now: bool = False
    is_cut: bool = False


def try_rule(
    *,
    kind: str,
    settings: Mapping[str, Any],
    name: str,
    group_s: int,
    repeat_s: int,
    by: Desk,
    now: datetime,
) -> Trial:
    """What the rule would have done in the last 24 hours had nobody acknowledged anything.

    Raises SettingsInvalid.
    """
    by.require(Right.EDIT_ALERTS)
    asked = settings_of(kind, dict(settings))
    since = now - DAY
    found = sorted(_found(asked, by, since=since, now=now), key=lambda each: each.at)
    told: dict[str, datetime] = {}
    examples: list[Example] = []
    for finding in found:
        last = told.get(finding.key)
        if last is not None and finding.at < last + timedelta(seconds=max(repeat_s, 1)):
            continue
        told[finding.key] = finding.at + timedelta(seconds=group_s)
        examples.append(Example(at=finding.at, title=_title(kind, name, finding, by)))
    return Trial(
        messages=len(examples),
        alerts=len(told),
        examples=tuple(reversed(examples[-SHOWN:])),
        is_now=isinstance(asked, Silence),
        is_cut=len(found) >= READ,
    )


def _found(asked: Kind, by: Desk, *, since: datetime, now: datetime) -> Iterator[Finding]:
    match asked:
        case Posts():
            yield from _posts(asked, by, since=since)
        case Burst():
            yield from _bursts(asked, by, since=since, now=now)
        case Urgency() | Place():
            yield from _urgency(asked, by, since=since)
        case Indicator():
            for entry in _entries(by, ("indicator",), since=since):
                if entry.subject_id is not None:
                    one = decide.of_measure(
                        asked, entry.verb, entry.subject_id, entry.data, at=entry.at
                    )
                    if isinstance(one, Finding):
                        yield one
        case Measure():
            yield from measuring.past(asked, by, since=since, now=now)
        case Silence():
            yield from judging.silent(list(sources.sources_of(by)), asked, now=now).values()
        case Claim():
            for entry in _entries(by, ("claim", "claims"), since=since):
                yield from decide.of_claim(
                    asked, entry.verb, entry.subject_id, entry.data, at=entry.at
                )
        case HandOff():
            yield from _hand_offs(asked, by, since=since, now=now)


def _title(kind: str, name: str, finding: Finding, by: Desk) -> str:
    return words.title(
        Alert(
            operation=by.operation, kind=kind, title=name, facts=dict(finding.facts),
            count=finding.count, opened_at=finding.at, last_at=finding.at,
        )
    )  # fmt: skip


def _posts(asked: Posts, by: Desk, *, since: datetime) -> Iterator[Finding]:
    """From the spans of five minutes that are kept of each watch."""
    names = judging.watch_names(by.operation)
    chosen = [watch for watch in names if not asked.watches or watch in asked.watches]
    rows = Pulse.objects.filter(watch__in=chosen, at__gte=since).order_by("at")
    seen: dict[int, list[tuple[datetime, int]]] = {}
    for watch, at, hits in rows.values_list("watch_id", "at", "hits"):
        last = seen.setdefault(watch, [])
        last.append((at, hits))
        facts: dict[str, Any] = {"watch": watch, "name": names[watch], "posts": hits}
        if asked.at_least > 1:
            width = max(pulses.SPAN, timedelta(seconds=asked.window_s))
            facts["posts"] = sum(n for when, n in last if when > at - width)
            facts["window_s"] = asked.window_s
            if facts["posts"] < asked.at_least:
                continue
        yield Finding(key=f"watch:{watch}:", at=at, facts=facts, count=hits)


def _bursts(asked: Burst, by: Desk, *, since: datetime, now: datetime) -> Iterator[Finding]:
    """As if it had looked at the end of every five minutes in which a watch was loud."""
    names = judging.watch_names(by.operation)
    chosen = [watch for watch in names if not asked.watches or watch in asked.watches]
    for watch, at, verdict in pulses.history(chosen, asked, since=since, now=now):
        yield judging.burst(watch, names[watch], asked, verdict, at=at)


def _urgency(asked: Urgency | Place, by: Desk, *, since: datetime) -> Iterator[Finding]:
    """Post by post and incident by incident, as they are known now."""
    briefs = arrived.recent(by.operation.pk, since=since, least_urgency=asked.level, limit=READ)
    answers: Mapping[int, set[int]] = {}
    if isinstance(asked, Urgency) and asked.watches:
        answers = arrived.watches_of(brief.id for brief in briefs)
    for brief in briefs:
        yield from decide.findings_of(asked, [judging.seen_of(brief, answers.get(brief.id, ()))])
    for brief in arrived.recent_incidents(by.operation.pk, since=since):
        yield from decide.findings_of(asked, [judging.seen_of(brief, ())])


def _hand_offs(asked: HandOff, by: Desk, *, since: datetime, now: datetime) -> Iterator[Finding]:
    limit = timedelta(seconds=asked.after_s)
    sent: dict[int, Entry] = {}
    for entry in sorted(_entries(by, ("handoff",), since=since), key=lambda each: each.seq):
        if entry.subject_id is None:
            continue
        if entry.verb == judging.SENT:
            sent[entry.subject_id] = entry
        elif entry.verb == judging.ACKNOWLEDGED and entry.subject_id in sent:
            before = sent.pop(entry.subject_id)
            if entry.at - before.at > limit:
                yield _late(before, asked)
    for entry in sent.values():
        if now - entry.at > limit:
            yield _late(entry, asked)


def _late(entry: Entry, asked: HandOff) -> Finding:
    return Finding(
        key=f"{entry.subject_kind}:{entry.subject_id}:",
        at=entry.at + timedelta(seconds=asked.after_s),
        facts={**entry.data, "after_s": asked.after_s},
    )


def _entries(by: Desk, nouns: tuple[str, ...], *, since: datetime) -> Iterable[Entry]:
    return journal.found(by.operation.pk, Wanted(nouns=nouns, since=since))[:READ]
