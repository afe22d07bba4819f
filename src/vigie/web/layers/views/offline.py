"""The worker that opens the map without a network, and what a device needs to know to keep it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk
from vigie.web.layers.offline import sealing, shell
from vigie.web.ui.access import at_desk


@require_GET
@cache_control(max_age=0, must_revalidate=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The script, the same for everybody; it may serve a map's page and the map library's worker."""
    answer = HttpResponse(shell.WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    return answer


@require_GET
@never_cache
@at_desk(Right.SEE_LAYERS)
def device(request: HttpRequest, desk: Desk) -> JsonResponse:
    """What this person's browser keeps and until when, and the key that seals what waits on it."""
    assert isinstance(request.user, User)
    slug = {"slug": desk.operation.slug}
    files = shell.files()
    return JsonResponse(
        {
            "person": request.user.pk,
            "release": shell.release(files),
            "files": files,
            "page": reverse("layers:map", kwargs=slug),
            "beside": [
                f"{reverse('js-catalogue')}?{get_language()}",
                reverse("map:labels", kwargs=slug),
            ],
            "until": rfc3339(request.session.get_expiry_date()),
            "over": _(
                "No network, and your session is over: the map is not shown. What you drew and has "
                "not been sent stays on this device; sign in when the network is back."
            ),
            "key": sealing.key_for(request.user),
        }
    )
