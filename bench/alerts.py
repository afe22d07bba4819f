"""A post sent by a server to the alert at a webhook: through collector, pipeline, rules, delivery.

Everything real, in the default profile: a Jetstream on loopback sends 100 posts a second to a
`vigie collect --with-jobs` as `vigie up` runs it; a rule tells of each new post of a watch, without
waiting, to a webhook on loopback through Apprise. A message says how many posts there are in all: a
post's delay runs from the moment it is sent to the first message that counts it.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from backports import zstd

from bench.dataset import EMAIL, SLUG, environment
from bench.record import percentile, record
from bench.server import prepare
from vigie.plugins.sources.bluesky.jetstream import legacy_dictionary

RATE, SECONDS = 100, 20
LONGEST_S = 60
_COUNTED = re.compile(r": (\d+) new post")
_SET_UP = """
from datetime import UTC, datetime
from vigie.accounts.models import User
from vigie.alerting.actions import channels, rules
from vigie.collection.sources import add_source
from vigie.operations.access import desk_for
now = datetime.now(UTC)
by = desk_for(User.objects.get(email={email!r}), {slug!r})
way = channels.add_channel(plugin="apprise", name="Webhook", config={{"url": {hook!r}}},
    language="en", by=by, now=now)
rules.add_rule(plan=rules.Plan(name="Bench", kind="posts", ways=((way.pk, 0),), repeat_s=0,
    urgent=True), by=by, now=now)
add_source(plugin="bluesky", name="Bench", by=by, now=now,
    config={{"way": "jetstream-legacy", "server": {server!r}}})
"""


class Loopback:
    """The Jetstream and the webhook. `sent`: when each post was; `told`: (moment, posts in all)."""

    def __init__(self) -> None:
        self.sent: list[float] = []
        self.told: list[tuple[float, int]] = []
        self.connected = asyncio.Event()
        self._words = random.Random(7)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/subscribe", self.stream)
        app.router.add_post("/hook", self.hook)
        return app

    async def hook(self, request: web.Request) -> web.Response:
        said = await request.json()
        if found := _COUNTED.search(said["title"]):
            self.told.append((time.time(), int(found[1])))
        return web.json_response({})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        packed = request.query.get("compress") == "true"
        self.connected.set()
        with suppress(ConnectionError):  # the collector is told to stop when all is counted
            await self._play(socket, packed)
        return socket

    async def _play(self, socket: web.WebSocketResponse, packed: bool) -> None:
        await asyncio.sleep(2)  # the first batch loads the analyser: that is not what is measured
        await self._send(socket, packed, count=False)
        await asyncio.sleep(15)
        began = time.perf_counter()
        for number in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            await self._send(socket, packed)
        await asyncio.sleep(LONGEST_S)

    async def _send(
        self, socket: web.WebSocketResponse, packed: bool, *, count: bool = True
    ) -> None:
        number, now = len(self.sent), datetime.now(UTC)
        letters = "abcdefghijklmnopqrstuvwxyz"
        words = ["".join(self._words.choices(letters, k=7)) for _ in range(12)]
        event = {
            "did": "did:plc:q235v55g5unth4zjjdpacfdr",
            "time_us": int(now.timestamp() * 1_000_000),
            "kind": "commit",
            "commit": {
                "rev": "3mmoojpaqkn2z",
                "operation": "create",
                "collection": "app.bsky.feed.post",
                "rkey": f"3mmooj{number:07d}{'' if count else 'x'}",
                "record": {
                    "$type": "app.bsky.feed.post",
                    "text": f"crue {' '.join(words)}",
                    "createdAt": now.isoformat().replace("+00:00", "Z"),
                    "langs": ["fr"],
                },
                "cid": "bafyreicl7rzkxdrm4zz2ehbx52kuk3mvfow6p3gzfysqk2q7n4v5o6r3ua",
            },
        }
        line = json.dumps(event)
        if count:
            self.sent.append(time.time())
        if packed:
            await socket.send_bytes(zstd.compress(line.encode(), zstd_dict=legacy_dictionary()))
        else:
            await socket.send_str(line)


async def measure(home: Path) -> Loopback:
    """Let everything run; what was sent and what was told."""
    loopback = Loopback()
    runner = web.AppRunner(loopback.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    env = {**environment(home), "VIGIE_ALLOW_PRIVATE": f"127.0.0.1:{port}"}
    script = _SET_UP.format(
        email=EMAIL, slug=SLUG, hook=f"json://127.0.0.1:{port}/hook",
        server=f"ws://127.0.0.1:{port}",
    )  # fmt: skip
    run = [sys.executable, "-m", "vigie"]
    await asyncio.to_thread(
        subprocess.run, [*run, "django-admin", "shell", "-v0", "-c", script], env=env, check=True
    )
    child = await asyncio.create_subprocess_exec(
        *run, "collect", "--with-jobs", env=env, stderr=subprocess.DEVNULL
    )
    try:
        await asyncio.wait_for(loopback.connected.wait(), 60)
        wanted, until = RATE * SECONDS + 1, time.time() + SECONDS + LONGEST_S + 20
        while time.time() < until:
            await asyncio.sleep(0.2)
            if len(loopback.sent) == RATE * SECONDS and any(
                counted >= wanted for _, counted in loopback.told
            ):
                break
    finally:
        child.terminate()
        await child.wait()
        await runner.cleanup()
    return loopback


def delays_of(loopback: Loopback) -> list[float]:
    """Per post, until the first message that counts it; posts no message counted are left out."""
    delays, told = [], iter(sorted(loopback.told))
    moment, counted = next(told, (0.0, 0))
    for number, sent in enumerate(loopback.sent, 2):  # the post that warmed up is the first
        while counted < number:
            found = next(told, None)
            if found is None:
                return delays
            moment, counted = found
        delays.append(moment - sent)
    return delays


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vigie-alerts-") as name:
        home = Path(name)
        prepare(home, watch="crue")
        loopback = asyncio.run(measure(home))
    delays = delays_of(loopback)
    record(
        "alerts",
        {
            "p95_s": round(percentile(delays, 0.95), 2),
            "median_s": round(percentile(delays, 0.5), 2),
            "worst_s": round(max(delays), 2),
            "posts": len(loopback.sent),
            "posts_untold": len(loopback.sent) - len(delays),
            "messages": len(loopback.told),
            "posts_per_s": RATE,
        },
        targets={"p95_s": "≤ 3", "posts_untold": "0"},
    )


if __name__ == "__main__":
    main()
