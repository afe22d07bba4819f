"""Handing out what is kept: pictures written anew, and the files themselves only to be saved.

Nothing an outsider or a person handed in is ever shown by the browser as it came: it goes out as an
attachment of no type, with a policy that lets it do nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, UnknownBlob
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.evidence import EvidenceNotHere
from vigie.verification.archives import exporting
from vigie.verification.models import Archive, Claim
from vigie.verification.queries.evidence import Held, archive_for, evidence_for
from vigie.web.ui.access import at_desk
from vigie.web.verify import evidence_words as words
from vigie.web.verify.views.evidence import found

A_DAY_S: Final = 86_400
T = TypeVar("T")


@require_GET
@at_desk(Right.SEE_CLAIMS)
def kept(request: HttpRequest, desk: Desk, number: int, archive: int) -> HttpResponse:
    """What was kept of a page: its picture, its words, where from, with which hash."""
    claim = found(desk, number)
    row = _archive(desk, claim, archive)
    if row.state != "kept":
        raise Http404
    context = {
        "claim": claim, "archive": row, "facts": words.facts_of(row), "intact": words.intact_of(row),
        "may_export": desk.may(Right.EXPORT),
    }  # fmt: skip
    return render(request, "verify/evidence/kept.html", context)


@require_GET
@at_desk(Right.SEE_CLAIMS)
def archive_picture(request: HttpRequest, desk: Desk, number: int, archive: int) -> HttpResponse:
    """The picture of a kept page, written anew."""
    return _picture(_archive(desk, found(desk, number), archive).screenshot)


@require_GET
@at_desk(Right.SEE_CLAIMS, Right.EXPORT)
def package(request: HttpRequest, desk: Desk, number: int, archive: int) -> HttpResponseBase:
    """The WACZ as it was kept."""
    row = _archive(desk, found(desk, number), archive)
    return _attached(row.wacz, f"{desk.operation.slug}-archive-{row.pk}.wacz")


@require_GET
@at_desk(Right.SEE_CLAIMS)
def picture(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """A picture handed in, written anew."""
    return _picture(_piece(desk, found(desk, number), pk).row.shown)


@require_GET
@at_desk(Right.OPEN_CLAIMS)
def file(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponseBase:
    """A file as it was handed in, to be saved."""
    row = _piece(desk, found(desk, number), pk).row
    return _attached(row.blob, row.file_name or f"element-{row.pk}")


@require_POST
@at_desk(Right.SEE_CLAIMS, Right.EXPORT)
def export(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """All evidence of the claim as one WACZ."""
    claim = found(desk, number)
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    exporting.export(claim=claim, file=spool, by=desk, now=utc_now())
    spool.seek(0)
    return _safe(FileResponse(spool, as_attachment=True, filename=exporting.file_name(claim, desk)))


def _archive(desk: Desk, claim: Claim, archive: int) -> Archive:
    return _or_404(archive_for, desk, claim, archive)


def _piece(desk: Desk, claim: Claim, pk: int) -> Held:
    return _or_404(evidence_for, desk, claim, pk)


def _or_404(query: Callable[[Desk, Claim, int], T], desk: Desk, claim: Claim, pk: int) -> T:
    try:
        return query(desk, claim, pk)
    except EvidenceNotHere as unknown:
        raise Http404 from unknown


def _path(blob: str) -> Path:
    try:
        path = BlobStore().path(blob)
    except UnknownBlob as unknown:
        raise Http404 from unknown
    if not path.is_file():
        raise Http404
    return path


def _picture(blob: str) -> HttpResponse:
    answer = HttpResponse(_path(blob).read_bytes(), content_type="image/webp")
    answer["Cache-Control"] = f"private, max-age={A_DAY_S}, immutable"
    _safe(answer)
    return answer


def _attached(blob: str, name: str) -> HttpResponseBase:
    answer = FileResponse(
        _path(blob).open("rb"), as_attachment=True, filename=name,
        content_type="application/octet-stream",
    )  # fmt: skip
    answer["Cache-Control"] = "private, no-store"
    return _safe(answer)


def _safe(answer: HttpResponseBase) -> HttpResponseBase:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
