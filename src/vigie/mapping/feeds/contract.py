"""What a kind of source for layers from outside is. A new one touches a module here and a line of
`registry`.

There are two: sources of objects, whose documents are read like files (`mapping.files`), and sources
of pictures, of which the browser draws tiles that our server fetches.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from vigie.contracts.ports import Http, HttpResponse
from vigie.kernel.visits import asked_wait_s, trouble_of

MAX_BYTES: Final = 30_000_000
"""Of a document, unpacked."""
TIMEOUT_S: Final = 60.0
ADDRESS: Final = 1_000
OBJECTS, PICTURES = "objects", "pictures"


class FeedTrouble(Exception):
    """The source answered and it is of no use. `code` is stable and translated."""

    def __init__(self, code: str, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s


class AddressRefused(ValueError):
    """`code`: missing, not_http, credentials, too_long, no_tile (an address of tiles without {z}, {x}
    and {y})."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a source. `etag`, `last_modified`: of the document that was read last."""

    address: str
    options: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""
    etag: str = ""
    last_modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}

    @property
    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(frozen=True, kw_only=True)
class Document:
    """Objects as a source gave them, to be read like a file. `format`: "" is told from the content."""

    body: bytes
    format: str = ""
    etag: str = ""
    last_modified: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things a source holds, of which a person chooses. `times`: values of its time."""

    code: str
    title: str
    styles: tuple[tuple[str, str], ...] = ()
    times: tuple[str, ...] = ()


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """Where tiles in Web Mercator are. `template` has {z} {x} {y}, or {box} for a picture of that part
    of the plane in metres; `zooms` are the names the source has for zooms, from 0 on, where it has
    its own. `side` in pixels. `bounds`: west, south, east, north in degrees."""

    template: str
    title: str = ""
    attribution: str = ""
    side: int = 256
    min_zoom: int = 0
    max_zoom: int = 19
    zooms: tuple[str, ...] = ()
    bounds: tuple[float, float, float, float] | None = None


class FeedKind(ABC):
    """`draws`: objects or pictures. `takes_token`: whether a person may have to give one. `chooses`:
    the option that says which of the source's things is meant, "" when it holds one."""

    name: ClassVar[str]
    draws: ClassVar[str] = OBJECTS
    takes_token: ClassVar[bool] = False
    chooses: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    """Further options a person may set, each a text."""

    def address(self, given: str) -> str:
        """The address as it is kept. Raises AddressRefused."""
        return web_address(given)

    async def offers(self, asked: Asked, http: Http) -> tuple[Offer, ...]:
        """What there is to choose from. Raises FeedTrouble, FetchError."""
        return ()


class ObjectKind(FeedKind):
    formats: ClassVar[tuple[str, ...]] = ()
    """What its documents may be (`mapping.files.opening.FORMATS`)."""
    accept: ClassVar[str] = "*/*"

    async def fetch(self, asked: Asked, http: Http) -> Document | None:
        """The whole of it as it now is; None when it is what was read last. Raises FeedTrouble,
        FetchError."""
        answer = await get(asked, http, accept=self.accept)
        return None if answer is None else document(answer)

    def look(self, body: bytes) -> Mapping[str, Any]:
        """A style for the layer out of what the source says of its looks, {} when it says nothing."""
        return {}


class PictureKind(FeedKind):
    draws = PICTURES

    @abstractmethod
    async def pictures(self, asked: Asked, http: Http) -> Pictures:
        """Where its tiles are, as its options say. Raises FeedTrouble, FetchError."""


async def get(
    asked: Asked, http: Http, *, accept: str, address: str = "", conditional: bool = True
) -> HttpResponse | None:
    """One answer; None when nothing changed. Raises FeedTrouble, FetchError."""
    conditions = asked.conditions if conditional else {}
    answer = await http.get(
        address or asked.address, headers={"Accept": accept, **conditions, **asked.credentials},
        max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S,
    )  # fmt: skip
    trouble = trouble_of(answer.status, conditional=bool(conditions))
    if trouble:
        if trouble == "feed_needs_sign_in" and asked.token:
            trouble = "token_refused"
        raise FeedTrouble(
            trouble, f"HTTP {answer.status}", retry_after_s=asked_wait_s(answer.headers)
        )
    if answer.status == 304:
        return None
    if not answer.body.strip(b"\x00 \t\r\n"):
        raise FeedTrouble("feed_empty")
    return answer


def document(answer: HttpResponse, *, format_: str = "") -> Document:
    """Raises FeedTrouble for a web page."""
    if is_page(answer.body):
        raise FeedTrouble("page_instead")
    return Document(
        body=answer.body, format=format_, etag=answer.headers.get("etag", "")[:500],
        last_modified=answer.headers.get("last-modified", "")[:200],
    )  # fmt: skip


def is_page(body: bytes) -> bool:
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<?xml") and b"<html" in start
    )


def web_address(given: str) -> str:
    """An address of the web, without its fragment. Raises AddressRefused."""
    address = given.strip().partition("#")[0]
    if not address:
        raise AddressRefused("missing")
    if "://" not in address and "." in address.partition("/")[0]:
        address = f"https://{address}"
    if len(address) > ADDRESS:
        raise AddressRefused("too_long")
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError as error:
        raise AddressRefused("not_http") from error
    if parts.scheme.lower() not in ("http", "https") or not host or any(map(str.isspace, address)):
        raise AddressRefused("not_http")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("credentials")
    return address


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are asked of the same server: a token given for one goes to no other."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def with_query(address: str, **changes: str) -> str:
    """The address with these parameters, whatever the case of those it has."""
    parts = urlsplit(address)
    wanted = {name.lower() for name in changes}
    kept = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0].lower() not in wanted
    ]  # fmt: skip
    return urlunsplit(parts._replace(query=urlencode([*kept, *changes.items()], safe="{}/:,")))
