"""Another Vigie, or any other OGC API – Features service: a collection, page after page."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from vigie.contracts.ports import Http, HttpResponse
from vigie.mapping.feeds.contract import (
    MAX_BYTES,
    Asked,
    Document,
    FeedTrouble,
    ObjectKind,
    Offer,
    get,
    is_page,
    same_server,
    web_address,
)

PAGE: Final = 1_000
PAGES: Final = 60
OFFERS: Final = 500
_COLLECTION: Final = re.compile(r"^(?P<service>.*?)/collections(?:/(?P<name>[^/]+)(?:/items)?)?/?$")
_JSON: Final = "application/geo+json, application/json;q=0.9"


class _Link(msgspec.Struct, kw_only=True):
    rel: str = ""
    href: str = ""


class _Page(msgspec.Struct, kw_only=True):
    """A page of features, which are kept as they came."""

    features: list[msgspec.Raw]
    links: list[_Link] = []


class _Collection(msgspec.Struct, kw_only=True):
    id: str
    title: str = ""


class _Collections(msgspec.Struct, kw_only=True):
    collections: list[_Collection]


class OgcFeed(ObjectKind):
    """`collection` is its id there. Positions come in CRS84, which is what every service gives unasked."""

    name: ClassVar[str] = "vigie"
    takes_token = True
    chooses = "collection"
    formats = ("geojson",)

    def address(self, given: str) -> str:
        """That of the service or of one of its collections; without what a person searched there."""
        address = web_address(given)
        parts = urlsplit(address)
        return urlunsplit(parts._replace(path=parts.path.rstrip("/"), query="", fragment=""))

    async def offers(self, asked: Asked, http: Http) -> tuple[Offer, ...]:
        service, _ = service_of(asked)
        answer = await get(
            asked, http, accept="application/json", address=f"{service}/collections",
            conditional=False,
        )  # fmt: skip
        assert answer is not None
        found = _decoded(answer, _Collections)
        return tuple(
            Offer(code=each.id[:200], title=(each.title or each.id)[:200])
            for each in found.collections[:OFFERS]
        )

    async def fetch(self, asked: Asked, http: Http) -> Document | None:
        service, named = service_of(asked)
        name = str(asked.options.get("collection") or named)
        if not name:
            raise FeedTrouble("choose_first")
        url = f"{service}/collections/{name}/items?limit={PAGE}"
        features: list[msgspec.Raw] = []
        size, first = 0, None
        for number in range(PAGES + 1):
            if number == PAGES:
                raise FeedTrouble("too_large", f"{len(features)}")
            answer = await get(asked, http, accept=_JSON, address=url, conditional=not number)
            if answer is None:
                return None
            first = first or answer
            page = _decoded(answer, _Page)
            features += page.features
            size += len(answer.body)
            if size > MAX_BYTES:
                raise FeedTrouble("too_large", f"{size}")
            onward = _next(page, answer, service)
            if not onward:
                break
            url = onward
        body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
        whole = number == 0  # what its validators speak of is all there is
        headers = first.headers if first is not None and whole else {}
        return Document(
            body=body, format="geojson", etag=headers.get("etag", "")[:500],
            last_modified=headers.get("last-modified", "")[:200],
        )  # fmt: skip


def service_of(asked: Asked) -> tuple[str, str]:
    """The address of the service and the collection that the address names, "" for none."""
    found = _COLLECTION.match(asked.address)
    if found is None:
        return asked.address.rstrip("/"), ""
    return found["service"], found["name"] or ""


def _next(page: _Page, answer: HttpResponse, service: str) -> str:
    """Where the next page is. Raises FeedTrouble for one on another server: the token is not theirs."""
    for link in page.links:
        if link.rel == "next" and link.href:
            try:
                onward = urljoin(answer.url, link.href)
                same = same_server(onward, service)
            except ValueError:
                same = False
            if not same:
                raise FeedTrouble("next_elsewhere", link.href[:120])
            return onward if onward != answer.url else ""
    return ""


def _decoded(answer: HttpResponse, kind: type[Any]) -> Any:
    if is_page(answer.body):
        raise FeedTrouble("page_instead")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise FeedTrouble("not_features", str(error)[:120]) from error
