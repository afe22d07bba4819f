"""Sentences of situation reports."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.web.room.sentences import Facts, Sentence


def _report(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"])

    return write


SENTENCES: dict[str, Sentence] = {
    "report.compiled": _report(_("%(actor)s compiled situation report no. %(number)s")),
    "report.edited": _report(_("%(actor)s corrected situation report no. %(number)s")),
    "report.proposed": _report(_("%(actor)s proposed situation report no. %(number)s for approval")),
    "report.frozen": _report(_("%(actor)s approved and froze situation report no. %(number)s")),
    "report.discarded": _report(_("%(actor)s discarded situation report no. %(number)s")),
}  # fmt: skip
