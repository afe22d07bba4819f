"""Feeds of 20,000 entries: Vigie (analysis included) beside the `reader` library.

Same files, same disk: 200 feeds of 100 entries each, RSS and Atom by turns. Both begin with an
empty database and read every file once; both are one process. Vigie decodes, matches ten watches,
analyses what matches and stores it with its full-text index; every entry matches.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from xml.sax.saxutils import escape

from bench.dataset import WORDS, environment
from bench.record import ROOT, record

FEEDS, ENTRIES = 200, 100
ROUNDS = 3


def write_feeds(folder: Path) -> None:
    rng = random.Random(91)
    begin = datetime(2026, 11, 20, tzinfo=UTC)
    for feed in range(FEEDS):
        parts = []
        for entry in range(ENTRIES):
            text = escape("crue " + " ".join(rng.choices(WORDS, k=40)))
            at = begin + timedelta(minutes=feed * ENTRIES + entry)
            link = f"https://exemple.org/{feed}/{entry}"
            if feed % 2:
                parts.append(
                    f"<entry><id>{link}</id><title>{text[:60]}</title><link href='{link}'/>"
                    f"<updated>{at.isoformat()}</updated><summary>{text}</summary></entry>"
                )
            else:
                parts.append(
                    f"<item><guid>{link}</guid><title>{text[:60]}</title><link>{link}</link>"
                    f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
                    f"<description>{text}</description></item>"
                )
        body = "".join(parts)
        head = '<?xml version="1.0" encoding="utf-8"?>'
        text = (
            f'{head}<feed xmlns="http://www.w3.org/2005/Atom"><id>f{feed}</id><title>F {feed}</title>{body}</feed>'
            if feed % 2
            else f'{head}<rss version="2.0"><channel><title>F {feed}</title><link>https://exemple.org</link>'
            f"<description>F</description>{body}</channel></rss>"
        )
        (folder / f"{feed}.xml").write_text(text, encoding="utf-8")


def run_reader(folder: Path) -> None:
    """In a child: reader's own update of all feeds; prints seconds and entries."""
    from reader import make_reader

    with tempfile.TemporaryDirectory(dir=folder.parent) as home:
        reader = make_reader(str(Path(home) / "reader.sqlite"), feed_root=str(folder))
        for feed in range(FEEDS):
            reader.add_feed(f"{feed}.xml")
        began = perf_counter()
        reader.update_feeds()
        taken = perf_counter() - began
        print(f"{taken:.3f} {reader.get_entry_counts().total}")


def run_vigie(folder: Path) -> None:
    """In a child with a fresh home: every feed through plugin and pipeline."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from vigie.collection.models import Post, Source, Watch
    from vigie.contracts.ports import HttpResponse, Ports
    from vigie.contracts.registry import plugins
    from vigie.kernel.clock import utc_now
    from vigie.operations.models import Operation
    from vigie.pipeline.intake import installed_intake
    from vigie.pipeline.messages import message_of

    now = utc_now()
    operation = Operation.objects.create(
        slug="m", title="M", kind="flood", phase="active", languages=["fr"], created_at=now
    )
    for n in range(10):
        query = "crue" if n == 0 else f"{WORDS[n + 5]} AND {WORDS[n + 20]}"
        Watch.objects.create(operation=operation, name=f"v{n}", query=query, created_at=now)
    plugin = plugins().source("feed")
    sources = [
        Source.objects.create(
            operation=operation, plugin="feed", name=f"F {n}", created_at=now,
            config={"url": f"https://exemple.org/{n}.xml"},
        )
        for n in range(FEEDS)
    ]  # fmt: skip

    class Files:
        async def get(
            self, url: str, *, headers: Mapping[str, str] | None = None, **limits: object
        ) -> HttpResponse:
            body = (folder / url.rsplit("/", 1)[1]).read_bytes()
            kind = {"content-type": "application/xml"}
            return HttpResponse(url=url, status=200, headers=kind, body=body)

    class Clock:
        def now(self) -> datetime:
            return utc_now()

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(0)

    ports = Ports(http=Files(), clock=Clock(), blobs=None, secrets=None, controls=None)  # type: ignore[arg-type]
    intake = installed_intake()

    async def collect() -> None:
        import msgspec

        for source in sources:
            config = msgspec.convert(source.config, plugin.manifest.config)
            async for batch in plugin(config, ports).collect({}):
                message = message_of(batch, source=source.pk, holder="", collected_at=utc_now())
                intake.take(message, now=utc_now())

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    began = perf_counter()
    asyncio.run(collect())
    taken = perf_counter() - began
    print(f"{taken:.3f} {Post.objects.count()}")


def _child(what: str, folder: Path, home: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.feeds", what, str(folder)],
        cwd=ROOT,
        env={**environment(home), "DJANGO_SETTINGS_MODULE": "vigie.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    seconds, entries = done.stdout.split()[-2:]
    if int(entries) != FEEDS * ENTRIES:
        raise SystemExit(f"{what} stored {entries} entries of {FEEDS * ENTRIES}")
    return float(seconds)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="vigie-feeds-") as name:
        folder = Path(name) / "feeds"
        folder.mkdir()
        write_feeds(folder)
        ours, theirs = [], []
        for n in range(ROUNDS):
            ours.append(_child("vigie", folder, Path(name) / f"home{n}"))
            theirs.append(_child("reader", folder, Path(name) / f"home{n}"))
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    record(
        "feeds",
        {
            "speed_beside_reader": round(ratios[len(ratios) // 2], 2),
            "vigie_s": sorted(ours)[ROUNDS // 2],
            "reader_s": sorted(theirs)[ROUNDS // 2],
            "vigie_entries_per_s": round(FEEDS * ENTRIES / sorted(ours)[ROUNDS // 2]),
        },
        targets={"speed_beside_reader": "≥ 1"},
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"vigie": run_vigie, "reader": run_reader}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main()
