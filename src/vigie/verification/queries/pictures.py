"""The pictures of a claim: of its posts, of frozen copies, of its evidence; and where they were seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import OuterRef, Subquery

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
    (evidence), k (key frame of a video), v (view of a place) and a number.

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
        *((*_of_media(claim), *_of_frozen(claim)) if by.may(Right.SEE_BOARD) else ()),
    ][:SHOWN]


def videos_of(by: Desk, claim: Claim) -> list[Video]:
    """The videos that were handed in and have no key frames, or none yet."""
    by.require(Right.SEE_CLAIMS)
    rows = Video.objects.filter(evidence__claim=claim, evidence__struck_at__isnull=True)
    return list(rows.exclude(state="read").select_related("evidence").order_by("pk"))


def picture_of(by: Desk, claim: Claim, ref: str) -> ClaimPicture:
    """One of them, in one look-up. Raises PictureNotHere."""
    by.require(Right.SEE_CLAIMS)
    kind, number = ref[:1], ref[1:]
    if number.isascii() and number.isdecimal() and len(number) < 19:
        only = int(number)
        looked_up: Mapping[str, Callable[[], Iterable[ClaimPicture]]] = {
            "e": lambda: _of_evidence(claim, only=only),
            "k": lambda: _of_videos(claim, only=only),
            **({
                "m": lambda: _of_media(claim, only=only),
                "f": lambda: _of_frozen(claim, only=only),
            } if by.may(Right.SEE_BOARD) else {}),
        }  # fmt: skip
        for each in looked_up.get(kind, tuple)():
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


def _of_videos(claim: Claim, *, only: int | None = None) -> Iterable[ClaimPicture]:
    rows = KeyFrame.objects.filter(
        video__evidence__claim=claim, video__evidence__struck_at__isnull=True
    ).select_related("video__evidence")
    for row in rows.filter(**_those(only)).order_by("video", "at_s", "pk"):
        handed = row.video.evidence
        yield ClaimPicture(
            ref=f"k{row.pk}", title=handed.title, at=handed.added_at, blob=row.blob,
            graphic=bool(handed.facts.get("graphic")), at_s=row.at_s,
        )  # fmt: skip


def _of_evidence(claim: Claim, *, only: int | None = None) -> Iterable[ClaimPicture]:
    rows = Evidence.objects.filter(claim=claim, struck_at__isnull=True).exclude(shown="")
    for row in rows.filter(**_those(only)).order_by("pk"):
        yield ClaimPicture(
            ref=f"e{row.pk}", title=row.title, at=row.added_at, blob=row.shown,
            original=row.blob if row.content_type in RASTER else "", address=row.url,
            graphic=bool(row.facts.get("graphic")), lead=row.lead_id,
        )  # fmt: skip


def _of_media(claim: Claim, *, only: int | None = None) -> Iterable[ClaimPicture]:
    rows = (
        Media.objects.filter(type="image", **_those(only))
        .annotate(lead=_lead(claim, "post"))
        .filter(lead__isnull=False)
        .select_related("post")
    )
    for row in rows.order_by("post__published_at", "pk"):
        yield ClaimPicture(
            ref=f"m{row.pk}", title=row.description, at=row.post.published_at, blob=row.blob,
            address=row.url, graphic=row.post.graphic, lead=row.lead, state=row.state,
        )  # fmt: skip


def _of_frozen(claim: Claim, *, only: int | None = None) -> Iterable[ClaimPicture]:
    rows = (
        FrozenFile.objects.filter(
            freeze__operation=claim.operation_id, freeze__lifted_at__isnull=True,
            freeze__withdrawn_at__isnull=False, type="image", **_those(only),
        )
        .annotate(lead=_lead(claim, "freeze__post"))
        .filter(lead__isnull=False)
        .select_related("freeze__post")
    )  # fmt: skip
    for row in rows.order_by("pk"):
        post = row.freeze.post
        yield ClaimPicture(
            ref=f"f{row.pk}", title=row.description, at=post.published_at, blob=row.blob,
            graphic=post.graphic, lead=row.lead,
        )  # fmt: skip


def _lead(claim: Claim, post: str) -> Subquery:
    """The post's place in the claim's operation, when it is one of those that make the claim."""
    heads = claim.made_of.filter(refused_at__isnull=True).values("lead")
    return Subquery(
        Lead.objects.filter(pk__in=heads, post=OuterRef(post)).order_by("-pk").values("pk")[:1]
    )


def _those(only: int | None) -> dict[str, int]:
    """The condition of one row, or of all."""
    return {} if only is None else {"pk": only}
