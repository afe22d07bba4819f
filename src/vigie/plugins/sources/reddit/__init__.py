"""Reddit: new submissions of communities, or a search, for those whom Reddit has approved."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote, urlencode

import msgspec

from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
    SourceUnreadable,
    Undecodable,
)
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import dig, load, moment, objects, post, texts, words_of
from vigie.plugins.kit.settings import setting

PAGE: Final = 100
PAGES: Final = 10
REMEMBERED: Final = 300
SPARE: Final = 5


class RedditConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is followed, and by which approval."""

    approval_reference: Annotated[
        str,
        setting(
            "Référence de l’accord écrit de Reddit", "Reference of Reddit’s written approval",
            help=(
                "Reddit exige un accord préalable pour tout accès à ses données. Sans lui, cette source ne doit pas servir.",
                "Reddit asks for prior approval of any access to its data. Without it this source may not be used.",
            ),
            min_length=3, max_length=300,
        ),
    ]  # fmt: skip
    secret: Annotated[
        str,
        setting(
            "Identifiants de l’application", "Application credentials",
            help=(
                "« identifiant:secret » de l’application.",
                "The application’s “id:secret”.",
            ),
            input="secret", min_length=1, max_length=100,
        ),
    ]  # fmt: skip
    user_agent: Annotated[
        str,
        setting(
            "Nom annoncé à Reddit", "Name told to Reddit",
            help=(
                "Exigé sous la forme web:vigie:1.0 (by /u/votre_compte).",
                "Asked for in the form web:vigie:1.0 (by /u/your_account).",
            ),
            min_length=8, max_length=200,
        ),
    ]  # fmt: skip
    communities: Annotated[
        str,
        setting(
            "Communautés", "Communities",
            help=("Sans r/, une par ligne : essonne, paris.", "Without r/, one a line: essonne, paris."),
            input="textarea", max_length=2_000,
        ),
    ] = ""  # fmt: skip
    words: Annotated[
        str, setting("Mots cherchés (facultatif)", "Words looked for (optional)", max_length=500)
    ] = ""
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)",
            "Time between two visits (seconds)",
            ge=60,
            le=86_400,
        ),
    ] = 120
    server: Annotated[
        str,
        setting(
            "Adresse de l’API", "Address of the API", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://oauth.reddit.com"
    sign_in: Annotated[
        str,
        setting(
            "Adresse des jetons", "Address of tokens", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://www.reddit.com"

    def __post_init__(self) -> None:
        for needed in ("approval_reference", "secret", "user_agent"):
            if not getattr(self, needed).strip():
                raise ValueError(f"{needed}: Reddit asks for it")
        names = words_of(self.communities)
        if not names and not self.words.strip():
            raise ValueError("communities: give a community or words")
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_]{2,40}", name):
                raise ValueError(f"communities: {name[:40]!r} is no community")


class RedditSource(SourcePlugin):
    """Visits listings. Cursor: `seen`, full name → what it said, of the last submissions."""

    manifest = Manifest(
        kind=SOURCE,
        name="reddit",
        label={"fr": "Reddit (sur accord)", "en": "Reddit (by approval)"},
        help={
            "fr": "Suit les nouvelles publications de communautés de Reddit, si Reddit l’a accordé.",
            "en": "Follows new submissions of Reddit communities, where Reddit has approved it.",
        },
        version="1",
        config=RedditConfig,
        terms={
            "fr": "« Responsible Builder Policy » de Reddit : un accord préalable et écrit est exigé avant tout accès. Ce qui est effacé sur Reddit doit l’être ici.",
            "en": "Reddit’s Responsible Builder Policy: prior written approval before any access. What is deleted on Reddit must be deleted here.",
        },
        restricted=True,
        needs=("http", "secrets"),
        gives=("posts", "deletions"),
        mode="poll",
        interval_s=120.0,
    )
    config: RedditConfig
    _tokens: ClassVar[dict[tuple[str, str], tuple[datetime, str]]] = {}
    """(server, application) → (until, token), for as long as this process lives."""

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit: new submissions, changed ones, removed ones. Raises SourceError, FetchError."""
        seen: dict[str, str] = dict(cursor.get("seen") or {})
        known = dict(seen)
        found: list[tuple[float, RawItem]] = []
        wait_s: float | None = None
        answered = False
        page = ""
        for _ in range(PAGES):
            listing, headers = await self._get(self._path(page))
            things = objects(listing, "data", "children", limit=PAGE)
            if dig(listing, "data", "children") is None:
                raise SourceUnreadable("no listing")
            fresh = 0
            for thing in things:
                name, mark = texts(thing, "data", "name"), _mark(thing)
                answered = True
                if name not in known and _is_removed(thing):
                    continue
                if name and known.get(name) != mark:
                    fresh += name not in known
                    item = RawItem(payload=msgspec.json.encode(thing), where=name)
                    found.append((_created(thing), item))
                if name:
                    seen[name] = mark
            page = texts(listing, "data", "after")
            now = self.ports.clock.now()
            wait_s = manners.wait_for_quota_s(headers, now=now, spare=SPARE)
            if not page or not known or fresh < len(things) or wait_s is not None:
                break
        items = [item for _, item in sorted(found, key=lambda pair: pair[0])]
        if wait_s is None:
            items += await self._gone(known, seen)
        kept = list(seen)[-REMEMBERED:] if len(seen) > REMEMBERED else list(seen)
        yield Batch(
            items=tuple(items),
            cursor={"seen": {name: seen[name] for name in kept}},
            unchanged=answered and not items,
            retry_after_s=max(float(self.config.interval_s), wait_s or 0.0),
        )

    def _path(self, page: str) -> str:
        communities = "+".join(words_of(self.config.communities))
        asked: dict[str, str | int] = {"limit": PAGE, "raw_json": 1}
        if page:
            asked["after"] = page
        within = f"/r/{quote(communities, safe='+')}" if communities else ""
        if not self.config.words.strip():
            return f"{within}/new?{urlencode(asked)}"
        asked |= {"q": self.config.words.strip(), "sort": "new", "type": "link"}
        if within:
            asked["restrict_sr"] = 1
        return f"{within}/search?{urlencode(asked)}"

    async def _gone(self, known: Mapping[str, str], seen: dict[str, str]) -> list[RawItem]:
        """Of the last hundred submissions, those that Reddit no longer gives or has emptied."""
        names = list(known)[-PAGE:]
        if not names:
            return []
        listing, _ = await self._get(
            f"/api/info?{urlencode({'id': ','.join(names), 'raw_json': 1})}"
        )
        things = {
            texts(t, "data", "name"): t for t in objects(listing, "data", "children", limit=PAGE)
        }
        if dig(listing, "data", "children") is None:
            return []
        gone = []
        for name in names:
            if name in things and not _is_removed(things[name]):
                continue
            seen.pop(name, None)
            note = {"event": "delete", "id": name, "seen_at": rfc3339(self.ports.clock.now())}
            gone.append(RawItem(payload=msgspec.json.encode(note), where=name))
        return gone

    async def _get(self, path: str) -> tuple[Any, Mapping[str, str]]:
        token = await self._token()
        response = await self.ports.http.get(
            f"{self.config.server}{path}",
            headers={"Authorization": f"Bearer {token}", "User-Agent": self.config.user_agent},
            max_bytes=20_000_000,
        )
        now = self.ports.clock.now()
        if response.status == 401:
            self._tokens.pop(self._who(), None)
        if response.status == 429:
            raise manners.ServerBusy(
                "HTTP 429", retry_after_s=manners.quota_reset_s(response.headers, now=now) or 600.0
            )
        manners.check(response, now=now)
        return manners.json_of(response), response.headers

    def _who(self) -> tuple[str, str]:
        return self.config.sign_in, self.config.secret

    async def _token(self) -> str:
        now = self.ports.clock.now()
        until, token = self._tokens.get(self._who(), (now, ""))
        if now < until:
            return token
        secret = self.ports.secrets.get(self.config.secret)
        if not secret or ":" not in secret:
            raise manners.NeedsToken(f"secret {self.config.secret}", retry_after_s=manners.HOUR_S)
        basic = base64.b64encode(secret.strip().encode()).decode()
        response = await self.ports.http.post(
            f"{self.config.sign_in}/api/v1/access_token",
            body=b"grant_type=client_credentials",
            headers={
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": self.config.user_agent,
            },
        )
        manners.check(response, now=now)
        given = manners.json_of(response)
        token = texts(given, "access_token")
        if not token:
            raise manners.NeedsToken(texts(given, "error") or "no access_token")
        lasts = dig(given, "expires_in")
        lasts_s = float(lasts) if isinstance(lasts, int | float) and 60 < lasts < 1e6 else 3_600.0
        self._tokens[self._who()] = now + timedelta(seconds=lasts_s - 60.0), token
        return token

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a submission or a comment. Raises Undecodable: `not_a_post` and the wire's."""
        thing = load(item.payload)
        if texts(thing, "event") == "delete":
            name = texts(thing, "id")
            if not name:
                raise Undecodable("missing_id")
            return PostDeletion(id=name[:500], deleted_at=moment(thing.get("seen_at")))
        kind = texts(thing, "kind")
        data = dig(thing, "data")
        if kind not in ("t1", "t3") or not isinstance(data, dict):
            raise Undecodable("not_a_post", kind[:40])
        return post(_wire(kind, data))


def _wire(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    identity = texts(data, "name") or (f"{kind}_{texts(data, 'id')}" if texts(data, "id") else None)
    said = (
        [texts(data, "title"), texts(data, "selftext")] if kind == "t3" else [texts(data, "body")]
    )
    text = "\n\n".join(part.strip() for part in said if part.strip())
    linked = texts(data, "url_overridden_by_dest") or texts(data, "url")
    pictures = [{"type": "image", "url": linked}] if _is_picture(linked) else _gallery(data)
    page = texts(data, "permalink")
    if linked.startswith("http") and not pictures and page not in linked and linked not in text:
        text = f"{text}\n{linked}".strip()
    author = texts(data, "author")
    wire: dict[str, Any] = {
        "id": identity,
        "text": text or None,
        "network": "reddit",
        "created_at": _moment(data.get("created_utc")),
        "edited_at": _moment(data.get("edited")),
        "url": f"https://www.reddit.com{page}" if page.startswith("/") else "",
        "media": pictures,
        "graphic": data.get("over_18") is True,
        "likes": data.get("score"),
        "replies": data.get("num_comments"),
        "reply_to": texts(data, "parent_id") or None if kind == "t1" else None,
    }
    if author and author != "[deleted]":
        wire["author"] = {
            "id": texts(data, "author_fullname") or author,
            "handle": author,
            "name": "",
        }
    if isinstance(wire["likes"], int) and wire["likes"] < 0:
        wire["likes"] = 0
    return wire


def _moment(seconds: Any) -> str | None:
    """Seconds since 1970 as RFC 3339; what is no time goes on as text, to be refused."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None if seconds is None or isinstance(seconds, bool) else str(seconds)
    try:
        return rfc3339(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _is_picture(address: str) -> bool:
    return bool(re.search(r"^https?://\S+\.(?:jpe?g|png|gif|webp)(?:\?|$)", address, re.IGNORECASE))


def _gallery(data: dict[str, Any]) -> list[dict[str, Any]]:
    metadata = dig(data, "media_metadata")
    found = []
    for each in list(metadata.values())[:20] if isinstance(metadata, dict) else []:
        address = html.unescape(texts(each, "s", "u"))
        if address:
            found.append({"type": "image", "url": address, "description": ""})
    return found


def _created(thing: dict[str, Any]) -> float:
    at = dig(thing, "data", "created_utc")
    return float(at) if isinstance(at, int | float) else 0.0


def _mark(thing: dict[str, Any]) -> str:
    """What tells an edit: when Reddit says it was."""
    return str(dig(thing, "data", "edited") or "")[:20]


def _is_removed(thing: dict[str, Any]) -> bool:
    data = dig(thing, "data")
    return (
        texts(data, "author") == "[deleted]"
        or bool(texts(data, "removed_by_category"))
        or (texts(data, "selftext") in ("[removed]", "[deleted]"))
    )
