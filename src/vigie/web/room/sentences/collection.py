"""Sentences of sources, watches and imports."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from vigie.web.room.sentences import Facts, Sentence


def _named(template: Promise) -> Sentence:
    """A sentence that names the source or the watch, as it was called then."""

    def write(facts: Facts) -> str:
        name = facts.data.get("name") or f"{facts.entry.subject_kind} {facts.entry.subject_id}"
        return facts.fill(template, name=name)

    return write


def _finished(facts: Facts) -> str:
    """How an import ended, in figures."""
    return facts.fill(
        _("Import finished: %(kept)d kept, %(unmatched)d without a watch, %(refused)d refused"),
        **{key: int(facts.data[key]) for key in ("kept", "unmatched", "refused")},
    )


def _exported(facts: Facts) -> str:
    what = {
        "posts": pgettext_lazy("exported", "posts"), "incidents": pgettext_lazy("exported", "incidents"), "journal": _("the journal"),
    }.get(facts.data["what"], facts.data["what"])  # fmt: skip
    return facts.fill(
        ngettext_lazy(
            "%(actor)s exported %(what)s (%(n)d line)",
            "%(actor)s exported %(what)s (%(n)d lines)",
            "n",
        ),
        what=what,
        n=int(facts.data["rows"]),
    )


def _counted(template: Promise, key: str) -> Sentence:
    return lambda facts: facts.fill(template, n=int(facts.data[key]))


_EXPIRED = {
    "posts": _("Posts past their time were emptied: %(n)d"),
    "accounts": _("Names of accounts past their time were replaced by pseudonyms: %(n)d"),
    "freezes": _("Frozen evidence past its time was let go: %(n)d"),
    "evidence": _("Evidence and kept pages past their time were let go: %(n)d"),
    "refused": _("Refused items past their time were deleted: %(n)d"),
    "files": _("Imported files past their time were deleted: %(n)d"),
}


def _expired(facts: Facts) -> str:
    """How much of which kind; entries of earlier versions say neither."""
    template = _EXPIRED.get(facts.data.get("kind", ""))
    if template is None:
        return facts.fill(_("Personal data past its time was deleted"))
    return facts.fill(template, n=int(facts.data["number"]))


SENTENCES: dict[str, Sentence] = {
    "import.started": lambda f: f.fill(
        _("%(actor)s began to import the file “%(file)s”"), file=f.data["file"]
    ),
    "import.finished": _finished,
    "refused.put_away": _counted(
        ngettext_lazy(
            "%(actor)s put away %(n)d refused item", "%(actor)s put away %(n)d refused items", "n"
        ),
        "number",
    ),
    "refused.retried": _counted(
        ngettext_lazy(
            "%(actor)s had %(n)d refused item read again",
            "%(actor)s had %(n)d refused items read again",
            "n",
        ),
        "number",
    ),
    "batch.set_aside": lambda f: f.fill(
        ngettext_lazy(
            "A batch of “%(name)s” could not be stored and was set aside (%(n)d item)",
            "A batch of “%(name)s” could not be stored and was set aside (%(n)d items)",
            "n",
        ),
        name=f.data["name"],
        n=int(f.data["items"]),
    ),
    "batch.replayed": _named(_("%(actor)s had a failed batch of “%(name)s” stored again")),
    "batch.discarded": lambda f: f.fill(
        _("%(actor)s threw a failed batch of “%(name)s” away: %(reason)s"),
        name=f.data["name"],
        reason=f.data["reason"],
    ),
    "post.captured": lambda f: f.fill(_("%(actor)s captured a post by hand")),
    "data.exported": _exported,
    "data.expired": _expired,
    "person.erased": lambda f: f.fill(
        _("%(actor)s erased a person’s data, at their request (posts: %(n)d)"), n=f.data["number"]
    ),
    "person.objected": lambda f: f.fill(
        _("%(actor)s put a person on the objection list (no. %(number)s)"),
        number=f.data["objection"],
    ),
    "person.objection_withdrawn": lambda f: f.fill(
        _("%(actor)s took objection no. %(number)s off the list"), number=f.data["objection"]
    ),
    "person.objection_expired": lambda f: f.fill(
        _("Objection no. %(number)s ended: its time is over"), number=f.data["objection"]
    ),
    "person.objection_honoured": lambda f: f.fill(
        ngettext_lazy(
            "%(number)s post of somebody on the objection list, whose name was not known yet, is taken away",
            "%(number)s posts of somebody on the objection list, whose name was not known yet, are taken away",
            int(f.data["number"]),
        ),
        number=f.data["number"],
    ),
    "person.searched": lambda f: f.fill(_("%(actor)s looked up what is held about a person")),
    "person.exported": lambda f: f.fill(_("%(actor)s handed out what is held about a person")),
    "retention.changed": lambda f: f.fill(_("%(actor)s changed how long data is kept")),
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
