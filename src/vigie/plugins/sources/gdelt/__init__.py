"""GDELT DOC 2.0: what the world's press has just put online, by words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourcePlugin,
    SourceRefused,
    SourceUnreadable,
)
from vigie.contracts.ports import HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import load, objects, post, texts
from vigie.plugins.kit.settings import setting

MOST = 250
BETWEEN_S: Final = 6.0
REMEMBERED: Final = 3_000
OVERLAP: Final = timedelta(minutes=30)
"""Articles enter the index in steps of a quarter of an hour, not in order."""

LONGEST: Final = timedelta(days=7)
_ESCAPE: Final = re.compile(r"(\\[\"\\/bfnrtu])|\\")
_LANGUAGES: Final = {
    "french": "fr", "english": "en", "spanish": "es", "german": "de", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "arabic": "ar", "catalan": "ca", "breton": "br",
    "corsican": "co", "basque": "eu", "occitan": "oc", "polish": "pl", "romanian": "ro",
    "turkish": "tr", "russian": "ru", "ukrainian": "uk", "chinese": "zh", "japanese": "ja",
}  # fmt: skip


class GdeltConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for."""

    words: Annotated[
        str,
        setting(
            "Mots cherchés", "Words looked for",
            help=(
                "Dans la langue de GDELT : (inondation OR crue) essonne. Guillemets pour une suite de mots.",
                "In GDELT’s language: (inondation OR crue) essonne. Quotes for words in a row.",
            ),
            min_length=3, max_length=1_000,
        ),
    ]  # fmt: skip
    country: Annotated[
        str,
        setting(
            "Pays du média (facultatif)", "Country of the outlet (optional)",
            help=("Code à deux lettres, FR par exemple.", "Two-letter code, FR for example."),
            pattern=r"^([A-Za-z]{2})?$",
        ),
    ] = "FR"  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)",
            "Time between two visits (seconds)",
            ge=300,
            le=86_400,
        ),
    ] = 900
    server: Annotated[
        str,
        setting(
            "Adresse du service",
            "Address of the service",
            pattern=r"^https?://\S+$",
            max_length=300,
        ),
    ] = "https://api.gdeltproject.org/api/v2/doc/doc"


class QueryRefused(SourceRefused):
    """GDELT does not understand the words looked for, and says why in a sentence."""

    code = "gdelt_bad_query"


class GdeltSource(SourcePlugin):
    """Visits the service. Cursor: `at` (last visit), `seen` (digests of addresses)."""

    manifest = Manifest(
        kind=SOURCE,
        name="gdelt",
        label={"fr": "Presse mondiale (GDELT)", "en": "World press (GDELT)"},
        help={
            "fr": "Trouve les articles de presse qui viennent de paraître, par mots et par pays.",
            "en": "Finds press articles that have just appeared, by words and country.",
        },
        version="1",
        config=GdeltConfig,
        terms={
            "fr": "Service gratuit du GDELT Project : à citer. Titres et adresses seulement ; les articles restent à leurs éditeurs.",
            "en": "Free service of the GDELT Project, to be credited. Titles and addresses only; articles remain their publishers’.",
        },
        needs=("http",),
        gives=("posts",),
        mode="poll",
        interval_s=900.0,
    )
    config: GdeltConfig
    _next_at: ClassVar[datetime | None] = None
    """When this process may ask GDELT again, whichever source asks."""

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. Raises SourceError, FetchError."""
        await self._wait_for_turn()
        now = self.ports.clock.now()
        response = await self.ports.http.get(self._address(cursor, now), max_bytes=20_000_000)
        articles = _articles(response, now=now)
        known = set(cursor.get("seen") or ())
        marks = [_mark(texts(article, "url")) for article in articles]
        fresh = [
            article
            for article, mark in zip(articles, marks, strict=True)
            if mark not in known and texts(article, "url")
        ]
        fresh.sort(key=lambda article: texts(article, "seendate"))
        kept = dict.fromkeys([*marks, *(cursor.get("seen") or ())])
        cut = len(articles) >= MOST and len(fresh) == len(articles) and bool(known)
        yield Batch(
            items=tuple(
                RawItem(payload=msgspec.json.encode(article), where=texts(article, "url")[:200])
                for article in fresh
            ),
            refusals=(Refusal(code="answer_cut", detail=str(MOST)),) if cut else (),
            cursor={"at": rfc3339(now.replace(microsecond=0)), "seen": list(kept)[:REMEMBERED]},
            unchanged=bool(articles) and not fresh,
            retry_after_s=float(self.config.interval_s),
        )

    async def _wait_for_turn(self) -> None:
        clock = self.ports.clock
        at = type(self)._next_at
        start = max(clock.now(), at) if at is not None else clock.now()
        if at is not None and at - clock.now() > timedelta(hours=1):
            start = clock.now()  # a clock that jumped back
        type(self)._next_at = start + timedelta(seconds=BETWEEN_S)
        if start > clock.now():
            await clock.sleep((start - clock.now()).total_seconds())

    def _address(self, cursor: Mapping[str, Any], now: datetime) -> str:
        from_ = (
            msgspec.convert(cursor["at"], datetime) if cursor.get("at") else now - timedelta(days=1)
        )
        span = min(max(now - from_ + OVERLAP, timedelta(minutes=45)), LONGEST)
        words = self.config.words.strip()
        if self.config.country:
            words += f" sourcecountry:{self.config.country.upper()}"
        asked = {
            "query": words, "mode": "artlist", "format": "json", "maxrecords": MOST,
            "timespan": f"{int(span.total_seconds() // 60)}min", "sort": "datedesc",
        }  # fmt: skip
        return f"{self.config.server}?{urlencode(asked)}"

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read an article. Raises Undecodable; codes of `contracts.wire`."""
        article = load(item.payload)
        address = texts(article, "url")
        image = texts(article, "socialimage")
        domain = texts(article, "domain")
        return post(
            {
                "id": address if len(address) <= 400 else f"gdelt:{_mark(address)}",
                "text": closed_up(texts(article, "title")) or None,
                "network": "web",
                "created_at": _date(texts(article, "seendate")),
                "url": address,
                "lang": _LANGUAGES.get(texts(article, "language").lower()),
                "author": {"id": domain, "handle": domain, "name": domain} if domain else None,
                "media": [{"type": "image", "url": image}] if image else None,
            }
        )


def _mark(address: str) -> str:
    return hashlib.blake2b(address.encode(errors="surrogatepass"), digest_size=6).hexdigest()


def _articles(response: HttpResponse, *, now: datetime) -> list[dict[str, Any]]:
    """The answer's articles; {} means none. A sentence instead of JSON is an error of ours or theirs."""
    body = response.body.decode("utf-8", errors="replace").strip()
    low = body[:2_000].lower()
    if response.status == 429 or ("limit" in low and "request" in low and not low.startswith("{")):
        raise manners.ServerBusy(
            body[:100], retry_after_s=manners.retry_after_s(response.headers, now=now) or 60.0
        )
    manners.check(response, now=now)
    if not body:
        return []
    try:
        # Titles come with backslashes and control characters that JSON does not allow.
        found = json.loads(_ESCAPE.sub(r"\1", body), strict=False)
    except (ValueError, RecursionError) as error:
        if low.startswith(("<", "<!")):
            raise manners.ServerFailed("HTML") from error
        if not body.startswith(("{", "[")):
            raise QueryRefused(
                " ".join(body.split())[:200], retry_after_s=manners.HOUR_S
            ) from error
        raise manners.NotJson(str(error)[:80]) from error
    if not isinstance(found, dict):
        raise SourceUnreadable("no articles")
    return objects(found, "articles", limit=MOST)


def _date(seen: str) -> str | None:
    """YYYYMMDDTHHMMSSZ as RFC 3339; what is not written so goes on as it is, to be refused."""
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", seen)
    if found is None:
        return seen or None
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"


def closed_up(title: str) -> str:
    """A title whose marks were set apart ("l ' Yvette , en crue") as it was printed."""
    text = re.sub(r"(?<=\d) ([.,:]) (?=\d)", r"\1", title)
    text = re.sub(r"(?<=\w) ?(['’]) (?=\w)", r"\1", text)
    text = re.sub(r" ([,.…)\]])", r"\1", text)
    return re.sub(r"([(\[]) ", r"\1", text).strip()
