"""What a situation report holds: facts that are compiled and texts that people write.

Stored as JSON in `SituationReport.content`; the structs below are its schema. Frozen reports are
rendered from it alone, so they read the same for ever.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

TEXTS = (
    "essential",
    "official",
    "situation",
    "rumours",
    "public",
    "communication",
    "watching",
    "requests",
)
"""Keys of the parts people write, in the order of the report."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One incident in the report. `news` is new, changed or "" since the previous report."""

    id: int
    number: int
    title: str
    category: str
    urgency: int
    state: str
    rating: str
    at: datetime
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    precision_m: int | None = None
    posts: int = 0
    news: str = ""


class CategoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """Standing incidents of one category, by state."""

    code: str
    confirmed: int = 0
    open: int = 0
    denied: int = 0
    other: int = 0
    new: int = 0

    @property
    def total(self) -> int:
        return self.confirmed + self.open + self.denied + self.other


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A kept post told in the report: no author, shortened text."""

    network: str
    at: datetime
    text: str
    copies: int = 0
    place: str = ""
    rating: str = "F6"


class ClaimLine(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it stood. `verdict` is what two people concluded, empty before. `news`: new,
    changed or "" since the previous report. `reach` None when no account gives its followers."""

    id: int
    number: int
    wording: str
    state: str
    verdict: str
    harm: int
    posts: int
    accounts: int
    growth_per_h: float
    reach: int | None = None
    first_seen_at: datetime | None = None
    public: bool = False
    news: str = ""


class MeasureLine(msgspec.Struct, frozen=True, kw_only=True):
    """How an official measure stood. `standing` is current, over, late or none: what is late or
    absent is told as such, with its old value named as old. `slope` is unit per hour.

    `before` is the colour at the beginning of the period when it was another; `news`: the journal
    told of it in the period.
    """

    id: int
    kind: str
    name: str
    unit: str
    standing: str
    event: bool = False
    authority: str = ""
    observed_at: datetime | None = None
    age_s: int | None = None
    value: float | None = None
    level: int | None = None
    before: int | None = None
    state: str = ""
    slope: float | None = None
    passed: tuple[str, float] | None = None
    """Name and value of the highest threshold that it is at or above."""
    next: tuple[str, float] | None = None
    until: datetime | None = None
    news: bool = False


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the period and of the operation at its end."""

    received: int
    copies: int
    kept: int
    dismissed: int
    waiting: int
    received_before: int | None
    """Received in the period of the same length just before; None for the first report."""
    incidents: int
    incidents_new: int


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The watch itself: sources, watches, team, and what is not seen."""

    sources: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()
    team: int = 0
    blind: tuple[str, ...] = ()


class GroundLine(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one template in force on the map; `new` were drawn in the period, `names` are the
    first of them."""

    template: str
    n: int
    new: int = 0
    names: tuple[str, ...] = ()


class Shelter(msgspec.Struct, frozen=True, kw_only=True):
    """A shelter in force; None is what nobody told."""

    name: str
    capacity: float | None = None
    taken: float | None = None
    hours: str = ""


class DrawnShape(msgspec.Struct, frozen=True, kw_only=True):
    """A path of an object for the picture of the map: longitude, latitude; one position is a point."""

    template: str
    path: tuple[tuple[float, float], ...]
    area: bool = False


class GridLine(msgspec.Struct, frozen=True, kw_only=True):
    """How far a task grid is searched, in cells. `looked` were searched and want no other look;
    `measured`: official measures speak for it, else blind spots cannot be told."""

    name: str
    cells: int
    looked: int
    found: int = 0
    taken: int = 0
    recheck: int = 0
    measured: bool = False
    blind: int = 0
    blind_names: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report. `texts` maps a key of TEXTS to what people wrote (plain paragraphs)."""

    title: str
    kind: str
    language: str
    time_zone: str
    exercise: bool
    territory: tuple[str, ...]
    recipients: str
    next_at: datetime | None
    figures: Figures
    flash: tuple[Line, ...]
    categories: tuple[CategoryRow, ...]
    lines: tuple[Line, ...]
    official: tuple[Quote, ...]
    rumours: tuple[Quote, ...]
    questions: int
    feelings: int
    desk: Desk
    communes: tuple[tuple[str, float, float], ...]
    """Name, lon, lat of the territory's communes: the ground of the map picture."""
    texts: dict[str, str]
    measures: tuple[MeasureLine, ...] = ()
    """What the operation follows of official measures. Reports from before they were told: none."""
    claims: tuple[ClaimLine, ...] = ()
    """Claims that stand, the most pressing first. Reports from before they were told: none."""
    ground: tuple[GroundLine, ...] = ()
    """What is in force on the map. This and what follows: none in reports from before it was told."""
    shelters: tuple[Shelter, ...] = ()
    drawn: tuple[DrawnShape, ...] = ()
    grids: tuple[GridLine, ...] = ()


def encode(content: Content) -> dict[str, object]:
    """The JSON-able form kept in the database."""
    built: dict[str, object] = msgspec.to_builtins(content)
    return built


def decode(stored: object) -> Content:
    """Read a stored report."""
    return msgspec.convert(stored, Content)
