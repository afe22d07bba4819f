"""Rules of alerting, pure: what an entry or a look around means to a rule, and when to speak of it.

No clock, no query: what is known is given, what should happen is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from vigie.alerting.kinds import Claim, Indicator, Measure, Place, Urgency
from vigie.collection.indicators.decide import margin

NAMED: Final = 10
"""Leads an alert names one by one."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule found something at `at`. Alerts of one rule and one `key` are one alert.

    `lasting`: found again at each look as long as it lasts; telling it once is enough.
    """

    key: str
    at: datetime
    facts: Mapping[str, Any]
    subject: tuple[str, int] | None = None
    count: int = 1
    lasting: bool = False


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a rule had found is no more: alerts whose key begins with `prefix` are over. People are
    told so unless it ends by itself sooner or later anyway (`told`)."""

    prefix: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: bool = True


# -- claims ------------------------------------------------------------------------------------


def of_claim(
    asked: Claim, verb: str, subject: int | None, data: Mapping[str, Any], *, at: datetime
) -> list[Finding]:
    """What an entry about claims means to a rule. `claim.opened` bears `harm`; `claim.posts_found`
    and `claims.measured` bear `grown`: [id, number, posts, harm] of each claim that grew."""
    if verb in ("claim.opened", "claim.edited") and subject is not None:
        pair = data.get("changes", {}).get("harm")
        before, harm = pair if pair else (-1, data.get("harm", -1))
        if int(harm) < asked.harm or int(before) >= asked.harm or asked.posts:
            return []
        facts = {"number": data.get("number"), "harm": int(harm)}
        return [Finding(key=f"claim:{subject}:", at=at, subject=("claim", subject), facts=facts)]
    if verb not in ("claim.posts_found", "claims.measured") or not asked.posts:
        return []
    return [
        Finding(
            key=f"claim:{claim}:spread", at=at, subject=("claim", claim), lasting=True,
            facts={"number": number, "harm": harm, "posts": posts, "limit": asked.posts},
        )
        for claim, number, posts, harm in data.get("grown", ())
        if posts >= asked.posts and harm >= asked.harm
    ]  # fmt: skip


# -- quiet hours -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours of the local clock in which only what is urgent is told; over midnight as it may be."""

    begins: time
    ends: time
    zone: ZoneInfo

    def end_after(self, moment: datetime) -> datetime | None:
        """When the quiet that lies over `moment` ends, in UTC; None when none does.

        Hours are those of the clock on the wall: a night of 23 or 25 hours ends when it shows
        `ends`; a time that the change of clocks skips is the moment that would have been it.
        """
        local = moment.astimezone(self.zone)
        clock = local.time().replace(fold=0)
        if self.begins == self.ends:
            return None
        if self.begins < self.ends:
            if not self.begins <= clock < self.ends:
                return None
            day = local.date()
        elif clock >= self.begins:
            day = local.date() + timedelta(days=1)
        elif clock < self.ends:
            day = local.date()
        else:
            return None
        for fold in (0, 1):
            end = datetime.combine(day, self.ends, tzinfo=self.zone).replace(fold=fold)
            if end.astimezone(UTC) > moment:
                return end.astimezone(UTC)
        return None


def spoken_at(moment: datetime, *, quiet: Quiet | None, urgent: bool) -> tuple[datetime, bool]:
    """When something due at `moment` is told, and whether quiet hours hold it back."""
    end = None if quiet is None or urgent else quiet.end_after(moment)
    return (moment, False) if end is None else (end, True)


# -- one alert ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of the latest alert of a rule and a key."""

    state: str
    settled_at: datetime | None = None
    told_at: datetime | None = None
    due_at: datetime | None = None


OPEN, JOIN, COUNT, NOTHING = "open", "join", "count", "nothing"


def fate(latest: Standing | None, *, lasting: bool, repeat_s: int, now: datetime) -> str:
    """What a finding does: `open` a new alert, `join` the open one, be only `count`ed with one that
    was acknowledged a moment ago, or `nothing`.
    """
    if latest is None or latest.state == "over":
        return OPEN
    if latest.state == "open":
        return NOTHING if lasting else JOIN
    if lasting:
        return NOTHING
    assert latest.settled_at is not None
    return COUNT if now < latest.settled_at + timedelta(seconds=repeat_s) else OPEN


def due(
    latest: Standing | None, *, group_s: int, repeat_s: int, quiet: Quiet | None, urgent: bool,
    now: datetime,
) -> tuple[datetime, bool]:  # fmt: skip
    """When to tell what joins now, and whether quiet hours hold it: after the time given to others
    to join, and not before `repeat_s` after the last message about the same thing."""
    at = now + timedelta(seconds=group_s)
    if latest is not None and latest.told_at is not None:
        at = max(at, latest.told_at + timedelta(seconds=repeat_s))
    return spoken_at(at, quiet=quiet, urgent=urgent)


def next_step(
    steps: Iterable[int], *, told_at: datetime, done_s: int, quiet: Quiet | None, urgent: bool
) -> datetime | None:
    """When the escalation goes on if nobody acknowledges; `steps` and `done_s` count seconds from
    the first message."""
    following = min((step for step in steps if step > done_s), default=None)
    if following is None:
        return None
    return spoken_at(told_at + timedelta(seconds=following), quiet=quiet, urgent=urgent)[0]


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an alert that something joined: the newest of each, the gravest level, the
    first leads named; numbers of posts add up."""
    facts = {**old, **new}
    if "level" in old and "level" in new:
        facts["level"] = max(old["level"], new["level"])
    if "leads" in old and "leads" in new:
        facts["leads"] = list(dict.fromkeys([*old["leads"], *new["leads"]]))[:NAMED]
    if "posts" in old and "posts" in new and "window_s" not in new:
        facts["posts"] = old["posts"] + new["posts"]
    return facts


# -- posts and incidents -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A lead or an incident: what urgency and place rules look at. `number`: the incident's."""

    id: int
    at: datetime
    urgency: int
    category: str
    place_name: str
    place_code: str
    number: int | None = None
    watches: frozenset[int] = frozenset()


def findings_of(asked: Urgency | Place, seen: Sequence[Seen]) -> list[Finding]:
    """What a rule of urgency or place finds among these: one a place, one an incident."""
    found: list[Finding] = []
    by_place: dict[str, list[Seen]] = {}
    for each in seen:
        if not answers(asked, each):
            continue
        if each.number is None:
            by_place.setdefault(each.place_code, []).append(each)
        else:
            found.append(_of_incident(each))
    found += [_of_posts(code, leads) for code, leads in by_place.items()]
    return found


def answers(asked: Urgency | Place, seen: Seen) -> bool:
    """Whether the rule speaks of it."""
    if asked.of == ("posts" if seen.number is not None else "incidents"):
        return False
    if seen.urgency < asked.level:
        return False
    if isinstance(asked, Place):
        return any(covers(place, seen.place_code) for place in asked.places)
    if asked.watches and seen.number is None:
        return not seen.watches.isdisjoint(asked.watches)
    return True


def covers(place: str, code: str) -> bool:
    """Whether a place (a commune's code, or a département's) covers a commune's code."""
    return bool(code) and (code == place or (len(place) < 5 and code.startswith(place)))


def _of_posts(code: str, leads: Sequence[Seen]) -> Finding:
    gravest = max(leads, key=lambda each: each.urgency)
    return Finding(
        key=f"place:{code}",
        at=max(each.at for each in leads),
        count=len(leads),
        subject=("lead", leads[-1].id),
        facts={
            "posts": len(leads),
            "level": gravest.urgency,
            "category": gravest.category,
            "place": leads[-1].place_name,
            "code": code,
            "leads": [each.id for each in leads][:NAMED],
        },
    )


def _of_incident(seen: Seen) -> Finding:
    return Finding(
        key=f"incident:{seen.id}",
        at=seen.at,
        subject=("incident", seen.id),
        facts={
            "incident": seen.number,
            "level": seen.urgency,
            "category": seen.category,
            "place": seen.place_name,
            "code": seen.place_code,
        },
    )


# -- measures ----------------------------------------------------------------------------------


def of_measure(
    asked: Indicator, verb: str, indicator: int, data: Mapping[str, Any], *, at: datetime
) -> Finding | Ending | None:
    """What an `indicator.…` entry means to a rule (the contract is in docs/explanation/indicators.md)."""
    what = verb.removeprefix("indicator.")
    if what not in asked.what or (asked.indicators and indicator not in asked.indicators):
        return None
    facts = {
        name: data[name]
        for name in (
            "name", "kind", "unit", "value", "before", "level", "slope", "limit", "state",
            "observed_at", "age_s",
        )
        if data.get(name) not in (None, "")
    }  # fmt: skip
    facts["what"] = what
    key = f"indicator:{indicator}:{what}:"
    rises = data.get("direction") == "up"
    match what:
        case "threshold":
            threshold = data.get("threshold") or {}
            key += f"{threshold.get('id', '')}:"
            facts |= {"threshold": threshold.get("name", ""), "limit": threshold.get("value")}
        case "colour":
            level = data.get("level") or 0
            rises = level >= asked.colour and rises
            if not rises and level >= asked.colour:
                return None  # better, but still what the rule asks for
            key += f"{level}:" if rises else ""
        case "silent":
            rises = data.get("direction") == "down"
        case "state":
            rises = data.get("state") not in ("", "ended", "open", "normal", None)
    if not rises:
        return Ending(prefix=key, at=at, facts=facts)
    return Finding(key=key, at=at, facts=facts, subject=("indicator", indicator))


@dataclass(frozen=True, kw_only=True)
class Now:
    """How one indicator stands. `standing` is current, over, late or none; `slope` unit per hour;
    `before`: the colour before this one, when it was another."""

    id: int
    name: str
    kind: str
    unit: str
    standing: str
    observed_at: datetime | None = None
    value: float | None = None
    slope: float | None = None
    level: int | None = None
    before: int | None = None
    state: str = ""
    age_s: int | None = None


CALM: Final = ("", "ended", "open", "normal", "unknown")
"""States in which nothing is closed and no warning is in force."""


def of_standing(asked: Measure, now_: Now, *, at: datetime) -> list[Finding | Ending]:
    """What the rule on this indicator says of how it stands: found as long as it lasts.

    What is late or absent says nothing of now: it neither begins nor ends anything but silence.
    A limit is over only when it is clearly so: by the thresholds' margin, below 70 % of the rise.
    """
    said: list[Finding | Ending] = []
    if asked.silent:
        said += _said(now_, "silent", now_.standing in ("late", "none"), at=at)
    if now_.standing == "over":
        return [*said, *_said(now_, "state", False, at=at)] if asked.state else said
    if now_.standing != "current":
        return said
    value = now_.value
    if value is not None and asked.above is not None:
        calm = value < asked.above - margin(asked.above, now_.unit)
        is_so = True if value >= asked.above else False if calm else None
        said += _said(now_, "above", is_so, at=at, limit=asked.above)
    if value is not None and asked.below is not None:
        calm = value > asked.below + margin(asked.below, now_.unit)
        is_so = True if value <= asked.below else False if calm else None
        said += _said(now_, "below", is_so, at=at, limit=asked.below)
    if asked.rise_per_h is not None and now_.slope is not None:
        calm = now_.slope < 0.7 * asked.rise_per_h
        is_so = True if now_.slope >= asked.rise_per_h else False if calm else None
        said += _said(now_, "rising", is_so, at=at, limit=asked.rise_per_h)
    if asked.colour and now_.level is not None:
        said += _colours(asked, now_, now_.level, at=at)
    if asked.state:
        said += _said(now_, "state", now_.state not in CALM, at=at)
    return said


def _colours(asked: Measure, now_: Now, level: int, *, at: datetime) -> list[Finding | Ending]:
    """Found once for each colour from the asked one on: a worse one is a new alert, a better one
    that is still asked for is none; below, all are over."""
    if level < asked.colour:
        return _said(now_, "colour", False, at=at)
    if now_.before is not None and now_.before > level:
        return []
    return _said(now_, "colour", True, at=at, rank=f"{level}:")


def _said(
    now_: Now,
    what: str,
    is_so: bool | None,
    *,
    at: datetime,
    limit: float | None = None,
    rank: str = "",
) -> list[Finding | Ending]:
    """A finding while it is so, an ending when it is not, nothing in between (None)."""
    if is_so is None:
        return []
    facts = {
        name: value
        for name, value in (
            ("what", what), ("name", now_.name), ("kind", now_.kind), ("unit", now_.unit),
            ("value", now_.value), ("level", now_.level), ("slope", now_.slope),
            ("state", now_.state), ("limit", limit), ("age_s", now_.age_s),
            ("observed_at", now_.observed_at and now_.observed_at.isoformat()),
        )
        if value not in (None, "")
    }  # fmt: skip
    key = f"indicator:{now_.id}:{what}:{rank}"
    if not is_so:
        return [Ending(prefix=key, at=at, facts=facts)]
    subject = ("indicator", now_.id)
    return [Finding(key=key, at=at, facts=facts, subject=subject, lasting=True)]
