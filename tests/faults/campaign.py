"""An import killed again and again: run by `test_sigkill`, in a process and a data folder of its own.

Everything is loaded once; each attempt is a fork that collects until it is killed. After each kill
the tables are compared with the file up to the cursor. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

LINES = 3_000
CHUNK = 60
TEXT = "La crue de l'Orge atteint le repère {number} au pont de {place}, route barrée"
PLACES = ("Épinay-sur-Orge", "Longjumeau", "Orsay", "Villebon-sur-Yvette", "Savigny-sur-Orge")


def line(number: int) -> bytes:
    """Of three lines one matches nothing; some are broken, some are copies, some edit another."""
    if number % 41 == 0:
        return b'{"id": "broken ' + str(number).encode() + b'", "text": '
    text = TEXT.format(number=number, place=PLACES[number % 5])
    if number % 3 == 0:
        text = f"Marché de Noël, stand {number}"
    elif number % 50 == 1:
        text = "La crue monte encore, prenez garde aux sous-sols et aux parkings"
    identifier = number - 100 if number % 97 == 0 else number
    return json.dumps(
        {
            "id": f"p{identifier}",
            "network": "mastodon",
            "created_at": "2026-11-24T02:00:00Z",
            "text": text,
            "author": {"id": f"a{number % 200}", "handle": f"h{number % 200}"},
            "media": [{"type": "image", "url": f"https://exemple.fr/{number}.jpg"}],
        },
        ensure_ascii=False,
    ).encode()


def expected(lines: int) -> tuple[dict[str, str], int]:
    """(remote id → text, refused lines) once the first `lines` lines are stored."""
    texts: dict[str, str] = {}
    refused = 0
    for number in range(1, lines + 1):
        raw = line(number)
        try:
            post = json.loads(raw)
        except ValueError:
            refused += 1
            continue
        if "crue" in post["text"].lower() or post["id"] in texts:
            texts[post["id"]] = post["text"]
    return texts, refused


def problems(source: int, *, final: bool) -> list[str]:
    """What does not hold between the tables and the file up to the cursor."""
    from django.db import connection

    from vigie.collection.models import Media, Post, PostIndex, RawItem, RefusedItem, Source
    from vigie.journal import queries as journal
    from vigie.triage.models import Annotation, Lead, WatchHit

    row = Source.objects.get(pk=source)
    lines = LINES if row.cursor.get("done") else row.cursor.get("line", 0)
    texts, refused = expected(lines)
    stored = dict(Post.objects.values_list("remote_id", "text"))
    leads = list(Lead.objects.values_list("pk", "folded_into", "copies"))
    checks: dict[str, tuple[Any, Any]] = {
        "posts": (stored, texts),
        "refused": (RefusedItem.objects.count(), refused),
        "raw": (RawItem.objects.count(), len(texts)),
        "media": (Media.objects.count(), len(texts)),
        "leads": (len(leads), len(texts)),
        "hits": (WatchHit.objects.count(), len(texts)),
        "seen": (row.items_seen, lines),
        "kept": (row.items_kept, len(texts)),
        "refused counter": (row.items_refused, refused),
        "copies": (sum(copies for _, _, copies in leads), sum(1 for _, h, _ in leads if h)),
        "duplicate notes": (
            Annotation.objects.filter(kind="duplicate").count(), sum(1 for _, h, _ in leads if h),
        ),
        "folded heads": (
            Lead.objects.filter(folded_into__folded_into__isnull=False).count(), 0,
        ),
        "journal": ([b for c in journal.chains() for b in journal.breaks(c)], []),
        "index": (PostIndex.objects.filter(words__match='"cru"').count(),
                  Post.objects.filter(tokens__contains="cru").count()),
    }  # fmt: skip
    if final:
        checks["done"] = (row.state, "done")
    connection.close()
    return [
        f"{name}: {got!r:.200} != {want!r:.200}"
        for name, (got, want) in checks.items()
        if got != want
    ]


def main(kills: int, seed: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests import factories
    from vigie.collection.blobs import BlobStore
    from vigie.collection.models import Source
    from vigie.contracts.registry import plugins
    from vigie.pipeline.intake import installed_enricher
    from vigie.plugins.sources import file
    from vigie.workers import running

    call_command("migrate", verbosity=0)
    file.CHUNK = CHUNK
    kept = BlobStore().keep(line(number) + b"\n" for number in range(1, LINES + 1))
    now = datetime.now(UTC)
    operation = factories.operation(now=now)
    factories.watch(operation, "crue", now=now)
    source = factories.source(operation, now=now, config={"blob": kept.name}).pk
    plugins()
    list(installed_enricher(frozenset({"91471"})).analyse([]))  # loaded once, for all forks
    connection.close()

    chance = random.Random(seed)
    found: list[str] = []
    done = killed = 0
    longest_s = 0.3
    while not done and not found:
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            asyncio.run(running.run_collector(asyncio.Event(), once=True, with_jobs=False))
            os._exit(0)
        if killed < kills:
            time.sleep(chance.uniform(0, longest_s))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        ended_s = time.monotonic() - began
        if os.WIFSIGNALED(status):
            killed += 1
        elif killed < kills:
            longest_s = ended_s / 2  # it came to its end: strike sooner
        # A successor would wait for the lease to run out; here that time has gone by.
        past = datetime.now(UTC) - timedelta(minutes=1)
        Source.objects.filter(pk=source).exclude(holder="").update(held_until=past)
        state = Source.objects.get(pk=source).state
        done = state == "done"
        found = problems(source, final=done)
        longest_s = min(longest_s * 1.05, 2.0)
    print(json.dumps({"killed": killed, "done": bool(done), "problems": found}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
