"""What could go to the public and what would: each thing with its choice, its changes, its warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Q

from vigie.accounts.roles import Right
from vigie.kernel.clock import parse_rfc3339
from vigie.mapping import decide_release as rules
from vigie.mapping.decide_release import Differences, Place, Shown, Thing
from vigie.mapping.models import Feature, Layer, MapRelease
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.queries.releases import (
    INCIDENTS,
    last_release,
    places_of,
    present_release,
    public_order,
    published_before,
    shown_of,
    written,
)
from vigie.mapping.release_texts import Found, seen_in
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.operations.places import commune
from vigie.operations.queries import team
from vigie.triage.models import Incident
from vigie.triage.queries.incidents import incidents

MOST: Final = 1_000
"""Things of a release at most: a public map of more is read by nobody, and no phone loads it."""
LISTED: Final = 2_000
"""Objects of a review at most: layers beyond are too large for the public."""
OFFERED: Final = ("to_check", "confirmed", "unverifiable", "handed_over")
"""States of incidents that may be released; what is denied or closed may not."""
OFFERED_NUMBER: Final = 300


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person chose for a thing: a precision or `decide_release.NOT`; of an incident, the
    words the public reads."""

    precision: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Warned:
    """Something to look at before it goes out. `code`: asked, doubtful, home (closer than is usual
    for what may be a home), operational, over (its time is past), placeless, or one of
    `release_texts.Found` with the `text` seen."""

    code: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A thing in the review. `shown` is None when it stays inside. `change`: added, changed, same,
    taken_back, or empty when it is neither out nor going out."""

    thing: Thing
    choice: Choice
    usual: str
    shown: Shown | None
    change: str
    fields: tuple[str, ...]
    warnings: tuple[Warned, ...]
    layer: Layer | None = None
    feature: int | None = None
    incident: Incident | None = None


@dataclass(frozen=True, kw_only=True)
class Review:
    """All that could go out. `vanished` is public now and can no longer be: deleted, closed, or on a
    layer that is not for the public any more. `too_large`: layers nothing of which can be released."""

    lines: tuple[Line, ...]
    vanished: tuple[Shown, ...]
    differences: Differences
    too_large: tuple[Layer, ...]
    public_ids: Mapping[str, UUID] = field(default_factory=dict)

    @property
    def going(self) -> tuple[Line, ...]:
        """What would be public, in the order of the public list."""
        chosen = [(public_order(line.shown), line) for line in self.lines if line.shown is not None]
        return tuple(line for _, line in sorted(chosen, key=lambda pair: pair[0]))

    @property
    def outside(self) -> tuple[Layer, ...]:
        """Layers with something going out that is not ours: somebody else's licence holds."""
        found = {
            line.layer.pk: line.layer
            for line in self.going
            if line.layer is not None and line.layer.origin == "remote"
        }
        return tuple(found.values())

    @property
    def warned(self) -> int:
        return sum(len(line.warnings) for line in self.going)

    @property
    def too_many(self) -> bool:
        return len(self.going) > MOST


def review(by: Desk, choices: Mapping[str, Choice] | None = None, *, now: datetime) -> Review:
    """What would go out by these choices; those not given are as in the last release, or as usual."""
    by.require(Right.RELEASE_MAP)
    last = last_release(by.operation)
    present = [] if last is None or last.withdrawn_at else shown_of(last)
    before, public_ids = published_before(by.operation)
    places = places_of(by.operation)
    names = _names(by)
    found, too_large = _objects(by)
    lines = [*found, *_incidents(by, places)]
    proposed = _proposed(last)
    made: list[Line] = []
    for line in lines:
        key = line.thing.key
        choice = (choices or {}).get(key) or proposed.get(key) or _usual(line.thing, now)
        thing = line.thing
        if thing.kind == "incident":
            thing = replace(thing, title=choice.title)
        shown = None
        if choice.precision != rules.NOT:
            shown = rules.shown(thing, choice.precision, places, before=before.get(key))
        made.append(
            replace(
                line, thing=thing, choice=choice, shown=shown, usual=rules.usual_precision(thing),
                warnings=_warnings(thing, shown, names, now),
            )
        )  # fmt: skip
    going = [line.shown for line in made if line.shown is not None]
    change = rules.differences(going, present)
    could = {line.thing.key for line in made}
    return Review(
        lines=tuple(_compared(line, change) for line in made),
        vanished=tuple(each for each in present if each.key not in could),
        differences=change, too_large=tuple(too_large), public_ids=public_ids,
    )  # fmt: skip


def _compared(line: Line, change: Differences) -> Line:
    key = line.thing.key
    if key in change.changed:
        return replace(line, change="changed", fields=change.changed[key])
    if key in change.added:
        return replace(line, change="added")
    if key in change.taken_back:
        return replace(line, change="taken_back")
    return replace(line, change="same" if line.shown is not None else "")


def _usual(thing: Thing, now: datetime) -> Choice:
    """An incident goes out only when somebody says so, an object that is over does not."""
    if thing.kind == "incident" or _over(thing, now):
        return Choice(precision=rules.NOT)
    return Choice(precision=rules.usual_precision(thing))


def _over(thing: Thing, now: datetime) -> bool:
    return thing.valid_until is not None and parse_rfc3339(thing.valid_until) <= now


def _proposed(last: MapRelease | None) -> dict[str, Choice]:
    if last is None:
        return {}
    out = {key: Choice(precision=rules.NOT) for key in last.left_out}
    return out | {
        each.key: Choice(precision=each.precision, title=each.title) for each in shown_of(last)
    }


def _warnings(
    thing: Thing, shown: Shown | None, names: Sequence[str], now: datetime
) -> tuple[Warned, ...]:
    if shown is None:
        return ()
    found = []
    if thing.asked:
        found.append(Warned(code="asked"))
    if thing.doubtful:
        found.append(Warned(code="doubtful"))
    if rules.closer_than_usual(thing, shown.precision):
        found.append(Warned(code="home"))
    if thing.template in rules.OPERATIONAL:
        found.append(Warned(code="operational"))
    if _over(thing, now):
        found.append(Warned(code="over"))
    if shown.geometry is None:
        found.append(Warned(code="placeless"))
    texts = [shown.title, shown.text]
    texts += [value for value in shown.attributes.values() if isinstance(value, str)]
    seen: dict[Found, None] = {}
    for text in texts:
        seen |= dict.fromkeys(seen_in(text, team=names))
    return (*found, *(Warned(code=each.code, text=each.text) for each in seen))


# What stands ----------------------------------------------------------------------------------------


def _line(
    thing: Thing,
    *,
    layer: Layer | None = None,
    feature: int | None = None,
    incident: Incident | None = None,
) -> Line:
    return Line(
        thing=thing, choice=Choice(precision=rules.NOT), usual="", shown=None, change="", fields=(),
        warnings=(), layer=layer, feature=feature, incident=incident,
    )  # fmt: skip


def _objects(by: Desk) -> tuple[list[Line], list[Layer]]:
    """What stands on layers for the public, and the layers that are too large for it."""
    layers = {row.pk: row for row in visible_layers(by).filter(audience="public")}
    too_large, listed = [], 0
    for each in layers.values():
        if each.objects_number > MOST or listed + each.objects_number > LISTED:
            too_large.append(each)
        else:
            listed += each.objects_number
    rows = (
        Feature.objects.filter(
            layer__in=[pk for pk, row in layers.items() if row not in too_large],
            deleted_at__isnull=True, geometry__isnull=False,
        )
        .annotate(asked=Count("conflicts", filter=Q(conflicts__resolved_at__isnull=True)))
        .order_by("layer__position", "layer__number", "pk")
    )  # fmt: skip
    lines = []
    for row in rows:
        layer = layers[row.layer_id]
        thing = Thing(
            key=f"object-{row.uid}", kind="object", theme=layer.theme, template=row.template,
            title=row.name, text=row.note, attributes=row.attributes, geometry=row.geometry,
            lon=row.lon, lat=row.lat, radius_m=row.radius_m, precision_m=row.precision_m,
            valid_from=written(row.valid_from), valid_until=written(row.valid_until),
            sure=row.credibility <= 2, doubtful=row.credibility in (4, 5), asked=row.asked,
        )  # fmt: skip
        lines.append(_line(thing, layer=layer, feature=row.pk))
    return lines, too_large


def _incidents(by: Desk, places: Sequence[Place]) -> list[Line]:
    known = {each.code: each for each in places}
    rows = incidents(by).filter(state__in=OFFERED).order_by("-updated_at")[:OFFERED_NUMBER]
    out = Incident.objects.filter(
        operation=by.operation, merged_into__isnull=True, state__in=OFFERED,
        pk__in=_incidents_out(by.operation),
    )  # fmt: skip
    lines = []
    for row in {each.pk: each for each in (*rows, *out)}.values():
        sure = row.state == "confirmed" or row.credibility <= 2
        thing = Thing(
            key=f"incident-{row.number}", kind="incident", theme=INCIDENTS, template=row.category,
            geometry=row.geometry, lon=row.lon, lat=row.lat, precision_m=row.precision_m,
            commune=_commune(row.place_code, known), sure=sure, doubtful=not sure,
        )  # fmt: skip
        lines.append(_line(thing, incident=row))
    return sorted(lines, key=lambda line: -(line.incident.number if line.incident else 0))


def _incidents_out(operation: Operation) -> list[int]:
    """Incidents that are public now: offered whatever their age."""
    present = present_release(operation)
    if present is None:
        return []
    rows = present.things.filter(incident__isnull=False)
    return [pk for pk in rows.values_list("incident", flat=True) if pk is not None]


def _commune(code: str, known: Mapping[str, Place]) -> Place | None:
    if not code or code in known:
        return known.get(code)
    found = commune(code)
    if found is None or found.lon is None or found.lat is None:
        return None
    return Place(code=found.code, name=found.name, lon=found.lon, lat=found.lat)


def _names(by: Desk) -> list[str]:
    """Names of the team, which must not go out."""
    found = {name for member in team(by) for name in (member.user.name, member.user.callsign)}
    return sorted(name for name in found if name)
