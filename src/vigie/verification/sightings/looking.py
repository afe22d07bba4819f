"""Looking once at every picture of a matched post, in background jobs that keep nothing of it."""

from __future__ import annotations

import io
import warnings
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django_tasks import task
from PIL import Image, UnidentifiedImageError

from vigie.analysis.pictures import MODEL, Fingerprint, fingerprint
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Media
from vigie.collection.pictures import FORMATS, MAX_PIXELS
from vigie.contracts.jobs import NotYet, Tools, tools
from vigie.contracts.ports import AddressForbidden, FetchError, TooLarge, TooManyRedirects
from vigie.journal import actions as journal
from vigie.operations import jobs
from vigie.triage.models import Lead
from vigie.verification.models import Evidence, SeenPicture
from vigie.verification.sightings.index import HELD

AT_ONCE: Final = 200
"""Pictures asked for in one look."""
WAITING_LIMIT: Final = 500
"""Beyond so many waiting jobs no more are asked for: pictures of a flood of posts wait their turn,
and the jobs people wait for are not behind them."""
OVERLAP: Final = 2_000
MAX_BYTES: Final = 10_000_000
TIMEOUT_S: Final = 20.0
OLD: Final = timedelta(hours=48)
"""Seen so long before the post, or in another operation, a picture is told of in the journal."""
_LASTING: Final = (AddressForbidden, TooLarge, TooManyRedirects)


class Unreadable(ValueError):
    """No picture, or one too large to look at. `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def look(*, now: datetime) -> int:
    """Have the pictures that came in looked at; how many were asked for. Quick when there are none.

    Pictures of posts whose copy was folded away are left: the head's picture is theirs.
    """
    _tidy()
    if jobs.ready(look_at_post_picture) >= WAITING_LIMIT:
        return 0
    last = SeenPicture.objects.order_by("-media_id").values_list("media_id", flat=True)
    newest = last.filter(media_id__isnull=False).first() or 0
    heads = Lead.objects.filter(post=OuterRef("post"), folded_into__isnull=True)
    known = SeenPicture.objects.filter(media=OuterRef("pk"))
    fresh = (
        Media.objects.filter(Q(blob__gt="") | Q(url__gt=""), pk__gt=newest - OVERLAP, type="image")
        .filter(Exists(heads), ~Exists(known))
        .order_by("pk")
        .values_list("pk", "post__published_at", "post_id")[:AT_ONCE]
    )
    return _ask_for(list(fresh))


def look_again_at(evidence: Evidence) -> None:
    """Have a picture that was added as evidence looked at, in the caller's transaction."""
    SeenPicture.objects.get_or_create(
        evidence=evidence,
        defaults={"operation": evidence.claim.operation, "seen_at": evidence.added_at},
    )
    look_at_evidence_picture.enqueue(evidence.pk)


def _ask_for(fresh: list[tuple[int, datetime, int]]) -> int:
    if not fresh:
        return 0
    leads: dict[int, tuple[int, int]] = {}
    for post, lead, operation in (
        Lead.objects.filter(post__in=[post for _, _, post in fresh], folded_into__isnull=True)
        .order_by("-pk")
        .values_list("post_id", "pk", "operation_id")
    ):
        leads[post] = (lead, operation)
    rows = [
        SeenPicture(media_id=media, lead_id=leads[post][0], operation_id=leads[post][1], seen_at=at)
        for media, at, post in fresh
        if post in leads
    ]
    with transaction.atomic():
        SeenPicture.objects.bulk_create(rows, ignore_conflicts=True)
        jobs.enqueue(look_at_post_picture, [(row.media_id,) for row in rows])
    return len(rows)


def _tidy() -> None:
    """Forget the pictures whose post was taken back."""
    gone = SeenPicture.objects.filter(
        ~Exists(Media.objects.filter(pk=OuterRef("media"))), media_id__isnull=False
    ).values_list("pk", flat=True)
    SeenPicture.objects.filter(pk__in=list(gone[:1_000])).delete()


@task(priority=-10)
async def look_at_post_picture(media: int) -> None:
    """Reduce one picture of a post to its fingerprint and compare it with all others."""
    at_hand = tools()
    found = await at_hand.database(_wanted_of_post, media)
    if found is None:
        return
    url, blob = found
    now = at_hand.ports.clock.now()
    try:
        raw = await _bytes(url, blob, at_hand)
        made = await at_hand.apart(_looked, raw)
    except Unreadable as error:
        await at_hand.database(_refuse, media, error.code)
    except (FetchError, NotYet) as error:
        if not at_hand.is_last and not isinstance(error, _LASTING):
            raise
        await at_hand.database(_refuse, media, error.code)
    else:
        await at_hand.database(keep_print, Q(media=media), made, now=now)


@task(priority=-5)
async def look_at_evidence_picture(evidence: int) -> None:
    """Reduce one picture of the locker to its fingerprint and compare it with all others."""
    at_hand = tools()
    blob = await at_hand.database(_wanted_of_evidence, evidence)
    if not blob:
        return
    try:
        raw = await at_hand.apart(BlobStore().path(blob).read_bytes)
        made = await at_hand.apart(_looked, raw)
    except (Unreadable, OSError):
        return
    await at_hand.database(keep_print, Q(evidence=evidence), made, now=at_hand.ports.clock.now())


async def _bytes(url: str, blob: str, at_hand: Tools) -> bytes:
    """The kept file when there is one, else the picture from where it lies. Raises Unreadable,
    FetchError, NotYet."""
    if blob:
        kept: bytes = await at_hand.apart(BlobStore().path(blob).read_bytes)
        return kept
    answer = await at_hand.ports.http.get(
        url, headers={"Accept": "image/*"}, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S
    )
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotYet("bad_status", str(answer.status))
    if answer.status != HTTPStatus.OK:
        raise Unreadable("picture_gone")
    return answer.body


def _looked(raw: bytes) -> Fingerprint:
    """Decode with limits and reduce. Raises Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Unreadable("picture_bomb")
                image.draft("RGB", (1_024, 1_024))
                return fingerprint(image)
    except Image.DecompressionBombError as error:
        raise Unreadable("picture_bomb") from error
    except (UnidentifiedImageError, OSError, SyntaxError, EOFError, MemoryError) as error:
        raise Unreadable("picture_unreadable") from error


def _wanted_of_post(media: int) -> tuple[str, str] | None:
    if not SeenPicture.objects.filter(media=media, state="wanted").exists():
        return None
    row = Media.objects.filter(pk=media).values_list("url", "blob").first()
    return row if row is not None and any(row) else None


def _wanted_of_evidence(evidence: int) -> str | None:
    if not SeenPicture.objects.filter(evidence=evidence, state="wanted").exists():
        return None
    row = Evidence.objects.filter(pk=evidence).values_list("shown", "blob").first()
    return (row[0] or row[1]) if row is not None else None


def _refuse(media: int, code: str) -> None:
    SeenPicture.objects.filter(media=media).update(state="refused", code=code[:60])


def keep_print(which: Q, made: Fingerprint, *, now: datetime) -> None:
    """Write the fingerprint, join it to the pictures that are the same, and tell of a reuse."""
    with transaction.atomic():
        row = SeenPicture.objects.select_for_update().filter(which, state="wanted").first()
        if row is None:
            return
        row.state, row.bits, row.quality, row.model = "seen", made.bits, made.quality, MODEL
        row.alike = row.pk
        row.save(update_fields=["state", "bits", "quality", "model", "alike"])
        _join(row, made)
        _tell(row, now=now)
    # A picture that was written beside us is seen only now: both look twice, so that one joins.
    with transaction.atomic():
        _join(row, made)


def _join(row: SeenPicture, made: Fingerprint) -> None:
    near = [each.id for each in HELD.nearest(made)]
    groups = set(
        SeenPicture.objects.filter(pk__in=near, state="seen").values_list("alike", flat=True)
    )
    groups |= set(SeenPicture.objects.filter(pk=row.pk).values_list("alike", flat=True))
    if len(groups) > 1:
        SeenPicture.objects.filter(alike__in=groups).update(alike=min(groups))
    if groups:
        row.alike = min(groups)


def _tell(row: SeenPicture, *, now: datetime) -> None:
    """Into the journal, when the picture is older than its post says or known from elsewhere."""
    if row.lead_id is None:
        return
    earliest = (
        SeenPicture.objects.filter(alike=row.alike).exclude(pk=row.pk).order_by("seen_at").first()
    )
    if earliest is None or earliest.seen_at >= row.seen_at:
        return
    elsewhere = earliest.operation_id != row.operation_id
    if not elsewhere and row.seen_at - earliest.seen_at < OLD:
        return
    journal.write(
        chain=row.operation_id, verb="picture.recognised", now=now, actor="work",
        subject=("lead", row.lead_id),
        data={"elsewhere": elsewhere, "days": (row.seen_at - earliest.seen_at).days},
        touches=[f"lead:{row.lead_id}"],
    )  # fmt: skip
