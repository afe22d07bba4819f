"""Sentences of the platform's journal: accounts and tokens."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from vigie.web.room.sentences import Facts, Sentence


def _person(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, person=facts.person)

    return write


SENTENCES: dict[str, Sentence] = {
    "user.created": _person(_("%(actor)s created the account of %(person)s")),
    "user.password_set": _person(_("%(actor)s gave %(person)s a new password")),
    "user.address_changed": _person(_("%(actor)s changed the address of %(person)s")),
    "user.deactivated": _person(_("%(actor)s closed the account of %(person)s")),
    "user.reactivated": _person(_("%(actor)s reopened the account of %(person)s")),
    "user.powers_set": _person(_("%(actor)s changed the rights of %(person)s")),
    "token.created": lambda f: f.fill(_("%(actor)s created an API token")),
    "jobs.retried": lambda f: f.fill(
        ngettext_lazy(
            "%(actor)s had %(n)d stuck job tried again",
            "%(actor)s had %(n)d stuck jobs tried again",
            "n",
        ),
        n=int(f.data["number"]),
    ),
    "token.revoked": lambda f: f.fill(_("%(actor)s revoked an API token")),
}
