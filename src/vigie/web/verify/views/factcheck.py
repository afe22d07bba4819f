"""The part of a claim's page that holds what the public will read."""

from __future__ import annotations

from typing import Any

from vigie.operations.access import Desk
from vigie.verification.models import Claim


def part(desk: Desk, claim: Claim) -> dict[str, Any]:
    """What `verify/claim/factcheck.html` needs to know of this claim."""
    return {}
