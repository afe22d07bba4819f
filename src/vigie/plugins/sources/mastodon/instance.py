"""One Mastodon server: asked politely, told apart when it shuts a door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from vigie.contracts.plugins import RawItem, SourceError, SourceRefused
from vigie.contracts.ports import Ports
from vigie.kernel.clock import SKEW, parse_rfc3339, rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import dig, texts
from vigie.plugins.sources.mastodon.statuses import is_public, newest, order
from vigie.plugins.sources.mastodon.timelines import PAGE, Seen, State, Step, Timeline

SPARE: Final = 20
"""Requests that are left to others of the 300 in five minutes."""

LONGEST_WAIT_S: Final = 3_600.0
"""What an instance that asks to be left alone gets at most; then it is asked again."""

PAGES: Final = 50
CONFIRMED: Final = 5
"""Most statuses asked for one by one in a visit, when they are missing from their timeline."""

_STATUSES: Final = msgspec.json.Decoder(list[msgspec.Raw])


class TimelineDisabled(SourceRefused):
    """The instance has shut this timeline for everybody: what it answers is empty, not quiet."""

    code = "mastodon_timeline_disabled"


class QuotaSpent(SourceError):
    """The instance's limit is near: the rest waits until it is filled up."""

    code = "server_busy"


class Instance:
    """`base` is https://host. `token` may be ""."""

    def __init__(self, base: str, token: str, ports: Ports) -> None:
        self.base = base.rstrip("/")
        self.host = urlsplit(self.base).netloc
        self.ports = ports
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.about: Mapping[str, Any] | None = None
        self.quota_until: datetime | None = None
        self._newest_page: list[tuple[bytes, dict[str, Any]]] = []

    async def get(self, path: str) -> tuple[bytes, Mapping[str, str]]:
        """Raises QuotaSpent before the limit is hit, SourceError, FetchError."""
        if wait_s := self.quota_wait_s():
            raise QuotaSpent("X-RateLimit-Remaining", retry_after_s=wait_s)
        now = self.ports.clock.now()
        response = await self.ports.http.get(
            f"{self.base}{path}", headers=self.headers, max_bytes=20_000_000
        )
        if response.status == 429:
            told_s = manners.retry_after_s(response.headers, now=now)
            told_s = told_s or manners.quota_reset_s(response.headers, now=now)
            raise manners.ServerBusy("HTTP 429", retry_after_s=told_s or 300.0)
        manners.check(response, now=now)
        wait_for_s = manners.wait_for_quota_s(response.headers, now=now, spare=SPARE)
        self.quota_until = now + timedelta(seconds=wait_for_s) if wait_for_s else None
        return response.body, response.headers

    def quota_wait_s(self) -> float:
        """Seconds until the quota is filled up, 0 while there is enough of it."""
        if self.quota_until is None:
            return 0.0
        return max(0.0, (self.quota_until - self.ports.clock.now()).total_seconds())

    async def ask_about(self) -> Mapping[str, Any]:
        """What the instance says of itself, {} when it does not: asked once."""
        if self.about is None:
            try:
                body, _ = await self.get("/api/v2/instance")
                found = msgspec.json.decode(body)
            except (SourceRefused, msgspec.DecodeError, UnicodeError, RecursionError):
                found = None
            self.about = found if isinstance(found, dict) else {}
        return self.about

    async def check_open(self, timeline: Timeline) -> None:
        """Raises TimelineDisabled or NeedsToken when the instance says so (4.5 and later)."""
        about = await self.ask_about()
        kind = "hashtag_feeds" if timeline.kind == "tag" else "live_feeds"
        access = dig(about, "configuration", "timelines_access", kind)
        if not isinstance(access, dict) or timeline.kind == "list":
            return
        sides = ("local",) if timeline.kind == "local" else ("local", "remote")
        given = [texts(access, side) or "public" for side in sides]
        if all(each == "disabled" for each in given):
            raise TimelineDisabled(timeline.key, retry_after_s=manners.HOUR_S)
        if not self.token and all(each in ("disabled", "authenticated") for each in given):
            raise manners.NeedsToken(timeline.key, retry_after_s=manners.HOUR_S)

    async def visit(self, timeline: Timeline, state: State) -> AsyncIterator[Step]:
        """Forward from the last status, then the newest page: late arrivals, edits, deletions."""
        await self.check_open(timeline)
        key = timeline.key
        reached = state.place(self.host, key)
        if reached:
            async for step in self._forward(timeline, state, reached):
                yield step
        yield await self._newest(timeline, state)
        async for step in self._missing(timeline, state):
            yield step

    async def _forward(self, timeline: Timeline, state: State, reached: str) -> AsyncIterator[Step]:
        """Pages behind the last one, oldest first, until one brings nothing further."""
        for _ in range(PAGES):
            statuses = await self._page(timeline.path(min_id=reached))
            step = self._step(timeline, state, statuses)
            if order(step.min_id) <= order(reached):
                return
            yield step
            reached = step.min_id

    async def _newest(self, timeline: Timeline, state: State) -> Step:
        self._newest_page = await self._page(timeline.path())
        return self._step(timeline, state, self._newest_page)

    async def _missing(self, timeline: Timeline, state: State) -> AsyncIterator[Step]:
        """Statuses that belong on the newest page and are not there any more: gone, if asked for.

        The page has no later end, so the newest status is missed as well; and no earlier one when
        it is not full: then it holds the whole timeline. (A server that gives less than was asked
        for costs a few questions about statuses that are still there.)
        """
        there = {texts(status, "id") for _, status in self._newest_page}
        low = min(there, key=order) if len(there) >= PAGE else ""
        missing = [
            status_id
            for status_id in state.known(self.host, timeline.key)
            if order(low) <= order(status_id) and status_id not in there
        ]
        for status_id in missing[-CONFIRMED:]:
            try:
                await self.get(f"/api/v1/statuses/{status_id}")
            except manners.Missing:
                uri = state.known(self.host, timeline.key)[status_id].uri
                yield Step(
                    host=self.host, timeline=timeline.key, forgotten=(status_id,), any_answer=True,
                    items=(self.deletion(uri, status_id),),
                )  # fmt: skip
            except SourceRefused:
                return
            else:
                yield Step(
                    host=self.host, timeline=timeline.key, forgotten=(status_id,), any_answer=True
                )

    async def search(self, words: str, state: State) -> AsyncIterator[Step]:
        """The newest statuses that the instance's full-text search finds (it needs a user token)."""
        asked = {"q": words, "type": "statuses", "limit": str(PAGE)}
        body, _ = await self.get(f"/api/v2/search?{urlencode(asked)}")
        try:
            found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            raw = bytes(found.get("statuses", b"[]"))
        except msgspec.DecodeError as error:
            raise manners.NotJson(str(error)[:80]) from error
        timeline = Timeline(kind="search", name=words)
        yield self._step(timeline, state, self._statuses(raw))

    async def _page(self, path: str) -> list[tuple[bytes, dict[str, Any]]]:
        body, _ = await self.get(path)
        return self._statuses(body)

    def _statuses(self, body: bytes) -> list[tuple[bytes, dict[str, Any]]]:
        """The list's objects, each as it came and read."""
        try:
            raws = [bytes(raw) for raw in _STATUSES.decode(body)]
            values = [(raw, msgspec.json.decode(raw)) for raw in raws]
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise manners.NotJson(str(error)[:80]) from error
        return [(raw, value) for raw, value in values if isinstance(value, dict)]

    def _step(
        self, timeline: Timeline, state: State, statuses: list[tuple[bytes, dict[str, Any]]]
    ) -> Step:
        """What is new, or says something new, oldest first."""
        known = state.known(self.host, timeline.key)
        seen: dict[str, Seen] = {}
        items: list[tuple[str, RawItem]] = []
        for raw, status in statuses:
            status_id = texts(status, "id")
            mark = Seen(texts(status, "uri"), texts(status, "edited_at"))
            if known.get(status_id) != mark and is_public(status):
                items.append((status_id, RawItem(payload=raw, where=mark.uri[:200])))
            if status_id and is_public(status):
                seen[status_id] = mark
        items.sort(key=lambda item: order(item[0]))
        return Step(
            host=self.host,
            timeline=timeline.key,
            items=tuple(item for _, item in items),
            min_id=newest(*(texts(status, "id") for _, status in statuses)),
            seen=seen,
            any_answer=bool(statuses),
        )

    def deletion(self, uri: str, status_id: str) -> RawItem:
        """The note that a status is gone."""
        note = {
            "event": "delete", "id": status_id, "uri": uri, "instance": self.host,
            "seen_at": rfc3339(self.ports.clock.now()),
        }  # fmt: skip
        return RawItem(payload=msgspec.json.encode(note), where=uri[:200])

    def may_be_asked(self, state: State) -> float:
        """0 when the instance may be asked now, else the seconds to wait."""
        from_ = state.resume.get(self.host, "")
        now = rfc3339(self.ports.clock.now())
        if from_ <= now:
            state.resume.pop(self.host, None)
            return 0.0
        wait_s = (parse_rfc3339(from_) - self.ports.clock.now()).total_seconds()
        if wait_s > LONGEST_WAIT_S + SKEW.total_seconds():  # our clock went back meanwhile
            state.resume.pop(self.host, None)
            return 0.0
        return max(1.0, wait_s)

    def wait(self, state: State, wait_s: float) -> None:
        """Leave the instance alone for so long, LONGEST_WAIT_S at most."""
        wait_s = min(wait_s, LONGEST_WAIT_S)
        state.resume[self.host] = rfc3339(
            (self.ports.clock.now() + timedelta(seconds=wait_s)).replace(microsecond=0)
        )
