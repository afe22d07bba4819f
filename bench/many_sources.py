"""500 feeds and 50 streams open in one collector: memory, and how late the latest source is.

One `vigie collect` with the whole pipeline in it, SQLite, ten watches. The servers are another
process on loopback: each feed has a new entry at every visit, 25 streams speak Jetstream and 25 a
Mastodon instance's WebSocket, one post a second each, one in ten matching. Every tenth feed is ill
(times out, hangs up, 503, nonsense) and must slow nobody. Feeds are visited every 60 s, the shortest
interval there is. Promised: under 300 MB, no healthy source later than twice its interval.

    python -m bench.many_sources [SECONDS]
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.dataset import environment
from bench.record import ROOT, percentile, record

FEEDS: Final = 500
STREAMS: Final = 50
INTERVAL_S: Final = 60
SECONDS: Final = 200
ILL: Final = 10
"""One feed in so many is ill."""

ALLOWED_MB: Final = 300
TOKEN: Final = "jeton"


class Servers:
    """What the sources are open to. `/figures` tells when each feed was visited."""

    def __init__(self) -> None:
        self.visits: dict[int, list[float]] = defaultdict(list)
        self.opened = 0
        self.open = 0
        self.most_open = 0

    async def feed(self, request: Any) -> Any:
        from aiohttp import web

        number = int(request.match_info["number"])
        self.visits[number].append(time.time())
        if number % ILL == 0:
            return await self._ill(number // ILL % 4, request)
        visit = len(self.visits[number])
        at = datetime.now(UTC)
        entries = "".join(
            f"<item><guid>{number}-{each}</guid><title>{'La crue monte' if each % 10 == 0 else 'Bon appétit'}"
            f" {number} {each}</title><link>https://exemple.org/{number}/{each}</link>"
            f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
            f"<description>{'Un texte de quelques lignes. ' * 20}</description></item>"
            for each in range(max(0, visit - 20), visit)
        )
        body = (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>F {number}</title>'
            f"<link>https://exemple.org</link><description>F</description>{entries}</channel></rss>"
        )
        return web.Response(text=body, content_type="application/rss+xml")

    async def _ill(self, kind: int, request: Any) -> Any:
        from aiohttp import web

        if kind == 0:
            await asyncio.sleep(25)
        elif kind == 1:
            request.transport.abort()
        elif kind == 2:
            return web.Response(text="<html>nonsense", content_type="text/html")
        return web.Response(status=503)

    async def jetstream(self, request: Any) -> Any:
        from aiohttp import web

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        did = f"did:plc:{self._arrived():024d}"
        number = 0
        while not socket.closed:
            number += 1
            text = f"La crue monte, {number}" if number % 10 == 0 else f"Bon appétit {number}"
            record = {
                "$type": "app.bsky.feed.post",
                "createdAt": "2026-11-24T09:00:00Z",
                "text": text,
            }
            commit = {"rev": "3", "operation": "create", "collection": "app.bsky.feed.post",
                      "rkey": f"3m{number}", "record": record, "cid": "b"}  # fmt: skip
            told = {
                "did": did,
                "time_us": int(time.time() * 1e6),
                "kind": "commit",
                "commit": commit,
            }
            if not await self._sent(socket, told):
                break
        return socket

    async def mastodon(self, request: Any) -> Any:
        from aiohttp import web

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        account = self._arrived()
        number = 0
        while not socket.closed:
            number += 1
            text = f"La crue monte, {number}" if number % 10 == 0 else f"Bon appétit {number}"
            stamp = int(time.time() * 1000) << 16
            uri = f"https://a{account}.exemple/statuses/{number}"
            status = {"id": str(stamp), "uri": uri, "url": uri, "visibility": "public",
                      "created_at": datetime.now(UTC).isoformat(), "content": f"<p>{text}</p>",
                      "account": {"acct": f"v{account}@a.exemple", "url": f"https://a.exemple/@v{account}"},
                      "media_attachments": [], "tags": []}  # fmt: skip
            told = {"stream": ["public"], "event": "update", "payload": json.dumps(status)}
            if not await self._sent(socket, told):
                break
        return socket

    def _arrived(self) -> int:
        self.opened += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        return self.opened

    async def _sent(self, socket: Any, told: dict[str, Any]) -> bool:
        try:
            await socket.send_str(json.dumps(told, ensure_ascii=False))
            await asyncio.sleep(1)
        except (ConnectionError, RuntimeError):
            self.open -= 1
            return False
        return True

    async def instance(self, request: Any) -> Any:
        from aiohttp import web

        urls = {"streaming": f"ws://{request.host}"}
        return web.json_response({"configuration": {"urls": urls}})

    async def timeline(self, request: Any) -> Any:
        from aiohttp import web

        return web.json_response([])

    async def figures(self, request: Any) -> Any:
        from aiohttp import web

        return web.json_response(
            {"visits": self.visits, "opened": self.opened, "most_open": self.most_open}
        )

    def serve(self) -> None:
        """Print the port, serve until killed."""
        from aiohttp import web

        app = web.Application()
        get = app.router.add_get
        get("/feed/{number}.xml", self.feed)
        get("/subscribe", self.jetstream)
        get("/api/v1/streaming", self.mastodon)
        get("/api/v2/instance", self.instance)
        get("/api/v1/timelines/{kind}", self.timeline)
        get("/figures", self.figures)

        async def run() -> None:
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            sys.stdout.write(f"{runner.addresses[0][1]}\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

        asyncio.run(run())


def sow(port: int) -> None:
    """In a child: the operation, its watches, the sources."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from vigie.collection.models import Source, Watch
    from vigie.kernel.clock import utc_now
    from vigie.operations.models import Operation

    now = utc_now()
    operation = Operation.objects.create(
        slug="m", title="M", kind="flood", phase="active", languages=["fr"], created_at=now
    )
    for number in range(10):
        query = "crue" if number == 0 else f"inondation lieu{number}"
        Watch.objects.create(operation=operation, name=f"v{number}", query=query, created_at=now)
    base = f"127.0.0.1:{port}"
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("feed", {"url": f"http://{base}/feed/{number}.xml", "interval_s": INTERVAL_S})
        for number in range(FEEDS)
    ]
    jetstream = {"way": "jetstream-legacy", "server": f"ws://{base}"}
    mastodon = {
        "instances": f"http://{base}",
        "public": "public",
        "streaming": True,
        "secret": "mesure",
    }
    wanted += [("bluesky", jetstream) if n % 2 else ("mastodon", mastodon) for n in range(STREAMS)]
    for number, (plugin, config) in enumerate(wanted):
        Source.objects.create(
            operation=operation, plugin=plugin, name=f"{plugin} {number}", config=config,
            created_at=now,
        )  # fmt: skip


def told(home: Path) -> dict[str, Any]:
    """What the tables say: sources by state, posts, how late the streams' posts were stored."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home / "vigie.sqlite3")) as db:
        states = {
            f"{state} {code}".strip(): count
            for state, code, count in db.execute(
                "SELECT state, error_code, count(*) FROM collection_source GROUP BY 1, 2"
            )
        }
        late = [
            max(0.0, seconds)
            for (seconds,) in db.execute(
                "SELECT (julianday(p.received_at) - julianday(p.published_at)) * 86400"
                " FROM collection_post p JOIN collection_source s ON s.id = p.source_id"
                " WHERE s.plugin != 'feed'"
            )
        ]
        (posts,) = db.execute("SELECT count(*) FROM collection_post").fetchone()
    return {"states": states, "posts": posts, "late": late}


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/figures", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def main(seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="vigie-sources-") as name:
        home = Path(name)
        surroundings = {
            **environment(home), "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
            "VIGIE_SECRET_MESURE": TOKEN, "VIGIE_LOG_LEVEL": "ERROR",
        }  # fmt: skip
        module = [sys.executable, "-m", "bench.many_sources"]
        servers = subprocess.Popen(
            [*module, "serve"], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=surroundings
        )
        collector = None
        try:
            assert servers.stdout is not None
            port = int(servers.stdout.readline())
            surroundings["VIGIE_ALLOW_PRIVATE"] = f"127.0.0.1:{port}"
            subprocess.run([*module, "sow", str(port)], cwd=ROOT, env=surroundings, check=True)
            began = time.time()
            collector = subprocess.Popen(
                [sys.executable, "-m", "vigie", "collect"], cwd=ROOT, env=surroundings
            )
            most = 0.0
            while time.time() < began + seconds:
                time.sleep(1)
                if collector.poll() is not None:
                    raise SystemExit(f"the collector ended with {collector.returncode}")
                most = max(most, _memory_mb(collector.pid))
            figures, used = _ask(port), _processor_s(collector.pid)
            ended = time.time()
            collector.send_signal(signal.SIGTERM)
            collector.wait(300)
            figures["stopped_in_s"] = round(time.time() - ended, 1)
            return _tell(figures, told(home), most, used, began, ended)
        finally:
            if collector is not None and collector.poll() is None:
                collector.kill()
            servers.kill()


def _tell(
    figures: dict[str, Any],
    stored: dict[str, Any],
    most: float,
    used: float,
    began: float,
    ended: float,
) -> int:
    """Write the figures down. The longest a healthy feed was left alone counts its last visit too."""
    longest = []
    for number in range(FEEDS):
        if number % ILL:
            visits = [began, *figures["visits"].get(str(number), []), ended]
            longest.append(max(b - a for a, b in itertools.pairwise(visits)))
    latest = round(max(longest) / INTERVAL_S, 2)
    late = stored["late"] or [float("inf")]
    record(
        "many_sources",
        {
            "memory_mb": round(most),
            "latest_source_intervals": latest,
            "feeds": FEEDS,
            "streams_open_at_once": figures["most_open"],
            "streams_opened": figures["opened"],
            "visits": sum(map(len, figures["visits"].values())),
            "stream_post_stored_p95_s": round(percentile(late, 0.95), 2),
            "posts_kept": stored["posts"],
            "states": json.dumps(stored["states"]),
            "stopped_in_s": figures["stopped_in_s"],
            "processor_share": round(used / (ended - began), 2),
            "seconds": round(ended - began),
        },
        targets={
            "memory_mb": f"< {ALLOWED_MB}",
            "latest_source_intervals": "≤ 2",
            "streams_open_at_once": f"{STREAMS}",
        },
    )
    return 0 if most < ALLOWED_MB and latest <= 2 and figures["most_open"] == STREAMS else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            Servers().serve()
        case ["sow", port]:
            sow(int(port))
        case given:
            raise SystemExit(main(int(given[0]) if given else SECONDS))
