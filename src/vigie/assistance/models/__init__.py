from __future__ import annotations

from vigie.assistance.models.handoffs import HandOff, HandOffAnswer, Partner
from vigie.assistance.models.needs import Call, Contact, Need, NeedNote

__all__ = ["Call", "Contact", "HandOff", "HandOffAnswer", "Need", "NeedNote", "Partner"]
