"""Writing WARC/1.1 (ISO 28500:2017): one gzip member a record, with what an index needs of each.

https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/. Digests are SHA-256
in hexadecimal. What the wire split into chunks is joined again: its header is kept under another
name, as the whole body has another length than the header says.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from vigie.contracts.recording import Exchange
from vigie.kernel.clock import rfc3339

_TRUNCATED: Final = {"too_large": "length", "too_slow": "time", "broken_off": "disconnect"}
_WWW: Final = re.compile(r"^www\d*\.")


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """A record as a line of a CDXJ index tells it. `offset` and `length` of its gzip member."""

    url: str
    at: datetime
    mime: str
    status: int | None
    digest: str
    offset: int
    length: int


class WarcWriter:
    """A WARC file in memory: `data`, and `indexed` in the order of writing."""

    def __init__(self, *, software: str, at: datetime) -> None:
        self.data = bytearray()
        self.indexed: list[Indexed] = []
        self.info = _id()
        fields = f"software: {software}\r\nformat: WARC File Format 1.1\r\n"
        self._write("warcinfo", self.info, at, fields.encode(), mime="application/warc-fields")

    def exchange(self, made: Exchange) -> None:
        """A request and its answer."""
        response = _id()
        payload = _digest(made.body)
        more = [("WARC-IP-Address", made.ip)] if made.ip else []
        if made.cut:
            more.append(("WARC-Truncated", _TRUNCATED.get(made.cut, "unspecified")))
        block = _mended(made) + made.body
        offset, length = self._write(
            "response", response, made.at, block, mime="application/http; msgtype=response",
            url=made.url, payload=payload, more=more,
        )  # fmt: skip
        self.indexed.append(
            Indexed(
                url=made.url, at=made.at, mime=mime_of(made.headers.get("content-type", "")),
                status=made.status, digest=payload, offset=offset, length=length,
            )
        )  # fmt: skip
        self._write(
            "request", _id(), made.at, made.request, mime="application/http; msgtype=request",
            url=made.url, more=[("WARC-Concurrent-To", response)],
        )  # fmt: skip

    def resource(self, url: str, at: datetime, data: bytes, mime: str) -> None:
        """Something that no server sent: a picture of the page, the text in it."""
        digest = _digest(data)
        offset, length = self._write(
            "resource", _id(), at, data, mime=mime, url=url, payload=digest
        )
        self.indexed.append(
            Indexed(url=url, at=at, mime=mime_of(mime), status=None, digest=digest, offset=offset,
                    length=length)
        )  # fmt: skip

    def _write(
        self,
        kind: str,
        name: str,
        at: datetime,
        block: bytes,
        *,
        mime: str,
        url: str = "",
        payload: str = "",
        more: list[tuple[str, str]] | None = None,
    ) -> tuple[int, int]:
        lines = [("WARC-Type", kind), ("WARC-Record-ID", name), ("WARC-Date", rfc3339(at))]
        if url:
            lines += [("WARC-Target-URI", url), ("WARC-Warcinfo-ID", self.info)]
        lines += more or []
        if payload:
            lines.append(("WARC-Payload-Digest", payload))
        lines += [("WARC-Block-Digest", _digest(block)), ("Content-Type", mime)]
        lines.append(("Content-Length", str(len(block))))
        head = "WARC/1.1\r\n" + "".join(f"{key}: {_line(value)}\r\n" for key, value in lines)
        member = gzip.compress(head.encode() + b"\r\n" + block + b"\r\n\r\n", mtime=0)
        offset = len(self.data)
        self.data += member
        return offset, len(member)


def surt(url: str) -> str:
    """The address in the order an index is sorted by: fr,exemple)/chemin?a=1. Others as they are."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return url
    host = ",".join(reversed(_WWW.sub("", parts.hostname).split(".")))
    if port not in (None, 80, 443):
        host += f":{port}"
    query = urlencode(sorted(parse_qsl(parts.query.lower(), keep_blank_values=True)))
    return f"{host}){(parts.path or '/').lower()}" + (f"?{query}" if query else "")


def mime_of(content_type: str) -> str:
    """The kind alone, as an index tells it."""
    return content_type.partition(";")[0].strip().lower()[:120] or "unk"


def _mended(made: Exchange) -> bytes:
    """The answer's head, without headers that are not true of the body as we keep it."""
    lines = []
    for line in made.head.split(b"\r\n"):
        name = line.partition(b":")[0].strip().lower()
        untrue = name == b"transfer-encoding" or (made.cut and name == b"content-length")
        lines.append(b"X-Archive-Orig-" + line if untrue else line)
    return b"\r\n".join(lines)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _id() -> str:
    return f"<urn:uuid:{uuid4()}>"


def _line(value: str) -> str:
    return " ".join(value.split())
