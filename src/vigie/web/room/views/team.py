"""The team of an operation and the links into it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from vigie.accounts.queries import user_by_email
from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import Desk
from vigie.operations.actions.invitations import NoSuchInvitation, revoke_invitation
from vigie.operations.actions.invitations import invite as make_invitation
from vigie.operations.actions.team import (
    AccountClosed,
    AlreadyInTeam,
    NotInTeam,
    add_member,
    change_roles,
    leave_team,
    remove_member,
)
from vigie.operations.decide import LastCoordinator
from vigie.verification.queries.exposures import loads_of
from vigie.web.room.forms import InvitationForm, MemberForm, RolesForm
from vigie.web.room.words import DUTIES, ROLES
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_OPERATION)
def team(request: HttpRequest, desk: Desk) -> HttpResponse:
    return _page(request, desk)


@require_POST
@at_desk(Right.MANAGE_TEAM)
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = MemberForm(request.POST)
    if form.is_valid():
        person = user_by_email(form.cleaned_data["email"])
        try:
            if person is None:
                form.add_error(
                    "email",
                    gettext("Nobody has an account with this address. Send an invitation instead."),
                )
            else:
                add_member(person=person, roles=[form.cleaned_data["role"]], by=desk, now=utc_now())
                messages.success(
                    request, gettext("%(name)s is in the team.") % {"name": person.display}
                )
                return redirect("room:team", slug=desk.operation.slug)
        except AlreadyInTeam:
            form.add_error("email", gettext("This person is in the team already."))
        except AccountClosed:
            form.add_error("email", gettext("This account is closed."))
    return _page(request, desk, add_form=form, status=422)


@at_desk(Right.MANAGE_TEAM)
def member(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One member's roles."""
    found = queries.member(desk, pk)
    if found is None:
        raise Http404
    form = RolesForm(request.POST or None, initial={"roles": [role.value for role in found.roles]})
    if request.method == "POST" and form.is_valid():
        try:
            change_roles(
                person=found.user, roles=form.cleaned_data["roles"], by=desk, now=utc_now()
            )
        except LastCoordinator:
            form.add_error("roles", _last_coordinator())
        except NotInTeam as gone:
            raise Http404 from gone
        else:
            messages.success(
                request, gettext("The roles of %(name)s are saved.") % {"name": found.user.display}
            )
            return redirect("room:team", slug=desk.operation.slug)
    return render(
        request,
        "room/member.html",
        {"member": found, "form": form},
        status=422 if form.errors else 200,
    )


@require_POST
@at_desk(Right.MANAGE_TEAM)
def remove(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    found = queries.member(desk, pk)
    if found is None:
        raise Http404
    try:
        remove_member(person=found.user, by=desk, now=utc_now())
    except LastCoordinator:
        messages.error(request, _last_coordinator())
    except NotInTeam as gone:
        raise Http404 from gone
    else:
        messages.success(
            request, gettext("%(name)s is no longer in the team.") % {"name": found.user.display}
        )
        if found.user == desk.user:
            return redirect("room:operations")
    return redirect("room:team", slug=desk.operation.slug)


@require_POST
@at_desk(Right.SEE_OPERATION)
def leave(request: HttpRequest, desk: Desk) -> HttpResponse:
    try:
        leave_team(by=desk, now=utc_now())
    except LastCoordinator:
        messages.error(request, _last_coordinator())
        return redirect("room:team", slug=desk.operation.slug)
    messages.success(
        request, gettext("You left the team of “%(title)s”.") % {"title": desk.operation.title}
    )
    return redirect("room:operations")


@require_POST
@at_desk(Right.MANAGE_TEAM)
def invite(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, invite_form=form, status=422)
    _, secret = make_invitation(
        role=form.cleaned_data["role"],
        life=form.cleaned_data["hours"],
        uses=form.cleaned_data["uses"],
        email=form.cleaned_data["email"],
        by=desk,
        now=utc_now(),
    )
    link = request.build_absolute_uri(reverse("room:join", args=[secret]))
    return _page(request, desk, link=link)


@require_POST
@at_desk(Right.MANAGE_TEAM)
def revoke(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    try:
        revoke_invitation(pk=pk, by=desk, now=utc_now())
    except NoSuchInvitation as unknown:
        raise Http404 from unknown
    messages.success(request, gettext("The link no longer lets anybody in."))
    return redirect("room:team", slug=desk.operation.slug)


def _page(
    request: HttpRequest,
    desk: Desk,
    *,
    add_form: MemberForm | None = None,
    invite_form: InvitationForm | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    now = utc_now()
    here = {one.user.pk for one in queries.present(desk, now=now)}
    manages = desk.may(Right.MANAGE_TEAM)
    loads = loads_of(desk, now=now)
    context = {
        "members": [
            {
                "member": one,
                "here": one.user.pk in here,
                "roles": [ROLES[role] for role in one.roles],
                "me": one.user == desk.user,
                "load": loads.get(one.user.pk),
            }
            for one in queries.team(desk)
        ],
        "duties": [(ROLES[role], DUTIES[role]) for role in ROLES],
        "manages": manages,
        "loads": bool(loads),
        "link": link,
        "alone": queries.member(desk, desk.user.pk) if desk.user else None,
    }
    if manages:
        context |= {
            "add_form": add_form or MemberForm(auto_id="add_%s"),
            "invite_form": invite_form or InvitationForm(auto_id="invite_%s"),
            "invitations": [
                {"one": one.invitation, "role": ROLES[one.role]}
                for one in queries.open_invitations(desk, now=now)
            ],
        }
    return render(request, "room/team.html", context, status=status)


def _last_coordinator() -> str:
    return gettext("Nothing was changed: this is the last coordinator. Name another one first.")
