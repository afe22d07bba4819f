"""Sentences of sources, watches and imports."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.web.room.sentences import Facts, Sentence


def _named(template: Promise) -> Sentence:
    """A sentence that names the source or the watch, as it was called then."""

    def write(facts: Facts) -> str:
        name = facts.data.get("name") or f"{facts.entry.subject_kind} {facts.entry.subject_id}"
        return facts.fill(template, name=name)

    return write


SENTENCES: dict[str, Sentence] = {
    "watch.created": _named(_("%(actor)s created the watch “%(name)s”")),
    "watch.changed": _named(_("%(actor)s changed the watch “%(name)s”")),
    "watch.paused": _named(_("%(actor)s paused the watch “%(name)s”")),
    "watch.resumed": _named(_("%(actor)s resumed the watch “%(name)s”")),
    "watch.deleted": _named(_("%(actor)s deleted the watch “%(name)s”")),
    "source.added": _named(_("%(actor)s added the source “%(name)s”")),
    "source.changed": _named(_("%(actor)s changed the source “%(name)s”")),
    "source.paused": _named(_("%(actor)s paused the source “%(name)s”")),
    "source.resumed": _named(_("%(actor)s resumed the source “%(name)s”")),
    "source.tried": _named(_("%(actor)s asked the source “%(name)s” for news at once")),
    "source.removed": _named(_("%(actor)s removed the source “%(name)s”")),
    "source.failing": _named(_("The source “%(name)s” no longer answers")),
    "source.recovered": _named(_("The source “%(name)s” answers again")),
}
