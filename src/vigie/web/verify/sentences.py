"""Entries of claims as sentences of the journal."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from vigie.operations.queries import names_of
from vigie.verification.vocabulary import STANCES, VERDICTS
from vigie.web.room.sentences import Facts, Sentence, register
from vigie.web.verify.evidence_words import reason
from vigie.web.verify.known_words import page_trouble


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


def _verdict(template: Promise) -> Sentence:
    """A sentence with a verdict in words."""

    def write(facts: Facts) -> str:
        code = facts.data["verdict"]
        word = VERDICTS[code].label if code in VERDICTS else code
        return facts.fill(template, number=facts.data["number"], verdict=str(word).lower())

    return write


def _two(template: Promise) -> Sentence:
    """A sentence about a claim and another."""

    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], other=facts.data["source"])

    return write


def _incident(template: Promise) -> Sentence:
    """A sentence about a claim and an incident."""

    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], incident=facts.data["incident"])

    return write


def _stance(facts: Facts) -> str:
    code = facts.data["stance"]
    word = STANCES.get(code, code)
    return facts.fill(
        _("%(actor)s said of a post of claim %(number)s: %(stance)s"),
        number=facts.data["number"], stance=str(word).lower(),
    )  # fmt: skip


def _assigned(facts: Facts) -> str:
    number = int(facts.data["person"])
    person = names_of([number]).get(number) or _("somebody of the team")
    return facts.fill(
        _("%(actor)s gave claim %(number)s to %(person)s"),
        number=facts.data["number"], person=person,
    )  # fmt: skip


FIELDS: Mapping[str, Promise] = {
    "wording": _("wording"), "language": _("language"), "details": _("details"),
    "category": _("category"), "harm": _("harm"), "place_name": _("place"), "place_code": _("place"),
    "reliability": _("rating"), "credibility": _("rating"),
}  # fmt: skip


def _edited(facts: Facts) -> str:
    names = dict.fromkeys(str(FIELDS.get(name, name)) for name in facts.data["fields"])
    return facts.fill(
        _("%(actor)s changed claim %(number)s: %(fields)s"),
        number=facts.data["number"], fields=", ".join(names),
    )  # fmt: skip


def _rated(facts: Facts) -> str:
    pairs = facts.data["changes"]
    said = "".join(str(pairs[axis][1]) for axis in ("reliability", "credibility") if axis in pairs)
    return facts.fill(
        _("%(actor)s rated claim %(number)s: %(rating)s"), number=facts.data["number"], rating=said
    )


def _measured(facts: Facts) -> str:
    numbers = ", ".join(f"{number} ({posts})" for _id, number, posts, _h in facts.data["grown"])
    return facts.fill(_("Claims spread: %(claims)s"), claims=numbers)


def _imported(facts: Facts) -> str:
    data = facts.data
    return facts.fill(
        _("%(actor)s imported checks of %(feed)s: %(new)s new, %(changed)s changed, %(refused)s refused"),
        feed=data["feed"], new=data["new"], changed=data["changed"], refused=data["refused"],
    )  # fmt: skip


def _feed(template: Promise) -> Sentence:
    """A sentence about a feed of checks by others."""

    def write(facts: Facts) -> str:
        code = facts.data.get("code", "")
        return facts.fill(
            template, feed=facts.data["feed"],
            reason=page_trouble(code).rstrip(".") if code else "",
        )  # fmt: skip

    return write


def _fetched(facts: Facts) -> str:
    data = facts.data
    return facts.fill(
        _("Checks of %(feed)s were taken in: %(new)s new, %(changed)s changed, %(withdrawn)s withdrawn"),
        feed=data["feed"], new=data["new"], changed=data["changed"], withdrawn=data["withdrawn"],
    )  # fmt: skip


def _answered(template: Promise) -> Sentence:
    """A sentence about a claim and the feed whose check it was opened from."""

    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], feed=facts.data["feed"])

    return write


def _kind(facts: Facts) -> str:
    """What was added, as a noun in a sentence."""
    nouns = {
        "link": gettext("a link"), "file": gettext("a file"),
        "screenshot": gettext("a screenshot"), "note": gettext("a note"),
        "call": gettext("a phone call"), "statement": gettext("an official statement"),
        "post": gettext("a post of the board"),
    }  # fmt: skip
    kind = str(facts.data["kind"])
    return nouns.get(kind, kind)


def _evidence(template: Promise) -> Sentence:
    """A sentence about a piece of evidence: its kind, its claim, the reason when it has one."""

    def write(facts: Facts) -> str:
        return facts.fill(
            template, number=facts.data["number"], kind=_kind(facts), why=facts.entry.text
        )

    return write


def _unkept(template: Promise) -> Sentence:
    """A sentence about a page that is not kept, with why."""

    def write(facts: Facts) -> str:
        return facts.fill(
            template, number=facts.data["number"], reason=reason(facts.data.get("code", ""))
        )

    return write


SENTENCES: dict[str, Sentence] = {
    "picture.recognised": _recognised,
    "claim.opened": _claim(_("%(actor)s wrote down claim %(number)s")),
    "claim.posts_added": _claim(_("%(actor)s added posts to claim %(number)s")),
    "claim.posts_found": _claim(_("Posts that repeat claim %(number)s were found (%(n)s)")),
    "claim.posts_confirmed": _claim(_("%(actor)s confirmed posts of claim %(number)s (%(n)s)")),
    "claim.posts_refused": _claim(_("%(actor)s took posts out of claim %(number)s (%(n)s)")),
    "claim.stance_set": _stance,
    "claim.taken": _claim(_("%(actor)s took claim %(number)s")),
    "claim.assigned": _assigned,
    "claim.released": _claim(_("%(actor)s let go of claim %(number)s")),
    "claim.checking": _claim(_("%(actor)s began to check claim %(number)s")),
    "claim.edited": _edited,
    "claim.rated": _rated,
    "claim.check_answered": _claim(
        _("%(actor)s answered a question of the checklist on claim %(number)s")
    ),
    "claim.verdict_proposed": _verdict(
        _("%(actor)s proposed a verdict on claim %(number)s: %(verdict)s")
    ),
    "claim.concluded": _verdict(
        _("%(actor)s read claim %(number)s second and agrees: %(verdict)s")
    ),
    "claim.dissented": _verdict(
        _("%(actor)s read claim %(number)s second and dissents: rather %(verdict)s")
    ),
    "claim.reopened": _claim(_("%(actor)s has claim %(number)s checked again")),
    "claim.merged": _two(_("%(actor)s merged claim %(other)s into claim %(number)s")),
    "claim.unmerged": _two(_("%(actor)s separated claim %(number)s from claim %(other)s again")),
    "claim.split": _two(_("%(actor)s let posts leave claim %(other)s into claim %(number)s")),
    "claim.incident_linked": _incident(
        _("%(actor)s linked claim %(number)s to incident %(incident)s")
    ),
    "claim.incident_unlinked": _incident(
        _("%(actor)s separated claim %(number)s from incident %(incident)s")
    ),
    "claims.measured": _measured,
    "claims.imported": _imported,
    "known_feed.added": _feed(_("%(actor)s has the checks of %(feed)s followed")),
    "known_feed.paused": _feed(_("%(actor)s paused the feed of checks %(feed)s")),
    "known_feed.resumed": _feed(_("%(actor)s resumed the feed of checks %(feed)s")),
    "known_feed.asked": _feed(_("%(actor)s had the feed of checks %(feed)s visited")),
    "known_feed.removed": _feed(_("%(actor)s removed the feed of checks %(feed)s")),
    "known_feed.read": _fetched,
    "known_feed.stuck": _feed(_("The feed of checks %(feed)s is stuck: %(reason)s")),
    "known_feed.mended": _feed(_("The feed of checks %(feed)s can be read again")),
    "claim.known_corrected": _answered(
        _("%(feed)s corrected the check that claim %(number)s was opened from")
    ),
    "claim.known_withdrawn": _answered(
        _("%(feed)s took back the check that claim %(number)s was opened from")
    ),
    "fact_check.written": _claim(_("%(actor)s wrote the public page of claim %(number)s")),
    "fact_check.words_approved": _claim(
        _("%(actor)s read and approved the words on claim %(number)s")
    ),
    "fact_check.picture_chosen": _claim(
        _("%(actor)s put a picture on the page of claim %(number)s, faces hidden")
    ),
    "fact_check.picture_removed": _claim(
        _("%(actor)s took the picture off the page of claim %(number)s")
    ),
    "fact_check.published": _claim(_("%(actor)s published the fact-check of claim %(number)s")),
    "fact_check.corrected": _claim(_("%(actor)s corrected the fact-check of claim %(number)s")),
    "fact_check.withdrawn": _claim(_("%(actor)s withdrew the fact-check of claim %(number)s")),
    "fact_check.handed_over": _claim(
        _("The answers on claim %(number)s are ready for the communication desk")
    ),
    "fact_check.answers_taken": _claim(_("%(actor)s took up the answers on claim %(number)s")),
    "evidence.added": _evidence(
        _("%(actor)s added %(kind)s to the evidence of claim %(number)s: %(why)s")
    ),
    "evidence.struck": _evidence(_("%(actor)s struck out %(kind)s of claim %(number)s: %(why)s")),
    "evidence.changed": _claim(_("%(actor)s judged a piece of evidence of claim %(number)s anew")),
    "evidence.exported": _claim(_("%(actor)s exported the evidence of claim %(number)s")),
    "evidence.altered": _claim(
        _("A file of the evidence of claim %(number)s is altered or missing")
    ),
    "evidence.intact_again": _claim(
        _("A file of the evidence of claim %(number)s is what it was again")
    ),
    "evidence.let_go": lambda facts: facts.fill(
        _("%(actor)s let %(n)s pieces of evidence go for a person’s request: %(why)s"),
        n=int(facts.data["number"]),
        why=facts.entry.text,
    ),
    "archive.kept": _claim(_("A page is kept as evidence of claim %(number)s")),
    "archive.refused": _unkept(_("A page for claim %(number)s is refused: %(reason)s")),
    "archive.stuck": _unkept(_("A page for claim %(number)s could not be kept: %(reason)s")),
    "archive.asked_again": _claim(_("%(actor)s had a page for claim %(number)s kept once more")),
}

register(SENTENCES)
