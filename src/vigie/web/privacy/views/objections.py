"""The objection list: who objected or was erased is not collected again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.triage import objections as list_
from vigie.triage import persons
from vigie.web.privacy.words import NETWORKS
from vigie.web.ui.access import on_platform


@never_cache
@require_http_methods(["GET", "POST"])
@on_platform(Right.PLATFORM_DATA)
def objections(request: HttpRequest) -> HttpResponse:
    """The list, and the form that adds to it. By POST, so that the handle is in no address."""
    assert isinstance(request.user, User)
    if request.method == "GET":
        return _page(request)
    typed = {
        name: request.POST.get(name, "")
        for name in ("handle", "account", "network", "until", "reason")
    }
    try:
        until = end_of(typed["until"])
        row = list_.add(
            names=[typed["handle"], typed["account"]],
            network=typed["network"],
            reason=typed["reason"],
            until=until,
            by=persons.officer(request.user),
            now=utc_now(),
        )
    except persons.HandleTooShort:
        return _page(
            request, typed, "handle", _("Write the handle or the id, two characters or more.")
        )
    except persons.ReasonMissing:
        return _page(request, typed, "reason", reason_missing())
    except (list_.UntilPast, ValueError):
        return _page(request, typed, "until", _("This day is past, or is no date."))
    except list_.AlreadyObjected as there:
        words = _("This account is on the list already: objection no. %(n)d.")
        return _page(request, typed, "handle", words % {"n": there.objection})
    messages.success(
        request,
        _("Objection no. %(n)d: this account is not collected any more.") % {"n": row.pk},
    )
    return redirect("platform-objections")


@require_POST
@on_platform(Right.PLATFORM_DATA)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End one; the journal keeps why."""
    assert isinstance(request.user, User)
    try:
        list_.withdraw(
            objection=pk, reason=request.POST.get("reason", ""),
            by=persons.officer(request.user), now=utc_now(),
        )  # fmt: skip
    except persons.ReasonMissing:
        return _page(request, {}, f"withdraw-{pk}", reason_missing())
    except list_.NotInForce:
        messages.info(request, _("It was not in force any more."))
    else:
        messages.success(request, _("Objection no. %(n)d is over.") % {"n": pk})
    return redirect("platform-objections")


def end_of(day: str) -> datetime | None:
    """The end of that day on the installation's clock; None for no day. Raises ValueError."""
    if not day.strip():
        return None
    found: date | None = parse_date(day.strip())
    if found is None:
        raise ValueError(day)
    first = datetime.combine(found + timedelta(days=1), time.min)
    return timezone.make_aware(first, timezone.get_default_timezone())


def reason_missing() -> str:
    return _("Say why in a sentence (at least %(n)d characters). Nothing was changed.") % {
        "n": persons.REASON_LEAST
    }


def _page(
    request: HttpRequest, typed: dict[str, str] | None = None, field: str = "", problem: str = ""
) -> HttpResponse:
    lines = list_.listed(now=utc_now())
    context: dict[str, Any] = {
        "lines": lines,
        "in_force": sum(line.in_force for line in lines),
        "networks": NETWORKS,
        "typed": typed or {},
        "field": field,
        "problem": problem,
        "tab": "data",
    }
    return render(request, "privacy/objections.html", context, status=422 if problem else 200)
