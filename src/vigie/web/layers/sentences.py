"""Entries of the map as sentences of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vigie.web.layers import feed_sentences, file_sentences, release_sentences
from vigie.web.layers.route_words import MARKS
from vigie.web.room.sentences import Facts, Sentence, register


def _layer(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, name=facts.data["name"])

    return write


def _edited(facts: Facts) -> str:
    rows = facts.data["layers"]
    drawn = sum(int(row["drawn"]) for row in rows)
    changed = sum(int(row["changed"]) for row in rows)
    names = ", ".join(str(row["name"]) for row in rows)
    moved = facts.data.get("moved", ())
    if moved and not drawn and changed == sum(int(each["n"]) for each in moved):
        return _moved(facts, moved)
    if drawn and changed:
        both = _("%(actor)s drew %(drawn)s and changed %(changed)s objects on %(names)s")
        return facts.fill(both, drawn=drawn, changed=changed, names=names)
    if drawn:
        made = ngettext(
            "%(actor)s drew %(n)s object on %(names)s",
            "%(actor)s drew %(n)s objects on %(names)s",
            drawn,
        )
        return facts.fill(made, n=drawn, names=names)
    moved = ngettext(
        "%(actor)s changed %(n)s object on %(names)s",
        "%(actor)s changed %(n)s objects on %(names)s",
        changed,
    )
    return facts.fill(moved, n=changed, names=names)


def _moved(facts: Facts, moved: Sequence[Mapping[str, Any]]) -> str:
    n = sum(int(each["n"]) for each in moved)
    words = ngettext(
        "%(actor)s moved %(n)s object from %(source)s to %(target)s",
        "%(actor)s moved %(n)s objects from %(source)s to %(target)s",
        n,
    )
    source, target = (
        ", ".join(dict.fromkeys(str(each[side]) for each in moved)) for side in ("from", "to")
    )
    return facts.fill(words, n=n, source=source, target=target)


def _settled(facts: Facts) -> str:
    words = (
        _("%(actor)s kept what stood of an object of %(layer)s")
        if facts.data["choice"] == "kept"
        else _("%(actor)s took the other version of an object of %(layer)s")
    )
    return facts.fill(words, layer=facts.data["layer"])


def _mark(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        what = MARKS[facts.data["mark"]].label
        return facts.fill(template, what=what, km=facts.data["km"], name=facts.data["name"])

    return write


def _cell(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, cell=facts.data["cell_name"], grid=facts.data["name"])

    return write


def _searched(facts: Facts) -> str:
    found = (
        _("%(actor)s searched %(cell)s and found something (%(grid)s)")
        if facts.data["outcome"] == "found"
        else _("%(actor)s searched %(cell)s and found nothing (%(grid)s)")
    )
    return facts.fill(found, cell=facts.data["cell_name"], grid=facts.data["name"])


def _asked(facts: Facts) -> str:
    words = _("%(actor)s asks for another look at %(cell)s: %(reason)s (%(grid)s)")
    data = facts.data
    return facts.fill(words, cell=data["cell_name"], reason=data["reason"], grid=data["name"])


def _opened(facts: Facts) -> str:
    words = ngettext(
        "%(actor)s opened the grid %(name)s: %(n)s cell",
        "%(actor)s opened the grid %(name)s: %(n)s cells",
        int(facts.data["n"]),
    )
    return facts.fill(words, name=facts.data["name"], n=facts.data["n"])


SENTENCES: Mapping[str, Sentence] = {
    "layer.opened": _layer(_("%(actor)s opened the layer %(name)s")),
    "layer.edited": _layer(_("%(actor)s changed the layer %(name)s")),
    "layer.archived": _layer(_("%(actor)s put away the layer %(name)s")),
    "layer.restored": _layer(_("%(actor)s brought back the layer %(name)s")),
    "layers.ordered": lambda facts: facts.fill(_("%(actor)s reordered the layers")),
    "route.opened": _layer(_("%(actor)s opened the route %(name)s")),
    "route.edited": _layer(_("%(actor)s changed the route %(name)s")),
    "route.timed": _layer(_("%(actor)s gave the route %(name)s a timetable")),
    "route.marked": _mark(_("%(actor)s marked %(what)s at km %(km)s of %(name)s")),
    "route.unmarked": _mark(_("%(actor)s took away %(what)s at km %(km)s of %(name)s")),
    "route.archived": _layer(_("%(actor)s put away the route %(name)s")),
    "route.restored": _layer(_("%(actor)s brought back the route %(name)s")),
    "map.edited": _edited,
    "grid.opened": _opened,
    "grid.edited": _layer(_("%(actor)s changed the grid %(name)s")),
    "grid.closed": _layer(_("%(actor)s closed the grid %(name)s")),
    "grid.reopened": _layer(_("%(actor)s opened the grid %(name)s again")),
    "grid.taken": _cell(_("%(actor)s took %(cell)s (%(grid)s)")),
    "grid.joined": _cell(_("%(actor)s joined the search of %(cell)s (%(grid)s)")),
    "grid.released": _cell(_("%(actor)s gave back %(cell)s (%(grid)s)")),
    "grid.freed": _cell(_("%(actor)s gave back %(cell)s for whoever had it (%(grid)s)")),
    "grid.searched": _searched,
    "grid.recheck": _asked,
    "map.settled": _settled,
}

register(
    {
        **SENTENCES,
        **file_sentences.SENTENCES,
        **feed_sentences.SENTENCES,
        **release_sentences.SENTENCES,
    }
)
