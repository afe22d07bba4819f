"""The API v2 of X on loopback: recent search, rules, and a stream of lines that can break."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "jeton"
BASE = 2_021_900_000_000_000_000


def tweet(number: int) -> dict[str, Any]:
    return {
        "id": str(BASE + number), "text": f"crue {number}", "author_id": "7",
        "created_at": "2026-11-24T02:00:00.000Z", "edit_history_tweet_ids": [str(BASE + number)],
    }  # fmt: skip


@dataclass
class X:
    """`script` is per stream connection: {"status", "headers"}; {"send": n, "then": "close"|"cut"|"hang"};
    {"raw": [lines]}.
    """

    tweets: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, str]] = field(default_factory=list)
    script: list[dict[str, Any]] = field(default_factory=list)
    page: int = 100
    searches: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    too_old: bool = False

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/2/tweets/search/recent", self.recent)
        app.router.add_get("/2/tweets/search/stream/rules", self.get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self.post_rules)
        app.router.add_get("/2/tweets/search/stream", self.stream)
        return app

    async def recent(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        self.searches.append(dict(request.query))
        since = int(request.query.get("since_id", 0))
        if self.too_old and since:
            told = {
                "title": "Invalid Request",
                "detail": "'since_id' must be a tweet id created after …",
            }
            return web.json_response(told, status=400)
        found = [t for t in self.tweets if int(t["id"]) > since][::-1]
        start = int(request.query.get("next_token", 0))
        count = min(self.page, int(request.query["max_results"]))
        shown = found[start : start + count]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if shown:
            meta["newest_id"] = shown[0]["id"]
        if start + count < len(found):
            meta["next_token"] = str(start + count)
        users = [{"id": "7", "username": "riverain"}]
        return web.json_response({"data": shown, "includes": {"users": users}, "meta": meta})

    async def get_rules(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.rules, "meta": {}})

    async def post_rules(self, request: web.Request) -> web.Response:
        asked = await request.json()
        invalid = 0
        for rule in asked.get("add", ()):
            if "((" in rule["value"]:
                invalid += 1
            else:
                self.rules.append({**rule, "id": str(len(self.rules) + 100)})
        gone = asked.get("delete", {}).get("ids", ())
        self.rules = [rule for rule in self.rules if rule["id"] not in gone]
        return web.json_response(
            {"meta": {"summary": {"invalid": invalid}}, "errors": [{"title": "Invalid Rule"}]}
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        step = self.script.pop(0) if self.script else {"send": len(self.tweets), "then": "hang"}
        if "status" in step:
            return web.json_response(
                {"title": "no"}, status=step["status"], headers=step.get("headers")
            )
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(b"\r\n")
        for line in step.get("raw", ()):
            await answer.write(line + b"\r\n")
        for each in self.tweets[: step.get("send", 0)]:
            await answer.write(json.dumps({"data": each}).encode() + b"\r\n")
        assert request.transport is not None
        if step.get("then") == "cut":
            await answer.write(b'{"data": {"id": "20219000')
            request.transport.close()
        elif step.get("then") == "hang":
            await asyncio.sleep(3600)
        return answer
