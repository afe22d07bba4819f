"""The component gallery: every piece of the design system on one page, in both themes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import platform_rights
from vigie.triage.vocabulary import INCIDENT_STATES
from vigie.web.ui import scales


class SampleForm(forms.Form):
    """One field of each kind, for the gallery, which speaks English only."""

    title = forms.CharField(label="Title", help_text="One line, what and where.")
    kind = forms.ChoiceField(label="Kind", choices=[("flood", "Flood"), ("fire", "Fire")])
    text = forms.CharField(label="Text", widget=forms.Textarea, required=False)
    exercise = forms.BooleanField(label="Exercise", required=False)
    email = forms.EmailField(label="E-mail address")


def _refused(prefix: str) -> SampleForm:
    form = SampleForm({f"{prefix}-email": "nobody"}, prefix=prefix)
    form.is_valid()
    return form


def gallery(request: HttpRequest) -> HttpResponse:
    """For administrators, and for developers when VIGIE_DEBUG is 1; others do not know of it."""
    if not (settings.DEBUG or Right.PLATFORM_USERS in platform_rights(request.user)):
        raise Http404
    now = utc_now()
    context: dict[str, Any] = {
        "themes": [(theme, _refused(theme)) for theme in ("light", "dark")],
        "levels": (4, 3, 2, 1),
        "states": list(INCIDENT_STATES),
        "phases": list(scales.PHASES),
        "colours": list(scales.VIGILANCE),
        "moments": [
            now,
            now - timedelta(minutes=7),
            now - timedelta(hours=3),
            now - timedelta(days=400),
        ],
        "ratings": [("A", 1), ("B", 2), ("C", 3), ("F", 6)],
    }
    return render(request, "ui/gallery.html", context)
