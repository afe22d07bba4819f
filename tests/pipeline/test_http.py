"""The guarded client against servers that do all the wrong things."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from aiohttp.test_utils import TestServer

from tests.pipeline.servers import Server, answer, path_of, serving
from vigie.contracts.ports import (
    AddressForbidden,
    FetchError,
    LineStream,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    UpgradeRefused,
    WebSocket,
)
from vigie.pipeline.addresses import Gate, GuardedResolver, is_public
from vigie.pipeline.http import PER_HOST, GuardedHttp, NotHttp, user_agent


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(_misbehave) as running:
        yield running


@pytest.fixture
async def http(server: Server) -> AsyncIterator[GuardedHttp]:
    async with GuardedHttp(allowed=frozenset({server.pair}), address="https://vigie.exemple") as it:
        yield it


async def _misbehave(head: str, writer: asyncio.StreamWriter) -> None:
    path = path_of(head)
    match path:
        case "/plain":
            writer.write(answer(b"bonjour", ETag='"1"', X_Twice="a"))
        case "/missing":
            writer.write(answer(b"gone", status="404 Not Found"))
        case "/gzip":
            writer.write(answer(gzip.compress(b"x" * 1000), Content_Encoding="gzip"))
        case "/deflate":
            writer.write(answer(zlib.compress(b"y" * 1000), Content_Encoding="deflate"))
        case "/raw-deflate":
            engine = zlib.compressobj(wbits=-15)
            data = engine.compress(b"z" * 1000) + engine.flush()
            writer.write(answer(data, Content_Encoding="deflate"))
        case "/bomb":
            writer.write(answer(gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip"))
        case "/broken-gzip":
            writer.write(answer(b"not gzip at all", Content_Encoding="gzip"))
        case "/brotli":
            writer.write(answer(b"??", Content_Encoding="br"))
        case "/announced":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        case "/endless":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        case "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        case "/silent":
            await asyncio.Event().wait()
        case "/garbage":
            writer.write(b"\x00\xff\x13\x37 this is not HTTP\r\n\r\n")
        case "/cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        case "/hang-up":
            pass
        case "/loop":
            writer.write(answer(status="302 Found", Location="/loop"))
        case "/relative":
            writer.write(answer(status="301 Moved Permanently", Location="plain#part"))
        case "/lines":
            body = b"one\r\ntwo\n\nlast"
            writer.write(answer(gzip.compress(body), Content_Encoding="gzip"))
        case "/quiet":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nfirst\n")
            await writer.drain()
            await asyncio.Event().wait()
        case "/long-line":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nshort\n" + b"x" * 10_000)
        case "/cut-lines":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\none\ntw")
        case "/nowhere":
            writer.write(answer(b"stay", status="302 Found"))
        case _ if path.startswith("/to/"):
            target = path.removeprefix("/to/")
            location = target if ":" in target or target.startswith("/") else f"/{target}"
            writer.write(answer(status="302 Found", Location=location))
        case _:
            writer.write(answer(head.encode()))


async def test_an_answer_comes_whole_with_lower_case_headers(
    http: GuardedHttp, server: Server
) -> None:
    found = await http.get(server.url("/plain"), headers={"If-None-Match": '"0"'})
    assert (found.status, found.body, found.url) == (200, b"bonjour", server.url("/plain"))
    assert found.headers["etag"] == '"1"'
    assert 'If-None-Match: "0"' in server.asked[0]
    assert f"User-Agent: {user_agent('https://vigie.exemple')}" in server.asked[0]
    assert "Vigie/" in user_agent()


async def test_any_status_is_an_answer(http: GuardedHttp, server: Server) -> None:
    found = await http.get(server.url("/missing"))
    assert (found.status, found.body) == (404, b"gone")
    assert (await http.get(server.url("/nowhere"))).status == 302


@pytest.mark.parametrize(
    ("path", "letter"), [("/gzip", b"x"), ("/deflate", b"y"), ("/raw-deflate", b"z")]
)
async def test_compressed_bodies_are_unpacked(
    http: GuardedHttp, server: Server, path: str, letter: bytes
) -> None:
    assert (await http.get(server.url(path))).body == letter * 1000


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/bomb", TooLarge),
        ("/announced", TooLarge),
        ("/endless", TooLarge),
        ("/broken-gzip", NotHttp),
        ("/brotli", NotHttp),
        ("/garbage", NotHttp),
        ("/cut", NotHttp),
        ("/hang-up", NotHttp),
        ("/loop", TooManyRedirects),
    ],
)
async def test_a_wrong_answer_has_its_name(
    http: GuardedHttp, server: Server, path: str, error: type[FetchError]
) -> None:
    with pytest.raises(error):
        await http.get(server.url(path), max_bytes=1_000_000)


@pytest.mark.parametrize("path", ["/drip", "/silent"])
async def test_a_slow_answer_is_given_up(http: GuardedHttp, server: Server, path: str) -> None:
    with pytest.raises(TooSlow):
        await http.get(server.url(path), timeout_s=0.2)


async def test_a_form_is_sent_to_one_address_only(http: GuardedHttp, server: Server) -> None:
    found = await http.post(
        server.url("/echo"), body=b"a=1", headers={"Content-Type": "application/x-test"}
    )
    assert found.body.startswith(b"POST /echo")
    assert b"application/x-test" in found.body
    assert (await http.post(server.url("/loop"), body=b"")).status == 302
    with pytest.raises(AddressForbidden):
        await http.post("http://10.0.0.1/", body=b"")
    with pytest.raises(TooSlow):
        await http.post(server.url("/silent"), body=b"", timeout_s=0.1)


async def _read(stream: LineStream | WebSocket) -> tuple[list[str | bytes], str]:
    """What came, and how it ended."""
    got: list[str | bytes] = []
    try:
        async for each in stream:
            got.append(each)  # noqa: PERF401  (what came before an error counts)
    except FetchError as error:
        return got, type(error).__name__
    return got, ""


@pytest.mark.parametrize(
    ("path", "lines", "end"),
    [
        ("/lines", [b"one", b"two", b"", b"last"], ""),
        ("/to/lines", [b"one", b"two", b"", b"last"], ""),
        ("/quiet", [b"first"], "TooSlow"),
        ("/long-line", [b"short"], "TooLarge"),
        ("/cut-lines", [b"one"], "BrokenOff"),
    ],
)
async def test_lines_come_as_they_arrive(
    http: GuardedHttp, server: Server, path: str, lines: list[bytes], end: str
) -> None:
    async with http.lines(server.url(path), idle_timeout_s=0.2, max_line_bytes=5000) as stream:
        assert stream.status == 200
        assert await _read(stream) == (lines, end)


async def test_a_stream_that_is_no_stream_says_so_when_it_is_opened(
    http: GuardedHttp, server: Server
) -> None:
    async with http.lines(server.url("/missing")) as stream:
        assert stream.status == 404
    for path, error in (("/garbage", NotHttp), ("/loop", TooManyRedirects)):
        with pytest.raises(error):
            async with http.lines(server.url(path)):
                raise AssertionError("opened")
    with pytest.raises(AddressForbidden):
        async with http.lines("http://192.168.0.1/"):
            raise AssertionError("opened")


async def test_what_a_reader_raises_inside_a_stream_stays_what_it_is(
    http: GuardedHttp, server: Server
) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with http.lines(server.url("/quiet")) as stream:
            async for _ in stream:
                raise ZeroDivisionError


async def _socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        match message.data:
            case "bye":
                await socket.close(code=4001, message=b"enough")
            case "big":
                await socket.send_bytes(b"x" * 10_000)
            case "cut":
                assert request.transport is not None
                request.transport.abort()
            case _:
                await socket.send_str(f"echo {message.data}")
    return socket


@pytest.mark.parametrize(
    ("said", "got", "end"),
    [
        ("bye", [], ""),
        ("big", [], "TooLarge"),
        ("cut", [], "BrokenOff"),
        ("hello", ["echo hello"], "TooSlow"),
    ],
)
async def test_a_websocket_talks_and_says_how_it_ended(said: str, got: list[str], end: str) -> None:
    application = web.Application()
    application.router.add_get("/", _socket)
    async with TestServer(application) as running:
        pair = ("127.0.0.1", running.port or 0)
        async with (
            GuardedHttp(allowed=frozenset({pair})) as http,
            http.websocket(
                f"ws://127.0.0.1:{running.port}/", idle_timeout_s=0.2, max_message_bytes=5000
            ) as socket,
        ):
            assert socket.headers["upgrade"] == "websocket"
            await socket.send(said)
            assert await _read(socket) == (got, end)
            if said == "bye":
                assert (socket.close_code, socket.close_reason) == (4001, "enough")


async def test_a_websocket_that_is_refused_tells_the_answer(
    http: GuardedHttp, server: Server
) -> None:
    with pytest.raises(UpgradeRefused) as refused:
        async with http.websocket(f"ws://127.0.0.1:{server.port}/missing"):
            raise AssertionError("opened")
    assert refused.value.response.status == 404
    for url in ("ws://10.0.0.1/", "http://exemple.fr/"):
        with pytest.raises(AddressForbidden):
            async with http.websocket(url):
                raise AssertionError("opened")


async def test_a_bomb_is_never_unpacked_past_the_limit(http: GuardedHttp, server: Server) -> None:
    exactly = await http.get(server.url("/gzip"), max_bytes=1000)
    assert len(exactly.body) == 1000
    with pytest.raises(TooLarge):
        await http.get(server.url("/gzip"), max_bytes=999)


async def test_redirects_are_followed_from_where_they_stand(
    http: GuardedHttp, server: Server
) -> None:
    found = await http.get(server.url("/relative"))
    assert (found.body, found.url) == (b"bonjour", server.url("/plain"))


async def test_secrets_do_not_follow_to_another_host(server: Server) -> None:
    async with (
        serving(_misbehave) as other,
        GuardedHttp(allowed=frozenset({server.pair, other.pair})) as http,
    ):
        await http.get(
            server.url(f"/to/{other.url('/echo')}"),
            headers={"Authorization": "Bearer x", "If-Modified-Since": "then"},
        )
        assert "Authorization" in server.asked[0]
        assert "Authorization" not in other.asked[0]
        assert "If-Modified-Since" in other.asked[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://user@127.0.0.1:{port}/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "http://",
        "//exemple.fr/",
        "http://[::1",
        "",
    ],
)
async def test_a_private_address_is_never_asked(server: Server, url: str) -> None:
    async with GuardedHttp() as http:
        with pytest.raises(AddressForbidden):
            await http.get(url.format(port=server.port))
    assert server.asked == []


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/x", "http://169.254.169.254/", "file:///etc/passwd", "//127.0.0.1/"],
)
async def test_a_redirect_to_a_private_address_is_not_followed(
    http: GuardedHttp, server: Server, target: str
) -> None:
    async with serving(_misbehave) as inside:
        with pytest.raises(AddressForbidden):
            await http.get(server.url("/to/" + target.format(port=inside.port)))
        assert inside.asked == []


async def test_nobody_there_is_unreachable() -> None:
    async with GuardedHttp(allowed=frozenset({("127.0.0.1", 1)})) as http:
        with pytest.raises(Unreachable):
            await http.get("http://127.0.0.1:1/")


async def test_a_name_that_turns_private_between_look_and_connection_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: even an answer that slipped through is checked where the socket is made."""

    async def rebound(self: Any, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    monkeypatch.setattr(GuardedResolver, "resolve", rebound)
    async with GuardedHttp() as http:
        with pytest.raises(AddressForbidden):
            await http.get(f"http://rebind.exemple:{server.port}/")
    assert server.asked == []


async def test_an_allowed_name_is_allowed_at_its_port_only(server: Server) -> None:
    async with GuardedHttp(allowed=frozenset({("localhost", server.port)})) as http:
        assert (await http.get(server.url("/plain", host="localhost"))).status == 200
        with pytest.raises(AddressForbidden):
            await http.get(f"http://localhost:{server.port + 1}/")


async def test_a_host_gets_few_connections_at_once(http: GuardedHttp, server: Server) -> None:
    await asyncio.gather(*(http.get(server.url(f"/echo/{n}")) for n in range(3 * PER_HOST)))
    assert len(server.asked) == 3 * PER_HOST
    assert server.most_at_once <= PER_HOST


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True),
        ("100.64.0.1", False), ("192.0.0.192", False), ("168.63.129.16", False),
        ("198.51.100.1", False), ("::", False), ("ff02::1", False), ("fe80::1%eth0", False),
        ("2001:0:7f00:1::", False), ("nonsense", False), ("", False), ("255.255.255.255", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_public_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_gate_learns_only_what_is_allowed() -> None:
    gate = Gate({("ami.exemple", 80)})
    gate.learn("ennemi.exemple", "10.0.0.1", 80)
    with pytest.raises(OSError, match="public"):
        gate.check("10.0.0.1", 80)
    gate.learn("ami.exemple", "10.0.0.1", 80)
    gate.check("10.0.0.1", 80)
