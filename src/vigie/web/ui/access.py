"""How a view of an operation is guarded: one decorator, one place that answers 401, 403 and 404."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.operations.access import Desk, NotAllowed, UnknownOperation, desk_for, platform_rights

P = ParamSpec("P")
OperationView = Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase]


def at_desk(
    right: Right, *also: Right
) -> Callable[[OperationView[P]], Callable[..., HttpResponseBase]]:
    """Guard a view of `/o/<slug>/…`: it is called with the person's Desk, which has `right` (and
    all of `also`).

    Not signed in: the sign-in page (401 for htmx). Not in the team: 404, as if it did not exist.
    In the team without the right: 403 with words.
    """

    def decorate(view: OperationView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            try:
                desk = desk_for(request.user, slug)
            except UnknownOperation as unknown:
                raise Http404 from unknown
            request.desk = desk  # type: ignore[attr-defined]
            # Before the view reads anything: the page's live stream resumes after this entry.
            request.as_of = last_seq(desk.operation.pk)  # type: ignore[attr-defined]
            try:
                for needed in (right, *also):
                    desk.require(needed)
                return view(request, desk, **kwargs)  # type: ignore[call-arg]
            except NotAllowed as refusal:
                return forbidden(request, refusal.right)

        guarded.right = right  # type: ignore[attr-defined]
        guarded.also = also  # type: ignore[attr-defined]
        return guarded

    return decorate


def on_platform(
    right: Right,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Guard a view that belongs to no operation by a platform right."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            if right not in platform_rights(request.user):
                return forbidden(request, right)
            return view(request, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate


def forbidden(request: HttpRequest, right: Right) -> HttpResponse:
    """403 in words: what is missing and whom to ask."""
    return render(request, "ui/forbidden.html", {"right": right}, status=403)


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = redirect_to_login(request.get_full_path()).url
        return answer
    return redirect_to_login(request.get_full_path())
