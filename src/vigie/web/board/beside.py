"""What other rooms know of the posts on the board: read for all its lines at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vigie.operations.access import Desk
from vigie.triage.queries.leads import Line
from vigie.verification.queries.marks import marks_of
from vigie.verification.sightings.reuse import reuse_of


def beside(desk: Desk, lines: Iterable[Line]) -> dict[str, Any]:
    """By name, mappings from a lead's id; a fixed number of queries however many lines there are."""
    leads = {line.lead.pk for line in lines}
    return {"marks": marks_of(desk, leads), "reuse": reuse_of(leads, by=desk)}
