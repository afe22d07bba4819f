"""An operation as a whole: its territory and how many people are in its team."""

from __future__ import annotations

from vigie.operations.models import Membership, Operation, TerritoryCommune


def communes(operation: Operation) -> list[TerritoryCommune]:
    """The communes of the territory, by name."""
    return list(operation.communes.order_by("name"))


def team_size(operation: Operation) -> int:
    """How many people are in the team now."""
    return (
        Membership.objects.filter(operation=operation, until__isnull=True)
        .values("user")
        .distinct()
        .count()
    )


def titles() -> dict[int, str]:
    """Titles of all operations by id."""
    return dict(Operation.objects.values_list("pk", "title"))
