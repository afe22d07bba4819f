from __future__ import annotations

from vigie.assistance.models.handoffs import HandOff, HandOffAnswer, HandOffDelivery, Partner
from vigie.assistance.models.needs import Call, Contact, Need, NeedNote, NotTheSame
from vigie.assistance.models.offers import Match, Offer

__all__ = [
    "Call", "Contact", "HandOff", "HandOffAnswer", "HandOffDelivery", "Match", "Need", "NeedNote",
    "NotTheSame", "Offer", "Partner",
]  # fmt: skip
