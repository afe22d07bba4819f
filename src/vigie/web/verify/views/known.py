"""What others checked: handing in a feed or file, and what came of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.known import import_known
from vigie.verification.claimreview import NotReadable, read
from vigie.verification.queries.known import imports_for, known_numbers
from vigie.web.ui.access import at_desk
from vigie.web.verify.messages import said
from vigie.web.verify.views.page import vocabulary

MAX_BYTES = 100_000_000


@require_http_methods(["GET", "POST"])
@at_desk(Right.CHECK_CLAIMS)
def known(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The imports so far; POST takes one `file` in, under the name of a `feed`."""
    trouble, done = "", None
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or not file.size:
            trouble = _("Choose a file.")
        elif file.size > MAX_BYTES:
            trouble = _("At most 100 MB at once. Nothing was imported.")
        else:
            try:
                done = import_known(
                    feed=request.POST.get("feed", "").strip() or file.name or "", by=desk,
                    now=utc_now(), found=read(file.read()),
                )  # fmt: skip
            except NotReadable as error:
                trouble = said(error)
    context = {
        "imports": imports_for(desk), "numbers": known_numbers(desk), "done": done,
        "trouble": trouble, **vocabulary(desk),
    }  # fmt: skip
    return render(request, "verify/known.html", context, status=422 if trouble else 200)
