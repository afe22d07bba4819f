"""Entries of the public map as sentences of the journal."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vigie.web.room.sentences import Facts, Sentence


def _released(facts: Facts) -> str:
    data = facts.data
    text = ngettext(
        "%(actor)s released the public map no. %(number)s: %(n)s object (%(added)s new,"
        " %(changed)s changed, %(taken_back)s taken back)",
        "%(actor)s released the public map no. %(number)s: %(n)s objects (%(added)s new,"
        " %(changed)s changed, %(taken_back)s taken back)",
        int(data["n"]),
    )
    return facts.fill(
        text, number=data["number"], n=data["n"], added=data["added"], changed=data["changed"],
        taken_back=data["taken_back"],
    )  # fmt: skip


def _withdrawn(facts: Facts) -> str:
    words = _("%(actor)s withdrew the public map no. %(number)s")
    return facts.fill(words, number=facts.data["number"])


SENTENCES: Mapping[str, Sentence] = {"map.released": _released, "map.withdrawn": _withdrawn}
