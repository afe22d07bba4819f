"""The page behind an invitation link: sign in or make an account, then join."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache

from vigie.accounts.actions import EmailTaken, create_user
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import platform_journal
from vigie.operations.actions.invitations import accept_invitation
from vigie.operations.decide import InvitationRefused
from vigie.operations.models import Invitation
from vigie.web.room.forms import JoinForm
from vigie.web.room.words import DUTIES, INVITATION_REFUSALS, ROLES


@never_cache
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows what the link is for; POST joins. 410 when it lets nobody in, 403 for another's."""
    user = request.user if isinstance(request.user, User) else None
    try:
        invitation = queries.invitation_for(secret, now=utc_now(), asked_by=user)
    except InvitationRefused as refusal:
        return _refused(request, refusal)
    if request.method != "POST":
        return _page(request, invitation, user, JoinForm(initial={"email": invitation.email}))
    form = JoinForm(request.POST)
    try:
        if user is None:
            user = _new_account(request, form, invitation, secret)
        else:
            accept_invitation(secret=secret, user=user, now=utc_now())
    except InvitationRefused as refusal:
        return _refused(request, refusal)
    if user is None:
        return _page(request, invitation, None, form, status=422)
    return redirect("room:home", slug=invitation.operation.slug)


def _new_account(
    request: HttpRequest, form: JoinForm, invitation: Invitation, secret: str
) -> User | None:
    """Make the account, join with it and sign in; None when the form has errors."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    candidate = User(email=given["email"], name=given["name"])
    try:
        validate_password(given["password"], candidate)
    except ValidationError as weak:
        form.add_error("password", weak)
        return None
    now = utc_now()
    try:
        with transaction.atomic():
            user = create_user(
                email=given["email"],
                name=given["name"],
                callsign=given["callsign"],
                password=given["password"],
                language=(get_language() or "fr")[:2],
                record=platform_journal(by=None, now=now, actor="invitation"),
            )
            accept_invitation(secret=secret, user=user, now=now)
    except EmailTaken:
        form.add_error(
            "email", gettext("Somebody already has an account with this address. Sign in instead.")
        )
        return None
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return user


def _page(
    request: HttpRequest,
    invitation: Invitation,
    user: User | None,
    form: JoinForm,
    *,
    status: int = 200,
) -> HttpResponse:
    role = Role(invitation.role)
    context = {
        "invitation": invitation,
        "role": ROLES[role],
        "duty": DUTIES[role],
        "in_already": user is not None and role in queries.roles_of(user, invitation.operation),
        "form": form,
    }
    return render(request, "room/join.html", context, status=status)


def _refused(request: HttpRequest, refusal: InvitationRefused) -> HttpResponse:
    status = 403 if refusal.code == "other_address" else 404 if refusal.code == "unknown" else 410
    context = {"code": refusal.code, "reason": INVITATION_REFUSALS[refusal.code]}
    return render(request, "room/join_refused.html", context, status=status)
