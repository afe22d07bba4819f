"""What cannot be done to a claim, in the person's words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.verification.actions.claims import DETAILS_LIMIT, WORDING_LIMIT, FieldRefused

_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("wording", "missing"): _("Write in one sentence what is said."),
    ("wording", "too_long"): _("At most %(n)d characters: say only what is claimed."),
    ("details", "too_long"): _("At most %(n)d characters."),
    ("harm", "out_of_range"): _("Choose what believing it may do."),
}
_LIMITS = {"wording": WORDING_LIMIT, "details": DETAILS_LIMIT}


def refused(refusal: FieldRefused) -> str:
    """One sentence on a field."""
    words = _FIELDS.get((refusal.field, refusal.code))
    if words is None:
        raise refusal
    return str(words) % {"n": _LIMITS.get(refusal.field, 0)}
