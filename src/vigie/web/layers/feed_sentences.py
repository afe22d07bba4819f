"""Layers from outside as sentences of the journal."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext, pgettext

from vigie.web.layers.outside.words import trouble
from vigie.web.room.sentences import Facts, Sentence


def _plain(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, layer=facts.data["layer"], host=facts.data["host"])

    return write


def _refreshed(facts: Facts) -> str:
    """The counts that are not zero, in one line."""
    made, changed, gone = (int(facts.data[key]) for key in ("made", "changed", "gone"))
    said = []
    if made:
        said.append(npgettext("objects of a layer", "%(n)s new", "%(n)s new", made) % {"n": made})
    if changed:
        said.append(
            npgettext("objects of a layer", "%(n)s changed", "%(n)s changed", changed)
            % {"n": changed}
        )
    if gone:
        said.append(
            npgettext("objects of a layer", "%(n)s no longer there", "%(n)s no longer there", gone)
            % {"n": gone}
        )
    words = _("%(layer)s was refreshed from %(host)s: %(counts)s")
    return facts.fill(
        words, layer=facts.data["layer"], host=facts.data["host"], counts=", ".join(said)
    )


def _stuck(facts: Facts) -> str:
    what, _advice = trouble(facts.data["code"])
    words = pgettext("journal", "%(layer)s is no longer refreshed from %(host)s: %(reason)s")
    return facts.fill(
        words, layer=facts.data["layer"], host=facts.data["host"], reason=what.rstrip(".")
    )


def _removed(facts: Facts) -> str:
    words = (
        _("%(actor)s follows %(host)s no more for %(layer)s and kept its objects")
        if facts.data["kept"]
        else _("%(actor)s follows %(host)s no more and put away the layer %(layer)s")
    )
    return facts.fill(words, layer=facts.data["layer"], host=facts.data["host"])


SENTENCES: Mapping[str, Sentence] = {
    "map.source_added": _plain(_("%(actor)s lets the layer %(layer)s follow %(host)s")),
    "map.source_edited": _plain(_("%(actor)s changed where %(layer)s comes from (%(host)s)")),
    "map.source_paused": _plain(_("%(actor)s paused the refreshing of %(layer)s")),
    "map.source_resumed": _plain(_("%(actor)s resumed the refreshing of %(layer)s")),
    "map.source_removed": _removed,
    "map.source_read": _plain(_("What pictures %(layer)s has was read at %(host)s")),
    "map.source_mended": _plain(_("%(layer)s is refreshed from %(host)s again")),
    "map.source_stuck": _stuck,
    "map.refreshed": _refreshed,
}
