"""My API tokens: created with their secret shown once, listed, revoked."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from vigie.accounts import actions, queries
from vigie.accounts.models import User
from vigie.kernel.clock import utc_now
from vigie.operations.access import platform_journal
from vigie.web.account.forms import TokenForm


@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form; the answer to the form is the only page that ever shows the secret."""
    user = request.user
    assert isinstance(user, User)
    now = utc_now()
    form = TokenForm(request.POST or None, initial={"days": "90"})
    secret = ""
    if request.method == "POST" and form.is_valid():
        days = int(form.cleaned_data["days"])
        _, secret = actions.create_token(
            user=user,
            name=form.cleaned_data["name"],
            now=now,
            expires_at=now + timedelta(days=days) if days else None,
            record=platform_journal(by=user, now=now),
        )
        form = TokenForm(initial={"days": "90"})
    context = {"form": form, "secret": secret, "tokens": queries.tokens_of(user), "now": now}
    status = 422 if form.errors else 200
    return render(request, "account/tokens.html", context, status=status)


@require_POST
@login_required
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    now = utc_now()
    try:
        actions.revoke_token(user=user, pk=pk, now=now, record=platform_journal(by=user, now=now))
    except actions.NotYours as unknown:
        raise Http404 from unknown
    messages.success(
        request, gettext("The token is revoked: programs that use it are refused now.")
    )
    return redirect("account:tokens")
