"""Reading X: the recent search, and the filtered stream with its rules. Every post read is paid for."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from vigie.contracts.plugins import (
    Batch,
    RawItem,
    Refusal,
    SourceError,
    SourceRefused,
    SourceUnreadable,
)
from vigie.contracts.ports import FetchError, HttpResponse, Ports
from vigie.plugins.kit import manners
from vigie.plugins.kit.gathering import Gathered
from vigie.plugins.kit.quota import DayQuota, QuotaSpent
from vigie.plugins.kit.reading import dig, objects, texts
from vigie.plugins.sources.x.tweets import FIELDS, apart

PAGE: Final = 100
LEAST: Final = 10
"""The fewest posts that X lets one ask for."""

PAGES: Final = 20
IDLE_S: Final = 45.0
"""Twice the keep-alive, which comes every 20 s."""

TAG: Final = "vigie:"
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 300.0


class Reader:
    """One application's reading. `queries` are ORed in a search and are a rule each in the stream."""

    def __init__(
        self, *, server: str, token: str, queries: tuple[str, ...], most: int, ports: Ports,
        cursor: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.server = server
        self.queries = queries
        self.ports = ports
        self.headers = {"Authorization": f"Bearer {token}"}
        self.newest = str(cursor.get("newest") or "")
        self.quota = DayQuota.of(cursor, now=ports.clock.now(), most=most)
        self.most = most

    def cursor(self) -> dict[str, Any]:
        return {"newest": self.newest, "quota": self.quota.cursor()}

    async def search(self) -> AsyncIterator[Batch]:
        """What is newer than the newest known. Raises SourceError, FetchError, QuotaSpent."""
        query = (
            self.queries[0]
            if len(self.queries) == 1
            else " OR ".join(f"({q})" for q in self.queries)
        )
        found: list[dict[str, Any]] = []
        refusals: list[Refusal] = []
        page, newest = "", self.newest
        wait_s: float | None = None
        for _ in range(PAGES):
            self._refresh_quota()
            if self.quota.left < LEAST:
                if found:
                    refusals.append(Refusal(code="quota_spent", detail=f"{self.quota.used}"))
                    break
                raise QuotaSpent(f"{self.quota.used}", retry_after_s=self._reset_s())
            asked = {"query": query, "max_results": min(PAGE, self.quota.left), **FIELDS}
            if self.newest:
                asked["since_id"] = self.newest
            if page:
                asked["next_token"] = page
            try:
                answer, headers = await self._get(f"/2/tweets/search/recent?{urlencode(asked)}")
            except SourceRefused as refused:
                if self.newest and "since_id" in str(refused) and not page:
                    refusals.append(Refusal(code="stream_hole", detail=f"since_id {self.newest}"))
                    self.newest = ""
                    continue
                raise
            posts = apart(answer)
            self.quota.used += len(posts)
            found = posts + found
            newest = max(newest, texts(answer, "meta", "newest_id"), key=_order)
            page = texts(answer, "meta", "next_token")
            now = self.ports.clock.now()
            wait_s = manners.wait_for_quota_s(headers, now=now, spare=2, prefix="x-rate-limit-")
            if not page or wait_s is not None:
                break
        self.newest = newest
        yield Batch(
            items=tuple(_raw(each) for each in found),
            refusals=tuple(refusals),
            cursor=self.cursor(),
            retry_after_s=wait_s,
        )

    async def stream(self) -> AsyncIterator[Batch]:
        """The filtered stream, opened again where it breaks off. Raises when it cannot be opened."""
        await self._set_rules()
        wait_s = FIRST_WAIT_S
        while True:
            heard = False
            if self.newest:
                async for batch in self.search():
                    yield batch
            try:
                async for batch in self._one_connection():
                    heard, wait_s = True, FIRST_WAIT_S
                    yield batch
            except QuotaSpent:
                raise
            except (FetchError, SourceError):
                if not heard:
                    raise
            if not heard:
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            await self.ports.clock.sleep(wait_s)

    async def _one_connection(self) -> AsyncIterator[Batch]:
        url = f"{self.server}/2/tweets/search/stream?{urlencode(FIELDS)}"
        async with self.ports.http.lines(url, headers=self.headers, idle_timeout_s=IDLE_S) as lines:
            if lines.status != 200:
                said = b"".join([line async for line in lines])[:20_000]
                self._check(
                    HttpResponse(url=url, status=lines.status, headers=lines.headers, body=said)
                )
            async with Gathered(aiter(lines)) as handfuls:
                async for handful in handfuls:
                    if handful:  # a keep-alive alone says that the stream lives
                        yield self._read([line for line in handful if line.strip()])
                    self._refresh_quota()
                    if self.quota.left <= 0:
                        raise QuotaSpent(f"{self.quota.used}", retry_after_s=self._reset_s())

    def _read(self, lines: list[bytes]) -> Batch:
        items: list[RawItem] = []
        refusals: list[Refusal] = []
        for line in lines:
            try:
                value = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                refusals.append(
                    Refusal(code="bad_json", detail=str(error)[:200], payload=line[:10_000])
                )
                continue
            identity = texts(value, "data", "id")
            if identity:
                self.quota.used += 1
                self.newest = max(self.newest, identity, key=_order)
                items.append(RawItem(payload=line, where=identity))
            elif objects(value, "errors"):
                told = texts(value, "errors", 0, "title") or texts(value, "errors", 0, "detail")
                raise manners.ServerFailed(told[:200], retry_after_s=FIRST_WAIT_S)
        return Batch(
            items=tuple(items),
            refusals=tuple(refusals),
            cursor=self.cursor(),
            unchanged=not items and not refusals,
        )

    async def _set_rules(self) -> None:
        """Our rules and no others of ours; those that another program set are left alone."""
        answer, _ = await self._get("/2/tweets/search/stream/rules")
        there = {
            texts(rule, "value"): texts(rule, "id")
            for rule in objects(answer, "data", limit=2_000)
            if texts(rule, "tag").startswith(TAG)
        }
        stale = [
            rule_id for value, rule_id in there.items() if value not in self.queries and rule_id
        ]
        missing = [query for query in self.queries if query not in there]
        if stale:
            await self._post({"delete": {"ids": stale}})
        if missing:
            told = await self._post(
                {"add": [{"value": q, "tag": TAG + _digest(q)} for q in missing]}
            )
            invalid = dig(told, "meta", "summary", "invalid")
            if isinstance(invalid, int) and invalid > 0:
                detail = texts(told, "errors", 0, "details", 0) or texts(told, "errors", 0, "title")
                raise SourceRefused(f"rule: {detail}"[:300], retry_after_s=manners.HOUR_S)

    async def _get(self, path: str) -> tuple[Any, Mapping[str, str]]:
        response = await self.ports.http.get(
            f"{self.server}{path}", headers=self.headers, max_bytes=20_000_000
        )
        self._check(response)
        answer = manners.json_of(response)
        if not isinstance(answer, dict) or not ("data" in answer or "meta" in answer):
            raise SourceUnreadable("neither data nor meta")
        return answer, response.headers

    async def _post(self, body: Mapping[str, Any]) -> Any:
        response = await self.ports.http.post(
            f"{self.server}/2/tweets/search/stream/rules",
            body=msgspec.json.encode(body),
            headers={**self.headers, "Content-Type": "application/json"},
        )
        self._check(response)
        return manners.json_of(response)

    def _check(self, response: HttpResponse) -> None:
        now = self.ports.clock.now()
        if response.status == 429:
            wait_s = manners.quota_reset_s(response.headers, now=now, prefix="x-rate-limit-")
            told_s = manners.retry_after_s(response.headers, now=now)
            raise manners.ServerBusy(
                f"HTTP 429: {manners.reason(response)}"[:200],
                retry_after_s=told_s or wait_s or 900.0,
            )
        if response.status == 400 and b"since_id" in response.body:
            raise SourceRefused(f"since_id: {manners.reason(response)}"[:300])
        manners.check(response, now=now)

    def _refresh_quota(self) -> None:
        now = self.ports.clock.now()
        self.quota = DayQuota.of({"quota": self.quota.cursor()}, now=now, most=self.most)

    def _reset_s(self) -> float:
        return self.quota.reset_s(self.ports.clock.now())


def _order(identity: str) -> tuple[int, str]:
    return len(identity), identity


def _digest(query: str) -> str:
    return hashlib.blake2b(query.encode(), digest_size=4).hexdigest()


def _raw(each: dict[str, Any]) -> RawItem:
    return RawItem(payload=msgspec.json.encode(each), where=texts(each, "data", "id"))
