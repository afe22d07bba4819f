"""From one pipeline worker to two: posts/s over NATS and PostgreSQL, analysis on, all on one machine.

PostgreSQL, NATS and the workers share the cores; every post matches one of 50 watches and is
analysed and stored. The stream is filled while the workers stand still; measured is the time from
letting them go to the last commit. Rounds with one worker and with two take turns and in turn come
first (a post costs a little more the more are remembered), each on new texts and on 8 sources of its
own. Promised on two cores: at least 1.7 times the posts/s.

    python -m bench.cluster [POSTS [ROUNDS]]
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from scripts.servers import Nats, postgres

from bench.dataset import ROOT
from bench.pipeline import EVERYTHING, SEED, WATCHES, payloads, texts
from bench.record import record

BATCH = 100
SOURCES = 8
LOOK_S = 0.5


def main(posts: int, rounds: int) -> None:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="vigie-bench-")))
        folder.chmod(0o755)
        database = running.enter_context(postgres(folder / "postgres"))
        server = Nats(folder / "nats")
        server.start()
        running.callback(server.stop)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
            "VIGIE_HOME": str(folder / "home"),
            "VIGIE_DATABASE_URL": database,
            "VIGIE_STREAM_URL": f"{server.url}/bench",
            "VIGIE_LOG_LEVEL": "ERROR",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        operation = _operation()
        chance = random.Random(SEED)
        corpus = payloads(texts(posts * rounds * 2 + 4 * BATCH, chance), chance)
        workers = [running.enter_context(_worker()) for _ in range(2)]
        _warm(operation, [corpus.pop() for _ in range(4 * BATCH)], workers)
        found: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
        for at in range(rounds):
            for number in (1, 2) if at % 2 == 0 else (2, 1):
                items = [corpus.pop() for _ in range(posts)]
                found[number].append(_round(operation, items, workers, number, server))
        _report(found, posts)


def _report(found: dict[int, list[dict[str, Any]]], posts: int) -> None:
    speed = {n: statistics.median(r["posts_per_s"] for r in each) for n, each in found.items()}
    shares = {
        f"processor_s_{n}": {
            part: round(statistics.mean(r[part] for r in each), 2)
            for part in ("workers", "postgres", "nats", "others")
        }
        for n, each in found.items()
    }
    record(
        "cluster",
        {
            "ratio": round(speed[2] / speed[1], 2),
            "one_worker_posts_per_s": round(speed[1]),
            "two_workers_posts_per_s": round(speed[2]),
            "posts_a_round": posts,
            "rounds": {str(n): each for n, each in found.items()},
            **shares,
        },
        targets={"ratio": "at least 1.7"},
    )


def _operation() -> int:
    from vigie.collection.models import Watch
    from vigie.operations.models import Operation

    now = datetime.now(UTC)
    made = Operation.objects.create(
        slug="mesure", title="Mesure", kind="flood", phase="active", created_at=now
    )
    for at, query in enumerate([EVERYTHING, *WATCHES[:49]]):
        Watch.objects.create(operation=made, name=f"V{at}", query=query, created_at=now)
    return made.pk


@contextmanager
def _worker() -> Iterator[psutil.Process]:
    """A `vigie pipeline` of its own."""
    process = subprocess.Popen([sys.executable, "-m", "vigie", "pipeline"])
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(30)


def _warm(operation: int, items: list[bytes], workers: list[psutil.Process]) -> None:
    """Analysers loaded, connections open, in both."""
    for each in range(2):
        for worker in workers:
            worker.resume()
        workers[1 - each].suspend()
        sources = _publish(operation, items[each::2])
        _until_stored(sources)
    for worker in workers:
        worker.resume()


def _round(
    operation: int, items: list[bytes], workers: list[psutil.Process], number: int, server: Nats
) -> dict[str, Any]:
    """Seconds from letting so many workers go until everything is stored, and who used them."""
    from vigie.workers.pipeline import PULL_S

    for worker in workers:
        worker.suspend()
    time.sleep(PULL_S + 1)  # or the stream would give a batch to one that is asleep
    sources = _publish(operation, items)
    before, began = _processor(workers, server), time.perf_counter()
    busy = sum(psutil.cpu_times()[:3])
    for worker in workers[:number]:
        worker.resume()
    _until_stored(sources)
    wall = time.perf_counter() - began
    used = {k: v - before[k] for k, v in _processor(workers, server).items()}
    others = sum(psutil.cpu_times()[:3]) - busy - sum(used.values())
    for worker in workers:
        worker.resume()
    return {
        "posts_per_s": round(len(items) / wall),
        "wall_s": round(wall, 2),
        **{part: round(value, 2) for part, value in used.items()},
        "others": round(others, 2),
    }


def _processor(workers: list[psutil.Process], server: Nats) -> dict[str, float]:
    assert server.process is not None
    backends = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]
    return {
        "workers": sum(_seconds(each) for each in workers),
        "postgres": sum(_seconds(each) for each in backends),
        "nats": _seconds(psutil.Process(server.process.pid)),
    }


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _publish(operation: int, items: list[bytes]) -> dict[int, int]:
    """Put the items into the stream, as collectors of 8 sources would. Source → its last batch."""
    from vigie.collection import collecting
    from vigie.collection.models import Source
    from vigie.contracts.plugins import RawItem
    from vigie.pipeline.broker import Ends
    from vigie.pipeline.installed import installed_broker
    from vigie.pipeline.messages import Message
    from vigie.pipeline.publishing import OverNats, end_of_chain

    now = datetime.now(UTC)
    made = [
        Source.objects.create(
            operation_id=operation, plugin="file", name=f"S{at}", config={"blob": "corpus"},
            created_at=now, enabled=True,
        )
        for at in range(SOURCES)
    ]  # fmt: skip
    charges = [collecting.take(each.pk, holder="bench", now=now) for each in made]

    async def publish() -> dict[int, int]:
        broker = installed_broker("bench")
        assert broker is not None
        stream = OverNats(broker)
        for charge in charges:
            assert charge is not None
            stream._chains[charge.source] = end_of_chain(Ends(first=None, last=None), charge)
        for at, first in enumerate(range(0, len(items), BATCH)):
            chunk = [RawItem(payload=each) for each in items[first : first + BATCH]]
            source = made[at % SOURCES].pk
            await stream.publish(Message(source=source, items=tuple(chunk), cursor={"line": first}))
        numbers = {source: chain.number for source, chain in stream._chains.items()}
        await stream.close()
        return numbers

    return asyncio.run(publish())


def _until_stored(sources: dict[int, int]) -> None:
    """Woken by each commit, as browsers are: to ask time and again would take from the workers."""
    from django.db import connection

    from vigie.collection.models import Source
    from vigie.journal.actions import CHANNEL

    ear = connection.copy()
    ear.ensure_connection()
    try:
        ear.connection.execute(f"LISTEN {CHANNEL}")
        while True:
            rows = Source.objects.filter(pk__in=sources).values_list("pk", "stored_number")
            if all(number >= sources[pk] for pk, number in rows):
                return
            for _ in ear.connection.notifies(timeout=LOOK_S, stop_after=1):
                pass
    finally:
        ear.close()


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 4_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 5,
    )
