"""Telegram's public channels, by the page that the web shows of them to everybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import msgspec

from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourceError,
    SourcePlugin,
    SourceRefused,
    SourceUnreadable,
    Undecodable,
)
from vigie.contracts.ports import FetchError
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import load, moment, texts, words_of
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.telegram.messages import cut, decode, digest

PAGES = 20
REMEMBERED = 100
BETWEEN_S = 2.0
"""Between two requests: nobody asked Telegram for these pages in numbers."""

CONFIRMED = 5
MOST_CHANNELS = 50
_NAME = re.compile(
    r"^(?:https?://)?(?:t\.me/|telegram\.me/)?(?:s/)?@?([A-Za-z][A-Za-z0-9_]{3,63})/?$"
)


class TelegramConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which channels."""

    channels: Annotated[
        str,
        setting(
            "Canaux publics", "Public channels",
            help=(
                "Noms ou adresses (t.me/…), un par ligne. Seuls des canaux publics, choisis un par un.",
                "Names or addresses (t.me/…), one a line. Public channels only, chosen one by one.",
            ),
            input="textarea", min_length=4, max_length=5_000,
        ),
    ]  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)",
            "Time between two visits (seconds)",
            ge=60,
            le=86_400,
        ),
    ] = 180
    server: Annotated[
        str,
        setting(
            "Serveur", "Server",
            help=("À ne changer que pour un miroir.", "To be changed for a mirror only."),
            pattern=r"^https?://\S+$", max_length=200,
        ),
    ] = "https://t.me"  # fmt: skip

    def __post_init__(self) -> None:
        if not 1 <= len(names_of(self.channels)) <= MOST_CHANNELS:
            raise ValueError(f"channels: 1 to {MOST_CHANNELS}")


def names_of(channels: str) -> tuple[str, ...]:
    """The channels' names. Raises ValueError for what is none."""
    found = []
    for word in words_of(channels):
        name = _NAME.match(word)
        if name is None:
            raise ValueError(f"channels: {word[:60]!r} is no channel")
        found.append(name[1])
    return tuple(dict.fromkeys(found))


class PreviewClosed(SourceRefused):
    """The channel shows no page to everybody: private, renamed, gone, or closed by its owner."""

    code = "telegram_no_preview"


class PageChanged(SourceUnreadable):
    """The page is not built as it was when this was written."""

    code = "telegram_page_changed"


class TelegramSource(SourcePlugin):
    """Visits channels. Cursor: `seen`, channel → number → digest of the last messages; `failing`."""

    manifest = Manifest(
        kind=SOURCE,
        name="telegram",
        label={"fr": "Canaux Telegram", "en": "Telegram channels"},
        help={
            "fr": "Suit des canaux publics de Telegram, tels que le web les montre à chacun.",
            "en": "Follows public Telegram channels as the web shows them to everybody.",
        },
        version="1",
        config=TelegramConfig,
        terms={
            "fr": "Pages publiques, sans engagement de Telegram : elles peuvent changer ou se fermer. Ne suivre que des canaux nommés, utiles à l’opération ; pas de groupes ni de conversations.",
            "en": "Public pages without any promise by Telegram: they may change or close. Follow named channels that serve the operation only; no groups, no conversations.",
        },
        needs=("http",),
        gives=("posts", "deletions"),
        mode="poll",
        interval_s=180.0,
    )
    config: TelegramConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit of each channel; one that fails leaves the others. Raises when all fail."""
        seen = {str(k): dict(v) for k, v in (cursor.get("seen") or {}).items()}
        failing: dict[str, str] = dict(cursor.get("failing") or {})
        failures: list[SourceError | FetchError] = []
        channels = names_of(self.config.channels)
        answered = brought = False
        for place, channel in enumerate(channels):
            if place:
                await self.ports.clock.sleep(BETWEEN_S)
            refusals: tuple[Refusal, ...] = ()
            items: tuple[RawItem, ...] = ()
            try:
                items, seen[channel] = await self._visit(channel, seen.get(channel, {}))
                answered |= bool(seen[channel])
                failing.pop(channel, None)
            except (SourceError, FetchError) as error:
                failures.append(error)
                if failing.get(channel) != error.code and len(channels) > 1:
                    refusals = (
                        Refusal(
                            code="channel_failed",
                            detail=f"{channel}: {error.code} {error}"[:300],
                            where=channel,
                        ),
                    )
                failing[channel] = error.code
                if isinstance(error, manners.ServerBusy):
                    break
            if items or refusals:
                brought |= bool(items)
                yield Batch(items=items, refusals=refusals, cursor=_cursor(seen, failing))
        if failures and (
            len(failures) == len(channels) or isinstance(failures[-1], manners.ServerBusy)
        ):
            raise failures[-1]
        yield Batch(
            cursor=_cursor(seen, failing),
            unchanged=answered and not brought,
            retry_after_s=float(self.config.interval_s),
        )

    async def _visit(
        self, channel: str, known: Mapping[str, str]
    ) -> tuple[tuple[RawItem, ...], dict[str, str]]:
        """What is new or says something new, oldest first, and what is to be remembered."""
        last = max(map(int, known), default=0)
        found: dict[int, tuple[str, str]] = {}
        before = ""
        for page_number in range(PAGES):
            if page_number:
                await self.ports.clock.sleep(BETWEEN_S)
            messages = cut(await self._page(channel, before))
            found |= {number: (name, piece) for number, name, piece in messages}
            lowest = min((number for number, _, _ in messages), default=0)
            if not last or lowest <= last + 1 or lowest <= 1 or str(lowest) == before:
                break
            before = str(lowest)
        marks = {str(number): digest(piece) for number, (_, piece) in found.items()}
        items = [
            RawItem(payload=piece.encode(errors="replace"), where=name)
            for number, (name, piece) in sorted(found.items())
            if known.get(str(number)) != marks[str(number)]
        ]
        items += await self._gone(channel, known, found)
        kept = {**known, **marks}
        if found:
            for number in [n for n in kept if min(found) <= int(n) and int(n) not in found]:
                del kept[number]
        latest = sorted(kept, key=int)[-REMEMBERED:]
        return tuple(items), {number: kept[number] for number in latest}

    async def _gone(
        self, channel: str, known: Mapping[str, str], found: Mapping[int, Any]
    ) -> list[RawItem]:
        """Messages that stood on the pages' stretch and do not any more, each asked for once."""
        if not found:
            return []
        missing = [
            int(n) for n in known if min(found) <= int(n) <= max(found) and int(n) not in found
        ]
        gone = []
        for number in sorted(missing)[-CONFIRMED:]:
            await self.ports.clock.sleep(BETWEEN_S)
            url = f"{self.config.server}/{channel}/{number}?embed=1"
            response = await self.ports.http.get(url, max_bytes=2_000_000)
            if response.status == 200 and b"tgme_widget_message_error" in response.body:
                note = {
                    "event": "delete", "id": f"{channel}/{number}",
                    "seen_at": rfc3339(self.ports.clock.now()),
                }  # fmt: skip
                gone.append(RawItem(payload=msgspec.json.encode(note), where=f"{channel}/{number}"))
        return gone

    async def _page(self, channel: str, before: str) -> str:
        url = f"{self.config.server}/s/{channel}" + (f"?before={before}" if before else "")
        response = await self.ports.http.get(
            url, headers={"Accept-Language": "fr, en"}, max_bytes=8_000_000
        )
        if response.status in (301, 302, 303, 307, 404):
            raise PreviewClosed(channel, retry_after_s=manners.HOUR_S)
        manners.check(response, now=self.ports.clock.now())
        page = response.body.decode("utf-8", errors="replace")
        if "data-post=" not in page:
            if f"/s/{channel}".lower() not in response.url.lower() or "tgme_page_" in page:
                raise PreviewClosed(channel, retry_after_s=manners.HOUR_S)
            if "tgme_channel_" not in page and "tme_no_messages_found" not in page:
                raise PageChanged(channel, retry_after_s=manners.HOUR_S)
        return page

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a message's HTML, or the note that one is gone. Raises Undecodable."""
        if item.payload.startswith(b"{"):
            note = load(item.payload)
            name = texts(note, "id")
            if texts(note, "event") != "delete" or not name:
                raise Undecodable("not_html")
            return PostDeletion(id=name[:500], deleted_at=moment(note.get("seen_at")))
        return decode(item.payload)


def _cursor(seen: Mapping[str, Any], failing: Mapping[str, str]) -> dict[str, Any]:
    return {"seen": dict(seen), **({"failing": dict(failing)} if failing else {})}
