"""YouTube: a search within its daily quota, and channels by their feeds, which cost nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourceError,
    SourcePlugin,
    SourceUnreadable,
)
from vigie.contracts.ports import FetchError, HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.quota import DayQuota, QuotaSpent
from vigie.plugins.kit.reading import dig, moment, objects, texts, words_of
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.feed.reading import read_feed
from vigie.plugins.sources.youtube.videos import decode, video_id

PACIFIC: Final = ZoneInfo("America/Los_Angeles")
SEARCHES_A_DAY: Final = 100
UNITS_A_DAY: Final = 5_000
"""Of the 10,000 that YouTube grants a project; the rest is for others."""

REMEMBERED: Final = 400
CHECKED: Final = 50
"""Videos that one call of `videos.list` (one unit) tells of."""

OVERLAP: Final = timedelta(hours=6)
"""The index takes videos in late."""

FIRST_LOOK: Final = timedelta(days=1)
PAGES: Final = 3


class YoutubeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for and which channels are followed."""

    words: Annotated[
        str,
        setting(
            "Mots cherchés (facultatif)", "Words looked for (optional)",
            help=(
                "inondation|crue essonne : | veut dire « ou », - exclut. Il faut une clé.",
                "inondation|crue essonne: | means “or”, - excludes. It takes a key.",
            ),
            max_length=500,
        ),
    ] = ""  # fmt: skip
    channels: Annotated[
        str,
        setting(
            "Chaînes suivies (facultatif)", "Channels followed (optional)",
            help=(
                "Identifiants UC…, un par ligne. Suivre une chaîne ne coûte rien du quota.",
                "Identifiers UC…, one a line. Following a channel costs nothing of the quota.",
            ),
            input="textarea", max_length=5_000,
        ),
    ] = ""  # fmt: skip
    secret: Annotated[
        str,
        setting(
            "Clé de l’API (facultatif)", "API key (optional)",
            help=("Sans clé, seules les chaînes sont lues.", "Without a key only channels are read."),
            input="secret", max_length=100,
        ),
    ] = ""  # fmt: skip
    lat: (
        Annotated[
            float,
            setting(
                "Latitude du centre (facultatif)",
                "Latitude of the centre (optional)",
                ge=-90,
                le=90,
            ),
        ]
        | None
    ) = None
    lon: (
        Annotated[
            float,
            setting(
                "Longitude du centre (facultatif)",
                "Longitude of the centre (optional)",
                ge=-180,
                le=180,
            ),
        ]
        | None
    ) = None
    radius_km: Annotated[int, setting("Rayon (km)", "Radius (km)", ge=1, le=1000)] = 30
    region: Annotated[
        str, setting("Pays (facultatif)", "Country (optional)", pattern=r"^([A-Za-z]{2})?$")
    ] = "FR"
    lang: Annotated[
        str,
        setting(
            "Langue préférée (facultatif)",
            "Preferred language (optional)",
            pattern=r"^([a-z]{2})?$",
        ),
    ] = "fr"
    searches_a_day: Annotated[
        int,
        setting(
            "Recherches par jour au plus", "Searches a day at most",
            help=(
                "YouTube en accorde 100 par jour et par projet, pages comprises ; les laisser pour l’heure utile.",
                "YouTube grants 100 a day and project, pages included; keep some for the hour of need.",
            ),
            ge=1, le=SEARCHES_A_DAY,
        ),
    ] = 90  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux recherches (secondes)",
            "Time between two searches (seconds)",
            ge=60,
            le=86_400,
        ),
    ] = 900
    server: Annotated[
        str,
        setting(
            "Adresse de l’API", "Address of the API", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://www.googleapis.com"
    feeds: Annotated[
        str,
        setting(
            "Adresse des flux", "Address of the feeds", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://www.youtube.com"

    def __post_init__(self) -> None:
        if not self.words.strip() and not self.channels.strip():
            raise ValueError("words: give words or channels")
        if self.words.strip() and not self.secret:
            raise ValueError("secret: a search takes a key")
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat: latitude and longitude go together")
        for channel in words_of(self.channels):
            if not (
                channel.startswith("UC") and channel.replace("-", "").replace("_", "").isalnum()
            ):
                raise ValueError(f"channels: {channel[:40]!r} is no UC…")


class YoutubeSource(SourcePlugin):
    """Visits search and feeds. Cursor: `searches`, `units` (of the day's quota), `newest`, `seen`."""

    manifest = Manifest(
        kind=SOURCE,
        name="youtube",
        label={"fr": "YouTube", "en": "YouTube"},
        help={
            "fr": "Cherche des vidéos par mots et par lieu, et suit des chaînes.",
            "en": "Looks for videos by words and place, and follows channels.",
        },
        version="1",
        config=YoutubeConfig,
        terms={
            "fr": "Conditions des services d’API de YouTube : une clé par projet, 100 recherches par jour. Les données gardées doivent être vérifiées ou effacées sous 30 jours ; Vigie efface les vidéos retirées.",
            "en": "YouTube API Services terms: one key a project, 100 searches a day. Data kept must be refreshed or deleted within 30 days; Vigie deletes videos that were taken down.",
        },
        needs=("http", "secrets"),
        gives=("posts", "deletions"),
        mode="poll",
        interval_s=900.0,
    )
    config: YoutubeConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit: channels first, then the search while the day's quota lasts, then what is gone.

        Raises SourceError, FetchError; QuotaSpent when nothing but a search was asked for.
        """
        now = self.ports.clock.now()
        searches = DayQuota.of(
            cursor, now=now, most=self.config.searches_a_day, zone=PACIFIC, name="searches"
        )
        units = DayQuota.of(cursor, now=now, most=UNITS_A_DAY, zone=PACIFIC, name="units")
        seen: dict[str, str] = dict(cursor.get("seen") or {})
        newest = str(cursor.get("newest") or "")
        failures: list[SourceError | FetchError] = []
        refusals: list[Refusal] = []
        found: list[tuple[str, RawItem]] = []
        answered = False

        def take(items: list[dict[str, Any]]) -> None:
            nonlocal answered, newest
            for item in items:
                identity = video_id(item)
                answered |= bool(identity)
                at = texts(item, "snippet", "publishedAt") or texts(item, "published")
                if "snippet" in item and moment(at) is not None:
                    newest = max(newest, at)
                if identity and identity not in seen:
                    seen[identity] = at
                    found.append((at, RawItem(payload=msgspec.json.encode(item), where=identity)))

        channels = words_of(self.config.channels)
        for channel in channels:
            try:
                take(await self._channel(channel))
            except (SourceError, FetchError) as error:
                failures.append(error)
                refusals.append(
                    Refusal(
                        code="channel_failed",
                        detail=f"{channel}: {error.code} {error}"[:300],
                        where=channel,
                    )
                )
        key = self._key()
        if self.config.words.strip() and key:
            async for results in self._search(key, newest, searches):
                take(results)
        elif channels and len(failures) == len(channels):
            raise failures[0]
        gone = await self._gone(key, seen, units) if key else []
        items = [item for _, item in sorted(found, key=lambda pair: pair[0])] + gone
        kept = sorted(seen, key=lambda identity: seen[identity])[-REMEMBERED:]
        yield Batch(
            items=tuple(items),
            refusals=tuple(refusals),
            cursor={
                "searches": searches.cursor(),
                "units": units.cursor(),
                "newest": newest,
                "seen": {name: seen[name] for name in kept},
            },
            unchanged=answered and not items,
            retry_after_s=float(self.config.interval_s),
        )

    def _key(self) -> str:
        if not self.config.secret:
            return ""
        key = self.ports.secrets.get(self.config.secret)
        if not key:
            raise manners.NeedsToken(f"secret {self.config.secret}", retry_after_s=manners.HOUR_S)
        return key.strip()

    async def _channel(self, channel: str) -> list[dict[str, Any]]:
        url = f"{self.config.feeds}/feeds/videos.xml?{urlencode({'channel_id': channel})}"
        response = await self.ports.http.get(url, max_bytes=4_000_000)
        manners.check(response, now=self.ports.clock.now())
        feed = read_feed(
            response.body, content_type=response.headers.get("content-type", ""), url=url
        )
        return [msgspec.to_builtins(entry) for entry in feed.entries]

    async def _search(
        self, key: str, newest: str, quota: DayQuota
    ) -> AsyncIterator[list[dict[str, Any]]]:
        config, now = self.config, self.ports.clock.now()
        since = (moment(newest) or now - FIRST_LOOK + OVERLAP) - OVERLAP
        asked: dict[str, str | int] = {
            "part": "snippet", "q": config.words.strip(), "type": "video", "order": "date",
            "maxResults": 50, "publishedAfter": rfc3339(since.replace(microsecond=0)),
        }  # fmt: skip
        if config.lat is not None and config.lon is not None:
            asked |= {
                "location": f"{config.lat},{config.lon}",
                "locationRadius": f"{config.radius_km}km",
            }
        if config.region:
            asked["regionCode"] = config.region.upper()
        if config.lang:
            asked["relevanceLanguage"] = config.lang
        page = ""
        for _ in range(PAGES):
            if not quota.take():
                if not page and not config.channels.strip():
                    raise QuotaSpent(f"{quota.used} searches", retry_after_s=quota.reset_s(now))
                return
            answer = await self._get(
                "search", {**asked, **({"pageToken": page} if page else {})}, key
            )
            if not isinstance(dig(answer, "items"), list):
                raise SourceUnreadable("no items")
            yield objects(answer, "items", limit=50)
            page = texts(answer, "nextPageToken")
            first_look = not newest
            if not page or first_look:
                return

    async def _gone(self, key: str, seen: dict[str, str], quota: DayQuota) -> list[RawItem]:
        """Videos that were found and that YouTube no longer knows; a call for fifty of them."""
        latest = sorted(seen, key=lambda identity: seen[identity])[-CHECKED:]
        if not latest or not quota.take():
            return []
        answer = await self._get(
            "videos", {"part": "id", "id": ",".join(latest), "maxResults": 50}, key
        )
        items = dig(answer, "items")
        if not isinstance(items, list):
            return []
        there = {video_id(item) for item in items}
        gone = []
        for identity in latest:
            if identity not in there:
                del seen[identity]
                note = {
                    "event": "delete",
                    "id": identity,
                    "seen_at": rfc3339(self.ports.clock.now()),
                }
                gone.append(RawItem(payload=msgspec.json.encode(note), where=identity))
        return gone

    async def _get(self, method: str, asked: Mapping[str, str | int], key: str) -> Any:
        """The key goes in a header, where no log of addresses finds it."""
        response = await self.ports.http.get(
            f"{self.config.server}/youtube/v3/{method}?{urlencode(asked)}",
            headers={"X-Goog-Api-Key": key},
            max_bytes=8_000_000,
        )
        now = self.ports.clock.now()
        if response.status == 403 and _quota_is_spent(response):
            spent = DayQuota.of({}, now=now, most=0, zone=PACIFIC)
            raise QuotaSpent(manners.reason(response), retry_after_s=spent.reset_s(now))
        manners.check(response, now=now)
        return manners.json_of(response)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a video. Raises Undecodable: `not_a_post` and those of `contracts.wire`."""
        return decode(item.payload)


def _quota_is_spent(response: HttpResponse) -> bool:
    reasons = (b"quotaExceeded", b"dailyLimitExceeded", b"rateLimitExceeded")
    return any(reason in response.body for reason in reasons)
