"""What a situation report tells of the map: objects of the trade that are in force, layers others may
see only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from vigie.mapping.models import Feature
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.models import Operation

SILENT: Final = ("text", "arrow")
"""Templates that say something of the map, not of the ground."""
MOST: Final = 2_000
"""Objects looked at: more come from a file and are no news of the operation."""


@dataclass(frozen=True, kw_only=True)
class ObjectRow:
    """An object in force. `geometry` is GeoJSON, None of one not placed yet."""

    template: str
    name: str
    attributes: Mapping[str, Any]
    geometry: Mapping[str, Any] | None
    radius_m: float | None
    created_at: datetime


def in_force(operation: Operation, *, now: datetime) -> list[ObjectRow]:
    """Objects of the templates of the trade that are valid at `now`, on layers that partners may see:
    what the team keeps to itself stays out of what is sent. By template, then name."""
    rows = Feature.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=now),
        Q(valid_until__isnull=True) | Q(valid_until__gte=now),
        layer__operation=operation, layer__archived_at__isnull=True,
        layer__audience__in=("partner", "public"), deleted_at__isnull=True,
        template__in=[code for code in TEMPLATES if code not in SILENT],
    ).order_by("name", "pk")  # fmt: skip
    told = rows.values("template", "name", "attributes", "geometry", "radius_m", "created_at")
    order = list(TEMPLATES)
    return sorted(
        (ObjectRow(**each) for each in told[:MOST]), key=lambda row: order.index(row.template)
    )
