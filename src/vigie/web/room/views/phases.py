"""Changing the phase: its own page, so that the reason is asked and closing is confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations import decide
from vigie.operations.access import Desk
from vigie.operations.actions.operation import change_phase
from vigie.web.room.forms import PhaseForm
from vigie.web.room.words import PHASE_MEANS, PHASES, STEPS
from vigie.web.ui.access import at_desk


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One change of phase a person may make now."""

    to: str
    button: Promise
    means: Promise
    needs_reason: bool
    needs_confirmation: bool


def choices(phase: str) -> list[Choice]:
    """The possible changes, the usual one first."""
    return [
        Choice(
            to=after,
            button=STEPS[phase, after],
            means=PHASE_MEANS[after],
            needs_reason=decide.needs_reason(phase, after),
            needs_confirmation=decide.needs_confirmation(after),
        )
        for after in decide.next_phases(phase)
    ]


@at_desk(Right.CHANGE_PHASE)
def change(request: HttpRequest, desk: Desk) -> HttpResponse:
    asked = request.POST or request.GET
    offered = choices(desk.operation.phase)
    chosen = next((one for one in offered if one.to == asked.get("to")), None)
    error = ""
    if request.method == "POST":
        form = PhaseForm(request.POST)
        confirmed = chosen is None or not chosen.needs_confirmation or "confirmed" in request.POST
        if not form.is_valid() or chosen is None:
            error = gettext(
                "Nothing was changed: this step is not possible now. Somebody may have changed the phase meanwhile."
            )
        elif not confirmed:
            error = gettext("Tick the box to confirm. Nothing was changed.")
        else:
            try:
                operation = change_phase(
                    to=chosen.to, by=desk, now=utc_now(), reason=form.cleaned_data["reason"]
                )
            except decide.ReasonMissing:
                error = gettext("Say why, in a few words: the team will read it in the journal.")
            except decide.StepImpossible:
                error = gettext("Nothing was changed: somebody changed the phase meanwhile.")
            else:
                messages.success(
                    request,
                    gettext("The operation is now in phase “%(phase)s”.")
                    % {"phase": PHASES[operation.phase]},
                )
                return redirect("room:home", slug=operation.slug)
    context = {
        "choices": offered,
        "chosen": chosen or (offered[0] if offered else None),
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "room/phase.html", context, status=422 if error else 200)
