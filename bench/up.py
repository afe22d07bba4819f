"""`vigie up` with 1,000,000 posts: memory of all its processes, idle processor, cold start.

Cold start is the time from the command to the first page answered, on a prepared data folder. Memory
is read after somebody signed in and looked at the board and at a search; idle processor while a page
of theirs stays open and nothing arrives.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from bench import dataset
from bench.record import record
from bench.server import Server, sign_in

POSTS, IDLE_S, STARTS = 1_000_000, 30, 3


def main() -> None:
    folder = Path(os.environ.get("VIGIE_BENCH_FOLDER", tempfile.gettempdir())) / "vigie-bench"
    home = folder / str(POSTS)
    dataset.make(home, POSTS)
    with Server(home, "up"):
        pass  # applies what is pending, fills the page cache
    starts = []
    for _ in range(STARTS):
        with Server(home, "up") as server:
            starts.append(server.started_in_s)
    with Server(home, "up") as server:
        cookies = sign_in(server, dataset.EMAIL, dataset.PASSWORD)
        header = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}

        def ask(path: str, *, seconds: float = 60) -> None:
            request = urllib.request.Request(server.address + path, headers=header)
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                answer.read()

        for path in ("/o/mesure/", "/o/mesure/board/", "/o/mesure/board/?q=crue", "/o/mesure/map/"):
            ask(path)
        stream = urllib.request.urlopen(
            urllib.request.Request(f"{server.address}/live/mesure/", headers=header), timeout=60
        )
        top = psutil.Process(server.process.pid)
        family = [top, *top.children(recursive=True)]
        time.sleep(5)
        before = sum(sum(p.cpu_times()[:2]) for p in family)
        time.sleep(IDLE_S)
        busy = sum(sum(p.cpu_times()[:2]) for p in family) - before
        memory = [p.memory_info().rss / 1e6 for p in family]
        own = [p.memory_full_info().uss / 1e6 for p in family]
        stream.close()
    record(
        "up",
        {
            "resident_mb": round(sum(memory)),
            "own_mb": round(sum(own)),
            "processes": len(family),
            "idle_percent_of_a_core": round(100 * busy / IDLE_S, 2),
            "cold_start_s": round(statistics.median(starts), 2),
            "posts": POSTS,
        },
        targets={"resident_mb": "< 500", "idle_percent_of_a_core": "< 3", "cold_start_s": "< 4"},
    )


if __name__ == "__main__":
    main()
