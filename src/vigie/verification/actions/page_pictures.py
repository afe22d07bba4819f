"""The picture of a public page: chosen from the evidence, faces and plates hidden by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.operations.access import Desk
from vigie.verification.actions._claims import locked, touches
from vigie.verification.actions.factchecks import rewritten_page
from vigie.verification.blurring import Area, hidden
from vigie.verification.models import Claim, Evidence, FactCheck


class NoPicture(Exception):
    """The evidence is no picture of this claim, or was struck out. Shown as 404."""


class NoWordsYet(Exception):
    """The page has no words yet; a picture comes after them."""


def picture_name(evidence: Evidence) -> str:
    """The file to show of it: the picture written anew when there is one. Empty: no picture."""
    if evidence.shown:
        return evidence.shown
    return evidence.blob if evidence.content_type.startswith("image/") else ""


def pictures_of(claim: Claim) -> list[Evidence]:
    """Evidence of the claim that is a picture and stands."""
    rows = claim.evidence.filter(struck_at__isnull=True).order_by("pk")
    return [each for each in rows if picture_name(each)]


def choose_picture(
    *, claim: Claim, evidence: Evidence, areas: Sequence[Area], by: Desk, now: datetime
) -> FactCheck:
    """Put a picture on the page with the areas hidden in a copy; the original stays in the locker.

    The page changes, so two people have to stand behind it anew. Raises NoPicture, NoWordsYet,
    AreaRefused, PictureRefused.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    name = picture_name(evidence)
    if evidence.claim_id != claim.pk or evidence.struck_at is not None or not name:
        raise NoPicture(evidence.pk)
    path = BlobStore().path(name)
    if not path.is_file():
        raise NoPicture(evidence.pk)
    kept = BlobStore().keep([hidden(path.read_bytes(), areas)], suffix=".webp")
    with transaction.atomic():
        claim = locked(claim, by)
        page = _page(claim)
        page.picture, page.picture_of = kept.name, evidence
        rewritten_page(page, by=by, now=now)
        by.record(
            "fact_check.picture_chosen",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "evidence": evidence.pk, "areas": len(areas)},
            touches=touches(claim),
        )
    return page


def remove_picture(*, claim: Claim, by: Desk, now: datetime) -> FactCheck:
    """Take the picture off the page that is being written. Raises NoWordsYet."""
    by.require(Right.PUBLISH_FACT_CHECKS)
    with transaction.atomic():
        claim = locked(claim, by)
        page = _page(claim)
        page.picture, page.picture_of = "", None
        rewritten_page(page, by=by, now=now)
        by.record(
            "fact_check.picture_removed",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number},
            touches=touches(claim),
        )
    return page


def _page(claim: Claim) -> FactCheck:
    page = FactCheck.objects.filter(claim=claim).first()
    if page is None:
        raise NoWordsYet
    return page
