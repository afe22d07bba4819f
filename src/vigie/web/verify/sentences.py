"""Entries of claims as sentences of the journal."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from vigie.web.room.sentences import Facts, Sentence, register


def _claim(template: Promise) -> Sentence:
    """A sentence about the claim whose number is in the data; `n` counts the posts it names."""

    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], n=facts.leads)

    return write


def _recognised(facts: Facts) -> str:
    if facts.data.get("elsewhere"):
        return facts.fill(_("A picture of a post was seen before, in another operation"))
    days = int(facts.data["days"])
    return facts.fill(
        ngettext_lazy(
            "A picture of a post was seen %(days)s day before it",
            "A picture of a post was seen %(days)s days before it",
            days,
        ),
        days=days,
    )


SENTENCES: dict[str, Sentence] = {
    "picture.recognised": _recognised,
    "claim.opened": _claim(_("%(actor)s wrote down claim %(number)s")),
    "claim.posts_added": _claim(_("%(actor)s added posts to claim %(number)s")),
    "fact_check.written": _claim(_("%(actor)s wrote the public page of claim %(number)s")),
    "fact_check.words_approved": _claim(
        _("%(actor)s read and approved the words on claim %(number)s")
    ),
    "fact_check.published": _claim(_("%(actor)s published the fact-check of claim %(number)s")),
    "fact_check.corrected": _claim(_("%(actor)s corrected the fact-check of claim %(number)s")),
    "fact_check.withdrawn": _claim(_("%(actor)s withdrew the fact-check of claim %(number)s")),
    "fact_check.handed_over": _claim(
        _("The answers on claim %(number)s are ready for the communication desk")
    ),
    "fact_check.answers_taken": _claim(_("%(actor)s took up the answers on claim %(number)s")),
}

register(SENTENCES)
