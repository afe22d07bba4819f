"""The kinds of rules and what each asks for. Pure: kept as JSON in `Rule.settings`.

A kind is text in the database; adding one is a struct here, its judgement in `decide` or `judging`,
its words in `words` and its fields in the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from vigie.analysis.bursts import SENSITIVITY

Seconds = Annotated[int, msgspec.Meta(ge=0, le=7 * 86_400)]
Level = Annotated[int, msgspec.Meta(ge=0, le=4)]
Value = Annotated[float, msgspec.Meta(gt=-1e9, lt=1e9)]
Places = tuple[Annotated[str, msgspec.Meta(min_length=2, max_length=5)], ...]
"""INSEE codes of communes (five characters) or of départements (two or three)."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind's settings are."""


class Posts(Kind, frozen=True, kw_only=True):
    """New posts of watches: `at_least` of them within `window_s`. No watches: of any."""

    watches: tuple[int, ...] = ()
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    window_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)] = 600


class Burst(Kind, frozen=True, kw_only=True):
    """More posts of a watch than its own past explains (see `analysis.bursts`)."""

    watches: tuple[int, ...] = ()
    window_s: Annotated[int, msgspec.Meta(ge=300, le=7_200)] = 900
    sensitivity: str = "normal"
    at_least: Annotated[int, msgspec.Meta(ge=2, le=10_000)] = 5


class Urgency(Kind, frozen=True, kw_only=True):
    """A post or an incident at least that urgent (1 low … 4 critical), of these watches if any."""

    level: Annotated[int, msgspec.Meta(ge=1, le=4)] = 3
    of: str = "both"
    watches: tuple[int, ...] = ()


class Place(Kind, frozen=True, kw_only=True):
    """A post or an incident at one of these places, at least that urgent."""

    places: Places = ()
    of: str = "both"
    level: Level = 0


class Indicator(Kind, frozen=True, kw_only=True):
    """An official measure: passed a threshold, rises, changed colour, changed state, fell silent.

    `indicators`: these only; none: all that the operation follows. `colour` is the least that
    counts, 2 yellow … 4 red.
    """

    what: tuple[str, ...] = ("threshold", "colour", "rising", "state")
    indicators: tuple[int, ...] = ()
    colour: Annotated[int, msgspec.Meta(ge=2, le=4)] = 3


class Measure(Kind, frozen=True, kw_only=True):
    """One chosen indicator against limits of the rule's own, in the indicator's unit.

    `above`, `below`: at or past that value; `rise_per_h`: rising at least so fast; `colour`: 2
    yellow … 4 red or worse (0: not asked); `state`: a road closes, a warning begins; `silent`: it
    gives nothing current any more.
    """

    indicator: Annotated[int, msgspec.Meta(ge=1)]
    above: Value | None = None
    below: Value | None = None
    rise_per_h: Annotated[float, msgspec.Meta(gt=0, lt=1e9)] | None = None
    colour: Level = 0
    state: bool = False
    silent: bool = False


class Silence(Kind, frozen=True, kw_only=True):
    """A source that had no successful visit for so long. No sources: any that serves us."""

    sources: tuple[int, ...] = ()
    after_s: Annotated[int, msgspec.Meta(ge=120, le=86_400)] = 900


class HandOff(Kind, frozen=True, kw_only=True):
    """A transmission to a partner that was not acknowledged within that time."""

    after_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)] = 600


class Claim(Kind, frozen=True, kw_only=True):
    """A claim whose harm is at least that (0 none … 4 people may die) is written down, or spreads
    over so many posts. `posts` 0: its spread is not looked at."""

    harm: Level = 3
    posts: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


KINDS: Final[Mapping[str, type[Kind]]] = {
    "posts": Posts,
    "burst": Burst,
    "urgency": Urgency,
    "place": Place,
    "indicator": Indicator,
    "measure": Measure,
    "silence": Silence,
    "handoff": HandOff,
    "claim": Claim,
}
SUBJECTS: Final = ("posts", "incidents", "both")
MEASURES: Final = ("threshold", "colour", "rising", "state", "silent")
COLOURS: Final = {1: "green", 2: "yellow", 3: "orange", 4: "red"}


class SettingsInvalid(ValueError):
    """The settings are none of that kind. `field` names what is wrong, "" for all."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def settings_of(kind: str, settings: Any) -> Kind:
    """The settings of a rule of that kind. Raises SettingsInvalid."""
    struct = KINDS.get(kind)
    if struct is None:
        raise SettingsInvalid("kind")
    try:
        found = msgspec.convert(settings, struct, strict=False)
    except msgspec.ValidationError as error:
        _, _, path = str(error).partition("`$.")
        raise SettingsInvalid(path.rstrip("`").partition("[")[0].partition(".")[0]) from error
    if isinstance(found, Burst) and found.sensitivity not in SENSITIVITY:
        raise SettingsInvalid("sensitivity")
    if isinstance(found, (Urgency, Place)) and found.of not in SUBJECTS:
        raise SettingsInvalid("of")
    if isinstance(found, Place) and not found.places:
        raise SettingsInvalid("places")
    if isinstance(found, Indicator) and not (found.what and set(found.what) <= set(MEASURES)):
        raise SettingsInvalid("what")
    if isinstance(found, Measure):
        _check_measure(found)
    return found


def _check_measure(asked: Measure) -> None:
    """Raises SettingsInvalid: nothing asked, or limits that it is always past."""
    if asked.colour == 1:
        raise SettingsInvalid("colour")
    limits = (asked.above, asked.below, asked.rise_per_h)
    if not (
        any(each is not None for each in limits) or asked.colour or asked.state or asked.silent
    ):
        raise SettingsInvalid("nothing")
    if asked.above is not None and asked.below is not None and asked.below >= asked.above:
        raise SettingsInvalid("below")


def settings_to(settings: Kind) -> dict[str, Any]:
    """As they are kept."""
    kept: dict[str, Any] = msgspec.to_builtins(settings)
    return kept
