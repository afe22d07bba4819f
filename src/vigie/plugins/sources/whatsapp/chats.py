"""The text of an exported WhatsApp chat → messages. Each phone writes dates in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MARKS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HEAD: Final = re.compile(
    r"^(?P<open>\[)?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),?\s+"
    r"(?:(?:à|at|um|alle|às|om|kl\.?|a las)\s+)?"
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?(?(open)\]\s*|\s+[-–]\s+)(?P<rest>.*)$",
    re.DOTALL,
)
_SPACES: Final = re.compile("[\u202f\u00a0]")
_WHO: Final = re.compile(r"^([^:\n]{1,100}?)\s?: ?(.*)$", re.DOTALL)
_ATTACHED: Final = re.compile(
    r"<[^<>:\n]{3,30}\s?:\s*(?P<ios>[^<>\n/\\]{1,120}\.[A-Za-z0-9]{2,5})>"
    r"|^(?P<android>[^\n/\\<>]{1,120}\.[A-Za-z0-9]{2,5})\s+\([^()\n]{3,40}\)",
    re.MULTILINE,
)
_EDITED: Final = re.compile(
    r"\s*<(?:Ce message a été modifié|This message was edited|Diese Nachricht wurde bearbeitet|"
    r"Se editó este mensaje)>\s*$"
)
WITHDRAWN: Final = (
    "ce message a été supprimé", "vous avez supprimé ce message", "this message was deleted",
    "you deleted this message", "diese nachricht wurde gelöscht", "du hast diese nachricht gelöscht",
    "se eliminó este mensaje", "eliminaste este mensaje", "questo messaggio è stato eliminato",
)  # fmt: skip


class Head(NamedTuple):
    """The beginning of a message: date parts as written, and the rest of the line."""

    numbers: tuple[int, int, int]
    clock: tuple[int, int, int]
    rest: str


class Message(NamedTuple):
    """`author` is "" for what WhatsApp itself says. `files` are the names of what was attached."""

    written: Head
    author: str
    text: str
    files: tuple[str, ...]


def head_of(line: str) -> Head | None:
    """The head when the line begins a message, None when it goes on with one."""
    found = _HEAD.match(_SPACES.sub(" ", _MARKS.sub("", line)))
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    numbers = int(found["a"]), int(found["b"]), int(found["c"])
    return Head(numbers, (hour, int(found["minute"]), int(found["second"] or 0)), found["rest"])


def order_of(heads: Iterable[Head], *, day_first: bool) -> str:
    """ "ymd", "dmy" or "mdy": what every date of the chat allows, `day_first` where both do."""
    first_large = second_large = year_first = False
    for head in heads:
        a, b, _ = head.numbers
        year_first |= a > 31
        first_large |= 12 < a <= 31
        second_large |= b > 12
    if year_first:
        return "ymd"
    if first_large != second_large:
        return "dmy" if first_large else "mdy"
    return "dmy" if day_first else "mdy"


def moment_of(head: Head, order: str, zone: str) -> datetime | None:
    """The moment in UTC; None when there is no such day or hour."""
    by = dict(zip(order, head.numbers, strict=True))
    year = by["y"] + 2000 if by["y"] < 100 else by["y"]
    try:
        here = datetime(year, by["m"], by["d"], *head.clock, tzinfo=ZoneInfo(zone))
        return here.astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def message_of(text: str) -> Message | None:
    """The message of all its lines; None when the text begins none."""
    head = head_of(text)
    if head is None:
        return None
    said = _MARKS.sub("", head.rest)
    found = _WHO.match(said)
    author, body = (found[1].strip().lstrip("~ "), found[2]) if found else ("", said)
    body = _EDITED.sub("", body)
    files = [match["ios"] or match["android"] for match in _ATTACHED.finditer(body)]
    body = _ATTACHED.sub("", body).strip()
    return Message(head, author, body, tuple(name.strip() for name in files))


def is_withdrawn(message: Message) -> bool:
    return message.text.rstrip(".").casefold() in WITHDRAWN


def assembled(lines: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """(text, line number of its beginning, place behind it) of each message, its lines joined.

    `lines` are (line, place behind it). Lines before the first message are left out.
    """
    parts: list[str] = []
    began = behind = 0
    for number, (line, place) in enumerate(lines, start=1):
        if head_of(line) is not None:
            if parts:
                yield "".join(parts), began, behind
            parts, began = [line], number
        elif parts:
            parts.append(line)
        behind = place
    if parts:
        yield "".join(parts), began, behind
