"""Personal data of the whole installation, for its data-protection officer."""

from __future__ import annotations

import io
import json
import zipfile

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.kernel.clock import utc_now
from vigie.mapping import named as drawn
from vigie.operations import retention
from vigie.triage import objections, persons
from vigie.verification import named as evidence
from vigie.verification.persons import hide_handle
from vigie.web.privacy.words import WORDS
from vigie.web.ui.access import on_platform


@require_GET
@on_platform(Right.PLATFORM_DATA)
def overview(request: HttpRequest) -> HttpResponse:
    """A person's request, each operation's times, the last nights' housekeeping."""
    return _overview(request)


def _overview(request: HttpRequest, problem: str = "", handle: str = "") -> HttpResponse:
    assert isinstance(request.user, User)
    lines = [
        {
            "held": held,
            "days": [(WORDS[kind].name, held.days[kind], held.due.get(kind)) for kind in WORDS],
            "changed": any(held.days[kind] != retention.USUAL[kind] for kind in WORDS),
        }
        for held in retention.held(request.user)
    ]
    nights = [
        (night, [(WORDS[kind].name, n) for kind, n in night.found.items() if n and kind in WORDS])
        for night in retention.last_nights()
    ]
    context = {
        "lines": lines, "kinds": [each.name for each in WORDS.values()], "nights": nights,
        "in_force": sum(line.in_force for line in objections.listed(now=utc_now())),
        "problem": problem, "handle": handle, "tab": "data",
    }  # fmt: skip
    status = 422 if problem else 200
    return render(request, "privacy/data.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@on_platform(Right.PLATFORM_DATA)
def person(request: HttpRequest) -> HttpResponse:
    """What is held about a handle. By POST, so that the handle is in no address and no log."""
    if request.method == "GET":
        return redirect("platform-data")
    handle = request.POST.get("handle", "")
    try:
        found = _found(request, handle)
    except persons.HandleTooShort:
        words = _("Write at least two characters of the handle, or the account’s whole id.")
        return _overview(request, words, handle)
    return _person(request, found)


def _person(
    request: HttpRequest, found: persons.Held, *, problem: str = "", reason: str = ""
) -> HttpResponse:
    context = {
        "found": found, "evidence": evidence.naming(found.handle), "drawn": drawn.naming(found.handle),
        "objected": objections.of_handle(found.handle, now=utc_now()),
        "problem": problem, "reason": reason, "tab": "data",
    }  # fmt: skip
    return render(request, "privacy/person.html", context, status=422 if problem else 200)


@never_cache
@require_POST
@on_platform(Right.PLATFORM_DATA)
def export(request: HttpRequest) -> HttpResponseBase:
    """All of it, as a ZIP: data.json and the pictures."""
    assert isinstance(request.user, User)
    try:
        found = _found(request, request.POST.get("handle", ""))
    except persons.HandleTooShort:
        return redirect("platform-data")
    data = persons.export(found=found, by=persons.officer(request.user), now=utc_now())
    data["evidence"] = evidence.told(evidence.naming(found.handle))
    data["map"] = drawn.told(drawn.naming(found.handle))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
        for name in persons.files_of(found):
            path = BlobStore().path(name)
            if path.is_file():
                archive.write(path, f"files/{name}")
    buffer.seek(0)
    return FileResponse(
        buffer, as_attachment=True, filename="vigie-donnees.zip", content_type="application/zip"
    )


@never_cache
@require_POST
@on_platform(Right.PLATFORM_DATA)
def erase(request: HttpRequest) -> HttpResponse:
    """Erase it; frozen evidence stays unless the officer decides otherwise."""
    assert isinstance(request.user, User)
    reason = request.POST.get("reason", "")
    try:
        found = _found(request, request.POST.get("handle", ""))
    except persons.HandleTooShort:
        return redirect("platform-data")
    also_object = request.POST.get("object") == "1"
    named = evidence.naming(found.handle)
    erasing = objections.erase_and_object if also_object else persons.erase
    try:
        with transaction.atomic():
            hide_handle(found.handle, now=utc_now())
            done = erasing(
                found=found,
                reason=reason,
                lift_frozen=request.POST.get("lift_frozen") == "1",
                by=persons.officer(request.user),
                now=utc_now(),
            )
            on_map = drawn.forget(
                found.handle, drawn.naming(found.handle),
                bare=request.POST.get("on_map") == "1", why=reason,
                by=persons.officer(request.user), now=utc_now(),
            )  # fmt: skip
    except persons.ReasonMissing:
        problem = _("Say why in a sentence (at least %(n)d characters). Nothing was changed.") % {
            "n": persons.REASON_LEAST
        }
        return _person(request, found, problem=problem, reason=reason)
    if named and request.POST.get("lift_frozen") == "1":
        evidence.forget(named, why=reason, by=persons.officer(request.user), now=utc_now())
        named = []
    messages.success(request, _("Erased. The journal keeps the proof."))
    context = {
        "done": done, "objected": also_object, "evidence": named, "on_map": on_map,
        "drawn": drawn.naming(found.handle), "tab": "data",
    }  # fmt: skip
    return render(request, "privacy/erased.html", context)


def _found(request: HttpRequest, handle: str) -> persons.Held:
    assert isinstance(request.user, User)
    return persons.find(handle=handle, by=persons.officer(request.user), now=utc_now())
