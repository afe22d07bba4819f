"""The part of a claim's page that holds what shows whether it is true."""

from __future__ import annotations

from typing import Any

from vigie.operations.access import Desk
from vigie.verification.models import Claim


def part(desk: Desk, claim: Claim) -> dict[str, Any]:
    """What `verify/claim/evidence.html` needs to know of this claim."""
    return {}
