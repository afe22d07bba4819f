"""What is to be done next about a claim by the person who looks at it: one gesture, always in sight."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.verification.decide import PUBLIC
from vigie.verification.models import Claim


@dataclass(frozen=True, kw_only=True)
class Step:
    """`verb` is a gesture that the button does at once; else it leads to the part `anchor`. Without
    either it is said what is waited for."""

    label: Promise
    icon: str = ""
    verb: str = ""
    anchor: str = ""


_START = Step(label=_("Start checking"), icon="eye-search", verb="start")
_CHECK = Step(label=_("Go through the checklist"), icon="list-check", anchor="claim-checklist")
_PROPOSE = Step(label=_("Propose a verdict"), icon="gavel", anchor="claim-verdict")
_READ = Step(label=_("Read the verdict second"), icon="users", anchor="claim-verdict")
_WAIT = Step(label=_("Waits for a second reader"))
_HELD = Step(label=_("Somebody else has it"))
_PUBLISH = Step(label=_("Prepare the public answer"), icon="world-upload", anchor="factcheck")
_PUBLIC = Step(label=_("The public reads the answer"), anchor="factcheck")


def next_step(
    claim: Claim, *, may_check: bool, may_publish: bool, mine: bool, own_proposal: bool,
    answered: int, asked: int,
) -> Step | None:  # fmt: skip
    """The next gesture; None when there is none for this person."""
    if claim.merged_into_id is not None:
        return None
    if claim.state in PUBLIC:
        return _PUBLIC
    if claim.state == "concluded":
        return _PUBLISH if may_publish else None
    if not may_check:
        return None
    if claim.state == "second_reading":
        return _WAIT if own_proposal else _READ
    if claim.assignee_id is not None and not mine:
        return _HELD
    if claim.state != "checking":
        return _START
    return _CHECK if answered < asked else _PROPOSE
