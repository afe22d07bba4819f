"""WhatsApp: a chat that one of its members exported, as text or as ZIP with its pictures."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final

import msgspec

from vigie.contracts.drafts import Draft, MediaDraft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Undecodable
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit.archives import chunks_of, files_of, is_zip, open_zip, read_entry
from vigie.plugins.kit.importing import FileImport, ImportConfig, Taken
from vigie.plugins.kit.reading import load, objects, post, texts
from vigie.plugins.kit.settings import setting
from vigie.plugins.kit.stripping import stripped
from vigie.plugins.sources.file.sniffing import FileUnusable
from vigie.plugins.sources.whatsapp import chats

MOST_TEXT: Final = 200_000_000
MOST_FILE: Final = 50_000_000
_KINDS: Final = {
    "jpg": "image", "jpeg": "image", "png": "image", "webp": "image", "gif": "image",
    "mp4": "video", "3gp": "video", "mov": "video", "opus": "audio", "ogg": "audio",
    "m4a": "audio", "aac": "audio", "mp3": "audio",
}  # fmt: skip


class WhatsappConfig(ImportConfig, frozen=True, kw_only=True):
    """How to read dates that could be either way, and what the chat is called."""

    day_first: Annotated[
        bool,
        setting(
            "Le jour avant le mois, quand rien ne le dit", "Day before month, where nothing tells"
        ),
    ] = True
    group: Annotated[str, setting("Nom de la conversation", "Name of the chat", max_length=100)] = (
        ""
    )


class WhatsappSource(FileImport):
    """Each payload: `text` (the message as exported), `order` of its date, `files` kept of it."""

    manifest = Manifest(
        kind=SOURCE,
        name="whatsapp",
        label={"fr": "Conversation WhatsApp exportée", "en": "Exported WhatsApp chat"},
        help={
            "fr": "Importe l’export d’une conversation (.txt ou .zip), que l’un de ses membres a fait.",
            "en": "Imports the export of a chat (.txt or .zip) made by one of its members.",
        },
        version="1",
        config=WhatsappConfig,
        terms={
            "fr": "Une conversation est privée : ne l’importer qu’avec l’accord de qui l’a transmise, pour l’opération, et l’effacer ensuite.",
            "en": "A chat is private: import it only with the consent of who handed it over, for the operation, and erase it afterwards.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )
    config: WhatsappConfig

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        name = file_name.lower()
        if head.startswith(b"PK"):
            return (
                0.9
                if b"_chat.txt" in head or "whatsapp" in name or b"WhatsApp" in head[:4_000]
                else 0.0
            )
        lines = head.decode("utf-8-sig", errors="replace").splitlines()[:40]
        begun = sum(chats.head_of(line) is not None for line in lines)
        return 0.85 if begun >= 2 or (begun and "whatsapp" in name) else 0.0

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        if not is_zip(path):
            yield from self._messages(path.read_bytes()[: MOST_TEXT + 1], None, place)
            return
        with open_zip(path) as archive:
            texts_ = [f for f in files_of(archive) if f.filename.lower().endswith(".txt")]
            if not texts_:
                raise FileUnusable("whatsapp_without_chat")
            chat = max(texts_, key=lambda f: ("_chat" in f.filename, f.file_size))
            yield from self._messages(read_entry(archive, chat, most=MOST_TEXT), archive, place)

    def _messages(
        self, content: bytes, archive: zipfile.ZipFile | None, place: Mapping[str, Any]
    ) -> Iterator[Taken]:
        if len(content) > MOST_TEXT:
            raise FileUnusable("file_too_large")
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16" if wide else "utf-8-sig", errors="replace")
        lines = list(io.StringIO(text, newline=None))
        heads = [head for line in lines if (head := chats.head_of(line))]
        if not heads:
            raise FileUnusable("whatsapp_without_chat")
        order = chats.order_of(heads, day_first=self.config.day_first)
        begun = int(place.get("line") or 0)
        repeated: Counter[str] = Counter()
        numbered = iter([(line, number) for number, line in enumerate(lines, start=1)])
        for said, number, behind in chats.assembled(numbered):
            message = chats.message_of(said)
            if message is None or not message.author or chats.is_withdrawn(message):
                continue  # what WhatsApp itself says, and what its author took back
            repeated[said] += 1
            if number <= begun:
                continue
            files = [self._kept(archive, name) for name in message.files] if archive else []
            payload: dict[str, Any] = {"text": said.rstrip("\n"), "order": order}
            if repeated[said] > 1:
                payload["again"] = repeated[said]
            if kept := [each for each in files if each]:
                payload["files"] = kept
            record = RawItem(payload=msgspec.json.encode(payload), where=str(number))
            yield Taken(record, {"line": number}, len(content) * behind // len(lines))

    def _kept(self, archive: zipfile.ZipFile, name: str) -> dict[str, str] | None:
        """Keep an attachment; None when it is not in the archive, or not fit to be kept."""
        suffix = PurePosixPath(name).suffix.lower()
        for entry in files_of(archive):
            if entry.filename.rpartition("/")[2] == name and entry.file_size <= MOST_FILE:
                data = read_entry(archive, entry, most=MOST_FILE)
                kept = self.ports.blobs.keep(chunks_of(stripped(data)), suffix=suffix[:10])
                return {
                    "blob": kept.name,
                    "kind": _KINDS.get(suffix.lstrip("."), "file"),
                    "name": name,
                }
        return None

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a message. Raises Undecodable: `bad_date`, `empty_entry` and those of the wire."""
        assert isinstance(config, WhatsappConfig)
        value = load(item.payload)
        said, order = texts(value, "text"), texts(value, "order")
        message = chats.message_of(said)
        if message is None or sorted(order) != ["d", "m", "y"]:
            raise Undecodable("bad_text")
        moment = chats.moment_of(message.written, order, config.time_zone)
        if moment is None:
            raise Undecodable("bad_date", said[:40])
        kept = objects(value, "files", limit=20)
        text = message.text or (" ".join(message.files) if not kept else "")
        if not text and not kept:
            raise Undecodable("empty_entry")
        known_by = f"{config.group}\n{said}\n{value.get('again') or 1}"
        draft = post(
            {
                "id": hashlib.blake2b(
                    known_by.encode(errors="surrogatepass"), digest_size=16
                ).hexdigest(),
                "text": text,
                "network": "whatsapp",
                "created_at": rfc3339(moment),
                "author": {"id": message.author, "handle": "", "name": message.author},
            }
        )
        media = [
            MediaDraft(
                type=kind if kind in ("image", "video", "audio") else "file",
                blob=texts(each, "blob"),
            )
            for each in kept
            if texts(each, "blob")
            for kind in (texts(each, "kind"),)
        ]
        return msgspec.structs.replace(draft, media=tuple(media))
