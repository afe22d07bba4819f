"""Public pages know nobody: they get no cookie, set none, and are the same for everybody."""

from __future__ import annotations

from collections.abc import Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

PREFIX = "/p/"
_PERSONAL = {"cookie", "accept-language"}


def _forget(request: HttpRequest) -> bool:
    """Whether the page is public; then nobody inside sees who asks."""
    if not request.path_info.startswith(PREFIX):
        return False
    request.META.pop("HTTP_COOKIE", None)
    request.__dict__.pop("COOKIES", None)
    return True


def _same_for_all(response: HttpResponse) -> HttpResponse:
    """No cookie goes out, and caches need not keep a copy per person or language."""
    response.cookies.clear()
    kept = [
        name
        for each in response.get("Vary", "").split(",")
        if (name := each.strip()) and name.lower() not in _PERSONAL
    ]
    if kept:
        response["Vary"] = ", ".join(kept)
    elif response.has_header("Vary"):
        del response["Vary"]
    return response


@sync_and_async_middleware
def PublicPagesMiddleware(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Stands outside of sessions, languages and sign-in."""
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponse:
            public = _forget(request)
            response: HttpResponse = await get_response(request)
            return _same_for_all(response) if public else response

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponse:
        public = _forget(request)
        response = get_response(request)
        return _same_for_all(response) if public else response

    return middleware
