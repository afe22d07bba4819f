"""Language and theme, for everybody: kept in the account, or in cookies for those without one."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from vigie.accounts import actions
from vigie.accounts.models import User
from vigie.web.ui.context import THEME_COOKIE

YEAR_S = 365 * 24 * 3600


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep `language` and/or `theme` and go back to `next`. Unknown values change nothing."""
    language, theme = request.POST.get("language"), request.POST.get("theme")
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    answer: HttpResponse = HttpResponseRedirect(back)
    if request.headers.get("X-Requested-With") == "fetch":
        answer = HttpResponse(status=204)
    if isinstance(request.user, User):
        actions.set_preferences(user=request.user, language=language, theme=theme)
    if language in actions.LANGUAGES:
        _remember(answer, settings.LANGUAGE_COOKIE_NAME, language)
    if theme in actions.THEMES:
        _remember(answer, THEME_COOKIE, theme)
    return answer


def _remember(answer: HttpResponse, name: str, value: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=YEAR_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
