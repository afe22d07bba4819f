"""A post on the boards of 100 connected browsers: from source to SSE frame, at 50 posts/s.

One real server process; 100 open streams; another process takes 50 posts a second through the whole
pipeline, one message each. A frame's delay runs from the moment the post is handed to the pipeline
to the moment a browser has read the frame that tells of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from bench.dataset import EMAIL, PASSWORD, SLUG, environment
from bench.record import ROOT, percentile, record
from bench.server import Server, prepare, sign_in

BROWSERS, RATE, SECONDS = 100, 50, 20
WORDS = "la crue monte a orsay rue des pres pont ferme cave inondee secours eau route gare".split()  # noqa: SIM905


def feed() -> None:
    """In a child: RATE posts a second for SECONDS; a line (entry, moment handed over) for each."""
    import django

    django.setup()
    from vigie.collection.models import Source
    from vigie.contracts.plugins import RawItem
    from vigie.kernel.clock import rfc3339, utc_now
    from vigie.operations.models import Operation
    from vigie.pipeline.intake import installed_intake
    from vigie.pipeline.messages import Message

    source = Source.objects.create(
        operation=Operation.objects.get(slug=SLUG), plugin="file", name="Mesure", enabled=False,
        config={"blob": "none"}, created_at=utc_now(),
    )  # fmt: skip
    intake = installed_intake()

    def message(number: int) -> Message:
        text = " ".join(WORDS[(number * 7 + k * (number % 5 + 1)) % len(WORDS)] for k in range(14))
        post = {
            "id": str(number),
            "text": f"crue {number} {text}",
            "created_at": rfc3339(utc_now()),
        }
        return Message(source=source.pk, items=(RawItem(payload=json.dumps(post).encode()),))

    intake.take(message(-1), now=utc_now())
    began = time.perf_counter()
    for number in range(RATE * SECONDS):
        wait = began + number / RATE - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        handed = time.time()
        outcome = intake.take(message(number), now=utc_now())
        for _, entry in outcome.entries:
            print(entry, handed, flush=True)


async def listen(
    url: str, cookies: dict[str, str], seen: dict[int, float], ready: asyncio.Event
) -> None:
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(cookies=cookies, timeout=timeout) as session,
        session.get(url) as answer,
    ):
        answer.raise_for_status()
        ready.set()
        async for line in answer.content:
            if line.startswith(b"id:"):
                seen.setdefault(int(line[3:]), time.time())


async def measure(server: Server, home: Path) -> tuple[list[float], int]:
    cookies = await asyncio.to_thread(sign_in, server, EMAIL, PASSWORD)
    seen: list[dict[int, float]] = [{} for _ in range(BROWSERS)]
    ready = [asyncio.Event() for _ in range(BROWSERS)]
    listening = [
        asyncio.create_task(listen(f"{server.address}/live/{SLUG}/", cookies, seen[n], ready[n]))
        for n in range(BROWSERS)
    ]
    await asyncio.wait_for(asyncio.gather(*(each.wait() for each in ready)), 60)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.live", "feed", cwd=ROOT, stdout=subprocess.PIPE,
        env={**environment(home), "DJANGO_SETTINGS_MODULE": "vigie.config.settings"},
    )  # fmt: skip
    assert child.stdout is not None
    handed = {}
    async for line in child.stdout:
        entry, moment = line.split()
        handed[int(entry)] = float(moment)
    await child.wait()
    await asyncio.sleep(3)
    for task in listening:
        task.cancel()
    delays = [
        each[entry] - moment for each in seen for entry, moment in handed.items() if entry in each
    ]
    return delays, len(handed) * BROWSERS - len(delays)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vigie-live-") as name:
        home = Path(name)
        prepare(home, watch="crue OR eau")
        with Server(home) as server:
            delays, missing = asyncio.run(measure(server, home))
    record(
        "live",
        {
            "p95_s": round(percentile(delays, 0.95), 3),
            "median_s": round(percentile(delays, 0.5), 3),
            "worst_s": round(max(delays), 3),
            "frames": len(delays),
            "frames_missing": missing,
            "browsers": BROWSERS,
            "posts_per_s": RATE,
        },
        targets={"p95_s": "< 1", "frames_missing": "0"},
    )


if __name__ == "__main__":
    feed() if sys.argv[1:] == ["feed"] else main()
