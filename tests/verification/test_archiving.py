"""Links are kept as they are: each page with its true state, and nothing inside is ever asked."""

from __future__ import annotations

import gzip
import io
import socket
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from warcio.archiveiterator import ArchiveIterator

from tests.factories import Cast, desk, make_cast
from tests.pipeline.servers import serving
from tests.verification.capturing import ask, kept, lying_dns, trapped
from tests.verification.pages import LONG, PAGES, SMALL_LIMIT, WORDS, Unfriendly, picture
from tests.workers.sources import SteppedClock
from vigie.collection.blobs import BlobStore
from vigie.contracts.recording import BrowserFailed, Photograph
from vigie.journal.models import Entry
from vigie.pipeline import ports as house
from vigie.verification.actions.evidence import archive_again
from vigie.verification.archives import capturing, exporting, wacz
from vigie.verification.models import Archive, Claim


@pytest.fixture
async def committed(transactional_db: None) -> AsyncIterator[None]:
    """A database whose rows other threads see, closed there too when the test is over."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    made = SteppedClock(now)
    monkeypatch.setattr(house, "SystemClock", lambda: made)
    monkeypatch.setattr("django_tasks_db.models.timezone.now", made.now)
    return made


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "PAGE_BYTES", SMALL_LIMIT)
    monkeypatch.setattr(capturing, "PAGE_S", 4.0)
    monkeypatch.setattr(socket, "getaddrinfo", lying_dns(socket.getaddrinfo))


async def test_every_unfriendly_page_ends_in_its_true_state_and_nothing_inside_is_asked(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    cast: Cast = await sync_to_async(make_cast)(now=now)
    by = await sync_to_async(desk)(cast.volunteer, cast.operation)
    async with (
        trapped() as trap,
        serving(Unfriendly(trap=trap.pair, big=SMALL_LIMIT)) as server,
    ):
        inside = {
            f"http://{host}:{trap.port}/": "address_forbidden"
            for host in ("127.0.0.1", "localhost", "inside.test", "mixed.test", "six.test", "[::1]")
        } | {
            "http://metadata.inside.test/latest/": "address_forbidden",
            "http://nulle.part.test/": "unreachable",
        }
        paths = list(PAGES)
        _, pieces = await sync_to_async(ask)(
            by, [*(server.url(path) for path in paths), *inside], now
        )
        await kept(clock, frozenset({server.pair}))
        assert trap.hits == 0
    rows = {row.url: row for row in await sync_to_async(list)(Archive.objects.all())}
    assert len(rows) == len(pieces)
    wrong = []
    for path in paths:
        row, truth = rows[server.url(path)], PAGES[path]
        as_told = (row.state, row.code) == (truth.state, truth.code)
        facts_told = all(fact in row.facts for fact in truth.facts)
        if not (as_told and facts_told) or any(fact in row.facts for fact in truth.absent):
            wrong.append((path, row.state, row.code, row.facts))
    assert wrong == []
    assert {url: rows[url].code for url in inside} == inside
    assert {rows[url].state for url in inside} == {"refused", "stuck"}
    assert rows[server.url("/parts-inside")].facts.get("parts") is None
    assert rows[server.url("/thousand-parts")].facts["parts"] == 20
    entries = await sync_to_async(list)(Entry.objects.filter(verb__startswith="archive."))
    assert len(entries) == len(pieces)


async def _one(
    clock: SteppedClock, now: datetime, path: str
) -> tuple[Archive, Cast, tuple[str, int]]:
    cast: Cast = await sync_to_async(make_cast)(now=now)
    by = await sync_to_async(desk)(cast.verifier, cast.operation)
    async with trapped() as trap, serving(Unfriendly(trap=trap.pair, big=SMALL_LIMIT)) as server:
        await sync_to_async(ask)(by, [server.url(path)], now)
        await kept(clock, frozenset({server.pair}))
    row = await sync_to_async(Archive.objects.get)()
    return row, cast, server.pair


async def test_a_kept_page_tells_its_words_title_hash_and_who_had_it_kept(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    row, cast, _ = await _one(clock, now, "/hop")
    assert (row.status, row.title, row.capturer_id) == (200, "Crue", cast.verifier.pk)
    assert row.final_url.endswith("/plain")
    assert row.facts["hops"] == [row.url]
    assert WORDS.strip() in row.text
    assert row.tool.startswith("vigie@")
    assert row.captured_at is not None
    assert BlobStore().path(row.wacz).stat().st_size == row.size
    entry = await sync_to_async(Entry.objects.get)(verb="archive.kept")
    assert entry.data["sha256"] == row.sha256


async def test_independent_readers_open_what_is_kept(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    row, _, pair = await _one(clock, now, "/hop")
    path = BlobStore().path(row.wacz)
    with zipfile.ZipFile(path) as package:
        assert {each.compress_type for each in package.infolist()} == {zipfile.ZIP_STORED}
        data = package.read("archive/data.warc.gz")
        index = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
    seen = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        seen.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
        body = record.content_stream().read()
        if record.rec_type == "response" and record.http_headers.get_statuscode() == "200":
            assert LONG.strip() in body.decode()
            assert record.rec_headers.get_header("WARC-IP-Address") == pair[0]
    assert [kind for kind, _ in seen] == [
        "warcinfo", "response", "request", "response", "request", "resource",
    ]  # fmt: skip
    assert index == sorted(index)
    assert len(index) == 3
    done = subprocess.run(
        [Path(sys.executable).with_name("wacz"), "validate", "-f", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Valid" in done.stdout or "valid" in done.stdout


async def test_trying_again_is_another_row_and_what_was_kept_stays(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    row, cast, _ = await _one(clock, now, "/hang-up")
    assert (row.state, row.code) == ("stuck", "broken_off")

    def again() -> Archive:
        piece = row.evidence.get()
        return archive_again(
            claim=piece.claim, evidence=piece.pk, by=desk(cast.volunteer, cast.operation), now=now
        )

    later = await sync_to_async(again)()
    await kept(clock, frozenset())
    assert later.replaces_id == row.pk
    before = await sync_to_async(Archive.objects.get)(pk=row.pk)
    after = await sync_to_async(Archive.objects.get)(pk=later.pk)
    assert (before.state, before.code) == ("stuck", "broken_off")
    assert (after.state, after.code) == ("refused", "address_forbidden")  # no server allowed now


async def test_a_job_that_runs_twice_replaces_nothing(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    row, _, _ = await _one(clock, now, "/plain")
    await capturing.capture.aenqueue(row.pk)
    await kept(clock, frozenset())
    same = await sync_to_async(Archive.objects.get)()
    assert (same.sha256, same.captured_at) == (row.sha256, row.captured_at)


async def test_an_altered_package_is_told_by_the_file_in_it_that_is(
    committed: Any, clock: SteppedClock, now: datetime, tmp_path: Path
) -> None:
    row, _, _ = await _one(clock, now, "/plain")
    path = BlobStore().path(row.wacz)
    assert wacz.look(path)["wacz_version"] == "1.1.1"
    copy = tmp_path / "copy.wacz"
    for name, code in (("archive/data.warc.gz", "altered"), ("pages/pages.jsonl", "altered"),
                       ("datapackage.json", "altered")):  # fmt: skip
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for each in old.namelist():
                data = old.read(each)
                new.writestr(each, data.replace(b"1", b"2") + b" " if each == name else data)
        with pytest.raises(wacz.Altered) as told:
            wacz.look(copy)
        assert (told.value.code, told.value.name) == (code, name)
    copy.write_bytes(path.read_bytes()[:200])
    with pytest.raises(wacz.Altered):
        wacz.look(copy)


class Drawn:
    """A photographer that shows what scripts would have drawn, or fails with a code."""

    def __init__(self, *, fails: str = "") -> None:
        self._fails = fails

    async def photograph(self, url: str) -> Photograph:
        if self._fails:
            raise BrowserFailed(self._fails)
        return Photograph(
            picture=picture(60), text=LONG, title="Dessinée", url=url, tool="Fake/1",
            refused=("127.0.0.1:1",),
        )  # fmt: skip


async def _drawn(clock: SteppedClock, now: datetime, photographer: Drawn) -> tuple[Archive, Cast]:
    cast: Cast = await sync_to_async(make_cast)(now=now)
    by = await sync_to_async(desk)(cast.verifier, cast.operation)
    async with trapped() as trap, serving(Unfriendly(trap=trap.pair, big=SMALL_LIMIT)) as server:
        await sync_to_async(ask)(by, [server.url("/script-only")], now)
        await kept(clock, frozenset({server.pair}), photographer)
    return await sync_to_async(Archive.objects.get)(), cast


async def test_a_page_drawn_by_scripts_is_kept_with_the_words_and_picture_the_browser_showed(
    committed: Any, clock: SteppedClock, now: datetime, tmp_path: Path
) -> None:
    row, cast = await _drawn(clock, now, Drawn())
    assert WORDS.strip() in row.text
    facts = row.facts
    assert (facts["script_only"], facts["rendered"], facts["browser"]) == (True, True, "Fake/1")
    assert facts["refused_inside"] == 1
    assert BlobStore().path(row.screenshot).read_bytes()[8:12] == b"WEBP"
    with zipfile.ZipFile(BlobStore().path(row.wacz)) as package:
        data = io.BytesIO(package.read("archive/data.warc.gz"))
    found = {
        record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
        for record in ArchiveIterator(data)
        if record.rec_type == "resource"
    }
    assert found[f"urn:view:{row.final_url}"] == picture(60)
    assert found[f"urn:text:{row.final_url}"].decode() == row.text

    exported = tmp_path / "claim.wacz"

    def export() -> exporting.Exported:
        with exported.open("wb") as file:
            by = desk(cast.verifier, cast.operation)
            return exporting.export(claim=Claim.objects.get(), file=file, by=by, now=now)

    assert (await sync_to_async(export)()).damaged == ()
    with zipfile.ZipFile(exported) as package:
        assert package.read(f"originals/a{row.pk}.wacz") == BlobStore().path(row.wacz).read_bytes()
        assert package.read(f"archive/a{row.pk}-0.warc.gz") == data.getvalue()
    done = subprocess.run(
        [Path(sys.executable).with_name("wacz"), "validate", "-f", str(exported)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    BlobStore().path(row.wacz).write_bytes(b"PK altered")
    assert len((await sync_to_async(export)()).damaged) == 1


async def test_a_page_without_a_picture_says_why(
    committed: Any, clock: SteppedClock, now: datetime
) -> None:
    row, _ = await _drawn(clock, now, Drawn(fails="browser_too_slow"))
    assert (row.state, row.facts["picture"], row.screenshot) == ("kept", "browser_too_slow", "")
