"""Objects of a layer as rows, for what filters and pages them itself."""

from __future__ import annotations

from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk


def standing_rows(by: Desk, layer: Layer) -> QuerySet[Feature]:
    """What stands in a layer; nothing when the person may not see it."""
    by.require(Right.SEE_LAYERS)
    return Feature.objects.filter(
        layer=layer, deleted_at__isnull=True, layer__in=visible_layers(by).order_by()
    )
