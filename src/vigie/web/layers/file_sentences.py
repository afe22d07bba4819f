"""Files that come into the map and go out of it, as sentences of the journal."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vigie.web.room.sentences import Facts, Sentence


def _began(facts: Facts) -> str:
    return facts.fill(
        _("%(actor)s began to import %(file)s into the layer %(layer)s"),
        file=facts.data["file"], layer=facts.data["layer"],
    )  # fmt: skip


def _cancelled(facts: Facts) -> str:
    return facts.fill(
        _("%(actor)s stopped the import of %(file)s into the layer %(layer)s"),
        file=facts.data["file"], layer=facts.data["layer"],
    )  # fmt: skip


def _imported(facts: Facts) -> str:
    made, changed, gone = (int(facts.data[key]) for key in ("made", "changed", "gone"))
    told = {"file": facts.data["file"], "layer": facts.data["layer"]}
    if gone:
        words = ngettext(
            "%(actor)s took %(n)s object off %(layer)s that is no longer in %(file)s",
            "%(actor)s took %(n)s objects off %(layer)s that are no longer in %(file)s",
            gone,
        )
        return facts.fill(words, n=gone, **told)
    if made and changed:
        both = _(
            "%(actor)s imported %(made)s and renewed %(changed)s objects of %(layer)s from %(file)s"
        )
        return facts.fill(both, made=made, changed=changed, **told)
    if changed:
        words = ngettext(
            "%(actor)s renewed %(n)s object of %(layer)s from %(file)s",
            "%(actor)s renewed %(n)s objects of %(layer)s from %(file)s",
            changed,
        )
        return facts.fill(words, n=changed, **told)
    words = ngettext(
        "%(actor)s imported %(n)s object into %(layer)s from %(file)s",
        "%(actor)s imported %(n)s objects into %(layer)s from %(file)s",
        made,
    )
    return facts.fill(words, n=made, **told)


def _ended(facts: Facts) -> str:
    told = {key: facts.data[key] for key in ("file", "layer", "taken", "refused")}
    if facts.data["state"] == "failed":
        return facts.fill(
            _("The import of %(file)s into %(layer)s failed after %(taken)s objects"), **told
        )
    if facts.data["state"] == "cancelled":
        return facts.fill(
            _("The import of %(file)s into %(layer)s ended after %(taken)s objects"), **told
        )
    if facts.data["refused"]:
        return facts.fill(
            _("%(file)s is imported into %(layer)s: %(taken)s objects, %(refused)s refused"), **told
        )
    return facts.fill(_("%(file)s is imported into %(layer)s: %(taken)s objects"), **told)


SENTENCES: Mapping[str, Sentence] = {
    "map.import_began": _began,
    "map.import_cancelled": _cancelled,
    "map.imported": _imported,
    "map.import_ended": _ended,
}
