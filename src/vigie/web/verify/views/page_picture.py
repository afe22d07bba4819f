"""Choosing the public page's picture and drawing what is to be hidden in it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.collection.pictures import PictureRefused, rewritten
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.claims import ClaimMerged, ClaimNotHere
from vigie.verification.actions.page_pictures import (
    NoPicture,
    NoWordsYet,
    choose_picture,
    picture_name,
    pictures_of,
    remove_picture,
)
from vigie.verification.blurring import Area, AreaRefused
from vigie.verification.models import Claim, Evidence
from vigie.verification.queries.claims import claim_for
from vigie.web.ui.access import at_desk


@require_http_methods(["GET", "POST"])
@at_desk(Right.PUBLISH_FACT_CHECKS)
def blur(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """Draw on the picture what is to be hidden, then put it on the page."""
    claim, evidence = _picture(desk, number, pk)
    trouble = ""
    if request.method == "POST":
        try:
            areas = msgspec.json.decode(request.POST.get("areas") or "[]", type=list[Area])
            choose_picture(claim=claim, evidence=evidence, areas=areas, by=desk, now=utc_now())
        except (AreaRefused, msgspec.DecodeError):
            trouble = _("These areas cannot be read. The picture was not put on the page: draw them again.")  # fmt: skip
        except PictureRefused:
            trouble = _("This file is no picture that can be read.")
        except ClaimMerged:
            trouble = _("This claim was merged into another: work goes on there.")
        except NoWordsYet:
            trouble = _("Write and keep the words of the page first, then choose its picture.")
        except NoPicture as unknown:
            raise Http404 from unknown
        else:
            messages.success(
                request, _("The picture is on the page. Say what it shows; a second person then reads all of it.")
            )  # fmt: skip
            return redirect("verify:claim", slug=desk.operation.slug, number=number)
    return render(
        request,
        "verify/page_picture.html",
        {"claim": claim, "evidence": evidence, "trouble": trouble},
        status=422 if trouble else 200,
    )


@require_GET
@at_desk(Right.SEE_CLAIMS)
@cache_control(private=True, max_age=3600)
def original(request: HttpRequest, desk: Desk, number: int, pk: int) -> HttpResponse:
    """The picture as it is in the locker, for people who hide parts of it."""
    _claim, evidence = _picture(desk, number, pk)
    path = _path(picture_name(evidence))
    try:
        with path.open("rb") as file:
            return _webp(rewritten(file).data)
    except PictureRefused as unreadable:
        raise Http404 from unreadable


@require_GET
@at_desk(Right.SEE_CLAIMS)
def blurred(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The picture as the public will see it."""
    claim = _claim(desk, number)
    page = getattr(claim, "fact_check", None)
    if page is None or not page.picture:
        raise Http404
    return _webp(_path(page.picture).read_bytes())


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def remove(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Take the picture off the page that is being written."""
    claim = _claim(desk, number)
    try:
        remove_picture(claim=claim, by=desk, now=utc_now())
    except (NoWordsYet, ClaimMerged) as nothing:
        raise Http404 from nothing
    messages.success(request, _("The picture is off the page."))
    return redirect("verify:claim", slug=desk.operation.slug, number=number)


def _claim(desk: Desk, number: int) -> Claim:
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def _picture(desk: Desk, number: int, pk: int) -> tuple[Claim, Evidence]:
    claim = _claim(desk, number)
    for each in pictures_of(claim):
        if each.pk == pk:
            return claim, each
    raise Http404


def _path(name: str) -> Path:
    path = BlobStore().path(name)
    if not path.is_file():
        raise Http404
    return path


def _webp(data: bytes) -> HttpResponse:
    """A picture that we wrote, never the file that was handed in."""
    answer = HttpResponse(data, content_type="image/webp")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
