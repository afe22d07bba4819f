"""Good manners on the web: what to ask with, what an answer means, when to come back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vigie.contracts.plugins import SourceRefused
from vigie.contracts.ports import HttpResponse
from vigie.plugins.kit.manners import DAY_S, ServerBusy, ServerFailed, retry_after_s

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)


class FeedMissing(SourceRefused):
    """404: there is nothing at the address."""

    code = "feed_missing"


class FeedGone(SourceRefused):
    """410: there was a feed and it will not come back."""

    code = "feed_gone"


class FeedNeedsSignIn(SourceRefused):
    """401 or 407: only for people who sign in."""

    code = "feed_needs_sign_in"


class FeedForbidden(SourceRefused):
    """403, 451: the server will not give it to us."""

    code = "feed_forbidden"


def request_headers(cursor: Mapping[str, Any]) -> dict[str, str]:
    """Conditional when the last answer gave validators; they are sent exactly as they came."""
    headers = {"Accept": ACCEPT}
    if cursor.get("etag"):
        headers["If-None-Match"] = str(cursor["etag"])
    if cursor.get("last_modified"):
        headers["If-Modified-Since"] = str(cursor["last_modified"])
    return headers


def check_status(response: HttpResponse, *, now: datetime) -> None:
    """Return when the answer carries a feed or says "not modified". Raises SourceError otherwise."""
    status = response.status
    if status in (200, 203, 304):
        return
    detail = f"HTTP {status}"
    if status == 404:
        raise FeedMissing(detail, retry_after_s=3600)
    if status == 410:
        raise FeedGone(detail, retry_after_s=DAY_S)
    if status in (401, 407):
        raise FeedNeedsSignIn(detail, retry_after_s=DAY_S)
    if status in (403, 451):
        raise FeedForbidden(detail, retry_after_s=3600)
    if status in (429, 503):
        raise ServerBusy(detail, retry_after_s=retry_after_s(response.headers, now=now))
    if 400 <= status < 500:
        raise SourceRefused(detail, retry_after_s=3600)
    raise ServerFailed(detail, retry_after_s=retry_after_s(response.headers, now=now))


_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})")


def fresh_for_s(headers: Mapping[str, str]) -> float | None:
    """How long the answer stays fresh by its `Cache-Control` and `Age`; None when not said."""
    directives = headers.get("cache-control", "").lower()
    found = _MAX_AGE.search(directives)
    if found is None or "no-cache" in directives or "no-store" in directives:
        return None
    age = headers.get("age", "").strip()
    return max(0.0, float(found[1]) - (float(age) if age.isdigit() and len(age) < 10 else 0.0))


def wait_s(
    *, interval_s: float, longest_s: float, asked: float | None, headers: Mapping[str, str]
) -> float:
    """Seconds until the next visit: ours, or what the feed asks for up to `longest_s`."""
    wanted = max(asked or 0.0, fresh_for_s(headers) or 0.0)
    return max(interval_s, min(wanted, longest_s))
