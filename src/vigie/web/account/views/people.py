"""People of the installation, for its administrators. Every change is in the platform's journal."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from vigie.accounts import actions, queries
from vigie.accounts.models import User
from vigie.accounts.roles import Platform, Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import platform_journal
from vigie.web.account.forms import AddressForm, PersonForm, PowersForm
from vigie.web.ui.access import on_platform

PER_PAGE = 50


@on_platform(Right.PLATFORM_USERS)
def people(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    page = Paginator(queries.people(search=search), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "search": search, "tab": "people"}
    return render(request, "account/people.html", context)


@on_platform(Right.PLATFORM_USERS)
def create_person(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, initial={"language": "fr"})
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.create_user(
                **form.cleaned_data, password=None, record=_record(request)
            )
        except actions.EmailTaken:
            form.add_error("email", _taken())
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _send_password_link(request, person)
            messages.success(
                request,
                gettext("Account created. A link to choose a password was sent to %(email)s.")
                % {"email": person.email},
            )
            return redirect("account:person", pk=person.pk)
    status = 422 if form.errors else 200
    return render(request, "account/person_create.html", {"form": form}, status=status)


@on_platform(Right.PLATFORM_USERS)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return _person_page(request, _person(pk))


def _person_page(
    request: HttpRequest, person: User, address: AddressForm | None = None
) -> HttpResponse:
    powers = PowersForm(initial={"powers": [power.value for power in person.platform_powers]})
    context = {
        "person": person,
        "powers": powers,
        "address": address or AddressForm(initial={"email": person.email}),
    }
    return render(request, "account/person.html", context, status=422 if address else 200)


@require_POST
@on_platform(Right.PLATFORM_USERS)
def change_address(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(pk)
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            actions.change_address(
                user=found, email=form.cleaned_data["email"], record=_record(request)
            )
        except actions.EmailTaken:
            form.add_error("email", _taken())
        else:
            messages.success(request, gettext("The address was changed."))
            return redirect("account:person", pk=pk)
    return _person_page(request, found, form)


@require_POST
@on_platform(Right.PLATFORM_USERS)
def set_powers(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(pk)
    form = PowersForm(request.POST)
    if form.is_valid():
        powers = [Platform(power) for power in form.cleaned_data["powers"]]
        try:
            actions.set_powers(user=found, powers=powers, record=_record(request))
        except actions.LastAdministrator:
            _say_last_administrator(request)
        else:
            messages.success(request, gettext("The rights were changed."))
    return redirect("account:person", pk=pk)


@require_POST
@on_platform(Right.PLATFORM_USERS)
def set_active(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(pk)
    active = request.POST.get("active") == "1"
    try:
        actions.set_active(user=found, active=active, record=_record(request))
    except actions.LastAdministrator:
        _say_last_administrator(request)
    else:
        done = (
            gettext("The account is open again.") if active else gettext("The account is closed.")
        )
        messages.success(request, done)
    return redirect("account:person", pk=pk)


@require_POST
@on_platform(Right.PLATFORM_USERS)
def send_password_link(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(pk)
    _send_password_link(request, found)
    messages.success(request, gettext("The link was sent to %(email)s.") % {"email": found.email})
    return redirect("account:person", pk=pk)


def _send_password_link(request: HttpRequest, person: User) -> None:
    form = ResetPasswordForm(data={"email": person.email})
    if form.is_valid():
        form.save(request)


def _taken() -> str:
    return gettext("Somebody already has an account with this address.")


def _say_last_administrator(request: HttpRequest) -> None:
    messages.error(
        request,
        gettext("Nothing was changed: this is the last administrator. Name another one first."),
    )


def _record(request: HttpRequest) -> actions.Record:
    assert isinstance(request.user, User)
    return platform_journal(by=request.user, now=utc_now())


def _person(pk: int) -> User:
    found = queries.people().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
