"""What is entered in the main courante by hand, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import Cast, desk
from vigie.operations.access import NotAllowed
from vigie.operations.actions.notes import (
    NoSuchNote,
    Note,
    NoteInvalid,
    follow_up,
    write_note,
)


def note(now: datetime, **fields: Any) -> Note:
    return replace(
        Note(
            text="D118 coupée à Villebon",
            happened_at=now - timedelta(minutes=12),
            kind="report",
            sender="VISOV 91",
            recipient="CODIS 91",
            incident=42,
        ),
        **fields,
    )


def test_a_note_keeps_the_time_of_the_fact_beside_that_of_writing(
    cast: Cast, now: datetime
) -> None:
    entry = write_note(note=note(now), by=desk(cast.volunteer, cast.operation), now=now)
    assert (entry.verb, entry.at, entry.text) == ("note.written", now, "D118 coupée à Villebon")
    assert entry.data == {
        "kind": "report",
        "happened_at": "2026-11-24T02:48:00Z",
        "from": "VISOV 91",
        "to": "CODIS 91",
        "incident": 42,
        "state": "open",
    }


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"text": " "}, "text", "missing"),
        ({"text": "x" * 4001}, "text", "too_long"),
        ({"kind": "gossip"}, "kind", "unknown"),
        ({"state": "lost"}, "state", "unknown"),
        ({"sender": "x" * 81}, "sender", "too_long"),
        ({"recipient": "x" * 81}, "recipient", "too_long"),
    ],
)
def test_what_cannot_be_kept_is_named(
    cast: Cast, now: datetime, fields: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(NoteInvalid) as refusal:
        write_note(note=note(now, **fields), by=desk(cast.volunteer, cast.operation), now=now)
    assert (refusal.value.field, refusal.value.code) == (field, code)


@pytest.mark.parametrize(
    ("away", "code"), [(timedelta(minutes=6), "future"), (timedelta(days=-31), "too_old")]
)
def test_a_fact_is_neither_to_come_nor_of_another_month(
    cast: Cast, now: datetime, away: timedelta, code: str
) -> None:
    with pytest.raises(NoteInvalid) as refusal:
        write_note(
            note=note(now, happened_at=now + away),
            by=desk(cast.volunteer, cast.operation),
            now=now,
        )
    assert refusal.value.code == code


def test_what_became_of_a_note_is_another_entry(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    written = write_note(note=note(now), by=by, now=now)
    entry = follow_up(seq=written.seq, text=" AR 13:00 ", state="sent", by=by, now=now)
    assert (entry.subject_kind, entry.subject_id) == ("note", written.seq)
    assert (entry.text, entry.data) == ("AR 13:00", {"of": written.seq, "state": "sent"})
    written.refresh_from_db()
    assert written.data["state"] == "open"


def test_only_a_note_of_this_operation_is_followed_up(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    written = write_note(note=note(now), by=by, now=now)
    told = follow_up(seq=written.seq, text="suite", state="settled", by=by, now=now)
    for seq in (told.seq, 999):
        with pytest.raises(NoSuchNote):
            follow_up(seq=seq, text="suite", state="settled", by=by, now=now)
    with pytest.raises(NoSuchNote):
        follow_up(
            seq=written.seq, text="suite", state="settled",
            by=desk(cast.outsider, cast.other_operation), now=now,
        )  # fmt: skip


def test_who_only_reads_writes_nothing(cast: Cast, now: datetime) -> None:
    for person in (cast.observer, cast.partner):
        with pytest.raises(NotAllowed):
            write_note(note=note(now), by=desk(person, cast.operation), now=now)
