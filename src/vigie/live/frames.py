"""What one journal entry looks like on the wire, for a person with given rights. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339

RIGHT_OF_WORD: dict[str, Right] = {
    "operation": Right.SEE_OPERATION,
    "team": Right.SEE_OPERATION,
    "incident": Right.SEE_INCIDENTS,
    "incidents": Right.SEE_INCIDENTS,
    "report": Right.SEE_REPORTS,
    "reports": Right.SEE_REPORTS,
    "lead": Right.SEE_BOARD,
    "watch": Right.SEE_BOARD,
    "watches": Right.SEE_BOARD,
    "column": Right.SEE_BOARD,
    "source": Right.SEE_BOARD,
    "sources": Right.SEE_BOARD,
    "indicator": Right.SEE_OPERATION,
    "indicators": Right.SEE_OPERATION,
    "alert": Right.SEE_ALERTS,
    "alerts": Right.SEE_ALERTS,
    "channels": Right.EDIT_ALERTS,
    "exercise": Right.RUN_EXERCISE,
    "layer": Right.SEE_LAYERS,
    "layers": Right.SEE_LAYERS,
    "journal": Right.SEE_JOURNAL,
}
"""Right needed to be told that such a thing changed; unlisted words need `SEE_JOURNAL`."""

RETRY = b"retry: 2000\n\n"
"""After a cut the browser asks again in two seconds."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A journal entry as the streams carry it, cut loose from the database."""

    seq: int
    verb: str
    subject: tuple[str, int] | None
    touches: tuple[str, ...]
    at: datetime
    actor: str
    data: dict[str, Any] = field(default_factory=dict)


def right_for(word: str) -> Right:
    """The right that a touch word ("incident:5") or a kind of subject asks for."""
    return RIGHT_OF_WORD.get(word.partition(":")[0], Right.SEE_JOURNAL)


def entry_frame(happening: Happening, rights: frozenset[Right]) -> bytes | None:
    """The `entry` event this person may have, or None when nothing of it concerns them.

    Who reads the journal gets every entry whole, with the word "journal" among its touches. Who
    does not gets only the touch words their rights open, without actor and data.
    """
    touches = [word for word in happening.touches if right_for(word) in rights]
    reader = Right.SEE_JOURNAL in rights
    if reader and "journal" not in touches:
        touches.append("journal")
    if not touches:
        return None
    subject = happening.subject
    if subject is not None and right_for(subject[0]) not in rights:
        subject = None
    return _event(
        "entry",
        happening.seq,
        {
            "seq": happening.seq,
            "verb": happening.verb,
            "subject": subject,
            "touches": touches,
            "at": rfc3339(happening.at),
            "actor": happening.actor if reader else "",
            "data": happening.data if reader else {},
        },
    )


def objects_frame(told: Mapping[str, Any]) -> bytes:
    """The `objects` event: what changed on the map between two entries (`mapping.queries.fresh`).
    It has no id: the entries it comes with move where a stream resumes."""
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return f"event: objects\ndata: {body}\n\n".encode()


def reload_frame(seq: int) -> bytes:
    """Too much was missed to be told one by one: the page is to be loaded again."""
    return _event("reload", seq, {"seq": seq})


def beat_frame(seq: int) -> bytes:
    """Keeps the line open. Carries no event, but moves the `Last-Event-ID` to `seq`."""
    return f": beat\nid: {seq}\n\n".encode()


def after_of(header: str | None, parameter: str | None) -> int | None:
    """Where to resume: the browser's `Last-Event-ID`, else `?after=`; None when neither is a number."""
    for given in (header, parameter):
        if given and given.isascii() and given.isdecimal() and len(given) < 19:
            return int(given)
    return None


def touches_any(happenings: Iterable[Happening], word: str) -> bool:
    return any(word in happening.touches for happening in happenings)


def _event(name: str, seq: int, data: dict[str, Any]) -> bytes:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\nid: {seq}\ndata: {body}\n\n".encode()
