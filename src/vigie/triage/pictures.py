"""Pictures of kept posts: wanted when a person keeps a lead, fetched by a background job.

Nothing is fetched for posts that nobody kept: the fewer copies of people's pictures, the better.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.db import transaction
from django_tasks import task

from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.freezing import copies
from vigie.collection.models import Media
from vigie.collection.pictures import MAX_BYTES, Picture, PictureRefused, rewritten
from vigie.contracts.jobs import NotYet, Tools, tools
from vigie.contracts.ports import AddressForbidden, FetchError, TooLarge, TooManyRedirects
from vigie.journal import actions as journal
from vigie.triage.models import Lead

LONGEST_SIDE: Final = 1_600
TIMEOUT_S: Final = 60.0
_LASTING: Final = (AddressForbidden, TooLarge, TooManyRedirects)
_GONE: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.GONE,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)


class _Refused(Exception):
    """It will never be had; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def want(leads: Iterable[int], *, operation: int) -> int:
    """Have the pictures of these leads fetched, in the caller's transaction; how many are asked for.

    What is fetched, refused or asked for already is left as it is.
    """
    wanted = Media.objects.filter(
        post__leads__in=list(leads), post__leads__operation=operation,
        type="image", state="remote",
    ).exclude(url="")  # fmt: skip
    ids = list(wanted.order_by("pk").values_list("pk", flat=True).distinct())
    Media.objects.filter(pk__in=ids, state="remote").update(state="wanted")
    for pk in ids:
        fetch_picture.enqueue(pk)
    return len(ids)


@task()
async def fetch_picture(media: int) -> None:
    """Fetch one picture, write it anew without what hides in it, keep it. Raises NotYet."""
    at_hand = tools()
    url = await at_hand.database(_wanted_url, media)
    if url is None:
        return
    now = at_hand.ports.clock.now()
    try:
        picture = await _fetched(url, at_hand)
    except _Refused as refusal:
        await at_hand.database(_settle, media, state="refused", reason=refusal.code, now=now)
    except (FetchError, NotYet) as error:
        if at_hand.is_last:
            await at_hand.database(_settle, media, state="stuck", reason=error.code, now=now)
        raise
    else:
        kept = await at_hand.apart(BlobStore().keep, [picture.data], suffix=".webp")
        await at_hand.database(_keep, media, picture, kept, now=now)


async def _fetched(url: str, at_hand: Tools) -> Picture:
    try:
        answer = await at_hand.ports.http.get(
            url, headers={"Accept": "image/*"}, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S
        )
    except _LASTING as error:
        raise _Refused(error.code) from error
    if answer.status in _GONE:
        raise _Refused("picture_gone")
    if answer.status != HTTPStatus.OK:
        raise NotYet("bad_status", str(answer.status))
    try:
        picture: Picture = await at_hand.apart(
            rewritten, io.BytesIO(answer.body), longest_side=LONGEST_SIDE
        )
    except PictureRefused as error:
        raise _Refused(error.code) from error
    return picture


def _wanted_url(media: int) -> str | None:
    """None when it is fetched already, or the post was deleted meanwhile."""
    row = Media.objects.filter(pk=media, state__in=("wanted", "stuck")).first()
    return row.url if row is not None and row.url else None


def _keep(media: int, picture: Picture, kept: Kept, *, now: datetime) -> None:
    with transaction.atomic():
        # One that two workers had in hand, because the first was thought dead, is told once.
        changed = Media.objects.filter(pk=media, state__in=("wanted", "stuck")).update(
            state="fetched", reason="", blob=kept.name, sha256=kept.sha256,
            width=picture.width, height=picture.height,
        )  # fmt: skip
        if changed:
            copies.file_fetched(media)
            _tell(media, "picture.fetched", now=now)
    if not changed:  # the post was deleted while we were at it, or it was fetched twice
        BlobStore().remove(copies.unneeded([kept.name]))


def _settle(media: int, *, state: str, reason: str, now: datetime) -> None:
    with transaction.atomic():
        rows = Media.objects.filter(pk=media, state__in=("wanted", "stuck"))
        if rows.update(state=state, reason=reason[:60]):
            _tell(media, f"picture.{state}", now=now, reason=reason)


def _tell(media: int, verb: str, *, now: datetime, reason: str = "") -> None:
    """Into the journal of every operation that has the post."""
    leads = Lead.objects.filter(post__media=media).order_by("operation_id")
    for lead, operation in leads.values_list("pk", "operation_id"):
        journal.write(
            chain=operation, verb=verb, now=now, actor="work", subject=("lead", lead),
            data={"media": media, **({"reason": reason} if reason else {})},
            touches=[f"lead:{lead}"],
        )  # fmt: skip
