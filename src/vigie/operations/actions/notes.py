"""The main courante by hand: what was said and done that no screen of ours saw.

An entry is never altered: what became of it is told by further entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk

NOTE, FOLLOW_UP = "note.written", "note.followed_up"
KINDS = ("call", "message", "report", "decision", "request", "event", "remark")
STATES = ("open", "sent", "settled")
EARLIEST = timedelta(days=30)
AHEAD = timedelta(minutes=5)
TEXT_LENGTH = 4000
NAME_LENGTH = 80


class NoteInvalid(ValueError):
    """A field cannot be kept. `field` and `code` say which and why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


class NoSuchNote(LookupError):
    """No entry written by hand has this number in this operation."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """`happened_at` is the time of the fact; `sender` and `recipient` are who spoke to whom
    ("CODIS 91"); `incident` the number of the incident it is about."""

    text: str
    happened_at: datetime
    kind: str = "remark"
    sender: str = ""
    recipient: str = ""
    incident: int | None = None
    state: str = "open"


def write_note(*, note: Note, by: Desk, now: datetime) -> Entry:
    """Enter a fact. Raises NotAllowed or NoteInvalid."""
    by.require(Right.WRITE_JOURNAL)
    _check(note, now)
    with transaction.atomic():
        return by.record(
            NOTE,
            now=now,
            text=note.text.strip(),
            data={
                "kind": note.kind,
                "happened_at": rfc3339(note.happened_at),
                "from": note.sender.strip(),
                "to": note.recipient.strip(),
                "incident": note.incident,
                "state": note.state,
            },
            touches=["journal"],
        )


def follow_up(*, seq: int, text: str, state: str, by: Desk, now: datetime) -> Entry:
    """Say what became of entry number `seq`. Raises NotAllowed, NoSuchNote or NoteInvalid."""
    by.require(Right.WRITE_JOURNAL)
    if not text.strip():
        raise NoteInvalid("text", "missing")
    if len(text) > TEXT_LENGTH:
        raise NoteInvalid("text", "too_long")
    if state not in STATES:
        raise NoteInvalid("state", "unknown")
    with transaction.atomic():
        about = journal.entry(by.operation.pk, seq)
        if about is None or about.verb != NOTE:
            raise NoSuchNote(seq)
        return by.record(
            FOLLOW_UP,
            now=now,
            subject=("note", seq),
            text=text.strip(),
            data={"of": seq, "state": state},
            touches=["journal"],
        )


def _check(note: Note, now: datetime) -> None:
    if not note.text.strip():
        raise NoteInvalid("text", "missing")
    if len(note.text) > TEXT_LENGTH:
        raise NoteInvalid("text", "too_long")
    if note.kind not in KINDS:
        raise NoteInvalid("kind", "unknown")
    if note.state not in STATES:
        raise NoteInvalid("state", "unknown")
    for field, value in (("sender", note.sender), ("recipient", note.recipient)):
        if len(value.strip()) > NAME_LENGTH:
            raise NoteInvalid(field, "too_long")
    if note.happened_at > now + AHEAD:
        raise NoteInvalid("happened_at", "future")
    if note.happened_at < now - EARLIEST:
        raise NoteInvalid("happened_at", "too_old")
