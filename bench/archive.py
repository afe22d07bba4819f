"""Archive job: pages of every unfriendly sort on loopback; crashes, forbidden requests, true states.

The pages and what is true of each are those of the tests (tests/verification/pages.py), over and over
with the real limits in bytes; only the time a page gets is shortened (5 s instead of 45). The server is
the one address that is allowed. A listener beside it, by TCP and UDP, counts who reaches what nobody
may reach, and every connection this process makes to anywhere else is counted as Python announces it.
Each package kept is opened by an independent reader (warcio) with its digests checked.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import os
import random
import resource
import socket
import sys
import tempfile
import time
import zipfile
from collections import Counter
from datetime import datetime
from typing import Any

from bench.record import record

PAGE_S = 5.0
CLAIMS = 20


class Connections:
    """Counts connections to anything but the allowed address."""

    def __init__(self) -> None:
        self.allowed: set[tuple[str, int]] = set()
        self.forbidden: Counter[str] = Counter()

    def look(self, event: str, given: tuple[Any, ...]) -> None:
        if event not in ("socket.connect", "socket.sendto"):
            return
        made, address = given[0], given[1]
        if made.family in (socket.AF_INET, socket.AF_INET6) and address[:2] not in self.allowed:
            self.forbidden[f"{address[0]}:{address[1]}"] += 1


async def measure(number: int, connections: Connections) -> dict[str, Any]:
    """The figures, from a home of its own that is set up already."""
    from asgiref.sync import sync_to_async
    from tests.pipeline.servers import serving
    from tests.verification.capturing import kept, lying_dns, trapped
    from tests.verification.pages import PAGES, Unfriendly
    from tests.workers.sources import SteppedClock

    from vigie.kernel.clock import utc_now
    from vigie.pipeline import ports as house
    from vigie.verification.archives import capturing

    clock = SteppedClock(utc_now())
    house.SystemClock = lambda: clock  # type: ignore[assignment,misc]
    capturing.PAGE_S = PAGE_S
    socket.getaddrinfo = lying_dns(socket.getaddrinfo)
    async with (
        trapped() as trap,
        serving(Unfriendly(trap=trap.pair, big=capturing.PAGE_BYTES)) as server,
    ):
        connections.allowed = {server.pair}
        inside = [
            f"http://{host}:{trap.port}/"
            for host in ("127.0.0.1", "localhost", "inside.test", "mixed.test", "six.test", "[::1]")
        ] + ["http://metadata.inside.test/latest/", "http://169.254.169.254/latest/meta-data/"]
        wanted = [server.url(path) for path in PAGES] + inside
        chance = random.Random(7)
        urls = [f"{wanted[n % len(wanted)]}?n={n}" for n in range(number)]
        chance.shuffle(urls)
        rows = await sync_to_async(_ask)(urls, clock.now())
        began, used = time.perf_counter(), time.process_time()
        await kept(clock, frozenset({server.pair}))
        seconds, processor = time.perf_counter() - began, time.process_time() - used
        hits = trap.hits
        truths = {server.url(path): truth for path, truth in PAGES.items()}
    found = await sync_to_async(_judge)(rows, truths, set(inside))
    return {
        "pages": number,
        "kinds_of_page": len(wanted),
        **found,
        "requests_to_a_forbidden_address": hits + sum(connections.forbidden.values()),
        "seconds": round(seconds, 1),
        "processor_s": round(processor, 1),
        "most_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _ask(urls: list[str], now: datetime) -> list[int]:
    """Claims with a link for each address; the archives' ids."""
    from tests.factories import desk, member, operation

    from vigie.accounts.roles import Role
    from vigie.verification.actions.claims import open_claim
    from vigie.verification.actions.evidence import Piece, add

    made = operation(now=now)
    by = desk(member(made, Role.VERIFIER, now=now), made)
    claims = [open_claim(wording=f"Mesure {n}", by=by, now=now) for n in range(CLAIMS)]
    rows = []
    for n, url in enumerate(urls):
        piece = Piece(kind="link", url=url, title="Mesure")
        row = add(claim=claims[n % CLAIMS], piece=piece, by=by, now=now)
        rows.append(row.archive_id or 0)
    return rows


def _judge(rows: list[int], truths: dict[str, Any], inside: set[str]) -> dict[str, Any]:
    from warcio.archiveiterator import ArchiveIterator

    from vigie.collection.blobs import BlobStore
    from vigie.verification.archives import wacz
    from vigie.verification.models import Archive

    states: Counter[str] = Counter()
    wrong, crashes, valid = [], 0, 0
    for row in Archive.objects.filter(pk__in=rows):
        url = row.url.partition("?")[0]
        states[row.state] += 1
        crashes += row.code == "job_failed" or row.state == "wanted"
        if url in inside:
            right = (row.state, row.code) == ("refused", "address_forbidden")
        else:
            truth = truths[url]
            right = (row.state, row.code) == (truth.state, truth.code)
            right = right and all(fact in row.facts for fact in truth.facts)
            right = right and not any(fact in row.facts for fact in truth.absent)
        if not right:
            wrong.append(f"{url} {row.state} {row.code} {row.facts}")
        if row.state == "kept":
            path = BlobStore().path(row.wacz)
            wacz.look(path)
            with zipfile.ZipFile(path) as package:
                data = io.BytesIO(package.read("archive/data.warc.gz"))
            for each in ArchiveIterator(data, check_digests="raise"):
                each.content_stream().read()
            valid += 1
    for line in wrong[:20]:
        sys.stdout.write(f"  wrong: {line[:300]}\n")
    return {
        "crashes": crashes,
        "wrong_states": len(wrong),
        "states": dict(states),
        "packages_an_independent_reader_opens": f"{valid} of {states['kept']}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="vigie bench archive")
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--no-record", action="store_true", help="print the figures only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as home:
        for name in [name for name in os.environ if name.startswith("VIGIE_")]:
            del os.environ[name]
        os.environ |= {"VIGIE_HOME": home, "DJANGO_SETTINGS_MODULE": "vigie.config.settings"}
        connections = Connections()
        sys.addaudithook(connections.look)
        import django

        django.setup()
        from django.core.management import call_command

        logging.disable(logging.WARNING)
        call_command("migrate", verbosity=0)
        figures = asyncio.run(measure(given.pages, connections))
    targets = {
        "crashes": "0",
        "requests_to_a_forbidden_address": "0",
        "wrong_states": "0: each with a true state",
    }
    if given.no_record:
        for key, value in figures.items():
            sys.stdout.write(f"  {key:<40} {value}\n")
    else:
        record("archive", figures, targets=targets)
    if figures["crashes"] or figures["wrong_states"] or figures["requests_to_a_forbidden_address"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
