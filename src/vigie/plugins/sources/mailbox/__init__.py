"""Mail: one message (.eml) or a mailbox (.mbox)."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Refusal, Undecodable
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit.importing import FileImport, ImportConfig, Taken
from vigie.plugins.kit.markup import plain
from vigie.plugins.kit.reading import post

MOST: Final = 60_000_000
"""Bytes of one message, attachments included."""

KEPT: Final = 400_000
"""Bytes of a payload: a larger message is kept without its attachments."""

_HEADER: Final = re.compile(
    rb"^(?:from|to|subject|date|message-id|received|return-path|mime-version|delivered-to):", re.I
)
_MALFORMED: Final = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
"""What the standard reader of mail raises on headers that break the rules."""


class MailboxConfig(ImportConfig, frozen=True, kw_only=True):
    """Nothing more to set."""


class MailboxSource(FileImport):
    manifest = Manifest(
        kind=SOURCE,
        name="mailbox",
        label={"fr": "Courriels (.eml, .mbox)", "en": "Mail (.eml, .mbox)"},
        help={
            "fr": "Importe un courriel ou une boîte entière : signalements d’habitants, alertes reçues.",
            "en": "Imports one message or a whole mailbox: residents’ reports, alerts received.",
        },
        version="1",
        config=MailboxConfig,
        terms={
            "fr": "Des courriels reçus par le service : n’importer que ce qui concerne l’opération.",
            "en": "Mail that the service received: import only what concerns the operation.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        name = file_name.lower()
        if head.startswith(b"From ") and b"\n" in head:
            return 0.95 if _HEADER.match(head.split(b"\n", 1)[1]) or name.endswith(".mbox") else 0.3
        lines = head.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].split(b"\n")[:60]
        known = sum(bool(_HEADER.match(line)) for line in lines)
        return (
            0.9
            if (known >= 2 and _HEADER.match(lines[0])) or (name.endswith(".eml") and known)
            else 0.0
        )

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        offset = int(place.get("offset") or 0)
        with path.open("rb") as file:
            is_box = file.read(5) == b"From "
            file.seek(offset)
            number = int(place.get("number") or 0)
            for raw, end in _cut(file, is_box):
                number += 1
                record: RawItem | Refusal
                if raw is None:
                    record = Refusal(code="line_too_long", where=str(number))
                else:
                    record = RawItem(payload=_light(raw), where=str(number))
                yield Taken(record, {"offset": end, "number": number}, end)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a message. Raises Undecodable: `bad_mail`, `empty_entry`, `missing_date` and the
        wire's.
        """
        try:
            return post(_wire(_parsed(item.payload)))
        except _MALFORMED as error:
            raise Undecodable("bad_mail", type(error).__name__) from error


def _cut(file: Any, is_box: bool) -> Iterator[tuple[bytes | None, int]]:
    """(message, byte behind it) of each; None for one beyond MOST."""
    held: list[bytes] = []
    size, blank, end = 0, True, file.tell()
    for line in iter(lambda: file.readline(1_000_000), b""):
        if is_box and blank and line.startswith(b"From ") and size:
            yield (b"".join(held) if size <= MOST else None), end
            held, size = [], 0
        end += len(line)
        size += len(line)
        if size <= MOST and not (is_box and not held and line.startswith(b"From ")):
            # ">From " is how a box writes a line that begins with "From ".
            held.append(line[1:] if is_box and re.match(rb">+From ", line) else line)
        blank = line in (b"\n", b"\r\n")
    if size:
        yield (b"".join(held) if size <= MOST else None), end


def _parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    if not message.keys():
        raise Undecodable("bad_mail", "no header")
    return message


def _light(raw: bytes) -> bytes:
    """The message, without its attachments when they are large."""
    if len(raw) <= KEPT:
        return raw
    try:
        message = _parsed(raw)
        light = EmailMessage()
        for name in ("Message-ID", "Date", "From", "To", "Subject", "In-Reply-To", "List-Id"):
            if message.get(name):
                light[name] = str(message[name])
        light.set_content(_body(message)[:KEPT])
        return light.as_bytes()
    except (*_MALFORMED, Undecodable):
        return raw[:KEPT]


def _body(message: EmailMessage) -> str:
    """The text part, else the HTML part as text."""
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    content = part.get_content()
    text = content if isinstance(content, str) else ""
    return plain(text).text if part.get_content_type() == "text/html" else text


def _wire(message: EmailMessage) -> dict[str, Any]:
    subject = " ".join(str(message.get("Subject", "")).split())
    text = "\n\n".join(part for part in (subject, _body(message).strip()) if part)
    if not text:
        raise Undecodable("empty_entry")
    name, address = parseaddr(str(message.get("From", "")))
    moment = _moment(str(message.get("Date", "")))
    identity = " ".join(str(message.get("Message-ID", "")).split()).strip("<>")
    if not identity:
        said = f"{address}\n{moment}\n{text}".encode(errors="surrogatepass")
        identity = "mail:" + hashlib.blake2b(said, digest_size=16).hexdigest()
    answered = " ".join(str(message.get("In-Reply-To", "")).split()).strip("<>")
    return {
        "id": identity[:500],
        "text": text,
        "network": "mail",
        "created_at": moment,
        "author": {"id": address.lower(), "handle": address, "name": name} if address else None,
        "reply_to": answered[:500] or None,
    }


def _moment(written: str) -> str | None:
    """The `Date` header as RFC 3339; None when there is none that can be read."""
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError):
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return rfc3339(found.astimezone(UTC))
    except (OverflowError, ValueError):
        return None
