"""One's own devices: browsers that may be notified, and the script that shows notifications."""

from __future__ import annotations

import json
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.models import User
from vigie.alerting import push
from vigie.alerting.actions import devices as actions
from vigie.alerting.queries.rules import devices_of
from vigie.kernel.clock import utc_now

WORKER = Path(__file__).resolve().parents[1] / "static" / "alerts" / "push-worker.js"


@require_GET
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """My devices, and whether this one is among them."""
    assert isinstance(request.user, User)
    return render(
        request,
        "alerts/devices.html",
        {"devices": devices_of(request.user), "key": push.public_key()},
    )


@require_POST
@login_required
def add(request: HttpRequest) -> JsonResponse:
    """What the browser gives when the person allows it (JSON: endpoint, keys, label)."""
    assert isinstance(request.user, User)
    try:
        given = json.loads(request.body)
        keys = given["keys"]
        actions.add_device(
            user=request.user,
            endpoint=str(given["endpoint"]),
            p256dh=str(keys["p256dh"]),
            auth=str(keys["auth"]),
            label=str(given.get("label", "")),
            now=utc_now(),
        )
    except (ValueError, KeyError, TypeError):  # NotADevice is a ValueError
        return JsonResponse({"words": _("The browser gave no address to notify.")}, status=422)
    except actions.TooManyDevices:
        words = _("You have ten devices already: remove one you no longer use.")
        return JsonResponse({"words": words}, status=422)
    return JsonResponse({"words": _("This device will be notified.")})


@require_POST
@login_required
def remove(request: HttpRequest) -> HttpResponse:
    """By its number, from the list; by its endpoint, from the browser itself."""
    assert isinstance(request.user, User)
    number = request.POST.get("device", "")
    actions.remove_device(
        user=request.user,
        device=int(number) if number.isascii() and number.isdigit() and len(number) < 18 else None,
        endpoint=request.POST.get("endpoint", ""),
        now=utc_now(),
    )
    messages.success(request, _("This device is no longer notified."))
    return redirect("notifications")


@require_GET
@cache_control(max_age=0, must_revalidate=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may serve every page."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
