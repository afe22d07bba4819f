"""The journal as the team reads it: filters, lines, and the rows of the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.journal.queries import Wanted
from vigie.kernel.clock import UnreadableTime, parse_rfc3339
from vigie.operations.actions.notes import FOLLOW_UP, NOTE
from vigie.operations.models import Operation
from vigie.web.room.sentences import Facts, facts_of, sentence
from vigie.web.room.words import NOTE_KINDS, NOTE_STATES


@dataclass(frozen=True, kw_only=True)
class Group:
    """A kind of entry one can ask for: verbs that begin with one of `nouns`."""

    code: str
    label: Promise
    icon: str
    nouns: tuple[str, ...]
    csv: str
    """What the export writes in its column `type`."""


GROUPS: tuple[Group, ...] = (
    Group(code="notes", label=_("Written by hand"), icon="pencil", nouns=("note",), csv="NOTE"),
    Group(code="incidents", label=_("Incidents"), icon="map-pin", nouns=("incident",), csv="SIGNALEMENT"),
    Group(code="posts", label=_("Posts"), icon="message-2", nouns=("lead", "posts", "post"), csv="PUBLICATION"),
    Group(code="claims", label=_("Rumours"), icon="message-question", nouns=("claim", "claims", "evidence", "archive", "fact_check", "picture"), csv="RUMEUR"),
    Group(code="needs", label=_("Needs and hand-offs"), icon="heart-handshake", nouns=("need", "handoff", "partner"), csv="DEMANDE"),
    Group(code="map", label=_("Map"), icon="map-2", nouns=("map", "layer", "layers", "route", "grid"), csv="CARTE"),
    Group(code="reports", label=_("Situation reports"), icon="report", nouns=("report",), csv="POINT DE SITUATION"),
    Group(code="operation", label=_("Operation and team"), icon="users", nouns=("operation", "team", "invitation", "data", "retention", "person"), csv="OPERATION"),
    Group(code="collecting", label=_("Sources and watches"), icon="antenna", nouns=("source", "watch", "import", "refused", "batch"), csv="COLLECTE"),
    Group(code="indicators", label=_("Official measures"), icon="ripple", nouns=("indicator", "measures"), csv="INDICATEUR"),
    Group(code="alerts", label=_("Alerts"), icon="bell", nouns=("alert", "alert_rule", "channel"), csv="ALERTE"),
    Group(code="exercise", label=_("Exercise"), icon="player-play", nouns=("exercise",), csv="EXERCICE"),
)  # fmt: skip
EVERYTHING = "all"
"""`kind` of the whole book; without a kind, arrivals of posts, which nobody does, are left out."""

ARRIVALS = ("posts.arrived", "measures.arrived", "claims.measured")
BY_NOUN = {noun: group for group in GROUPS for noun in group.nouns}
OTHER = Group(
    code="other", label=pgettext_lazy("kind", "Other"), icon="point", nouns=(), csv="AUTRE"
)


def group_of(entry: Entry) -> Group:
    return BY_NOUN.get(entry.verb.partition(".")[0], OTHER)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the address of the page asks for. Unreadable values are as if not given."""

    group: str = ""
    by: int | None = None
    subject: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @classmethod
    def read(cls, query: Mapping[str, str], zone: ZoneInfo) -> Filters:
        group = query.get("kind", "")
        by = query.get("by", "")
        return cls(
            group=group if group in {EVERYTHING, *(g.code for g in GROUPS)} else "",
            by=int(by) if by.isascii() and by.isdecimal() and len(by) < 12 else None,
            subject=query.get("subject", "") if _subject(query.get("subject", "")) else "",
            text=query.get("q", "").strip()[:100],
            since=query.get("since", "") if local_time(query.get("since", ""), zone) else "",
            until=query.get("until", "") if local_time(query.get("until", ""), zone) else "",
            zone=zone,
        )

    def wanted(self) -> Wanted:
        nouns = next((group.nouns for group in GROUPS if group.code == self.group), ())
        return Wanted(
            nouns=nouns,
            without=() if self.group or self.subject else ARRIVALS,
            by=self.by,
            subject=_subject(self.subject),
            text=self.text,
            since=local_time(self.since, self.zone),
            until=local_time(self.until, self.zone),
        )

    def query(self, **more: object) -> str:
        """The filters as the query part of an address, with `more`."""
        given = {
            "kind": self.group,
            "by": self.by,
            "subject": self.subject,
            "q": self.text,
            "since": self.since,
            "until": self.until,
            **more,
        }
        return urlencode({key: value for key, value in given.items() if value not in ("", None)})

    @property
    def any(self) -> bool:
        return bool(self.query())


def _subject(text: str) -> tuple[str, int] | None:
    kind, _sep, number = text.partition(":")
    if kind.isidentifier() and number.isascii() and number.isdecimal() and len(number) < 19:
        return kind, int(number)
    return None


def local_time(text: str, zone: ZoneInfo) -> datetime | None:
    """`2026-11-24T03:12` as browsers write local times, in the operation's zone; None otherwise."""
    try:
        naive = datetime.fromisoformat(text)
    except ValueError:
        return None
    if naive.tzinfo is not None or not 1990 <= naive.year <= 2200:
        return None
    return naive.replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry as it is read. `happened_at` is when the fact was, which a note may date earlier."""

    entry: Entry
    sentence: str
    group: Group
    kind: str
    happened_at: datetime
    url: str
    is_note: bool
    state: str
    state_word: Promise | str
    follow_ups: tuple[Entry, ...]


def lines(operation: Operation, entries: Iterable[Entry]) -> list[Line]:
    """Entries as lines; notes with what became of them since."""
    facts = facts_of(entries)
    notes = [one.entry.seq for one in facts if one.entry.verb == NOTE]
    told: dict[int, list[Entry]] = {}
    if notes:
        for row in journal.about(operation.pk, FOLLOW_UP, "note", notes):
            told.setdefault(row.subject_id or 0, []).append(row)
    return [_line(operation, one, tuple(told.get(one.entry.seq, ()))) for one in facts]


def _line(operation: Operation, facts: Facts, follow_ups: tuple[Entry, ...]) -> Line:
    entry = facts.entry
    group, is_note = group_of(entry), entry.verb == NOTE
    state = ""
    if is_note:
        state = str((follow_ups[-1] if follow_ups else entry).data.get("state", "open"))
    kind = NOTE_KINDS.get(entry.data.get("kind", ""), group.label) if is_note else group.label
    return Line(
        entry=entry,
        sentence=sentence(facts),
        group=group,
        kind=str(kind),
        happened_at=_happened_at(entry),
        url=url_of(operation.slug, entry),
        is_note=is_note,
        state=state,
        state_word=NOTE_STATES.get(state, state),
        follow_ups=follow_ups,
    )


def _happened_at(entry: Entry) -> datetime:
    if entry.verb != NOTE:
        return entry.at
    try:
        return parse_rfc3339(str(entry.data.get("happened_at", "")))
    except UnreadableTime:
        return entry.at


def url_of(slug: str, entry: Entry) -> str:
    """Where the subject of the entry is looked at; empty when it has no page."""
    data: Mapping[str, Any] = entry.data
    match entry.subject_kind:
        case "incident" if "number" in data:
            return f"{reverse('map:map', args=[slug])}?incident={data['number']}"
        case "report" if "number" in data and entry.verb != "report.discarded":
            return reverse("reports:report", args=[slug, data["number"]])
        case "alert" if "number" in data:
            return reverse("alerts:alert", args=[slug, data["number"]])
        case "watch" | "source":
            return reverse("sources:list", args=[slug])
        case "user" | "invitation":
            return reverse("room:team", args=[slug])
        case "note":
            return f"{reverse('room:journal', args=[slug])}#entry-{data.get('of')}"
    if entry.verb == NOTE and data.get("incident"):
        return f"{reverse('map:map', args=[slug])}?incident={data['incident']}"
    return ""


COLUMNS = (
    "num", "horodatage_local", "auteur", "type", "emetteur", "destinataire", "texte",
    "lien_signalement", "suite_donnee", "statut",
)  # fmt: skip
"""As in the main courante of the field: semicolons, UTF-8, one entry a line, oldest first."""

_CSV_NOTE = {
    "call": "APPEL", "message": "MESSAGE", "report": "SIGNALEMENT", "decision": "DECISION",
    "request": "DEMANDE", "event": "EVENEMENT", "remark": "NOTE",
}  # fmt: skip
_CSV_STATE = {"open": "ouvert", "sent": "transmis", "settled": "clos"}


def rows(operation: Operation, entries: Iterable[Entry]) -> Iterator[list[str]]:
    """Rows of the export for these entries, in their order."""
    zone = ZoneInfo(operation.time_zone)
    for line in lines(operation, entries):
        entry, data = line.entry, line.entry.data
        incident = data.get("incident") if line.is_note else None
        if entry.subject_kind == "incident":
            incident = data.get("number")
        moments = (f.at.astimezone(zone).strftime("%H:%M") for f in line.follow_ups)
        follow_up = " / ".join(
            f"{clock} {f.actor} : {f.text}"
            for clock, f in zip(moments, line.follow_ups, strict=True)
        )
        words = (
            entry.text if line.is_note else " : ".join(t for t in (line.sentence, entry.text) if t)
        )
        yield [
            str(entry.seq),
            line.happened_at.astimezone(zone).isoformat(timespec="seconds"),
            entry.actor,
            _CSV_NOTE.get(data.get("kind", ""), "NOTE") if line.is_note else line.group.csv,
            str(data.get("from") or "") if line.is_note else "",
            str(data.get("to") or "") if line.is_note else "",
            words,
            str(incident or ""),
            follow_up,
            _CSV_STATE.get(line.state, ""),
        ]
