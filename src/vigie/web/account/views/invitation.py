"""The page behind an invitation's link: join the team, with the account one has or a new one."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from vigie.accounts.actions import LANGUAGES, EmailTaken, create_user
from vigie.accounts.models import User
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import platform_journal
from vigie.operations.actions.invitations import accept_invitation
from vigie.operations.decide import InvitationRefused
from vigie.operations.models import Invitation, Operation
from vigie.web.account.forms import JoinForm
from vigie.web.ui.scales import ROLES

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_variables("secret")
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what the link leads to; on POST, join. A link that lets nobody in says why (410)."""
    now = utc_now()
    user = request.user if isinstance(request.user, User) else None
    try:
        invitation = queries.invitation_for(secret, now=now, asked_by=user)
        if user is None:
            return _as_somebody_new(request, secret, invitation, now)
        if request.method == "POST":
            return _welcome(request, accept_invitation(secret=secret, user=user, now=now))
    except InvitationRefused as refusal:
        context = {"code": refusal.code}
        return render(request, "account/join_refused.html", context, status=410)
    return _page(request, invitation, None)


def _as_somebody_new(
    request: HttpRequest, secret: str, invitation: Invitation, now: datetime
) -> HttpResponse:
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        language = (get_language() or "")[:2]
        try:
            with transaction.atomic():
                user = create_user(
                    **form.cleaned_data,
                    language=language if language in LANGUAGES else LANGUAGES[0],
                    record=platform_journal(by=None, now=now, actor="invitation"),
                )
                operation = accept_invitation(secret=secret, user=user, now=now)
        except EmailTaken:
            form.add_error(
                "email",
                gettext("There is already an account with this address: sign in to join with it."),
            )
        else:
            login(request, user, backend=BACKEND)
            return _welcome(request, operation)
    return _page(request, invitation, form)


def _page(request: HttpRequest, invitation: Invitation, form: JoinForm | None) -> HttpResponse:
    context = {
        "invitation": invitation,
        "role": ROLES[invitation.role],
        "form": form,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "account/join.html", context, status=status)


def _welcome(request: HttpRequest, operation: Operation) -> HttpResponse:
    messages.success(
        request,
        gettext("You are in the team of “%(operation)s”.") % {"operation": operation.title},
    )
    return redirect("room:home", slug=operation.slug)
