"""Entries of claims as sentences of the journal."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.web.room.sentences import Facts, Sentence, register


def _claim(template: Promise) -> Sentence:
    """A sentence about the claim whose number is in the data; `n` counts the posts it names."""

    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], n=facts.leads)

    return write


SENTENCES: dict[str, Sentence] = {
    "claim.opened": _claim(_("%(actor)s wrote down claim %(number)s")),
    "claim.posts_added": _claim(_("%(actor)s added posts to claim %(number)s")),
}

register(SENTENCES)
