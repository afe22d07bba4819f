"""The page of a public channel → its messages; a message's HTML → a draft."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.plugins.kit.reading import post
from vigie.plugins.kit.tree import Element, tree

_START: Final = re.compile(
    r'<div class="tgme_widget_message_wrap\b|<div class="tgme_widget_message\s'
)
_POST: Final = re.compile(r'\bdata-post="([A-Za-z0-9_]{2,64}/\d{1,18})"')
_BACKGROUND: Final = re.compile(r"url\(['\"]?([^'\")]+)['\"]?\)")
_DIV: Final = re.compile(r"<(/?)div\b")
_REFERENCE: Final = re.compile(r"^https://t\.me/(?:s/)?([A-Za-z0-9_]{2,64})/(\d{1,18})")
_MAP: Final = re.compile(r"[?&](?:q|ll|center)=(-?\d{1,3}\.\d+)(?:,|%2C)(-?\d{1,3}\.\d+)")


def cut(page: str) -> list[tuple[int, str, str]]:
    """(number, "channel/number", HTML) of each message of a page, as they stand there."""
    starts = [found.start() for found in _START.finditer(page)]
    pieces: list[tuple[int, str, str]] = []
    for start, end in zip(starts, [*starts, len(page)][1:], strict=True):
        piece = _closed(page, start, end)
        found = _POST.search(piece)
        if found:
            if pieces and pieces[-1][1] == found[1]:
                continue
            pieces.append((int(found[1].rpartition("/")[2]), found[1], piece))
    return pieces


def _closed(page: str, start: int, end: int) -> str:
    """The element that opens at `start`, to where it closes; up to `end` when it does not."""
    depth = 0
    for found in _DIV.finditer(page, start, end):
        depth += -1 if found[1] else 1
        if depth == 0:
            return page[start : found.end()] + ">"
    return page[start:end]


def digest(piece: str) -> str:
    """What a message says, in 12 characters: not how often it was seen, nor the tokens of its media."""
    try:
        draft = decode(piece.encode(errors="replace"))
        media = [medium.url.partition("?")[0] for medium in draft.media]
        said = "\n".join([draft.text, *media, str((draft.lat, draft.lon))])
    except Undecodable as error:
        said = error.code
    return hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=6).hexdigest()


def decode(payload: bytes) -> PostDraft:
    """A message's HTML as a draft. Raises Undecodable: `not_html`, `empty_entry` and the wire's."""
    page = payload.decode("utf-8", errors="replace")
    found = _POST.search(page)
    if found is None:
        raise Undecodable("not_html")
    root = tree(page)
    message = next(
        (e for e in root.all(named="tgme_widget_message") if "data-post" in e.attributes), root
    )
    channel, _, _ = found[1].partition("/")
    media = _media(message)
    text = _text(message)
    lat, lon = _point(message)
    if not text and not media and lat is None:
        raise Undecodable("empty_entry", found[1])
    owner = message.first(named="tgme_widget_message_owner_name")
    wire: dict[str, Any] = {
        "id": found[1],
        "text": text,
        "network": "telegram",
        "created_at": _date(message),
        "url": f"https://t.me/{found[1]}",
        "author": {
            "id": channel.lower(),
            "handle": channel,
            "name": owner.text() if owner else "",
        },
        "media": media,
        "reply_to": _reference(message, "tgme_widget_message_reply"),
        "repost_of": _reference(message, "tgme_widget_message_forwarded_from_name"),
        "lat": lat,
        "lon": lon,
    }
    return post(wire)


def _text(message: Element) -> str:
    texts = [
        element.text()
        for element in message.all(
            named="tgme_widget_message_text", outside="tgme_widget_message_reply"
        )
    ]
    question = message.first(named="tgme_widget_message_poll_question")
    if question:
        texts.append(question.text())
        texts += [
            f"- {option.text()}"
            for option in message.all(named="tgme_widget_message_poll_option_text")
        ]
    document = message.first(named="tgme_widget_message_document_title")
    if document:
        texts.append(document.text())
    text = "\n".join(dict.fromkeys(part for part in texts if part))
    preview = message.first(named="tgme_widget_message_link_preview")
    address = preview.attributes.get("href", "") if preview else ""
    if address.startswith("http") and address not in text:
        text = f"{text}\n{address}".strip()
    return text


def _date(message: Element) -> str | None:
    """The moment of the message: the last time given, since others may belong to a video."""
    within = message.first(named="tgme_widget_message_date") or message
    times = [e.attributes["datetime"] for e in within.all(tag="time") if "datetime" in e.attributes]
    return times[-1] if times else None


def _media(message: Element) -> list[dict[str, str]]:
    videos = [("video", each.attributes.get("src", "")) for each in message.all(tag="video")]
    thumbs = message.all(named="tgme_widget_message_video_thumb")
    pictures = [
        ("image", _background(each)) for each in message.all(named="tgme_widget_message_photo_wrap")
    ]
    if not any(address for _, address in videos):
        pictures += [("image", _background(thumb)) for thumb in thumbs]
    voices = [("audio", each.attributes.get("src", "")) for each in message.all(tag="audio")]
    return [
        {"type": kind, "url": address} for kind, address in [*pictures, *videos, *voices] if address
    ][:20]


def _background(element: Element) -> str:
    found = _BACKGROUND.search(element.attributes.get("style", ""))
    address = found[1] if found else ""
    return f"https:{address}" if address.startswith("//") else address


def _reference(message: Element, name: str) -> str | None:
    """ "channel/number" of what the element links to."""
    element = message.first(named=name)
    found = _REFERENCE.match(element.attributes.get("href", "")) if element else None
    return f"{found[1]}/{found[2]}" if found else None


def _point(message: Element) -> tuple[float | None, float | None]:
    """(lat, lon) of a place that was sent."""
    for link in message.all(tag="a"):
        if any("location" in name for name in link.classes):
            found = _MAP.search(link.attributes.get("href", ""))
            if found:
                return float(found[1]), float(found[2])
    return None, None
