"""Counting veils taken off pictures that shock, and proposing a pause."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.exposures import count_look
from vigie.web.ui.access import at_desk


@require_POST
@at_desk(Right.SEE_OPERATION)
def looked(request: HttpRequest, desk: Desk) -> JsonResponse:
    """One more. The answer is `{}`, or what to say: `text`, and `link` to who can take over."""
    look = count_look(by=desk, now=utc_now())
    if not look.pause:
        return JsonResponse({})
    text = ngettext(
        "You opened %(n)s distressing picture within an hour. Take a break: somebody can take over.",
        "You opened %(n)s distressing pictures within an hour. Take a break: somebody can take "
        "over.",
        look.in_hour,
    ) % {"n": look.in_hour}
    link = {"url": reverse("room:team", args=[desk.operation.slug]), "label": _("See who is here")}
    return JsonResponse({"text": text, "link": link})
