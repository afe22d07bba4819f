"""What the author of an exercise says of a post, to score the analyser against.

Never travels with the post: it leaves the scenario only towards `vigie evaluate`.
"""

from __future__ import annotations

import msgspec


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """The right answers for the post `post_id` of a scenario (the `id` of its wire form).

    `category` is one of the 16 codes of the categories referential. `urgency` is one of
    `findings.URGENCY_LEVELS`. `communes` are the INSEE codes (five characters) that a careful
    reader finds in the text alone, in no order; empty when the text names none. `duplicate_of` is
    the id of the first post of the group that tells the same in (nearly) the same words, None for
    the first and for posts alone. `claim` is the id of the claim that the post spreads, doubts or
    denies, None when there is none.
    """

    post_id: str
    category: str
    urgency: str
    communes: tuple[str, ...] = ()
    duplicate_of: str | None = None
    claim: str | None = None
