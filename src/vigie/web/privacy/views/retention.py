"""How long an operation keeps each kind of personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations import retention as domain
from vigie.operations.access import Desk
from vigie.web.privacy.words import WORDS
from vigie.web.ui.access import at_desk


class DaysForm(forms.Form):
    """Days by kind, and why they are longer than usual."""

    def __init__(self, *given: Any, days: domain.Days, reason: str = "", **more: Any) -> None:
        super().__init__(*given, **more)
        for name, kind in domain.KINDS.items():
            self.fields[name] = forms.IntegerField(
                label=str(WORDS[name].name),
                min_value=kind.least,
                max_value=kind.most,
                initial=days[name],
                widget=forms.NumberInput(attrs={"class": "input days", "inputmode": "numeric"}),
            )
        self.fields["reason"] = forms.CharField(
            label=_("Why, where it is longer than usual"),
            required=False,
            max_length=domain.REASON_LIMIT,
            initial=reason,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("For example a lessons-learned review that needs the posts for 90 days."),
        )

    def lines(self) -> list[dict[str, Any]]:
        """One kind a line of the table."""
        return [
            {
                "field": self[name],
                "words": WORDS[name],
                "usual": ngettext("usually %(n)d day", "usually %(n)d days", kind.usual)
                % {"n": kind.usual},
                "after_end": kind.after_end,
                "most": kind.most,
            }
            for name, kind in domain.KINDS.items()
        ]

    def show_problems(self, problems: dict[str, str]) -> None:
        words = {
            "out_of_range": _("Not possible: see the limits."),
            "after_posts": _("The name of who wrote cannot be kept longer than what they wrote."),
            "reason": _("Longer than usual: say why."),
        }
        for name, code in problems.items():
            self.add_error(name, words[code])


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_OPERATION)
def retention(request: HttpRequest, desk: Desk) -> HttpResponse:
    days, row = domain.days_for(desk.operation), domain.retention_of(desk.operation)
    form = DaysForm(request.POST or None, days=days, reason=row.reason if row else "")
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        reason = given.pop("reason")
        try:
            domain.change_days(days=given, reason=reason, by=desk, now=utc_now())
        except domain.DaysWrong as wrong:
            form.show_problems(wrong.problems)
        else:
            messages.success(request, _("The times are saved."))
            return redirect("retention", slug=desk.operation.slug)
    due: dict[str, datetime | None] = domain.due(desk.operation, days)
    context = {
        "form": form,
        "row": row,
        "due": [(WORDS[name], moment) for name, moment in due.items()],
        "nights": domain.last_nights(1),
    }
    status = 422 if form.errors else 200
    return render(request, "privacy/retention.html", context, status=status)
