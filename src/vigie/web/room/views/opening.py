"""Opening an operation, its settings, and the picker of its territory."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.analysis.gazetteer import Commune
from vigie.collection import watches
from vigie.kernel.clock import utc_now
from vigie.operations import places as gazetteer
from vigie.operations import queries
from vigie.operations.access import Desk
from vigie.operations.actions.operation import (
    ExerciseSettled,
    OperationInvalid,
    Plan,
    edit_operation,
    open_operation,
)
from vigie.operations.territory import TerritoryMissing, UnknownCommune
from vigie.web.room.forms import OperationForm, SettingsForm
from vigie.web.room.proposals import proposed_watches
from vigie.web.ui.access import at_desk, on_platform

MOST_COMMUNES = 2000


@on_platform(Right.PLATFORM_OPEN_OPERATION)
def new(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = OperationForm(request.POST or None, initial={"kind": "flood", "languages": ["fr"]})
    codes = _codes(request)
    territory_error = ""
    if request.method == "POST" and form.is_valid():
        plan = Plan(communes=codes, **form.cleaned_data)
        now = utc_now()
        try:
            with transaction.atomic():
                desk = open_operation(plan=plan, user=request.user, now=now)
                if "watches" in request.POST:
                    for name, query in proposed_watches(plan.kind, _communes(codes)):
                        watches.create_watch(name=name, query=query, by=desk, now=now)
        except (TerritoryMissing, UnknownCommune):
            territory_error = gettext("Add at least one commune to the territory.")
        except OperationInvalid as refusal:
            form.add_error(refusal.field, gettext("This value cannot be kept."))
        else:
            messages.success(
                request, gettext("The operation is open, in phase “prepared”. Now invite the team.")
            )
            return redirect("room:home", slug=desk.operation.slug)
    elif request.method == "POST" and not codes:
        territory_error = gettext("Add at least one commune to the territory.")
    failed = bool(form.errors or territory_error)
    return render(
        request,
        "room/new.html",
        {
            "form": form,
            "communes": _communes(codes),
            "territory_error": territory_error,
            "with_watches": request.method == "GET" or "watches" in request.POST,
        },
        status=422 if failed else 200,
    )


@at_desk(Right.EDIT_OPERATION)
def settings(request: HttpRequest, desk: Desk) -> HttpResponse:
    operation = desk.operation
    settled = queries.exercise_settled(operation)
    initial = {
        "title": operation.title,
        "kind": operation.kind,
        "languages": operation.languages,
        "is_exercise": operation.is_exercise,
        "time_zone": operation.time_zone,
        "hold_minutes": operation.hold_minutes,
    }
    form = SettingsForm(
        request.POST or None, initial=initial, settled=settled, zone=operation.time_zone
    )
    codes = (
        _codes(request)
        if request.method == "POST"
        else list(operation.communes.order_by("name").values_list("code", flat=True))
    )
    territory_error = ""
    if request.method == "POST" and form.is_valid():
        try:
            edit_operation(plan=Plan(communes=codes, **form.cleaned_data), by=desk, now=utc_now())
        except (TerritoryMissing, UnknownCommune):
            territory_error = gettext("Add at least one commune to the territory.")
        except ExerciseSettled:
            form.add_error("is_exercise", gettext("Posts came in: this can change no more."))
        except OperationInvalid as refusal:
            form.add_error(refusal.field, gettext("This value cannot be kept."))
        else:
            messages.success(request, gettext("The settings are saved."))
            return redirect("room:settings", slug=operation.slug)
    failed = bool(form.errors or territory_error)
    return render(
        request,
        "room/settings.html",
        {"form": form, "communes": _communes(codes), "territory_error": territory_error},
        status=422 if failed else 200,
    )


@on_platform(Right.PLATFORM_OPEN_OPERATION)
def places(request: HttpRequest) -> HttpResponse:
    """Suggestions for what is being typed (`q`): a fragment of options."""
    asked = request.GET.get("q", "")[:80]
    near = frozenset(code[:2] for code in request.GET.get("near", "").split(",") if code)
    return render(
        request, "room/_places.html", {"offer": gazetteer.suggest(asked, near=near), "asked": asked}
    )


@on_platform(Right.PLATFORM_OPEN_OPERATION)
def departement(request: HttpRequest, departement: str) -> HttpResponse:
    """All communes of a département, as chips for the picker."""
    communes = gazetteer.communes_in(departement)
    if not communes:
        raise Http404
    return render(request, "room/_chips.html", {"communes": communes})


def _codes(request: HttpRequest) -> list[str]:
    return list(dict.fromkeys(request.POST.getlist("commune")))[:MOST_COMMUNES]


def _communes(codes: Iterable[str]) -> list[Commune]:
    """The communes of these codes; unknown codes are left out."""
    return [found for code in codes if (found := gazetteer.commune(code)) is not None]
