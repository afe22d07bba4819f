"""Threads: keyword search, for those whose application Meta has reviewed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
    SourceUnreadable,
)
from vigie.contracts.ports import HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.quota import DayQuota, QuotaSpent
from vigie.plugins.kit.reading import dig, lines_of, load, moment, objects, post, texts
from vigie.plugins.kit.settings import setting

FIELDS: Final = "id,text,media_type,media_url,permalink,timestamp,username"
PAGES: Final = 5
REMEMBERED: Final = 1_000
QUERIES_A_DAY: Final = 2_200
OVERLAP: Final = timedelta(minutes=30)
FIRST_LOOK: Final = timedelta(days=1)
_MEDIA: Final = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio"}
_BUSY: Final = (4, 17, 32, 341, 613)
_FORBIDDEN: Final = (10, *range(200, 300))


class ThreadsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, and by which approval."""

    review_reference: Annotated[
        str,
        setting(
            "Référence de l’examen de l’application par Meta", "Reference of Meta’s review of the application",
            help=(
                "L’autorisation threads_keyword_search s’obtient par un examen. Sans elle, Threads ne cherche que dans vos propres publications, sans le dire.",
                "The permission threads_keyword_search is granted by a review. Without it Threads searches your own posts only, and does not say so.",
            ),
            min_length=3, max_length=300,
        ),
    ]  # fmt: skip
    secret: Annotated[
        str,
        setting(
            "Jeton d’accès", "Access token",
            help=("Celui de l’application examinée.", "The reviewed application’s."),
            input="secret", min_length=1, max_length=100,
        ),
    ]  # fmt: skip
    words: Annotated[
        str,
        setting(
            "Recherches", "Searches",
            help=("Une par ligne : inondation essonne.", "One a line: inondation essonne."),
            input="textarea", min_length=2, max_length=2_000,
        ),
    ]  # fmt: skip
    search_mode: Annotated[
        Literal["KEYWORD", "TAG"],
        setting(
            "Chercher", "Look for",
            choices={"KEYWORD": ("Des mots", "Words"), "TAG": ("Des sujets (mots-dièse)", "Topics (hashtags)")},
        ),
    ] = "KEYWORD"  # fmt: skip
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
            "Adresse de l’API", "Address of the API", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://graph.threads.net/v1.0"

    def __post_init__(self) -> None:
        for needed in ("review_reference", "secret", "words"):
            if not getattr(self, needed).strip():
                raise ValueError(f"{needed}: needed")
        if len(lines_of(self.words)) > 20:
            raise ValueError("words: 20 searches at most")


class ThreadsSource(SourcePlugin):
    """Visits the search. Cursor: `quota`, `newest` (of each search), `seen`."""

    manifest = Manifest(
        kind=SOURCE,
        name="threads",
        label={"fr": "Threads (après examen)", "en": "Threads (after review)"},
        help={
            "fr": "Cherche dans les publications publiques de Threads, si Meta l’a accordé.",
            "en": "Searches public Threads posts, where Meta has granted it.",
        },
        version="1",
        config=ThreadsConfig,
        terms={
            "fr": "Conditions de la plateforme Meta : application examinée, autorisation threads_keyword_search ; 2 200 recherches par jour et par compte. Les données servent à l’usage déclaré à l’examen, et rien d’autre.",
            "en": "Meta Platform Terms: reviewed application, permission threads_keyword_search; 2,200 searches a day and account. Data serve the use declared at the review and nothing else.",
        },
        restricted=True,
        needs=("http", "secrets"),
        gives=("posts",),
        mode="poll",
        interval_s=180.0,
    )
    config: ThreadsConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit of each search. Raises SourceError, FetchError, QuotaSpent."""
        now = self.ports.clock.now()
        token = self.ports.secrets.get(self.config.secret)
        if not token:
            raise manners.NeedsToken(f"secret {self.config.secret}", retry_after_s=manners.HOUR_S)
        quota = DayQuota.of(cursor, now=now, most=QUERIES_A_DAY)
        seen = dict.fromkeys(cursor.get("seen") or ())
        newest: dict[str, str] = dict(cursor.get("newest") or {})
        answered = brought = False
        for words in lines_of(self.config.words):
            known = moment(newest.get(words))
            since = (known - OVERLAP) if known else now - FIRST_LOOK
            found: list[dict[str, Any]] = []
            page = ""
            for _ in range(PAGES):
                if not quota.take():
                    raise QuotaSpent(f"{quota.used}", retry_after_s=quota.reset_s(now))
                answer = await self._get(words, int(since.timestamp()), page, token.strip())
                found += objects(answer, "data", limit=100)
                page = texts(answer, "paging", "cursors", "after")
                if not page or not dig(answer, "paging", "next"):
                    break
            fresh = [each for each in found if texts(each, "id") and texts(each, "id") not in seen]
            answered |= bool(found)
            brought |= bool(fresh)
            seen |= dict.fromkeys(texts(each, "id") for each in fresh)
            latest = max(
                (at for each in found if (at := moment(each.get("timestamp")))), default=known
            )
            if latest is not None:
                newest[words] = rfc3339(latest)
            fresh.sort(key=lambda each: texts(each, "timestamp"))
            yield Batch(
                items=tuple(
                    RawItem(payload=msgspec.json.encode(each), where=texts(each, "id"))
                    for each in fresh
                ),
                cursor={
                    "quota": quota.cursor(),
                    "newest": dict(newest),
                    "seen": list(seen)[-REMEMBERED:],
                },
            )
        yield Batch(
            cursor={"quota": quota.cursor(), "newest": newest, "seen": list(seen)[-REMEMBERED:]},
            unchanged=answered and not brought,
            retry_after_s=float(self.config.interval_s),
        )

    async def _get(self, words: str, since: int, page: str, token: str) -> Any:
        asked: dict[str, str | int] = {
            "q": words, "search_type": "RECENT", "search_mode": self.config.search_mode,
            "fields": FIELDS, "since": since, "limit": 100,
        }  # fmt: skip
        if page:
            asked["after"] = page
        response = await self.ports.http.get(
            f"{self.config.server}/keyword_search?{urlencode(asked)}",
            headers={"Authorization": f"Bearer {token}"},
            max_bytes=8_000_000,
        )
        self._check(response)
        answer = manners.json_of(response)
        if not isinstance(dig(answer, "data"), list):
            raise SourceUnreadable("no data")
        return answer

    def _check(self, response: HttpResponse) -> None:
        """Meta says what is wrong by a code of its own, nearly always with HTTP 400."""
        now = self.ports.clock.now()
        if response.status >= 400:
            try:
                code = dig(msgspec.json.decode(response.body), "error", "code")
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                code = None
            told = manners.reason(response)
            if code in (102, 190):
                raise manners.NeedsToken(told, retry_after_s=manners.HOUR_S)
            if code in _FORBIDDEN:
                raise manners.Forbidden(told, retry_after_s=manners.HOUR_S)
            if code in _BUSY:
                raise manners.ServerBusy(told, retry_after_s=manners.HOUR_S)
        manners.check(response, now=now)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a post. Raises Undecodable; codes of `contracts.wire`."""
        said = load(item.payload)
        name = texts(said, "username")
        kind = _MEDIA.get(texts(said, "media_type"), "image")
        address = texts(said, "media_url")
        return post(
            {
                "id": said.get("id"),
                "text": texts(said, "text"),
                "network": "threads",
                "created_at": said.get("timestamp"),
                "url": said.get("permalink"),
                "author": {"id": name, "handle": name} if name else None,
                "media": [{"type": kind, "url": address}] if address else None,
            }
        )
