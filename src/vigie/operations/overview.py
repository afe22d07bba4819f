"""An operation as a whole: its territory and how many people are in its team."""

from __future__ import annotations

from collections.abc import Iterable

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


def territory_codes(operations: Iterable[int]) -> dict[int, frozenset[str]]:
    """INSEE codes of the territory of each of these operations; empty when it has none."""
    found: dict[int, set[str]] = {operation: set() for operation in operations}
    rows = TerritoryCommune.objects.filter(operation__in=found)
    for operation, code in rows.values_list("operation_id", "code"):
        found[operation].add(code)
    return {operation: frozenset(codes) for operation, codes in found.items()}


def by_slug(slug: str) -> Operation | None:
    """The operation of that slug, for commands and jobs that act by themselves."""
    return Operation.objects.filter(slug=slug).first()
