"""What rules find in new entries of the journal, and in a look around. Reads only.

Everything is read for all rules and entries of a pass together: the number of queries depends on
the kinds of rules there are, not on how much happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vigie.alerting import decide, measuring, pulses
from vigie.alerting.decide import Ending, Finding, Seen
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
)
from vigie.alerting.models import Alert, Awaited, Rule
from vigie.analysis import bursts
from vigie.collection import sources, watches
from vigie.collection.models import Source
from vigie.journal.models import Entry
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.triage.queries import arrived
from vigie.triage.queries.arrived import Brief
from vigie.triage.queries.trials import hits_since

ARRIVED, EDITED = "posts.arrived", "post.edited"
SENT, ACKNOWLEDGED = "handoff.sent", "handoff.acknowledged"
INCIDENT: Final = ("incident.opened", "incident.edited", "incident.located")
_OF_INTEREST: Final = frozenset({"urgency", "place_code", "place_name"})


@dataclass(frozen=True, kw_only=True)
class Active:
    """A rule with its settings read."""

    row: Rule
    asked: Kind


@dataclass(kw_only=True)
class Judged:
    """What a pass found: by rule, findings and endings in their order; and what is awaited now."""

    results: list[tuple[Rule, Finding | Ending]] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    answered: set[tuple[str, int]] = field(default_factory=set)

    def add(self, rule: Rule, *found: Finding | Ending) -> None:
        self.results += [(rule, each) for each in found]


def of_entries(
    operation: Operation, rules: Sequence[Active], entries: Sequence[Entry], *, now: datetime
) -> Judged:
    """What these rules make of these entries; each rule looks at those written after it was made."""
    judged = Judged()
    _posts(operation, rules, entries, judged, now=now)
    _urgency_and_place(operation, rules, entries, judged)
    for rule in rules:
        for entry in entries:
            if entry.seq <= rule.row.since_seq:
                continue
            if isinstance(rule.asked, Claim):
                judged.add(
                    rule.row,
                    *decide.of_claim(
                        rule.asked, entry.verb, entry.subject_id, entry.data, at=entry.at
                    ),
                )
            if entry.subject_id is None:
                continue
            if isinstance(rule.asked, Indicator) and entry.verb.startswith("indicator."):
                found = decide.of_measure(
                    rule.asked, entry.verb, entry.subject_id, entry.data, at=entry.at
                )
                if found is not None:
                    judged.add(rule.row, found)
            elif isinstance(rule.asked, HandOff):
                _hand_off(rule.row, rule.asked, entry, judged)
    return judged


def look_around(operation: Operation, rules: Sequence[Active], *, now: datetime) -> Judged:
    """What no entry tells: silent sources, bursts, chosen measures, answers that did not come."""
    judged = Judged()
    _silences(operation, rules, judged, now=now)
    _bursts(operation, rules, judged, now=now)
    chosen = [(rule.row, rule.asked) for rule in rules if isinstance(rule.asked, Measure)]
    if chosen:
        desk = machine_desk(operation, "alerts")
        for rule_row, found in measuring.findings(chosen, desk, now=now):
            judged.add(rule_row, *found)
    waiting = [rule.row for rule in rules if isinstance(rule.asked, HandOff)]
    if waiting:
        by_id = {rule.pk: rule for rule in waiting}
        for row in Awaited.objects.filter(rule__in=waiting, due_at__lte=now).order_by("pk"):
            subject = row.subject_kind, row.subject_id
            judged.add(
                by_id[row.rule_id],
                Finding(
                    key=f"{row.subject_kind}:{row.subject_id}:", at=now, subject=subject,
                    facts=row.facts, lasting=True,
                ),
            )  # fmt: skip
    return judged


def watch_names(operation: Operation) -> dict[int, str]:
    """The operation's watches by id."""
    desk = machine_desk(operation, "alerts")
    return {watch.pk: watch.name for watch in watches.watches_of(desk)}


# -- posts -------------------------------------------------------------------------------------


def _posts(
    operation: Operation,
    rules: Sequence[Active],
    entries: Sequence[Entry],
    judged: Judged,
    *,
    now: datetime,
) -> None:
    asking = [(rule.row, rule.asked) for rule in rules if isinstance(rule.asked, Posts)]
    came = [entry for entry in entries if entry.verb == ARRIVED and entry.data.get("watches")]
    if not asking or not came:
        return
    names = watch_names(operation)
    in_window: dict[int, Mapping[int, int]] = {}
    for row, asked in asking:
        hits: dict[int, int] = {}
        last = now
        for entry in came:
            if entry.seq > row.since_seq:
                last = entry.at
                for watch, number in hits_in(entry).items():
                    hits[watch] = hits.get(watch, 0) + number
        for watch, number in hits.items():
            if asked.watches and watch not in asked.watches:
                continue
            facts: dict[str, Any] = {"watch": watch, "name": names.get(watch, ""), "posts": number}
            if asked.at_least > 1:
                if asked.window_s not in in_window:
                    since = now - timedelta(seconds=asked.window_s)
                    in_window[asked.window_s] = hits_since(names, since=since)
                facts["posts"] = in_window[asked.window_s].get(watch, 0)
                facts["window_s"] = asked.window_s
                if facts["posts"] < asked.at_least:
                    continue
            judged.add(
                row,
                Finding(
                    key=f"watch:{watch}:", at=last, facts=facts, count=number,
                    subject=("watch", watch),
                ),
            )  # fmt: skip


def hits_in(entry: Entry) -> dict[int, int]:
    """Watch → new posts, of an entry that tells of arrivals."""
    found = entry.data.get("watches")
    return {int(watch): int(n) for watch, n in found.items()} if isinstance(found, dict) else {}


def _urgency_and_place(
    operation: Operation, rules: Sequence[Active], entries: Sequence[Entry], judged: Judged
) -> None:
    asking = [(rule.row, rule.asked) for rule in rules if isinstance(rule.asked, (Urgency, Place))]
    if not asking:
        return
    least = min(asked.level for _, asked in asking)
    seen: list[tuple[int, Seen]] = []  # with the number of the entry that tells of it
    if any(asked.of != "incidents" for _, asked in asking):
        seen += _leads(operation, entries, asking, least=least)
    if any(asked.of != "posts" for _, asked in asking):
        seen += _incidents(operation, entries)
    for row, asked in asking:
        judged.add(
            row, *decide.findings_of(asked, [each for seq, each in seen if seq > row.since_seq])
        )


def _leads(
    operation: Operation,
    entries: Sequence[Entry],
    asking: Sequence[tuple[Rule, Urgency | Place]],
    *,
    least: int,
) -> list[tuple[int, Seen]]:
    came = {entry.at: entry.seq for entry in entries if entry.verb == ARRIVED}
    batches = [
        (entry.at, [(int(a), int(b)) for a, b in entry.data.get("spans", ())])
        for entry in entries
        if entry.verb == ARRIVED
    ]
    edited = {
        int(lead): entry.seq
        for entry in entries
        if entry.verb == EDITED
        for lead in entry.data.get("leads", ())
    }
    briefs = [
        (came[brief.at], brief)
        for brief in arrived.arrived(operation.pk, batches, least_urgency=least)
    ]
    if edited:
        known = {brief.id for _, brief in briefs}
        briefs += [
            (edited[brief.id], brief)
            for brief in arrived.leads(operation.pk, edited, least_urgency=least)
            if brief.id not in known
        ]
    answers: Mapping[int, set[int]] = {}
    if briefs and any(isinstance(asked, Urgency) and asked.watches for _, asked in asking):
        answers = arrived.watches_of(brief.id for _, brief in briefs)
    return [(seq, seen_of(brief, answers.get(brief.id, ()))) for seq, brief in briefs]


def _incidents(operation: Operation, entries: Sequence[Entry]) -> list[tuple[int, Seen]]:
    told = {
        entry.subject_id: entry.seq
        for entry in entries
        if entry.verb in INCIDENT
        and entry.subject_id is not None
        and (entry.verb == INCIDENT[0] or _OF_INTEREST & set(entry.data.get("fields", ())))
    }
    if not told:
        return []
    return [(told[brief.id], seen_of(brief, ())) for brief in arrived.incidents(operation.pk, told)]


def seen_of(brief: Brief, watches: Iterable[int]) -> Seen:
    """As a rule looks at it."""
    return Seen(
        id=brief.id, at=brief.at, urgency=brief.urgency, category=brief.category,
        place_name=brief.place_name, place_code=brief.place_code, number=brief.number,
        watches=frozenset(watches),
    )  # fmt: skip


# -- hand-offs ---------------------------------------------------------------------------------


def _hand_off(rule: Rule, asked: HandOff, entry: Entry, judged: Judged) -> None:
    """The contract: `handoff.sent` and `handoff.acknowledged` name the hand-off as their subject;
    the first carries `number`, `partner` and, when there is one, the number of its `incident`."""
    assert entry.subject_id is not None
    subject = (entry.subject_kind, entry.subject_id)
    if entry.verb == SENT:
        facts = {
            name: entry.data[name]
            for name in ("number", "partner", "incident")
            if name in entry.data
        }
        judged.awaited.append(
            Awaited(
                rule=rule, subject_kind=subject[0], subject_id=subject[1], since=entry.at,
                due_at=entry.at + timedelta(seconds=asked.after_s),
                facts={**facts, "after_s": asked.after_s},
            )
        )  # fmt: skip
    elif entry.verb == ACKNOWLEDGED:
        judged.answered.add(subject)
        judged.add(rule, Ending(prefix=f"{subject[0]}:{subject[1]}:", at=entry.at))


# -- looking around ----------------------------------------------------------------------------


def _silences(
    operation: Operation, rules: Sequence[Active], judged: Judged, *, now: datetime
) -> None:
    asking = [(rule.row, rule.asked) for rule in rules if isinstance(rule.asked, Silence)]
    if not asking:
        return
    rows = list(
        sources.sources_of(machine_desk(operation, "alerts")).defer("config", "cursor", "controls")
    )
    told = _unsettled([row for row, _ in asking])
    for row, asked in asking:
        found = silent(rows, asked, now=now)
        judged.add(row, *found.values())
        judged.add(
            row, *(Ending(prefix=key, at=now) for key in told.get(row.pk, set()) - found.keys())
        )


def _unsettled(rules: Sequence[Rule]) -> dict[int, set[str]]:
    """Rule → the keys of its alerts that are not over: what may come to an end."""
    found: dict[int, set[str]] = {}
    rows = Alert.objects.filter(rule__in=rules, state__in=("open", "acknowledged"))
    for rule, key in rows.values_list("rule_id", "key"):
        if rule is not None:
            found.setdefault(rule, set()).add(key)
    return found


def silent(rows: Iterable[Source], asked: Silence, *, now: datetime) -> dict[str, Finding]:
    """The sources among these that are silent in the sense of the rule, by key. Reads no row."""
    found = {}
    for source in rows:
        if asked.sources and source.pk not in asked.sources:
            continue
        health = sources.health(source, now=now)
        since = source.last_success_at or source.created_at
        late = now - since >= timedelta(seconds=asked.after_s)
        if not (health.troubled and late and sources.is_collected(source)):
            continue
        key = f"source:{source.pk}:"
        found[key] = Finding(
            key=key,
            at=now,
            lasting=True,
            subject=("source", source.pk),
            facts={
                "name": source.name,
                "health": health.code,
                "code": source.error_code,
                "since": since.isoformat(),
            },
        )
    return found


def _bursts(
    operation: Operation, rules: Sequence[Active], judged: Judged, *, now: datetime
) -> None:
    asking = [(rule.row, rule.asked) for rule in rules if isinstance(rule.asked, Burst)]
    if not asking:
        return
    names = watch_names(operation)
    told = _unsettled([row for row, _ in asking])
    for row, asked in asking:
        chosen = [watch for watch in names if not asked.watches or watch in asked.watches]
        found = {}
        for watch, verdict in pulses.verdicts(chosen, asked, now=now).items():
            if verdict.is_burst:
                one = burst(watch, names[watch], asked, verdict, at=now)
                found[one.key] = one
        judged.add(row, *found.values())
        gone = told.get(row.pk, set()) - found.keys()
        judged.add(row, *(Ending(prefix=key, at=now, told=False) for key in gone))


def burst(watch: int, name: str, asked: Burst, verdict: bursts.Verdict, *, at: datetime) -> Finding:
    """The finding of a watch that bursts."""
    return Finding(
        key=f"watch:{watch}:",
        at=at,
        count=verdict.count,
        lasting=True,
        subject=("watch", watch),
        facts={
            "watch": watch,
            "name": name,
            "posts": verdict.count,
            "window_s": asked.window_s,
            "expected": round(verdict.expected, 2),
            "p": float(f"{verdict.p:.2g}"),
        },
    )
