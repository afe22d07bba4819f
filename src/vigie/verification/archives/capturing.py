"""The job that keeps a page: fetched through the guard, read, photographed, packed, and told.

It changes an archive that is `wanted` and no other: a copy that is kept is never replaced. Trying
again, or keeping the page as it is later, is another row (`actions.evidence.archive_again`).
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django_tasks import task

from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.freezing import copies
from vigie.collection.pictures import Picture, PictureRefused, rewritten
from vigie.contracts.jobs import NotYet, Tools, tools
from vigie.contracts.recording import BrowserFailed, Exchange, Photograph, Recording
from vigie.kernel.text import clean
from vigie.operations.access import machine_desk
from vigie.verification.archives import stamping
from vigie.verification.archives.decide import TRIES, judge
from vigie.verification.archives.packing import TOOL, Visit, packed
from vigie.verification.archives.reading import TEXT_LIMIT, THIN, Reading, is_html, read
from vigie.verification.models import Archive, Evidence

ACTOR: Final = "work"
PAGE_BYTES: Final = 10_000_000
PAGE_S: Final = 45.0
PART_BYTES: Final = 2_000_000
PARTS_BYTES: Final = 10_000_000
PARTS_S: Final = 20.0
PARTS_AT_ONCE: Final = 4
SHOWN_SIDE: Final = 4_000
ALL_S: Final = 200.0
"""For one try, all told: less than a job gets, so that it is we who say that it took too long."""
ACCEPT: Final = "text/html,application/xhtml+xml,application/pdf;q=0.9,image/*;q=0.8,*/*;q=0.5"


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    url: str
    capturer: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class _Made:
    visit: Visit
    wacz: Kept
    screenshot: str


@task()
async def capture(archive: int) -> None:
    """Keep one page, or say why not. Raises NotYet to be tried again."""
    at_hand = tools()
    try:
        async with asyncio.timeout(ALL_S):
            await _capture(archive, at_hand)
    except NotYet:
        raise
    except Exception:
        if at_hand.is_last:
            now = at_hand.ports.clock.now()
            await at_hand.database(_settle, archive, "stuck", "job_failed", {}, now=now)
        raise


async def _capture(archive: int, at_hand: Tools) -> None:
    wanted = await at_hand.database(_wanted, archive)
    if wanted is None:
        return
    visit = await at_hand.recorder.record(
        wanted.url, max_bytes=PAGE_BYTES, timeout_s=PAGE_S, accept=ACCEPT
    )
    tries = wanted.tries + 1
    verdict = judge(visit, is_last=tries >= TRIES or at_hand.is_last)
    if verdict.state == "kept":
        made = await _made(wanted, visit, verdict.code, at_hand)
        await at_hand.database(_keep, archive, made, now=at_hand.ports.clock.now())
        return
    facts = {"tries": tries, **_trail(visit)}
    now = at_hand.ports.clock.now()
    if verdict.state == "wanted":
        await at_hand.database(_note_try, archive, {**facts, "last": verdict.code})
        raise NotYet(verdict.code)
    await at_hand.database(_settle, archive, verdict.state, verdict.code, facts, now=now)


async def _made(wanted: _Wanted, visit: Recording, cut: str, at_hand: Tools) -> _Made:
    last = visit.exchanges[-1]
    content, kind = last.content or b"", last.headers.get("content-type", "")
    reading: Reading = await at_hand.apart(
        read, content, content_type=kind, url=last.url, status=last.status
    )
    page = is_html(kind, content)
    parts = await _parts(reading.requisites, at_hand) if page and not cut else []
    photograph, photo_facts = await _photograph(last.url, at_hand) if page else (None, {})
    text, title = reading.text, reading.title
    rendered = photograph is not None and len(reading.text) < THIN <= len(photograph.text)
    if photograph is not None and rendered:
        text, title = clean(photograph.text, limit=TEXT_LIMIT), title or photograph.title
    facts = {
        **reading.facts,
        **_trail(visit),
        **photo_facts,
        **({"rendered": True} if rendered else {}),
        **({"truncated": cut} if cut else {}),
        **({"http_error": last.status} if last.status >= 400 else {}),
        **({"unreadable": True} if last.content is None else {}),
        **({"parts": len(parts)} if parts else {}),
    }
    whole = Visit(
        url=wanted.url, at=at_hand.ports.clock.now(), capturer=wanted.capturer,
        exchanges=visit.exchanges, requisites=parts, reading=reading, photograph=photograph,
        text=text, title=title, facts=facts,
    )  # fmt: skip
    shown = ""
    if photograph is not None:
        shown = await at_hand.apart(_shown, photograph.picture)
    kept: Kept = await at_hand.apart(_write, whole)
    return _Made(visit=whole, wacz=kept, screenshot=shown)


def _write(visit: Visit) -> Kept:
    return BlobStore().keep([packed(visit)], suffix=".wacz")


def _shown(picture: bytes) -> str:
    """The picture for the screen, written anew; "" when it cannot be."""
    try:
        anew: Picture = rewritten(io.BytesIO(picture), longest_side=SHOWN_SIDE)
    except PictureRefused:
        return ""
    return BlobStore().keep([anew.data], suffix=".webp").name


async def _parts(addresses: Sequence[str], at_hand: Tools) -> list[Exchange]:
    """Style sheets and pictures of the page, as far as time and size allow; one that fails is left
    out."""
    until, room = time.monotonic() + PARTS_S, PARTS_BYTES
    found: list[Exchange] = []
    for start in range(0, len(addresses), PARTS_AT_ONCE):
        left = until - time.monotonic()
        if left <= 0 or room <= 0:
            break
        visits = await asyncio.gather(
            *(
                at_hand.recorder.record(
                    each, max_bytes=min(PART_BYTES, room), timeout_s=min(10.0, left)
                )
                for each in addresses[start : start + PARTS_AT_ONCE]
            )
        )
        for visit in visits:
            size = sum(len(each.body) for each in visit.exchanges)
            if visit.error is None and size <= room and not visit.exchanges[-1].cut:
                found += visit.exchanges
                room -= size
    return found


async def _photograph(url: str, at_hand: Tools) -> tuple[Photograph | None, dict[str, Any]]:
    if at_hand.photographer is None:
        return None, {"picture": "no_browser"}
    try:
        made = await at_hand.photographer.photograph(url)
    except BrowserFailed as error:
        return None, {"picture": error.code}
    inside = {"refused_inside": len(made.refused)} if made.refused else {}
    if not made.url.startswith(("http://", "https://")):  # its scripts led to what is refused
        return None, {"picture": "browser_failed", **inside}
    return made, {
        "browser": made.tool,
        **inside,
        **({"moved_by_script": made.url} if made.url.partition("#")[0] != url else {}),
    }


def _trail(visit: Recording) -> dict[str, Any]:
    """The hops of a visit, and what stopped it in the machine's own words."""
    hops = [each.url for each in visit.exchanges[:-1]] if visit.error is None else [
        each.url for each in visit.exchanges
    ]  # fmt: skip
    detail = " ".join(str(visit.error).split())[:200] if visit.error is not None else ""
    return {**({"hops": hops} if hops else {}), **({"detail": detail} if detail else {})}


def _wanted(archive: int) -> _Wanted | None:
    row = Archive.objects.filter(pk=archive, state="wanted").select_related("capturer").first()
    if row is None:
        return None
    return _Wanted(
        url=row.url, capturer=row.capturer.display if row.capturer else "vigie",
        tries=int(row.facts.get("tries", 0)),
    )  # fmt: skip


def _note_try(archive: int, facts: dict[str, Any]) -> None:
    Archive.objects.filter(pk=archive, state="wanted").update(facts=facts)


def _keep(archive: int, made: _Made, *, now: datetime) -> None:
    visit, last = made.visit, made.visit.exchanges[-1]
    with transaction.atomic():
        changed = Archive.objects.filter(pk=archive, state="wanted").update(
            state="kept", code="", status=last.status, final_url=last.url,
            content_type=last.headers.get("content-type", "")[:120], title=visit.title,
            text=visit.text, wacz=made.wacz.name, sha256=made.wacz.sha256, size=made.wacz.size,
            screenshot=made.screenshot, facts=visit.facts, captured_at=visit.at, tool=TOOL,
        )  # fmt: skip
        if changed:
            tell(archive, "archive.kept", now=now, data={"sha256": made.wacz.sha256})
            stamping.want_archive(archive)
    if not changed:  # another worker was first, or it is gone
        BlobStore().remove(copies.unneeded([made.wacz.name, *filter(None, [made.screenshot])]))


def _settle(archive: int, state: str, code: str, facts: dict[str, Any], *, now: datetime) -> None:
    with transaction.atomic():
        if Archive.objects.filter(pk=archive, state="wanted").update(
            state=state, code=code[:60], facts=facts
        ):
            tell(archive, f"archive.{state}", now=now, data={"code": code})


def tell(archive: int, verb: str, *, now: datetime, data: dict[str, Any]) -> None:
    """Into the journal of its operation, once for each claim it bears on."""
    row = Archive.objects.select_related("operation").get(pk=archive)
    by = machine_desk(row.operation, ACTOR)
    for piece in Evidence.objects.filter(archive=row).select_related("claim").order_by("pk"):
        by.record(
            verb, now=now, subject=("claim", piece.claim_id),
            data={"number": piece.claim.number, "evidence": piece.pk, "archive": row.pk, **data},
            touches=[f"claim:{piece.claim_id}", f"evidence:{piece.claim_id}"],
        )  # fmt: skip
