"""The part of a claim's page that holds what shows whether it is true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions import evidence as actions
from vigie.verification.actions.evidence import (
    AlreadyStruck,
    ArchiveUnderWay,
    ClaimMerged,
    ClaimNotHere,
    EvidenceNotHere,
    FieldRefused,
    LeadNotHere,
    Piece,
)
from vigie.verification.archives import integrity
from vigie.verification.handed import FILE_BYTES, FileRefused, Handed, take_in
from vigie.verification.models import Archive, Claim, Evidence
from vigie.verification.queries.claims import claim_for
from vigie.verification.queries.evidence import Held, evidence_of, posts_of
from vigie.web.ui.access import at_desk
from vigie.web.verify import evidence_words as words

_KEPT = ("kind", "bearing", "title", "text", "url", "who", "service", "happened_at", "lead")
"""Fields that a refused form keeps."""


def part(desk: Desk, claim: Claim) -> dict[str, Any]:
    """What `verify/claim/evidence.html` needs to know of this claim."""
    held = evidence_of(desk, claim)
    files = [row for one in held for row in _files(one)]
    looked = [row for row in files if row.intact is not None]
    altered = [row for row in files if row.intact is False]
    return {
        "pieces": [_piece(one, desk) for one in held],
        "standing": sum(one.row.struck_at is None for one in held),
        "files": len(files),
        "altered": altered,
        "altered_since": min((row.altered_at for row in altered if row.altered_at), default=None),
        "checked_at": min((row.checked_at for row in looked if row.checked_at), default=None)
        if len(looked) == len(files)
        else None,
        "kinds": words.KINDS,
        "bearings": words.BEARINGS,
        "may_add": desk.may(Right.OPEN_CLAIMS) and claim.merged_into_id is None,
        "may_check": desk.may(Right.CHECK_CLAIMS),
        "may_export": desk.may(Right.EXPORT),
        "posts": posts_of(desk, claim) if desk.may(Right.OPEN_CLAIMS) else [],
        "given": {"kind": "link", "bearing": "context"},
        "problem": {},
    }


def _files(one: Held) -> list[Archive | Evidence]:
    found: list[Archive | Evidence] = [one.row] if one.row.blob else []
    archives = (*([one.row.archive] if one.row.archive else ()), *one.earlier)
    return [*found, *(each for each in archives if each.state == "kept")]


def _piece(one: Held, desk: Desk) -> dict[str, Any]:
    """A piece as its template shows it."""
    row, archive = one.row, one.row.archive
    mine = desk.user is not None and row.added_by_id == desk.user.pk
    return {
        "row": row,
        "kind": words.KINDS[row.kind],
        "bearing": words.BEARINGS[row.bearing],
        "intact": words.intact_of(row) if row.blob else None,
        "archive": _archive(archive) if archive is not None else None,
        "earlier": [_archive(each) for each in one.earlier],
        "may_strike": row.struck_at is None
        and desk.may(Right.OPEN_CLAIMS)
        and (mine or desk.may(Right.CHECK_CLAIMS)),
    }


def _archive(row: Archive) -> dict[str, Any]:
    return {
        "row": row,
        "state": words.state_of(row),
        "facts": words.facts_of(row),
        "intact": words.intact_of(row) if row.state == "kept" else None,
    }


@require_GET
@at_desk(Right.SEE_CLAIMS)
def evidence_list(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """What was added so far; by itself for htmx, on the claim's page otherwise."""
    claim = found(desk, number)
    if not request.headers.get("HX-Request"):
        return redirect(_anchor(desk, claim))
    return render(
        request, "verify/evidence/list.html", {"claim": claim, "evidence": part(desk, claim)}
    )


@require_POST
@at_desk(Right.OPEN_CLAIMS)
def add(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Add a piece of evidence."""
    claim = found(desk, number)
    given = request.POST
    try:
        piece = Piece(
            kind=given.get("kind", ""), bearing=given.get("bearing", "context"),
            title=given.get("title", ""), text=given.get("text", ""), url=given.get("url", ""),
            who=given.get("who", ""), service=given.get("service", ""),
            happened_at=_moment(given.get("happened_at", ""), desk),
            lead=_lead(given.get("lead", ""), desk, claim), handed=_handed(request),
            graphic=bool(given.get("graphic")), public=bool(given.get("public")),
        )  # fmt: skip
        actions.add(claim=claim, piece=piece, by=desk, now=utc_now())
    except FieldRefused as refusal:
        return _again(request, desk, claim, problem={refusal.field: words.refused(refusal)})
    except ClaimMerged as merged:
        return _moved(request, desk, merged.into)
    except LeadNotHere as unknown:
        raise Http404 from unknown
    said = (
        _("Added. The page is being kept in the background.") if piece.url.strip() else _("Added.")
    )
    return _again(request, desk, claim, said=said)


@require_POST
@at_desk(Right.OPEN_CLAIMS)
def strike(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """Strike a piece out, with a reason."""
    claim = found(desk, number)
    try:
        actions.strike(
            claim=claim, evidence=pk, reason=request.POST.get("reason", ""), by=desk, now=utc_now()
        )
    except EvidenceNotHere as unknown:
        raise Http404 from unknown
    except FieldRefused as refusal:
        return _listed(request, desk, claim, problem=words.refused(refusal))
    except AlreadyStruck:
        return _listed(request, desk, claim, problem=_("Somebody struck it out already."))
    return _listed(request, desk, claim, said=_("Struck out. It stays readable, with your reason."))


@require_POST
@at_desk(Right.CHECK_CLAIMS)
def change(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """What a piece says about the claim, and whether the public page names it."""
    claim = found(desk, number)
    try:
        actions.change(
            claim=claim, evidence=pk, bearing=request.POST.get("bearing"),
            public=bool(request.POST.get("public")), by=desk, now=utc_now(),
        )  # fmt: skip
    except EvidenceNotHere as unknown:
        raise Http404 from unknown
    except FieldRefused as refusal:
        return _listed(request, desk, claim, problem=words.refused(refusal))
    except AlreadyStruck:
        return _listed(request, desk, claim, problem=_("Somebody struck it out already."))
    return _listed(request, desk, claim, said=_("Written down."))


@require_POST
@at_desk(Right.OPEN_CLAIMS)
def archive_again(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """Keep the page once more; the copy before stays."""
    claim = found(desk, number)
    try:
        actions.archive_again(claim=claim, evidence=pk, by=desk, now=utc_now())
    except EvidenceNotHere as unknown:
        raise Http404 from unknown
    except ArchiveUnderWay:
        return _listed(request, desk, claim, problem=_("A copy is being made already."))
    except AlreadyStruck:
        return _listed(request, desk, claim, problem=_("Somebody struck it out already."))
    return _listed(
        request, desk, claim, said=_("The page is being kept once more; the copy before stays.")
    )


@require_POST
@at_desk(Right.SEE_CLAIMS)
def check(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Look now whether every kept file is as it was."""
    claim = found(desk, number)
    looked = integrity.look_at(claim, by=desk, now=utc_now())
    altered = sum(bool(each.code) for each in looked)
    if altered:
        told = ngettext(
            "%(n)s file is not what it was: tell the administrator, and do not rely on it.",
            "%(n)s files are not what they were: tell the administrator, and do not rely on them.",
            altered,
        )
        return _listed(request, desk, claim, problem=told % {"n": altered})
    told = ngettext("%(n)s file, intact.", "%(n)s files, all intact.", len(looked))
    return _listed(request, desk, claim, said=told % {"n": len(looked)})


# -- helpers -----------------------------------------------------------------------------------


def found(desk: Desk, number: int) -> Claim:
    """The claim, or 404."""
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def _moment(given: str, desk: Desk) -> datetime | None:
    """A time of the operation's zone. Raises FieldRefused."""
    if not given.strip():
        return None
    try:
        moment = parse_datetime(given.strip())
    except ValueError as error:
        raise FieldRefused("happened_at", "unreadable") from error
    if moment is None:
        raise FieldRefused("happened_at", "unreadable")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(desk.operation.time_zone))


def _lead(given: str, desk: Desk, claim: Claim) -> Any:
    if not (given.isascii() and given.isdigit()):
        return None
    return next((row for row in posts_of(desk, claim) if row.pk == int(given)), None)


def _handed(request: HttpRequest) -> Handed | None:
    """The file of the form, kept. Raises FieldRefused."""
    kind = request.POST.get("kind", "")
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or kind not in ("file", "screenshot", "statement"):
        return None
    try:
        if file.size and file.size > FILE_BYTES:
            raise FileRefused("file_too_large")
        return take_in(
            file.chunks(), name=file.name or "", content_type=file.content_type or "",
            picture=kind == "screenshot",
        )  # fmt: skip
    except FileRefused as error:
        raise FieldRefused("file", error.code) from error


def _anchor(desk: Desk, claim: Claim) -> str:
    return reverse("verify:claim", args=[desk.operation.slug, claim.number]) + "#evidence"


def _moved(request: HttpRequest, desk: Desk, claim: Claim) -> HttpResponse:
    """The claim was merged meanwhile: on to the one that took it over."""
    messages.warning(request, _("This claim was merged into another meanwhile; nothing was added."))
    answer = redirect(_anchor(desk, claim))
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)  # type: ignore[assignment]
        answer["HX-Redirect"] = _anchor(desk, claim)
    return answer


def _again(
    request: HttpRequest, desk: Desk, claim: Claim, *, said: str = "",
    problem: Mapping[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """The whole section: with an empty form when it went well, with what was given when not."""
    if not request.headers.get("HX-Request") and not problem:
        messages.success(request, said)
        return redirect(_anchor(desk, claim))
    context = part(desk, claim) | {"said": said, "problem": problem or {}}
    if problem:
        context["given"] = {name: request.POST.get(name, "") for name in _KEPT} | {
            "graphic": request.POST.get("graphic"), "public": request.POST.get("public"),
        }  # fmt: skip
    template = "claim/evidence" if request.headers.get("HX-Request") else "evidence/page"
    return render(
        request, f"verify/{template}.html", {"claim": claim, "evidence": context},
        status=422 if problem else 200,
    )  # fmt: skip


def _listed(
    request: HttpRequest, desk: Desk, claim: Claim, *, said: str = "", problem: str = ""
) -> HttpResponse:
    """The list alone, with what was done or what stands in the way."""
    if not request.headers.get("HX-Request"):
        (messages.warning if problem else messages.success)(request, problem or said)
        return redirect(_anchor(desk, claim))
    context = part(desk, claim) | {"list_said": said, "list_problem": problem}
    return render(
        request, "verify/evidence/list.html", {"claim": claim, "evidence": context},
        status=422 if problem else 200,
    )  # fmt: skip
