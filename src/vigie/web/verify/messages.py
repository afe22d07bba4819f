"""What cannot be done to a claim, in the person's words: what happened, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.verification.actions._claims import ClaimMerged, FieldRefused
from vigie.verification.actions.checking import NOTE_LIMIT
from vigie.verification.actions.claims import DETAILS_LIMIT, WORDING_LIMIT
from vigie.verification.actions.edits import PLACE_LIMIT
from vigie.verification.actions.holding import AssigneeCannotCheck, HeldByAnother
from vigie.verification.actions.merging import NotMerged, PublicClaim, SameClaim
from vigie.verification.actions.readings import REASON_LEAST, REASON_LIMIT, ReadingChanged
from vigie.verification.claimreview import NotReadable
from vigie.verification.decide import AloneRefused, StateRefused
from vigie.verification.vocabulary import CLAIM_STATES

_SETTLED = gettext_lazy(
    "A verdict stands on these words. Have the claim checked again first, then change them."
)
_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("wording", "missing"): gettext_lazy("Write in one sentence what is said."),
    ("wording", "too_long"): gettext_lazy("At most %(n)d characters: say only what is claimed."),
    ("wording", "settled"): _SETTLED,
    ("reliability", "settled"): _SETTLED,
    ("credibility", "settled"): _SETTLED,
    ("details", "too_long"): gettext_lazy("At most %(n)d characters."),
    ("place_name", "too_long"): gettext_lazy("At most %(n)d characters."),
    ("note", "too_long"): gettext_lazy("At most %(n)d characters."),
    ("harm", "out_of_range"): gettext_lazy("Choose what believing it may do."),
    ("verdict", "missing"): gettext_lazy("Choose a verdict."),
    ("reason", "missing"): gettext_lazy(
        "Say why in at least %(n)d characters: others build on it."
    ),
    ("reason", "too_long"): gettext_lazy("The reason is too long."),
    ("posts", "missing"): gettext_lazy("Tick the posts that leave."),
    ("incident", "unknown"): gettext_lazy("There is no incident of that number here."),
    ("merge", "missing"): gettext_lazy("There is no claim of that number here."),
}
_LIMITS = {
    ("wording", "too_long"): WORDING_LIMIT, ("details", "too_long"): DETAILS_LIMIT,
    ("place_name", "too_long"): PLACE_LIMIT, ("note", "too_long"): NOTE_LIMIT,
    ("reason", "missing"): REASON_LEAST, ("reason", "too_long"): REASON_LIMIT,
}  # fmt: skip

REFUSALS = (
    FieldRefused, HeldByAnother, AssigneeCannotCheck, StateRefused, AloneRefused, ReadingChanged,
    SameClaim, NotMerged, PublicClaim, ClaimMerged,
)  # fmt: skip


def refused(refusal: FieldRefused) -> str:
    """One sentence on a field."""
    key = (refusal.field, refusal.code)
    words = _FIELDS.get(key) or gettext_lazy("That value is not possible here.")
    return str(words) % {"n": _LIMITS.get(key, 0)}


def said(refusal: Exception) -> str:
    """One sentence on what a gesture met. Nothing was changed then."""
    match refusal:
        case FieldRefused():
            return refused(refusal)
        case HeldByAnother():
            return _("%(person)s has it. They can release it, or you can give it to somebody.") % {
                "person": refusal.holder.display
            }
        case AssigneeCannotCheck():
            return _("That person is not in the team, or their role does not check claims.")
        case AloneRefused():
            return _(
                "You proposed this verdict: somebody else has to read it. Nobody concludes alone."
            )
        case ReadingChanged():
            return _("The proposal changed since you read it. Read it again, then answer.")
        case StateRefused():
            return _("This is not possible while the claim is in the state “%(state)s”.") % {
                "state": CLAIM_STATES[refusal.old].label
            }
        case SameClaim():
            return _("It is the same claim.")
        case NotMerged():
            return _("It stands alone already.")
        case PublicClaim():
            return _("The public reads its page: merge the other one into this one.")
        case ClaimMerged():
            return _("It was merged into claim %(n)d: go on there.") % {"n": refusal.into.number}
        case NotReadable():
            return _(
                "This file is neither JSON, JSON lines nor RSS, or holds no ClaimReview. Nothing was "
                "imported."
            )
    raise refusal
