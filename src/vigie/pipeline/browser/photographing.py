"""A picture of a page by an installed Chromium: one visit, one process, nothing kept.

Isolation, from inside out: the browser's own sandbox; no network but our proxy (names resolved and
addresses checked there, see `proxy`); orders over pipes and no debugging port; another user when we
are root; an empty profile that is deleted; limits of time, memory and processor. See ADR 0016.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from vigie.contracts.recording import BrowserFailed, Photograph
from vigie.pipeline.addresses import Gate
from vigie.pipeline.browser import launch_path
from vigie.pipeline.browser.proxy import proxying
from vigie.pipeline.browser.wire import MESSAGE_BYTES, BrowserGone, BrowserRefuses, Wire

VISIT_S: Final = 40.0
WAIT_S: Final = 90.0
"""For one's turn: one browser at a time."""
LOAD_S: Final = 15.0
SETTLE_S: Final = 1.5
"""After loading, for scripts that draw."""
MEMORY_BYTES: Final = 1_500_000_000
LOOK_S: Final = 0.5
WIDTH, HEIGHT, TALLEST = 1_280, 900, 6_000
PICTURE_BYTES: Final = 12_000_000
TEXT_LIMIT: Final = 200_000
NOBODY: Final = 65_534

_FLAGS: Final = (
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
    "--disable-default-apps", "--disable-background-networking", "--disable-component-update",
    "--disable-breakpad", "--disable-domain-reliability", "--disable-client-side-phishing-detection",
    "--disable-quic", "--dns-prefetch-disable", "--no-pings", "--mute-audio", "--hide-scrollbars",
    "--deny-permission-prompts", "--block-new-web-contents", "--password-store=basic", "--incognito",
    "--lang=fr", "--renderer-process-limit=2", "--js-flags=--max-old-space-size=256",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-features=MediaRouter,OptimizationHints,Translate,DialMediaRouteProvider,"
    "AutofillServerCommunication,CertificateTransparencyComponentUpdater",
)  # fmt: skip
_LOOK: Final = (
    "({text: (document.body ? document.body.innerText : '').slice(0, %d),"
    " title: document.title.slice(0, 500), url: location.href.slice(0, 4000),"
    " height: Math.max(document.documentElement.scrollHeight, %d)})"
)


class ChromiumPhotographer:
    """The `Photographer` port over a Chromium or Chrome at `program`."""

    def __init__(
        self,
        program: str,
        *,
        allowed: frozenset[tuple[str, int]] = frozenset(),
        sandboxed: bool = True,
        visit_s: float = VISIT_S,
    ) -> None:
        self._program = program
        self._allowed = allowed
        self._sandboxed = sandboxed
        self._visit_s = visit_s
        self._turn = asyncio.Lock()

    async def photograph(self, url: str) -> Photograph:
        """See `contracts.recording.Photographer.photograph`."""
        try:
            async with asyncio.timeout(WAIT_S):
                await self._turn.acquire()
        except TimeoutError as error:
            raise BrowserFailed("browser_too_slow", "others are before") from error
        try:
            return await self._visit(url)
        finally:
            self._turn.release()

    async def _visit(self, url: str) -> Photograph:
        try:
            async with (
                asyncio.timeout(self._visit_s),
                proxying(Gate(self._allowed)) as proxy,
                self._running(proxy.port) as browser,
            ):
                made = await _take(browser, url)
        except TimeoutError as error:
            raise BrowserFailed("browser_too_slow") from error
        except _TooLarge as error:
            raise BrowserFailed("browser_too_large") from error
        except (BrowserGone, BrowserRefuses, OSError, ValueError, KeyError) as error:
            raise BrowserFailed(
                "browser_failed", f"{type(error).__name__}: {error}"[:200]
            ) from error
        return Photograph(
            picture=made["picture"], text=made["text"], title=made["title"], url=made["url"],
            tool=made["tool"], refused=tuple(proxy.refused),
        )  # fmt: skip

    @asynccontextmanager
    async def _running(self, port: int) -> AsyncIterator[_Browser]:
        """The browser, started and in the end ended with all its processes."""
        folder = tempfile.mkdtemp(prefix="vigie-browser-")
        uid = NOBODY if os.geteuid() == 0 else 0
        if uid:
            os.chown(folder, uid, uid)
        ours_read, theirs_write = os.pipe()
        theirs_read, ours_write = os.pipe()
        command = [
            sys.executable, "-I", "-S", str(launch_path()), str(theirs_read), str(theirs_write),
            str(uid), self._program, *_FLAGS, f"--user-data-dir={folder}/profile",
            f"--proxy-server=http://127.0.0.1:{port}", f"--window-size={WIDTH},{HEIGHT}",
            *(() if self._sandboxed else ("--no-sandbox",)), "about:blank",
        ]  # fmt: skip
        environment = {"HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        try:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL, env=environment, cwd=folder,
                    pass_fds=(theirs_read, theirs_write), start_new_session=True,
                )  # fmt: skip
            finally:
                os.close(theirs_read)
                os.close(theirs_write)
            browser = await _Browser.connect(process.pid, ours_read, ours_write)
            try:
                yield browser
            finally:
                await browser.close()
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _TooLarge(Exception):
    """It takes more memory than a page may."""


class _Browser:
    """A running browser: its wire, what it told, and who watches how much it takes."""

    def __init__(self, group: int) -> None:
        self._group = group
        self.wire: Wire
        self.session = ""
        self.loaded = asyncio.Event()
        self.too_large = False

    @classmethod
    async def connect(cls, group: int, read: int, write: int) -> _Browser:
        browser = cls(group)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MESSAGE_BYTES)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop=loop), os.fdopen(write, "wb", 0)
        )
        writer = asyncio.StreamWriter(transport, protocol, None, loop)
        browser.wire = Wire(reader, writer, browser._heard)
        browser._watch = asyncio.create_task(browser._watch_memory())
        return browser

    _watch: asyncio.Task[None]

    def _heard(self, method: str, told: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self.loaded.set()
        elif method == "Page.javascriptDialogOpening":
            self.wire.tell("Page.handleJavaScriptDialog", session=self.session, accept=False)

    async def _watch_memory(self) -> None:
        while True:
            if await asyncio.to_thread(_memory, self._group) > MEMORY_BYTES:
                self.too_large = True
                with suppress(ProcessLookupError):
                    os.killpg(self._group, signal.SIGKILL)
                return
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        await self.wire.close()


async def _take(browser: _Browser, url: str) -> dict[str, Any]:
    try:
        return await _look(browser, url)
    except BrowserGone:
        if browser.too_large:
            raise _TooLarge from None
        raise


async def _look(browser: _Browser, url: str) -> dict[str, Any]:
    wire = browser.wire
    version = await wire.order("Browser.getVersion")
    await wire.order("Browser.setDownloadBehavior", behavior="deny")
    target = (await wire.order("Target.createTarget", url="about:blank"))["targetId"]
    attached = await wire.order("Target.attachToTarget", targetId=target, flatten=True)
    session = browser.session = attached["sessionId"]
    await wire.order("Page.enable", session=session)
    await wire.order(
        "Emulation.setDeviceMetricsOverride", session=session, width=WIDTH, height=HEIGHT,
        deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    browser.loaded.clear()
    went = await wire.order("Page.navigate", session=session, url=url)
    if went.get("errorText"):
        raise BrowserRefuses(str(went["errorText"]))
    with suppress(TimeoutError):  # a page that never ends loading is taken as it stands
        async with asyncio.timeout(LOAD_S):
            await browser.loaded.wait()
    await asyncio.sleep(SETTLE_S)
    seen = await wire.order(
        "Runtime.evaluate", session=session, expression=_LOOK % (TEXT_LIMIT, HEIGHT),
        returnByValue=True, timeout=5_000,
    )  # fmt: skip
    found = seen["result"]["value"]
    for height in (min(int(found["height"]), TALLEST), HEIGHT):
        shot = await wire.order(
            "Page.captureScreenshot", session=session, format="png", captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1},
        )  # fmt: skip
        picture = base64.b64decode(shot["data"])
        if len(picture) <= PICTURE_BYTES:
            break
    else:
        raise _TooLarge
    return {
        "picture": picture, "text": str(found["text"]), "title": str(found["title"]),
        "url": str(found["url"]), "tool": str(version.get("product", "Chromium"))[:60],
    }  # fmt: skip


def _memory(group: int) -> int:
    """Bytes in use by all processes of the group; shared pages counted once for each."""
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[2]) == group:
                statm = (folder / "statm").read_text().split()
                total += (int(statm[1]) - int(statm[2])) * page
    return total
