"""The telephone: a volunteer writes down what somebody asks for, while they speak."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from vigie.accounts.roles import Right
from vigie.assistance.actions.receiving import NothingAsked, receive
from vigie.kernel import ids
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.assist import words
from vigie.web.assist.reading import asked_of
from vigie.web.ui.access import at_desk


@require_http_methods(["GET", "POST"])
@at_desk(Right.TAKE_NEEDS_IN)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The form; sent, the need's sheet. Refused, the form as it was filled in, with the reason."""
    said = ""
    if request.method == "POST":
        consent = {"yes": True, "no": False}.get(request.POST.get("consent", ""))
        asked = asked_of(request.POST, origin="phone", consent=consent)
        try:
            received = receive(asked=asked, by=desk, now=utc_now())
        except NothingAsked as refusal:
            said = words.refused(refusal)
        else:
            if desk.may(Right.WORK_NEEDS):
                return redirect(
                    "assist:need", slug=desk.operation.slug, number=received.need.number
                )
            return redirect("assist:needs", slug=desk.operation.slug)
    context = {
        "said": said, "written": request.POST, "communes": desk.operation.communes.order_by("name"),
        "request_key": request.POST.get("request_key") or ids.new_secret(), **words.lists(),
        "asks": words.ASKS, "chosen": request.POST.getlist("vulnerabilities"),
    }  # fmt: skip
    return render(request, "assist/intake.html", context, status=422 if said else 200)
