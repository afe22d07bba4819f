"""Manual capture: what a person saw where no machine may look, handed in with two clicks."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from vigie.contracts.drafts import AuthorDraft, Draft, MediaDraft, PostDraft
from vigie.contracts.plugins import SOURCE, Batch, Manifest, RawItem, SourcePlugin, Undecodable
from vigie.contracts.wire import LATEST
from vigie.kernel.clock import EARLIEST
from vigie.kernel.text import clean, clean_line, fold
from vigie.plugins.sources.capture.networks import canonical, handle_of, network_of


class CaptureConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set: people hand things in."""


class Capture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was handed in. At least one of `url`, `text` and `screenshot` (name of a blob) is given.

    `network` and `author` (a handle or a name) are guessed from the address when empty.
    `published_at` is what the page says, None when nobody noted it; then `seen_at` stands for it.
    """

    seen_at: datetime
    url: str = ""
    text: str = ""
    network: str = ""
    author: str = ""
    published_at: datetime | None = None
    screenshot: str = ""
    description: str = ""
    """Of the screenshot, for those who do not see it."""


class CaptureSource(SourcePlugin):
    """Never collected: items are pushed by people."""

    manifest = Manifest(
        kind=SOURCE,
        name="capture",
        label={"fr": "Capture manuelle", "en": "Manual capture"},
        help={
            "fr": "Reçoit les liens, textes et captures d’écran que l’équipe y dépose.",
            "en": "Receives the links, texts and screenshots that the team hands in.",
        },
        version="1",
        config=CaptureConfig,
        terms={
            "fr": "Une personne a lu la publication comme le réseau la montre à tous.",
            "en": "A person read the publication as the network shows it to everybody.",
        },
        chosen=True,
        gives=("posts",),
        mode="push",
    )

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Nothing, ever."""
        return
        yield Batch()

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a capture. Raises Undecodable `bad_json`, `empty_entry`, `implausible_date`."""
        try:
            given = _CAPTURE.decode(item.payload)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Undecodable("bad_json", str(error)[:200]) from error
        text = clean(given.text).strip()
        address = clean_line(given.url, limit=4_000)
        if not address.lower().startswith(("http://", "https://")):
            address = ""
        if not (text or address or given.screenshot):
            raise Undecodable("empty_entry")
        moment = (given.published_at or given.seen_at).astimezone(UTC)
        if not EARLIEST <= moment < LATEST:
            raise Undecodable("implausible_date", moment.isoformat()[:40])
        network = clean_line(given.network, limit=30).lower() or network_of(address) or "web"
        author = clean_line(given.author, limit=200).removeprefix("@") or handle_of(address)
        return PostDraft(
            id=_identity(address, text, given.screenshot),
            text=text,
            created_at=moment,
            network=network,
            url=address,
            author=AuthorDraft(id=fold(author), handle=author) if author else None,
            media=(
                MediaDraft(
                    type="image",
                    blob=given.screenshot,
                    description=clean(given.description, limit=4_000),
                ),
            )
            if given.screenshot
            else (),
        )


_CAPTURE = msgspec.json.Decoder(Capture)


def _identity(address: str, text: str, screenshot: str) -> str:
    """One publication handed in twice in the same words is one; other words are never written over.

    Words decide when there are any: two screenshots of the same text are the same publication.
    """
    words = " ".join(fold(text).split()) or screenshot
    known_by = f"{canonical(address) if address else ''}\n{words}"
    return hashlib.blake2b(known_by.encode(errors="surrogatepass"), digest_size=16).hexdigest()
