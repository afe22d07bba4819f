"""What is published during a run, and what must be stored of it at the end. Drawn from the seed.

Three sources publish: "feed" (an Atom file that is visited), "sky" (a Jetstream) and "elephant" (a
Mastodon). Only what the source can still tell after an interruption is asked for: a feed does not
tell of deletions, and a Mastodon tells of those among its newest page.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

Name = Literal["feed", "sky", "elephant"]
SOURCES: Final[tuple[Name, ...]] = ("feed", "sky", "elephant")
DID: Final = "did:plc:q235v55g5unth4zjjdpacfdr"
PLACES: Final = ("Orsay", "Longjumeau", "Épinay-sur-Orge", "Savigny-sur-Orge")
MATCHING: Final = (
    "La crue de l’Orge atteint le repère {n} au pont de {place}, la route est barrée",
    "Crue à {place} : la cave du {n} rue de la Rivière est pleine, besoin de pompes",
    "{place}, {n}e message : la crue monte encore, les pompiers évacuent le quartier",
)
OTHER: Final = ("Marché de Noël à {place}, stand {n}", "Belle journée à {place}, photo {n}")
NEWEST_PAGE: Final = 30
"""Of a Mastodon's posts: how far back edits and deletions are made."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something published. `version` counts a post's contents from 1."""

    source: Name
    verb: Literal["new", "edit", "delete"]
    number: int
    text: str = ""
    version: int = 1
    matches: bool = True

    @property
    def remote_id(self) -> str:
        return remote_id(self.source, self.number)


def remote_id(source: Name, number: int) -> str:
    if source == "sky":
        return f"at://{DID}/app.bsky.feed.post/3mmooj{number:07d}"
    if source == "elephant":
        return f"https://a.exemple/users/riveraine/statuses/{number}"
    return f"tag:exemple.fr,2026:{number}"


@dataclass(kw_only=True)
class World:
    """`events` in the order of their publication."""

    events: list[Event] = field(default_factory=list)

    def wanted(self, upto: int | None = None) -> dict[tuple[Name, str], str | None]:
        """(source, remote id) → the last text of each post that matches, None when deleted."""
        found: dict[tuple[Name, str], str | None] = {}
        for event in self.events[:upto]:
            if event.matches:
                found[event.source, event.remote_id] = (
                    None if event.verb == "delete" else event.text
                )
        return found


def draw(chance: random.Random, *, size: int) -> World:
    """About `size` events. A few posts are copies of another, as reposted news are."""
    world = World()
    alive: dict[Name, list[Event]] = {name: [] for name in SOURCES}
    number = 0
    texts: list[str] = []
    while len(world.events) < size:
        source = chance.choices(SOURCES, weights=(2, 5, 4))[0]
        act = chance.random()
        old = alive[source][-NEWEST_PAGE:]
        if act < 0.14 and old:
            event = chance.choice(old)
            text = _text(chance, number := number + 1, event.matches)
            edited = Event(
                source=source, verb="edit", number=event.number, text=text,
                version=event.version + 1, matches=event.matches,
            )  # fmt: skip
            alive[source][alive[source].index(event)] = edited
            world.events.append(edited)
        elif act < 0.24 and old and source != "feed":
            event = chance.choice(old)
            alive[source].remove(event)
            world.events.append(
                Event(source=source, verb="delete", number=event.number, matches=event.matches)
            )
        else:
            matches = chance.random() < 0.8
            number += 1
            copied = matches and texts and chance.random() < 0.1
            text = chance.choice(texts) if copied else _text(chance, number, matches)
            if matches:
                texts.append(text)
            event = Event(source=source, verb="new", number=number, text=text, matches=matches)
            alive[source].append(event)
            world.events.append(event)
    return world


def _text(chance: random.Random, number: int, matches: bool) -> str:
    return chance.choice(MATCHING if matches else OTHER).format(
        n=number, place=chance.choice(PLACES)
    )


@cache
def picture(number: int) -> bytes:
    """A JPEG that is some work to read and to write, another one for each number."""
    from PIL import Image

    made = Image.effect_noise((480, 320), 20 + number % 80).convert("RGB")
    made.putpixel((0, 0), (number % 256, number // 256 % 256, 0))
    out = io.BytesIO()
    made.save(out, "JPEG", quality=90)
    return out.getvalue()
