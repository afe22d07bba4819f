"""Opening, changing and closing an operation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right, Role, rights_of
from vigie.journal import queries as journal
from vigie.kernel.ids import slugify
from vigie.operations import decide, territory
from vigie.operations.access import Desk, require_platform
from vigie.operations.kinds import KINDS
from vigie.operations.models import Membership, Operation, TerritoryCommune

POSTS_ARRIVED = "posts.arrived"
"""The entry that tells of posts taken in: after the first one the exercise flag is settled."""
RESERVED_SLUGS = frozenset({"new", "api", "collections", "conformance"})
"""Words that addresses put where a slug may stand (`/o/new/`, `/ogc/collections`)."""


class OperationInvalid(ValueError):
    """A field cannot be kept. `field` and `code` say which and why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


class ExerciseSettled(ValueError):
    """Posts came in: an exercise stays an exercise, a real operation stays real."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person says of an operation when they open or edit it.

    `communes` are INSEE codes, `languages` ISO 639-1 codes, most important first.
    """

    title: str
    kind: str
    communes: Sequence[str]
    languages: Sequence[str] = ("fr",)
    is_exercise: bool = False
    time_zone: str = "Europe/Paris"
    hold_minutes: int = 10
    slug: str = field(default="")
    """Only at opening; made from the title when empty."""


def open_operation(
    *, plan: Plan, user: User, now: datetime, coordinator: User | None = None
) -> Desk:
    """Open an operation in phase `prepared`; `coordinator` (the opener unless given) leads it.

    Returns the coordinator's desk. Raises NotAllowed, OperationInvalid, TerritoryMissing or
    UnknownCommune.
    """
    require_platform(user, Right.PLATFORM_OPEN_OPERATION)
    _check(plan)
    communes = territory.communes_of(plan.communes)
    lead = coordinator or user
    with transaction.atomic():
        operation = Operation.objects.create(
            slug=_free_slug(plan.slug or plan.title),
            title=plan.title.strip(),
            kind=plan.kind,
            is_exercise=plan.is_exercise,
            languages=list(plan.languages),
            time_zone=plan.time_zone,
            hold_minutes=plan.hold_minutes,
            created_at=now,
            created_by=user,
        )
        territory.copy_into(operation, communes)
        Membership.objects.create(
            operation=operation, user=lead, role=Role.COORDINATOR.value, since=now
        )
        roles = frozenset({Role.COORDINATOR})
        opener = Desk(operation=operation, user=user, actor=user.display)
        opener.record(
            "operation.opened",
            now=now,
            subject=("operation", operation.pk),
            data={
                "kind": plan.kind,
                "exercise": plan.is_exercise,
                "communes": len(communes),
                "languages": list(plan.languages),
            },
            touches=["operation"],
        )
        opener.record(
            "team.joined",
            now=now,
            subject=("user", lead.pk),
            data={"roles": [Role.COORDINATOR.value]},
            touches=["team"],
        )
    return Desk(
        operation=operation, user=lead, actor=lead.display, roles=roles, rights=rights_of(roles)
    )


def change_phase(*, to: str, by: Desk, now: datetime, reason: str = "") -> Operation:
    """Go to another phase. Raises NotAllowed, StepImpossible or ReasonMissing."""
    by.require(Right.CHANGE_PHASE)
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(pk=by.operation.pk)
        step = decide.step(operation.phase, to, reason=reason, now=now)
        operation.phase, operation.closed_at = step.after, step.closed_at
        operation.save(update_fields=["phase", "closed_at"])
        by.record(
            "operation.phase_changed",
            now=now,
            subject=("operation", operation.pk),
            text=reason.strip(),
            data={"before": step.before, "after": step.after},
            touches=["operation"],
        )
    return operation


def edit_operation(*, plan: Plan, by: Desk, now: datetime) -> Operation:
    """Make the operation say what `plan` says (its slug stays); nothing is written when it does.

    Raises NotAllowed, OperationInvalid, ExerciseSettled, TerritoryMissing or UnknownCommune.
    """
    by.require(Right.EDIT_OPERATION)
    _check(plan)
    with transaction.atomic():
        operation = Operation.objects.select_for_update().get(pk=by.operation.pk)
        if plan.is_exercise != operation.is_exercise and journal.has_verb(
            operation.pk, POSTS_ARRIVED
        ):
            raise ExerciseSettled
        changes = _assign(operation, plan)
        if changes:
            operation.save(update_fields=list(changes))
            by.record(
                "operation.edited",
                now=now,
                subject=("operation", operation.pk),
                data={"changes": changes},
                touches=["operation"],
            )
        _change_territory(operation, plan.communes, by=by, now=now)
    return operation


def _change_territory(
    operation: Operation, codes: Iterable[str], *, by: Desk, now: datetime
) -> None:
    wanted = {commune.code: commune for commune in territory.communes_of(codes)}
    before = operation.communes.values_list("code", flat=True)
    change = decide.territory_change(before, wanted)
    if not change:
        return
    TerritoryCommune.objects.filter(operation=operation, code__in=change.removed).delete()
    territory.copy_into(operation, [wanted[code] for code in change.added])
    by.record(
        "operation.territory_changed",
        now=now,
        subject=("operation", operation.pk),
        data={"added": list(change.added), "removed": list(change.removed)},
        touches=["operation"],
    )


def _assign(operation: Operation, plan: Plan) -> dict[str, list[Any]]:
    """Set the plain fields that differ; returns {field: [before, after]}."""
    wanted = {
        "title": plan.title.strip(),
        "kind": plan.kind,
        "languages": list(plan.languages),
        "is_exercise": plan.is_exercise,
        "time_zone": plan.time_zone,
        "hold_minutes": plan.hold_minutes,
    }
    changes = {}
    for name, value in wanted.items():
        if (before := getattr(operation, name)) != value:
            setattr(operation, name, value)
            changes[name] = [before, value]
    return changes


def _check(plan: Plan) -> None:
    title = plan.title.strip()
    if not title:
        raise OperationInvalid("title", "missing")
    if len(title) > decide.TITLE_LENGTH:
        raise OperationInvalid("title", "too_long")
    if plan.kind not in KINDS:
        raise OperationInvalid("kind", "unknown")
    if not plan.languages or not all(
        len(code) == 2 and code.isascii() and code.islower() for code in plan.languages
    ):
        raise OperationInvalid("languages", "unknown")
    if plan.time_zone not in available_timezones():
        raise OperationInvalid("time_zone", "unknown")
    low, high = decide.HOLD_MINUTES
    if not low <= plan.hold_minutes <= high:
        raise OperationInvalid("hold_minutes", "out_of_range")


def _free_slug(text: str) -> str:
    """A slug nobody has: `text` in short, then with -2, -3 …"""
    base = slugify(text)
    taken = (
        set(Operation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        | RESERVED_SLUGS
    )
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
