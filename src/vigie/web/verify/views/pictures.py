"""The part of a claim's page with the tools to look at pictures and videos."""

from __future__ import annotations

from typing import Any

from vigie.operations.access import Desk
from vigie.verification.models import Claim


def part(desk: Desk, claim: Claim) -> dict[str, Any]:
    """What `verify/claim/pictures.html` needs to know of this claim."""
    return {}
