"""The browser that photographs pages: whatever a page's scripts try, nothing inside is reached."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import AsyncIterator

import aiohttp
import pytest
from PIL import Image

from tests.pipeline.servers import Server, answer, path_of, serving
from tests.verification.capturing import Trap, trapped
from vigie.contracts.recording import BrowserFailed, Photograph
from vigie.pipeline.addresses import Gate
from vigie.pipeline.browser.photographing import ChromiumPhotographer
from vigie.pipeline.browser.proxy import proxying

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""

SCRIPT = """<!doctype html><title>Titre</title><body><div id=r></div><script>
document.getElementById('r').innerText = 'Dessiné par un script';
const port = %d;
const hosts = ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0.0.0.0'];
for (const host of hosts) {
  fetch(`http://${host}:${port}/`, {mode: 'no-cors'}).catch(() => 0);
  new Image().src = `http://${host}:${port}/i.png`;
  try { new WebSocket(`ws://${host}:${port}/`); } catch (e) {}
  navigator.sendBeacon(`http://${host}:${port}/b`, 'x');
  const frame = document.createElement('iframe');
  frame.src = `http://${host}:${port}/f`;
  document.body.append(frame);
}
fetch('http://169.254.169.254/latest/meta-data/', {mode: 'no-cors'}).catch(() => 0);
try {
  const call = new RTCPeerConnection({iceServers: [
    {urls: `stun:127.0.0.1:${port}`},
    {urls: `turn:127.0.0.1:${port}?transport=tcp`, username: 'a', credential: 'b'}]});
  call.createDataChannel('x');
  call.createOffer().then((offer) => call.setLocalDescription(offer));
} catch (e) {}
open(`http://127.0.0.1:${port}/window`);
alert('ne me bloque pas');
</script>"""


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    async with trapped() as made:
        yield made


@pytest.fixture
async def server(trap: Trap) -> AsyncIterator[Server]:
    async def behave(head: str, writer: asyncio.StreamWriter) -> None:
        kind = {"Content_Type": "text/html; charset=utf-8"}
        match path_of(head):
            case "/script":
                writer.write(answer((SCRIPT % trap.port).encode(), **kind))
            case "/moves-inside":
                script = f"<script>location = 'http://127.0.0.1:{trap.port}/'</script>"
                writer.write(answer(script.encode(), **kind))
            case "/loop":
                writer.write(answer(b"<script>while (true) {}</script>", **kind))
            case "/to-inside":
                writer.write(answer(status="302 Found", Location=f"http://127.0.0.1:{trap.port}/"))
            case path:
                writer.write(answer(f"{path} {'Proxy' in head}".encode(), **kind))

    async with serving(behave) as running:
        yield running


def browser(server: Server, *, visit_s: float = 60.0) -> ChromiumPhotographer:
    if not CHROMIUM:
        pytest.skip("no Chromium is installed: what pages do in a browser was not tried")
    return ChromiumPhotographer(CHROMIUM, allowed=frozenset({server.pair}), visit_s=visit_s)


@pytest.mark.browser
async def test_a_page_drawn_by_scripts_is_photographed_and_reaches_nothing_inside(
    server: Server, trap: Trap
) -> None:
    made = await browser(server).photograph(server.url("/script"))
    with Image.open(io.BytesIO(made.picture)) as picture:
        assert (picture.format, picture.width) == ("PNG", 1_280)
    assert "Dessiné par un script" in made.text
    assert (made.title, made.url) == ("Titre", server.url("/script"))
    assert {f"127.0.0.1:{trap.port}", "169.254.169.254:80"} <= set(made.refused)
    assert trap.hits == 0


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/moves-inside", "/to-inside"])
async def test_a_page_that_leads_inside_ends_at_the_guard(
    server: Server, trap: Trap, path: str
) -> None:
    seen = await asyncio.gather(
        browser(server).photograph(server.url(path)), return_exceptions=True
    )
    (found,) = seen
    failed = isinstance(found, BrowserFailed) and found.code == "browser_failed"
    shut = isinstance(found, Photograph) and found.url.startswith("chrome-error:")
    assert failed or shut
    assert trap.hits == 0


@pytest.mark.browser
async def test_a_script_without_end_costs_no_more_than_its_time(server: Server) -> None:
    with pytest.raises(BrowserFailed) as failed:
        await browser(server, visit_s=8.0).photograph(server.url("/loop"))
    assert failed.value.code == "browser_too_slow"


async def test_a_browser_that_does_not_start_is_told_so(server: Server) -> None:
    broken = ChromiumPhotographer("/bin/false", visit_s=10.0)
    with pytest.raises(BrowserFailed) as failed:
        await broken.photograph(server.url("/plain"))
    assert failed.value.code == "browser_failed"


async def test_the_proxy_passes_on_what_is_public_and_refuses_the_rest(
    server: Server, trap: Trap
) -> None:
    async with proxying(Gate({server.pair})) as proxy, aiohttp.ClientSession() as session:
        via = f"http://127.0.0.1:{proxy.port}"
        async with session.get(server.url("/plain?a=1"), proxy=via) as found:
            assert await found.text() == "/plain?a=1 False"
        for url in (
            f"http://127.0.0.1:{trap.port}/", f"http://localhost:{trap.port}/",
            f"http://[::1]:{trap.port}/", "http://169.254.169.254/", "http://10.0.0.1/",
        ):  # fmt: skip
            async with session.get(url, proxy=via) as refused:
                assert refused.status == 403
        for port in (trap.port, 22):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            assert b"403" in await reader.readline()
            writer.close()
        for garbage in (b"GET ftp://exemple.fr/ HTTP/1.1\r\n\r\n", b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):  # fmt: skip
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(garbage)
            assert b"200" not in await reader.read()
            writer.close()
    assert trap.hits == 0
    assert len(server.asked) == 1
