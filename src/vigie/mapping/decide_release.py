"""What of the map goes to the public, and how exactly it says where: pure rules, no Django.

Positions that could tell a home are moved to the middle of a cell of one fixed grid over the globe:
the same position always gives the same cell, so that no number of releases can be averaged. The
grids of the distances lie in each other, so that two of them together tell no more than the finer
one, and what was published stays until the thing has moved further than was said.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import shapely
from shapely.geometry import MultiPoint, Point, mapping, shape
from shapely.geometry.base import BaseGeometry

from vigie.kernel.geometry import EARTH_RADIUS_M, distance_m

EXACT: Final = "exact"
COMMUNE: Final = "commune"
NOT: Final = "no"
METRES: Final[Mapping[str, int]] = {"100": 100, "500": 500}
PRECISIONS: Final = (EXACT, *METRES, COMMUNE)
"""From the closest to the furthest."""
COARSEST_M: Final = 500
STEP: Final = 1.2
"""Side of a cell, in stated distances. Its corners lie at 0.85 of the distance from its middle: a
correction of less than 0.15 never makes what is published jump, not even at a corner."""
DECIMALS: Final = 6
LIGHT: Final = 300
"""Positions of a shape at most before it is simplified: a phone has to load it."""
LIGHTEN_M: Final = 10.0
NAMED_WITHIN_M: Final = 5_000.0
SMALL_M: Final = 60.0
"""How far a shape that may be one building reaches from its middle."""

PLACES_OF_ALL: Final = frozenset(
    {"flooded_area", "road_cut", "diversion", "shelter", "barrage", "command_post", "perimeter",
     "crowd_zone", "helipad", "arrow"}
)  # fmt: skip
"""Templates of what is everybody's: nobody lives there."""
OPERATIONAL: Final = frozenset({"command_post", "helipad"})
"""Where rescue works: not a home, and not always for the public."""
ATTRIBUTES: Final = ("road", "reason", "direction", "depth_m", "trend", "capacity", "hours")
"""What is told of an object besides title and text; nothing else ever is."""
NEVER_A_HOME: Final = frozenset({"routes_transports", "foule_ordre_public"})
NOBODYS_HOME_NEAR: Final = frozenset({"niveau_eau", "reseaux", "pollution_risque_techno"})
"""Categories of incidents that are shown where they are, and to 100 m, once confirmed."""

Position = tuple[float, float]
Geometry = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A commune and its middle, degrees."""

    code: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something on the team's map as it stands: an object of a public layer, or an incident.

    `kind` is object or incident; `template` the object's template or the incident's category.
    `commune` is known of incidents only. `sure`: somebody confirmed it; `doubtful`: it was rated
    doubtful or worse, or is still to be checked. `asked` counts questions that wait for a choice.
    """

    key: str
    kind: str
    theme: str
    template: str = ""
    title: str = ""
    text: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    geometry: Geometry | None = None
    lon: float | None = None
    lat: float | None = None
    radius_m: float | None = None
    precision_m: int | None = None
    commune: Place | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    sure: bool = False
    doubtful: bool = False
    asked: int = 0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the public is told of a thing: nothing that is not named here ever goes out.

    `precision` is one of PRECISIONS, `precision_m` the distance in metres that is told beside the
    position (None: exact, or a whole commune). `lon`/`lat` is its point, also of a line or an area.
    `key` names the thing inside the house and is never published.
    """

    key: str
    kind: str
    theme: str
    template: str
    title: str
    text: str
    attributes: Mapping[str, Any]
    geometry: Geometry | None
    lon: float | None
    lat: float | None
    radius_m: float | None
    precision: str
    precision_m: int | None
    commune: str
    valid_from: str | None
    valid_until: str | None
    doubtful: bool

    def told(self) -> dict[str, Any]:
        """All that is published, to be compared and hashed."""
        told = asdict(self)
        del told["key"]
        return told


@dataclass(frozen=True, kw_only=True)
class Blurred:
    """A geometry as it is published, its point, and the distance it is good to (None: as drawn)."""

    geometry: Geometry
    at: Position
    radius_m: float | None
    precision_m: int | None


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What a release changes, by key. `changed` names the fields."""

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken_back: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.taken_back)


# How exactly ----------------------------------------------------------------------------------------


def usual_precision(thing: Thing) -> str:
    """The precision that is proposed: what may be a home is never exact by itself."""
    if thing.kind == "incident":
        if not thing.sure or thing.doubtful:
            return "500"
        if thing.template in NEVER_A_HOME:
            return EXACT
        return "100" if thing.template in NOBODYS_HOME_NEAR else "500"
    if thing.template in PLACES_OF_ALL:
        return EXACT
    if thing.geometry is None or not _may_be_a_building(thing.geometry):
        return EXACT
    return "500" if thing.doubtful else "100"


def closer_than_usual(thing: Thing, precision: str) -> bool:
    """Whether it would be told more exactly than is proposed."""
    return PRECISIONS.index(precision) < PRECISIONS.index(usual_precision(thing))


def _may_be_a_building(geometry: Geometry) -> bool:
    made = shape(geometry)
    return made.geom_type in ("Point", "MultiPoint") or _reach_m(made) <= SMALL_M


# Where ----------------------------------------------------------------------------------------------


def cell_middle(lon: float, lat: float, metres: int) -> Position:
    """The middle of the cell of the grid for `metres` (100 or 500) that holds a point in degrees.

    Cells are 1.2 times as wide and high; true up to 80° of latitude. A cell of 500 m holds 25 of
    100 m whole.
    """
    high = math.degrees(STEP * COARSEST_M / EARTH_RADIUS_M)
    row = math.floor(lat / high)
    around = max(1, math.floor(360 * math.cos(math.radians((row + 0.5) * high)) / high))
    wide = 360 / around
    column = math.floor(lon / wide)
    parts = COARSEST_M // metres
    up = min(parts - 1, max(0, math.floor((lat / high - row) * parts)))
    across = min(parts - 1, max(0, math.floor((lon / wide - column) * parts)))
    middle = (column + (across + 0.5) / parts) * wide
    return (
        round(middle - 360 if middle > 180 else middle, DECIMALS),
        round((row + (up + 0.5) / parts) * high, DECIMALS),
    )


def blurred_point(
    lon: float, lat: float, metres: int, *, before: Position | None = None
) -> Position:
    """Where a point is published: at most `metres` away. `before` is where it was published last to
    the same distance; it stays there until that is no longer true, so that a small correction
    across the edge of a cell does not tell that it lies at the edge."""
    if before is not None and distance_m(lon, lat, *before) <= metres:
        return before
    return cell_middle(lon, lat, metres)


def blurred(
    geometry: Geometry,
    metres: int,
    *,
    radius_m: float | None = None,
    before: Position | None = None,
) -> Blurred:
    """A geometry published to `metres`. `before`: its point when it was published so last.

    A circle keeps covering what it stood for: it grows by the distance. A small line or area becomes
    a point. A larger one is simplified and moved as a whole, so that its corners give nothing to
    average; both are good to twice the distance.
    """
    made = shape(geometry)
    if isinstance(made, Point):
        at = blurred_point(made.x, made.y, metres, before=before)
        wide = None if not radius_m else math.ceil((radius_m + metres) / 10) * 10.0
        return Blurred(geometry=_point(at), at=at, radius_m=wide, precision_m=metres)
    middle = _middle(made)
    at = blurred_point(*middle, metres, before=before)
    if isinstance(made, MultiPoint):
        cells = sorted({cell_middle(each.x, each.y, metres) for each in made.geoms})
        many = {"type": "MultiPoint", "coordinates": [list(each) for each in cells]}
        return Blurred(geometry=many, at=at, radius_m=None, precision_m=metres)
    if _reach_m(made) <= metres:
        return Blurred(geometry=_point(at), at=at, radius_m=None, precision_m=2 * metres)
    moved = _simplified(made, float(metres), middle, at)
    return Blurred(geometry=moved, at=at, radius_m=None, precision_m=2 * metres)


def light(geometry: Geometry) -> tuple[Geometry, int | None]:
    """A geometry as drawn, simplified to 10 m when it has very many positions; what it is good to."""
    made = shape(geometry)
    if int(shapely.get_num_coordinates(made)) <= LIGHT:
        return geometry, None
    middle = _middle(made)
    return _simplified(made, LIGHTEN_M, middle, middle), round(LIGHTEN_M)


def _middle(made: BaseGeometry) -> Position:
    west, south, east, north = made.bounds
    return (west + east) / 2, (south + north) / 2


def _reach_m(made: BaseGeometry) -> float:
    """How far the furthest corner of its box lies from the middle, metres."""
    lon, lat = _middle(made)
    west, south, east, north = made.bounds
    return max(distance_m(lon, lat, x, y) for x in (west, east) for y in (south, north))


def _point(at: Position) -> Geometry:
    return {"type": "Point", "coordinates": list(at)}


def _simplified(made: BaseGeometry, metres: float, middle: Position, to: Position) -> Geometry:
    """Simplified on a plane in metres around its middle, then laid around `to`."""
    high = math.radians(EARTH_RADIUS_M)
    scale = (high * max(0.01, math.cos(math.radians(middle[1]))), high)
    flat = shapely.transform(made, lambda xy: (xy - middle) * scale)
    plain = flat.simplify(metres, preserve_topology=True)
    laid = shapely.transform(plain, lambda xy: xy / scale + to)
    made = mapping(shapely.set_precision(laid, 10.0**-DECIMALS, mode="pointwise"))
    written: Geometry = json.loads(json.dumps(made))  # lists, as what was stored reads
    return written


# What is told ---------------------------------------------------------------------------------------


def shown(
    thing: Thing,
    precision: str,
    places: Sequence[Place],
    *,
    before: Mapping[str, Position] | None = None,
) -> Shown:
    """What the public would be told of a thing at a precision. `before`: by precision, where it was
    published last. The commune of a blurred thing is the one nearest to where it is published: the
    true one beside the cell would tell in which part of the cell it lies."""
    where = _where(thing, precision, places, before or {})
    lon, lat = where.at if where else (None, None)
    own = thing.commune or (
        nearest(thing.lon, thing.lat, places)
        if thing.lon is not None and thing.lat is not None else None
    )  # fmt: skip
    if precision in METRES and lon is not None and lat is not None:
        own = nearest(lon, lat, places)
    told = where.precision_m if where else None
    if thing.precision_m and precision != COMMUNE and where is not None:
        told = max(told or 0, thing.precision_m)
    return Shown(
        key=thing.key, kind=thing.kind, theme=thing.theme, template=thing.template,
        title=thing.title, text=thing.text,
        attributes={
            code: value for code in ATTRIBUTES
            if (value := thing.attributes.get(code)) not in (None, "", False)
        },
        geometry=where.geometry if where else None, lon=lon, lat=lat,
        radius_m=where.radius_m if where else None, precision=precision, precision_m=told,
        commune=own.name if own else "", valid_from=thing.valid_from,
        valid_until=thing.valid_until, doubtful=thing.doubtful,
    )  # fmt: skip


def _where(
    thing: Thing, precision: str, places: Sequence[Place], before: Mapping[str, Position]
) -> Blurred | None:
    """The published geometry; None when there is none to tell."""
    if precision == COMMUNE:
        place = thing.commune
        if place is None and thing.lon is not None and thing.lat is not None:
            place = nearest(thing.lon, thing.lat, places)
        if place is None:
            return None
        at = round(place.lon, DECIMALS), round(place.lat, DECIMALS)
        return Blurred(geometry=_point(at), at=at, radius_m=None, precision_m=None)
    if thing.geometry is None or thing.lon is None or thing.lat is None:
        return None
    if precision in METRES:
        return blurred(
            thing.geometry, METRES[precision], radius_m=thing.radius_m,
            before=before.get(precision),
        )  # fmt: skip
    geometry, good_to = light(thing.geometry)
    return Blurred(
        geometry=geometry, at=(thing.lon, thing.lat), radius_m=thing.radius_m, precision_m=good_to
    )


def nearest(lon: float, lat: float, places: Sequence[Place]) -> Place | None:
    """The commune whose middle is nearest, within 5 km."""
    found = min(places, key=lambda each: distance_m(lon, lat, each.lon, each.lat), default=None)
    if found is None or distance_m(lon, lat, found.lon, found.lat) > NAMED_WITHIN_M:
        return None
    return found


def differences(now: Iterable[Shown], before: Iterable[Shown]) -> Differences:
    """What the public would see change."""
    new, old = {each.key: each for each in now}, {each.key: each for each in before}
    changed = {}
    for key, each in new.items():
        if key not in old:
            continue
        mine, theirs = each.told(), old[key].told()
        fields = tuple(name for name in mine if mine[name] != theirs[name])
        if fields:
            changed[key] = fields
    return Differences(
        added=tuple(key for key in new if key not in old), changed=changed,
        taken_back=tuple(key for key in old if key not in new),
    )  # fmt: skip


def digest(words: Mapping[str, Any], things: Iterable[Shown]) -> str:
    """Names what somebody read before they released it: any change gives another one."""
    told = {"words": words, "things": [[each.key, each.told()] for each in things]}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
