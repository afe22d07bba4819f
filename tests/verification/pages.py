"""Pages of every unfriendly sort, on loopback. `PAGES`: path → what an archive of it has to say."""

from __future__ import annotations

import asyncio
import gzip
import io
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image

from tests.pipeline.servers import answer, path_of

WORDS = "La Yvette déborde à Orsay, la rue des Prés est coupée et les habitants montent à l’étage. "
LONG = WORDS * 12
SMALL_LIMIT = 300_000
"""Bytes of a page in tests: those that are too large are so of this."""


@dataclass(frozen=True)
class Truth:
    """A state, its code, and facts that must be there."""

    state: str
    code: str = ""
    facts: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@cache
def _bomb(big: int, compress: Callable[[bytes], bytes]) -> bytes:
    return compress(b"0" * (4 * big))


@cache
def _long(big: int) -> bytes:
    return page(f"<p>{WORDS}</p>" * (2 * big // len(WORDS)))


def page(body: str = f"<p>{LONG}</p>", *, head: str = "", charset: str = "utf-8") -> bytes:
    return f"<!doctype html><html lang=fr><head><title>Crue</title>{head}</head><body>{body}</body></html>".encode(charset, "replace")  # fmt: skip


def html(body: bytes, *, status: str = "200 OK", kind: str = "text/html; charset=utf-8", **headers: str) -> bytes:  # fmt: skip
    return answer(body, status=status, Content_Type=kind, **headers)


def picture(side: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "navy").save(out, "PNG")
    return out.getvalue()


COOKIES = page(
    "<div id=didomi-host><h1>Avant d’accéder au site</h1><p>Nous et nos partenaires utilisons des "
    "cookies et traceurs.</p><button>Tout accepter</button><a>Continuer sans accepter</a></div>"
)
LOGIN = page(
    "<form action=/login><input name=u><input type=password name=p></form><p>Connectez-vous</p>"
)
SCRIPTS = page("<div id=root></div><script src=/app.js></script>")
ROBOT = page("<h1>Just a moment</h1><div class=cf-chl-widget></div>")

KEPT = Truth(
    "kept", absent=("truncated", "script_only", "cookie_wall", "login_wall", "charset_broken")
)
PAGES: dict[str, Truth] = {
    "/plain": KEPT,
    "/chunked": KEPT,
    "/gzip": KEPT,
    "/deflate": KEPT,
    "/hop": KEPT,
    "/hops5": KEPT,
    "/cookie-circle": KEPT,
    "/latin": KEPT,
    "/huge-headers": Truth("refused", "not_http"),
    "/png": Truth("kept"),
    "/pdf": Truth("kept"),
    "/empty": Truth("kept", facts=("empty",)),
    "/no-type": KEPT,
    "/not-found": Truth("kept", facts=("http_error",)),
    "/gone": Truth("kept", facts=("http_error",)),
    "/teapot": Truth("kept", facts=("http_error",)),
    "/busy": Truth("kept", facts=("http_error",)),
    "/broken-server": Truth("kept", facts=("http_error",)),
    "/forbidden-page": Truth("kept", facts=("http_error",)),
    "/needs-login": Truth("kept", facts=("http_error", "login_wall")),
    "/cookie-wall": Truth("kept", facts=("cookie_wall",)),
    "/login-wall": Truth("kept", facts=("login_wall",)),
    "/robot-wall": Truth("kept", facts=("robot_wall",)),
    "/script-only": Truth("kept", facts=("script_only",)),
    "/said-utf8-is-latin": Truth("kept", facts=("charset_broken",)),
    "/said-latin-is-utf8": Truth("kept", facts=("charset_broken",)),
    "/unknown-charset": Truth("kept", facts=("charset_broken",)),
    "/half-a-character": Truth("kept", facts=("charset_broken",)),
    "/zeros": Truth("kept"),
    "/brotli": Truth("kept", facts=("unreadable",)),
    "/broken-gzip": Truth("kept", facts=("unreadable",)),
    "/long-html": Truth("kept", facts=("truncated",)),
    "/endless-html": Truth("kept", facts=("truncated",)),
    "/endless-bytes": Truth("refused", "too_large"),
    "/hundred-megabytes": Truth("refused", "too_large"),
    "/announced": Truth("refused", "too_large"),
    "/zip-bomb": Truth("refused", "zip_bomb"),
    "/deflate-bomb": Truth("refused", "zip_bomb"),
    "/slow-head": Truth("stuck", "too_slow"),
    "/slow-body": Truth("kept", facts=("truncated",)),
    "/slow-bytes": Truth("stuck", "too_slow"),
    "/cut-html": Truth("kept", facts=("truncated",)),
    "/cut-bytes": Truth("stuck", "broken_off"),
    "/hang-up": Truth("stuck", "broken_off"),
    "/garbage": Truth("refused", "not_http"),
    "/circle": Truth("refused", "too_many_redirects"),
    "/hops6": Truth("refused", "too_many_redirects"),
    "/to-loopback": Truth("refused", "address_forbidden"),
    "/to-localhost": Truth("refused", "address_forbidden"),
    "/to-ipv6-loopback": Truth("refused", "address_forbidden"),
    "/to-mapped": Truth("refused", "address_forbidden"),
    "/to-decimal": Truth("refused", "address_forbidden"),
    "/to-octal": Truth("refused", "address_forbidden"),
    "/to-metadata": Truth("refused", "address_forbidden"),
    "/to-metadata-name": Truth("refused", "address_forbidden"),
    "/to-private": Truth("refused", "address_forbidden"),
    "/to-file": Truth("refused", "address_forbidden"),
    "/to-script": Truth("refused", "address_forbidden"),
    "/to-other-port": Truth("refused", "address_forbidden"),
    "/deep": Truth("kept"),
    "/thousand-parts": KEPT,
    "/parts-inside": KEPT,
    "/refresh-inside": Truth("kept"),
}
"""The one list that the quick test and `vigie bench archive` both work through."""


class Unfriendly:
    """Answers each path as it is called. `trap` is (host, port) of a listener nobody may reach;
    `big` bytes make a page too large; `pause_s` is longer than a visit may take.
    """

    def __init__(self, *, trap: tuple[str, int], big: int, seed: int = 0) -> None:
        self._trap = trap
        self._big = big
        self._chance = random.Random(seed)

    async def __call__(self, head: str, writer: asyncio.StreamWriter) -> None:
        path = path_of(head).partition("?")[0]
        host, port = self._trap
        moved = {
            "/to-loopback": f"http://{host}:{port}/",
            "/to-localhost": f"http://localhost:{port}/",
            "/to-ipv6-loopback": f"http://[::1]:{port}/",
            "/to-mapped": f"http://[::ffff:127.0.0.1]:{port}/",
            "/to-decimal": f"http://2130706433:{port}/",
            "/to-octal": f"http://0177.0.0.1:{port}/",
            "/to-metadata": "http://169.254.169.254/latest/meta-data/",
            "/to-metadata-name": f"http://metadata.inside.test:{port}/",
            "/to-private": "http://10.0.0.1/",
            "/to-file": "file:///etc/passwd",
            "/to-script": "javascript:alert(1)",
            "/to-other-port": f"http://127.0.0.1:{port}/",
            "/circle": "/circle",
            "/hop": "/plain",
        }
        if path in moved:
            writer.write(answer(b"ailleurs", status="302 Found", Location=moved[path]))
            return
        if path.startswith("/hops"):
            left = int(path.removeprefix("/hops"))
            writer.write(
                answer(status="301 Moved Permanently", Location=f"/hops{left - 1}")
                if left
                else html(page())
            )
            return
        await self._page(path, head, writer)

    async def _page(self, path: str, head: str, writer: asyncio.StreamWriter) -> None:
        host, port = self._trap
        match path:
            case "/plain" | "/no-type":
                writer.write(html(page()) if path == "/plain" else answer(page()))
            case "/chunked":
                body = page()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                for at in range(0, len(body), 97):
                    piece = body[at : at + 97]
                    writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                writer.write(b"0\r\n\r\n")
            case "/gzip":
                writer.write(html(gzip.compress(page()), Content_Encoding="gzip"))
            case "/deflate":
                writer.write(html(zlib.compress(page()), Content_Encoding="deflate"))
            case "/cookie-circle":
                if "vu=oui" in head:
                    writer.write(html(page()))
                else:
                    writer.write(
                        answer(status="302 Found", Location="/cookie-circle", Set_Cookie="vu=oui")
                    )
            case "/latin":
                writer.write(html(page(charset="cp1252"), kind="text/html; charset=windows-1252"))
            case "/huge-headers":
                writer.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n")
            case "/png":
                writer.write(html(picture(), kind="image/png"))
            case "/pdf":
                writer.write(html(b"%PDF-1.7\n%%EOF\n", kind="application/pdf"))
            case "/empty":
                writer.write(html(b""))
            case "/not-found":
                writer.write(html(page(), status="404 Not Found"))
            case "/gone":
                writer.write(html(page("<p>Parti</p>"), status="410 Gone"))
            case "/teapot":
                writer.write(html(page(), status="418 I'm a teapot"))
            case "/busy":
                writer.write(html(page(), status="503 Service Unavailable"))
            case "/broken-server":
                writer.write(html(page("<p>Erreur</p>"), status="500 Internal Server Error"))
            case "/forbidden-page":
                writer.write(html(page(), status="403 Forbidden"))
            case "/needs-login":
                writer.write(html(page("<p>Identifiez-vous</p>"), status="401 Unauthorized"))
            case "/cookie-wall":
                writer.write(html(COOKIES))
            case "/login-wall":
                writer.write(html(LOGIN))
            case "/robot-wall":
                writer.write(html(ROBOT, status="403 Forbidden"))
            case "/script-only":
                writer.write(html(SCRIPTS))
            case "/said-utf8-is-latin":
                writer.write(html(page(charset="cp1252")))
            case "/said-latin-is-utf8":
                writer.write(html(page(), kind="text/html; charset=iso-8859-1"))
            case "/unknown-charset":
                writer.write(html(page(), kind="text/html; charset=klingon-8"))
            case "/half-a-character":
                writer.write(html(page() + b"<p>\xe2\x82</p>"))
            case "/zeros":
                writer.write(html(b"<p>" + b"\0" * 5_000 + LONG.encode() + b"\xff\xfe"))
            case "/brotli":
                writer.write(html(b"\x8b\x02\x80", Content_Encoding="br"))
            case "/broken-gzip":
                writer.write(html(b"pas du gzip", Content_Encoding="gzip"))
            case "/long-html":
                writer.write(html(_long(self._big)))
            case "/endless-html" | "/endless-bytes":
                kind = b"text/html" if path == "/endless-html" else b"video/mp4"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n")
                piece = f"<p>{WORDS}</p>".encode() * 200
                while True:
                    writer.write(piece)
                    await writer.drain()
            case "/hundred-megabytes":
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 100000000\r\n\r\n"
                )
                for _ in range(1_000):
                    writer.write(b"\0" * 100_000)
                    await writer.drain()
            case "/announced":
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 99999999999\r\n\r\n"
                )
            case "/zip-bomb":
                writer.write(html(_bomb(self._big, gzip.compress), Content_Encoding="gzip"))
            case "/deflate-bomb":
                writer.write(html(_bomb(self._big, zlib.compress), Content_Encoding="deflate"))
            case "/slow-head":
                await asyncio.Event().wait()
            case "/slow-body" | "/slow-bytes":
                kind = b"text/html" if path == "/slow-body" else b"video/mp4"
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: "
                    + kind
                    + b"\r\nContent-Length: 90000\r\n\r\n"
                )
                writer.write(f"<p>{WORDS}".encode())
                await writer.drain()
                await asyncio.Event().wait()
            case "/cut-html" | "/cut-bytes":
                kind = b"text/html" if path == "/cut-html" else b"video/mp4"
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: "
                    + kind
                    + b"\r\nContent-Length: 90000\r\n\r\n"
                )
                writer.write(page())
            case "/hang-up":
                pass
            case "/garbage":
                writer.write(b"\x00\xff\x13\x37" + self._chance.randbytes(40) + b"\r\n\r\n")
            case "/deep":
                writer.write(html(b"<div>" * 20_000 + LONG.encode()))
            case "/thousand-parts":
                parts = "".join(f"<img src=/part{n}.png>" for n in range(1_000))
                writer.write(html(page(f"<p>{LONG}</p>{parts}")))
            case "/parts-inside":
                parts = f"<img src=http://{host}:{port}/a.png><img src=http://169.254.169.254/a.png><img src=http://localhost:{port}/b.png>"
                writer.write(html(page(f"<p>{LONG}</p>{parts}")))
            case "/refresh-inside":
                writer.write(
                    html(
                        page(
                            head=f"<meta http-equiv=refresh content='0;url=http://{host}:{port}/'>"
                        )
                    )
                )
            case _ if path.startswith("/part"):
                writer.write(html(picture(), kind="image/png"))
            case _:
                writer.write(html(b"", status="404 Not Found"))
