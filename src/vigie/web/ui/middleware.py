"""The person's own language comes before the browser's."""

from __future__ import annotations

from collections.abc import Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

from vigie.accounts.models import User


def _language_of(user: object) -> str | None:
    return user.language if isinstance(user, User) else None


@sync_and_async_middleware
def PersonLanguageMiddleware(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Activate the signed-in person's language; others keep what LocaleMiddleware found."""
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponse:
            chosen = _language_of(await request.auser())
            if chosen:
                translation.activate(chosen)
                request.LANGUAGE_CODE = chosen
            return await get_response(request)  # type: ignore[no-any-return]

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = _language_of(request.user)
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return get_response(request)

    return middleware
