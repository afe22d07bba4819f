"""Who is told what: one entry, seen with the rights of each role."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from vigie.accounts.roles import Right, Role, rights_of
from vigie.live import frames
from vigie.live.frames import Happening

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def happening(*touches: str, subject: tuple[str, int] | None = None) -> Happening:
    return Happening(
        seq=7, verb="x.y", subject=subject, touches=touches, at=AT, actor="V3", data={"n": 1}
    )


def told(entry: Happening, role: Role) -> dict[str, Any] | None:
    frame = frames.entry_frame(entry, rights_of([role]))
    if frame is None:
        return None
    name, number, data, *rest = frame.decode().split("\n")
    assert (name, number, rest) == ("event: entry", "id: 7", ["", ""])
    return json.loads(data.removeprefix("data: "))


def test_a_volunteer_is_told_the_whole_entry_and_that_the_journal_grew() -> None:
    assert told(happening("lead:3", subject=("lead", 3)), Role.WATCHER) == {
        "seq": 7,
        "verb": "x.y",
        "subject": ["lead", 3],
        "touches": ["lead:3", "journal"],
        "at": "2026-11-24T03:00:00Z",
        "actor": "V3",
        "data": {"n": 1},
    }


def test_a_partner_is_told_nothing_of_posts() -> None:
    assert told(happening("lead:3", "watch:2", subject=("lead", 3)), Role.PARTNER) is None


def test_a_partner_is_told_which_incident_changed_but_not_by_whom() -> None:
    seen = told(happening("lead:3", "incident:5", "incidents", subject=("lead", 3)), Role.PARTNER)
    assert seen is not None
    assert seen["touches"] == ["incident:5", "incidents"]
    assert (seen["subject"], seen["actor"], seen["data"]) == (None, "", {})


def test_a_word_nobody_listed_is_for_readers_of_the_journal_only() -> None:
    assert told(happening("wellbeing:4"), Role.PARTNER) is None
    assert told(happening("wellbeing:4"), Role.OBSERVER) is not None


def test_without_any_right_nothing_is_told() -> None:
    entry = happening("operation", "team", "incident:1")
    assert frames.entry_frame(entry, frozenset()) is None


def test_every_word_of_the_table_names_a_right_of_an_operation() -> None:
    assert all(not right.startswith("platform_") for right in frames.RIGHT_OF_WORD.values())
    assert frames.right_for("incident:12") is Right.SEE_INCIDENTS


@pytest.mark.parametrize(
    ("header", "parameter", "after"),
    [
        ("12", "3", 12),
        (None, "3", 3),
        ("", "3", 3),
        ("-1", None, None),
        ("abc", None, None),
        ("9" * 40, None, None),
        ("٣", None, None),
        (None, None, None),
    ],
)
def test_the_browsers_own_place_comes_before_the_pages(
    header: str | None, parameter: str | None, after: int | None
) -> None:
    assert frames.after_of(header, parameter) == after
