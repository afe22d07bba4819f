"""Which timelines a source follows, and what it remembers of each: the state behind the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from vigie.contracts.plugins import RawItem, Refusal
from vigie.plugins.sources.mastodon.statuses import newest, order, tags_of

PAGE: Final = 40
CAP: Final = 4
"""Most tags that a server takes in each of any, all and none."""

REMEMBERED: Final = 120
"""Statuses of each timeline whose uri the cursor keeps: a deletion names the local id only."""


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is "tag", "public", "local" or "list"; `name` the tag or the list's id."""

    kind: str
    name: str = ""
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    def path(self, *, min_id: str = "") -> str:
        """The page behind `min_id`, or the newest one."""
        asked: list[tuple[str, str]] = []
        if self.kind == "tag":
            path = f"/api/v1/timelines/tag/{quote(self.name, safe='')}"
            for name, tags in (("any[]", self.any), ("all[]", self.all), ("none[]", self.none)):
                asked += [(name, tag) for tag in tags]
        elif self.kind == "list":
            path = f"/api/v1/timelines/list/{quote(self.name, safe='')}"
        else:
            path = "/api/v1/timelines/public"
            asked += [("local", "true")] if self.kind == "local" else []
        asked.append(("limit", str(PAGE)))
        if min_id:
            asked.append(("min_id", min_id))
        return f"{path}?{urlencode(asked)}"

    def fits(self, status: dict[str, Any]) -> bool:
        """What the server sifts when asked for a page, and its streams do not."""
        if self.kind != "tag" or not (self.all or self.none):
            return True
        tags = tags_of(status)
        return tags >= {tag.lower() for tag in self.all} and tags.isdisjoint(
            tag.lower() for tag in self.none
        )

    def streams(self) -> list[dict[str, str]]:
        """The subscriptions that bring what this timeline brings (`any` is further tags)."""
        if self.kind == "tag":
            return [{"stream": "hashtag", "tag": tag} for tag in (self.name, *self.any)]
        if self.kind == "list":
            return [{"stream": "list", "list": self.name}]
        return [{"stream": "public" if self.kind == "public" else "public:local"}]


class Seen(msgspec.Struct, frozen=True, array_like=True):
    uri: str
    edited_at: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer or handful brings, to be stored together."""

    host: str
    timeline: str = ""
    items: tuple[RawItem, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    min_id: str = ""
    seen: Mapping[str, Seen] = {}
    forgotten: tuple[str, ...] = ()
    any_answer: bool = False
    """Whether the server gave any status at all, new or not."""

    failure: str | None = None
    """What fails at the instance, in words; "" when it works (again); None: says nothing."""

    error: Exception | None = None


class State(msgspec.Struct, kw_only=True):
    """How far each timeline of each instance is. Only what was handed out is written in."""

    at: dict[str, str] = {}
    seen: dict[str, dict[str, Seen]] = {}
    failing: dict[str, str] = {}
    resume: dict[str, str] = {}
    """Host → RFC 3339 moment before which it is not to be asked."""

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> State:
        try:
            return msgspec.convert(dict(cursor), cls)
        except msgspec.ValidationError:
            return cls()

    def take(self, step: Step) -> None:
        key = f"{step.host} {step.timeline}"
        if step.min_id:
            self.at[key] = newest(self.at.get(key, ""), step.min_id)
        if step.seen or step.forgotten:
            kept = {**self.seen.get(key, {}), **step.seen}
            for status_id in step.forgotten:
                kept.pop(status_id, None)
            latest = sorted(kept, key=order)[-REMEMBERED:]
            self.seen[key] = {status_id: kept[status_id] for status_id in latest}
        if step.failure is not None:
            self.failing.pop(step.host, None)
            if step.failure:
                self.failing[step.host] = step.failure

    def known(self, host: str, timeline: str) -> Mapping[str, Seen]:
        return self.seen.get(f"{host} {timeline}", {})

    def place(self, host: str, timeline: str) -> str:
        return self.at.get(f"{host} {timeline}", "")

    def uri_of(self, host: str, status_id: str) -> str:
        """The uri of a local id met on any timeline of the instance; "" when it was not."""
        for key, statuses in self.seen.items():
            if key.startswith(f"{host} ") and status_id in statuses:
                return statuses[status_id].uri
        return ""

    def cursor(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in found.items() if value}


def timelines_of(
    *,
    tags: Iterable[str],
    any_tags: tuple[str, ...],
    all_tags: tuple[str, ...],
    none_tags: tuple[str, ...],
    public: str,
    lists: Iterable[str],
) -> list[Timeline]:
    found = [
        Timeline(kind="tag", name=tag, any=any_tags, all=all_tags, none=none_tags) for tag in tags
    ]
    if public in ("local", "public"):
        found.append(Timeline(kind=public))
    found += [Timeline(kind="list", name=each) for each in lists]
    return found
