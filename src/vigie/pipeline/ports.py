"""The ports as this installation gives them to plugins and jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from vigie.collection.blobs import BlobStore
from vigie.contracts.ports import Controls, Http, Ports
from vigie.kernel.clock import utc_now
from vigie.pipeline.browser.photographing import ChromiumPhotographer
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.outside import Outside
from vigie.pipeline.recording import GuardedRecorder

ANYWAY_S: Final = 30.0
"""How long `changes` waits at most before it wakes by itself."""


class SystemClock:
    """The `Clock` port over the system's time."""

    def now(self) -> datetime:
        return utc_now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class KnownSecrets:
    """The `Secrets` port over what people entered (read beforehand: `collection.secrets.values`) and
    what `config` read from the environment (VIGIE_SECRET_<NAME>).
    """

    def __init__(self, entered: Mapping[str, str]) -> None:
        self._entered = entered

    def get(self, name: str) -> str | None:
        found: str | None = self._entered.get(name) or settings.VIGIE_SECRETS.get(name.lower())
        return found


class LatestControls:
    """The `Controls` port: holds what was read last, wakes who waits when it changes."""

    def __init__(self, controls: Mapping[str, Any]) -> None:
        self._controls = controls
        self._changed = asyncio.Event()

    def put(self, controls: Mapping[str, Any]) -> None:
        """What people ask now; wakes waiters when it is something else than before."""
        if controls != self._controls:
            self._controls = controls
            self._changed.set()

    async def read(self) -> Mapping[str, Any]:
        return self._controls

    async def changes(self) -> AsyncIterator[None]:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), ANYWAY_S)
            self._changed.clear()
            yield


def guarded_http() -> GuardedHttp:
    """The client of this installation; close it when done."""
    return GuardedHttp(allowed=settings.VIGIE_ALLOW_PRIVATE, address=settings.VIGIE_ADDRESS)


def guarded_threads() -> Outside:
    """Threads for libraries that open their own sockets, held to the same addresses."""
    return Outside(allowed=settings.VIGIE_ALLOW_PRIVATE)


def guarded_recorder() -> GuardedRecorder:
    """What keeps pages as they came, held to the same addresses."""
    return GuardedRecorder(allowed=settings.VIGIE_ALLOW_PRIVATE, address=settings.VIGIE_ADDRESS)


def installed_photographer() -> ChromiumPhotographer | None:
    """The installed browser, held to the same addresses; None without one."""
    if not settings.VIGIE_BROWSER:
        return None
    return ChromiumPhotographer(
        settings.VIGIE_BROWSER, allowed=settings.VIGIE_ALLOW_PRIVATE,
        sandboxed=settings.VIGIE_BROWSER_SANDBOX,
    )  # fmt: skip


def ports(
    *, http: Http, controls: Controls | None = None, entered: Mapping[str, str] | None = None
) -> Ports:
    """All ports; without `controls` nobody asks anything of the plugin. `entered`: secrets."""
    return Ports(
        http=http,
        clock=SystemClock(),
        blobs=BlobStore(),
        secrets=KnownSecrets(entered or {}),
        controls=controls or LatestControls({}),
    )
