"""The map as the public has it: releases, what is in them, how layers stand to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339
from vigie.mapping.decide_release import Place, Position, Shown
from vigie.mapping.models import Layer, MapRelease, ReleasedObject
from vigie.mapping.vocabulary import THEMES
from vigie.operations import overview
from vigie.operations.access import Desk
from vigie.operations.models import Operation

INCIDENTS: Final = "incidents"
"""The theme of what was reported, after those of layers."""
THEME_ORDER: Final = {code: at for at, code in enumerate((*THEMES, INCIDENTS))}


def public_order(each: Shown) -> tuple[int, str, str, str]:
    """By theme, by commune (those without one last), by title."""
    return (
        THEME_ORDER.get(each.theme, THEME_ORDER["other"]), each.commune or "\uffff",
        each.template, each.title,
    )  # fmt: skip


def last_release(operation: Operation) -> MapRelease | None:
    """The latest release, withdrawn or not."""
    return MapRelease.objects.filter(operation=operation).order_by("-number").first()


def present_release(operation: Operation) -> MapRelease | None:
    """What the public has before it now; None when there is no map."""
    last = last_release(operation)
    return None if last is None or last.withdrawn_at is not None else last


def releases(by: Desk) -> Sequence[MapRelease]:
    """Every release of the operation, the latest first."""
    by.require(Right.SEE_LAYERS)
    rows = MapRelease.objects.filter(operation=by.operation).select_related("by", "withdrawn_by")
    return list(rows.annotate(n=Count("things")).order_by("-number")[:100])


def places_of(operation: Operation) -> list[Place]:
    """The communes of the territory whose middle is known, by name."""
    return [
        Place(code=each.code, name=each.name, lon=each.lon, lat=each.lat)
        for each in overview.communes(operation)
        if each.lon is not None and each.lat is not None
    ]


def written(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def things_of(release: MapRelease) -> list[ReleasedObject]:
    """What a release told, in the order of its list."""
    rows = release.things.select_related("feature", "incident").order_by("position")
    return list(rows)


def shown_of(release: MapRelease) -> list[Shown]:
    """The same as the rules compare it."""
    return [
        Shown(
            key=key_of(row), kind=row.kind, theme=row.theme, template=row.template, title=row.title,
            text=row.text, attributes=row.attributes, geometry=row.geometry, lon=row.lon,
            lat=row.lat, radius_m=row.radius_m, precision=row.precision,
            precision_m=row.precision_m, commune=row.commune,
            valid_from=written(row.valid_from), valid_until=written(row.valid_until),
            doubtful=row.doubtful,
        )
        for row in things_of(release)
    ]  # fmt: skip


def key_of(row: ReleasedObject) -> str:
    if row.feature is not None:
        return f"object-{row.feature.uid}"
    if row.incident is not None:
        return f"incident-{row.incident.number}"
    return f"gone-{row.public_id}"


def published_before(
    operation: Operation,
) -> tuple[dict[str, dict[str, Position]], dict[str, UUID]]:
    """Where things were published last, by precision, and their names outside."""
    where: dict[str, dict[str, Position]] = {}
    names: dict[str, UUID] = {}
    rows = (
        ReleasedObject.objects.filter(release__operation=operation)
        .select_related("feature", "incident")
        .only("precision", "lon", "lat", "public_id", "feature__uid", "incident__number")
        .order_by("-release__number")
    )
    for row in rows:
        key = key_of(row)
        names.setdefault(key, row.public_id)
        if row.lon is not None and row.lat is not None:
            where.setdefault(key, {}).setdefault(row.precision, (row.lon, row.lat))
    return where, names


@dataclass(frozen=True, kw_only=True)
class PublicMap:
    """What a public address answers. `release` None: no map was ever released; `things` are empty
    when it was withdrawn."""

    operation: Operation
    release: MapRelease | None
    things: tuple[ReleasedObject, ...] = ()

    @property
    def withdrawn(self) -> bool:
        return self.release is not None and self.release.withdrawn_at is not None


def public_map(slug: str) -> PublicMap | None:
    """The public map by the operation's slug; None when there is no such operation, or it is not
    public yet."""
    operation = Operation.objects.filter(slug=slug).first()
    if operation is None:
        return None
    release = last_release(operation)
    if release is None or release.withdrawn_at is not None:
        if release is None and operation.phase == "prepared":
            return None
        return PublicMap(operation=operation, release=release)
    things = tuple(release.things.order_by("position"))
    return PublicMap(operation=operation, release=release, things=things)


@dataclass(frozen=True, kw_only=True)
class LayerState:
    """How a layer stands to the public: released, changed (since), not_released, or still_public (no
    longer for the public, and there until the next release)."""

    code: str
    at: datetime | None = None


def layer_states(operation: Operation, layers: Iterable[Layer]) -> dict[int, LayerState]:
    """By layer's pk; nothing for those that have nothing to do with the public."""
    present = present_release(operation)
    out: set[int | None] = set()
    if present is not None:
        out = set(present.things.values_list("layer", flat=True).distinct())
    found = {}
    for row in layers:
        if row.pk in out and present is not None:
            code = "changed" if row.changed > present.entry else "released"
            code = code if row.audience == "public" else "still_public"
            found[row.pk] = LayerState(code=code, at=present.at)
        elif row.audience == "public":
            found[row.pk] = LayerState(code="not_released")
    return found
