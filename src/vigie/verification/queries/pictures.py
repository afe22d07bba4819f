"""The pictures of a claim: of its posts, of frozen copies, of its evidence; and where they were seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vigie.accounts.roles import Right
from vigie.collection.freezing.models import FrozenFile
from vigie.collection.models import Media
from vigie.operations.access import Desk, operations_of
from vigie.triage.models import Lead
from vigie.verification.models import Claim, Evidence, KeyFrame, SeenPicture, Video

SHOWN: Final = 200
"""Pictures of one claim; the newest of more."""
RASTER: Final = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/bmp")


class PictureNotHere(Exception):
    """No such picture among those of the claim. Shown as 404."""


@dataclass(frozen=True, kw_only=True)
class ClaimPicture:
    """A picture one can look at. `ref` names it in addresses: m (post), f (frozen copy), e
    (evidence), k (key frame of a video) and a number.

    `blob` is what is shown (written anew, without metadata); empty when it was not fetched.
    `original` is the file as handed in, of evidence alone. `address` is where it lies on its
    network; `graphic` that it may shock. `at`: when the post was published or the evidence added.
    """

    ref: str
    title: str
    at: datetime
    blob: str
    original: str = ""
    address: str = ""
    graphic: bool = False
    lead: int | None = None
    state: str = "fetched"
    at_s: float | None = None
    """Of a key frame: seconds after the start of its video."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One time that a picture was seen. `place` in words when the person may know it."""

    at: datetime
    lead: int | None
    operation: str | None
    here: bool


def pictures_of(by: Desk, claim: Claim) -> list[ClaimPicture]:
    """All of them, evidence first, then posts in the order they were published."""
    by.require(Right.SEE_CLAIMS)
    return [
        *_of_evidence(claim),
        *_of_videos(claim),
        *(_of_posts(claim) if by.may(Right.SEE_BOARD) else ()),
    ][:SHOWN]


def videos_of(by: Desk, claim: Claim) -> list[Video]:
    """The videos that were handed in and have no key frames, or none yet."""
    by.require(Right.SEE_CLAIMS)
    rows = Video.objects.filter(evidence__claim=claim, evidence__struck_at__isnull=True)
    return list(rows.exclude(state="read").select_related("evidence").order_by("pk"))


def picture_of(by: Desk, claim: Claim, ref: str) -> ClaimPicture:
    """One of them. Raises PictureNotHere."""
    for each in pictures_of(by, claim):
        if each.ref == ref:
            return each
    raise PictureNotHere(ref)


def sightings_of(by: Desk, picture: ClaimPicture, *, limit: int = 20) -> list[Sighting]:
    """Where the same picture was seen, the earliest first, itself among them."""
    by.require(Right.SEE_BOARD)
    own = _seen(picture)
    if own is None or not own.alike:
        return []
    rows = list(SeenPicture.objects.filter(alike=own.alike).order_by("seen_at", "pk")[:limit])
    titles = (
        dict(operations_of(by.user).filter(pk__in={r.operation_id for r in rows})
             .values_list("pk", "title")) if by.user is not None else {}
    )  # fmt: skip
    return [
        Sighting(
            at=row.seen_at,
            here=row.operation_id == by.operation.pk,
            lead=row.lead_id if row.operation_id == by.operation.pk else None,
            operation=titles.get(row.operation_id),
        )
        for row in rows
    ]


def difference(one: ClaimPicture, other: ClaimPicture) -> int | None:
    """In how many of 256 bits two pictures differ; None while either was not looked at."""
    first, second = _seen(one), _seen(other)
    if first is None or second is None or not first.bits or not second.bits:
        return None
    a, b = (int.from_bytes(bytes(each.bits or b""), "big") for each in (first, second))
    return (a ^ b).bit_count()


def _seen(picture: ClaimPicture) -> SeenPicture | None:
    number = int(picture.ref[1:])
    if picture.ref[0] == "m":
        return SeenPicture.objects.filter(media=number, state="seen").first()
    if picture.ref[0] == "e":
        return SeenPicture.objects.filter(evidence=number, state="seen").first()
    if picture.ref[0] == "k":
        return SeenPicture.objects.filter(frame=number, state="seen").first()
    return None


def _of_videos(claim: Claim) -> Iterable[ClaimPicture]:
    rows = KeyFrame.objects.filter(
        video__evidence__claim=claim, video__evidence__struck_at__isnull=True
    ).select_related("video__evidence")
    for row in rows.order_by("video", "at_s", "pk"):
        handed = row.video.evidence
        yield ClaimPicture(
            ref=f"k{row.pk}", title=handed.title, at=handed.added_at, blob=row.blob,
            graphic=bool(handed.facts.get("graphic")), at_s=row.at_s,
        )  # fmt: skip


def _of_evidence(claim: Claim) -> Iterable[ClaimPicture]:
    rows = Evidence.objects.filter(claim=claim, struck_at__isnull=True).exclude(shown="")
    for row in rows.order_by("pk"):
        yield ClaimPicture(
            ref=f"e{row.pk}", title=row.title, at=row.added_at, blob=row.shown,
            original=row.blob if row.content_type in RASTER else "", address=row.url,
            graphic=bool(row.facts.get("graphic")), lead=row.lead_id,
        )  # fmt: skip


def _of_posts(claim: Claim) -> Iterable[ClaimPicture]:
    heads = claim.made_of.filter(refused_at__isnull=True).values("lead")
    leads = {
        row.post_id: row
        for row in Lead.objects.filter(pk__in=heads).select_related("post").order_by("pk")
    }
    media = Media.objects.filter(post__in=leads, type="image").order_by("post__published_at", "pk")
    frozen = FrozenFile.objects.filter(
        freeze__post__in=leads, freeze__operation=claim.operation, freeze__lifted_at__isnull=True,
        freeze__withdrawn_at__isnull=False, type="image",
    ).select_related("freeze")  # fmt: skip
    for each in media:
        lead = leads[each.post_id]
        yield ClaimPicture(
            ref=f"m{each.pk}", title=each.description, at=lead.published_at, blob=each.blob,
            address=each.url, graphic=lead.post.graphic, lead=lead.pk, state=each.state,
        )  # fmt: skip
    for kept in frozen.order_by("pk"):
        lead = leads[kept.freeze.post_id]
        yield ClaimPicture(
            ref=f"f{kept.pk}", title=kept.description, at=lead.published_at, blob=kept.blob,
            graphic=lead.post.graphic, lead=lead.pk,
        )  # fmt: skip
