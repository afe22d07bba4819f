"""Telegram: chats exported by the desktop application (result.json)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Refusal, Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.archives import files_of, open_zip
from vigie.plugins.kit.importing import FileImport, ImportConfig, Taken
from vigie.plugins.kit.jsonscan import objects_in
from vigie.plugins.kit.markup import expanded
from vigie.plugins.kit.reading import dig, load, objects, post, texts
from vigie.plugins.sources.file.columns import read_moment
from vigie.plugins.sources.file.sniffing import FileUnusable
from vigie.plugins.sources.zeeschuimer.platforms import seconds

_NAME: Final = re.compile(rb'"name"\s*:\s*("(?:[^"\\]|\\.)*")')
_ID: Final = re.compile(rb'"id"\s*:\s*(-?\d{1,20})')
_SERVICE: Final = re.compile(rb'"type"\s*:\s*"service"')
_TYPE: Final = re.compile(rb'"type"\s*:\s*"([a-z_]{1,40})"')


class TelegramExportConfig(ImportConfig, frozen=True, kw_only=True):
    """Nothing more to set."""


class TelegramExportSource(FileImport):
    """Each payload: `chat` (name, id, type) and the `message` as exported."""

    manifest = Manifest(
        kind=SOURCE,
        name="telegram_export",
        label={"fr": "Export Telegram (result.json)", "en": "Telegram export (result.json)"},
        help={
            "fr": "Importe une ou plusieurs conversations exportées par Telegram Desktop, en JSON.",
            "en": "Imports one or more chats exported by Telegram Desktop, as JSON.",
        },
        version="1",
        config=TelegramExportConfig,
        terms={
            "fr": "Un groupe est privé : ne l’importer qu’avec l’accord de qui l’a transmis, pour l’opération, et l’effacer ensuite.",
            "en": "A group is private: import it only with the consent of who handed it over, for the operation, and erase it afterwards.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        if head.startswith(b"PK"):
            return 0.8 if b"result.json" in head else 0.0
        begun = head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
        if not begun or b'"messages"' not in head:
            return 0.0
        return (
            0.95 if b'"from_id"' in head or b'"date_unixtime"' in head or b'"date"' in head else 0.3
        )

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        offset = int(place.get("offset") or 0)
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                yield from _messages(file, offset)
                return
        with open_zip(path) as archive:
            found = [f for f in files_of(archive) if f.filename.rpartition("/")[2] == "result.json"]
            if not found:
                raise FileUnusable("telegram_without_result")
            with archive.open(found[0]) as inner:
                yield from _messages(inner, offset)  # type: ignore[arg-type]

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a message. Raises Undecodable: `not_a_post` (joining, leaving …), `empty_entry` and
        those of the wire.
        """
        assert isinstance(config, TelegramExportConfig)
        value = load(item.payload)
        message, chat = dig(value, "message"), dig(value, "chat")
        if texts(message, "type") != "message":
            raise Undecodable("not_a_post", texts(message, "action")[:60])
        number, chat_id = dig(message, "id"), dig(chat, "id")
        if type(number) is not int:
            raise Undecodable("bad_id", str(number)[:40])
        place = f"{chat_id if type(chat_id) is int else texts(chat, 'name')}/"
        text = _text(message)
        if not text:
            raise Undecodable("empty_entry", str(number))
        reply = dig(message, "reply_to_message_id")
        sender = texts(message, "from_id") or texts(message, "from")
        return post(
            {
                "id": f"{place}{number}",
                "text": text,
                "network": "telegram",
                "created_at": _moment(message, "date", config.time_zone),
                "edited_at": _moment(message, "edited", config.time_zone, optional=True),
                "author": {"id": sender, "handle": "", "name": texts(message, "from")}
                if sender
                else None,
                "reply_to": f"{place}{reply}" if type(reply) is int else None,
                "lat": dig(message, "location_information", "latitude"),
                "lon": dig(message, "location_information", "longitude"),
            }
        )


def _messages(file: BinaryIO, offset: int) -> Iterator[Taken]:
    for cut in objects_in(file, within=b"messages", offset=offset):
        if cut.raw is not None and _SERVICE.search(cut.raw[:300]):
            continue  # somebody joined, left, pinned: nothing was said
        where = str(cut.end)
        record: RawItem | Refusal
        if cut.raw is None:
            record = Refusal(code="line_too_long", where=where)
        else:
            chat = msgspec.json.encode(_chat(cut.context))
            payload = b'{"chat":' + chat + b',"message":' + cut.raw + b"}"
            record = RawItem(payload=payload, where=where)
        yield Taken(record, {"offset": cut.end}, cut.end)


def _chat(context: bytes) -> dict[str, Any]:
    """What stands before the messages: the chat's name, number and kind."""
    name, number, kind = _NAME.search(context), _ID.search(context), _TYPE.search(context)
    chat: dict[str, Any] = {}
    if name:
        try:
            chat["name"] = msgspec.json.decode(name[1], type=str)
        except (msgspec.DecodeError, UnicodeError):
            chat["name"] = ""
    if number:
        chat["id"] = int(number[1])
    if kind:
        chat["type"] = kind[1].decode()
    return chat


def _text(message: Any) -> str:
    """Plain text of what may be a text, or a list of texts and marked pieces; a poll's question."""
    said = dig(message, "text")
    pieces = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    out = []
    for piece in pieces[:2_000]:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, dict):
            shown = texts(piece, "text")
            out.append(expanded(shown, texts(piece, "href")) if texts(piece, "href") else shown)
    text = "".join(out).strip()
    question = texts(message, "poll", "question")
    if question:
        answers = [
            f"- {texts(each, 'text')}" for each in objects(message, "poll", "answers", limit=20)
        ]
        text = "\n".join([part for part in (text, question, *answers) if part])
    place = texts(message, "place_name")
    if not text and (place or dig(message, "location_information")):
        text = place or "📍"
    if not text and any(name in message for name in ("photo", "file", "media_type")):
        text = f"[{texts(message, 'media_type') or ('photo' if 'photo' in message else 'file')}]"
    return text


def _moment(message: Any, name: str, zone: str, *, optional: bool = False) -> str | None:
    """The moment: by the clock of the machine (…_unixtime) or as written there, without a zone."""
    if found := seconds(dig(message, f"{name}_unixtime")):
        return found
    written = texts(message, name).replace("T", " ")
    if not written:
        return None
    try:
        return rfc3339(read_moment(written, zone=zone, day_first=False))
    except UnreadableTime as error:
        if optional:
            return None
        raise Undecodable("bad_date", written[:40]) from error
