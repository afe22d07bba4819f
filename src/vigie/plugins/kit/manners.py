"""What a server's answer means to a source, and when to come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from vigie.contracts.plugins import SourceError, SourceRefused, SourceUnreadable
from vigie.contracts.ports import HttpResponse
from vigie.kernel.clock import UnreadableTime, parse_rfc3339

HOUR_S = 3_600.0
DAY_S = 86_400.0


class ServerBusy(SourceError):
    """429 or 503: come back later; the server may have said when."""

    code = "server_busy"


class ServerFailed(SourceError):
    """Another 5xx, or an answer that makes no sense."""

    code = "server_failed"


class NeedsToken(SourceRefused):
    """401: the source wants a token that we do not have, or that it no longer takes."""

    code = "source_needs_token"


class Forbidden(SourceRefused):
    """403, 451: the server will not give it to us."""

    code = "source_forbidden"


class Missing(SourceRefused):
    """404, 410: there is nothing at the address."""

    code = "source_missing"


class NotJson(SourceUnreadable):
    """The answer is no JSON, or none of the shape it should have."""

    code = "source_not_json"


def check(response: HttpResponse, *, now: datetime) -> None:
    """Return when the answer is a 2xx or a 304. Raises the SourceError that its status means."""
    status = response.status
    if 200 <= status < 300 or status == 304:
        return
    detail = f"HTTP {status}"
    if told := reason(response):
        detail = f"{detail}: {told}"
    wait_s = retry_after_s(response.headers, now=now)
    if status in (429, 503):
        raise ServerBusy(detail, retry_after_s=wait_s)
    if status in (401, 407):
        raise NeedsToken(detail, retry_after_s=wait_s or HOUR_S)
    if status in (403, 451):
        raise Forbidden(detail, retry_after_s=wait_s or HOUR_S)
    if status in (404, 410):
        raise Missing(detail, retry_after_s=wait_s or HOUR_S)
    if 400 <= status < 500:
        raise SourceRefused(detail, retry_after_s=wait_s or HOUR_S)
    raise ServerFailed(detail, retry_after_s=wait_s)


def reason(response: HttpResponse) -> str:
    """What a JSON answer says of its error, in at most 200 characters; "" when it says nothing."""
    try:
        told = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    if not isinstance(told, dict):
        return ""
    words = [_words(told.get(name)) for name in ("error", "error_description", "title", "detail")]
    words.append(_words(told.get("message")))
    return " · ".join(dict.fromkeys(word for word in words if word))[:200]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("message") or value.get("status")
    return " ".join(value.split())[:120] if isinstance(value, str) else ""


def json_of(response: HttpResponse) -> Any:
    """The answer's JSON value. Raises NotJson (a maintenance page, a wall before the site …)."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        kind = response.headers.get("content-type", "").partition(";")[0]
        raise NotJson(kind or str(error)[:80]) from error


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds of a `Retry-After` (a number or a date), at most a day; None when there is none."""
    raw = headers.get("retry-after", "").strip()
    if raw.isdigit() and len(raw) < 10:
        return min(float(raw), DAY_S)
    if not raw:
        return None
    try:
        moment = parsedate_to_datetime(raw)
        return min(max(0.0, (moment - server_time(headers, now=now)).total_seconds()), DAY_S)
    except (ValueError, TypeError):
        return None


def server_time(headers: Mapping[str, str], *, now: datetime) -> datetime:
    """The server's own clock by its `Date`, else ours: its moments are to be read against its clock."""
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return now


def wait_for_quota_s(
    headers: Mapping[str, str], *, now: datetime, spare: int, prefix: str = "x-ratelimit-"
) -> float | None:
    """Seconds until the quota is filled up again when `spare` requests or fewer are left of it.

    Reads `<prefix>remaining` and `<prefix>reset`: RFC 3339, seconds since 1970, or seconds from
    now. None when there is enough left or nothing is said.
    """
    left = headers.get(f"{prefix}remaining", "").strip().partition(".")[0]
    if not left.isdigit() or len(left) > 12 or int(left) > spare:
        return None
    return quota_reset_s(headers, now=now, prefix=prefix)


def quota_reset_s(
    headers: Mapping[str, str], *, now: datetime, prefix: str = "x-ratelimit-"
) -> float | None:
    """Seconds until `<prefix>reset`, between 1 and a day; None when it is not said."""
    raw = headers.get(f"{prefix}reset", "").strip()
    here = server_time(headers, now=now)
    try:
        number = float(raw) if raw and len(raw) < 20 else None
    except ValueError:
        number = None
    if number is not None and number == number:
        wait_s = number - here.timestamp() if number > 1_000_000_000 else number
    else:
        try:
            wait_s = (parse_rfc3339(raw) - here).total_seconds()
        except UnreadableTime:
            return None
    return min(max(1.0, wait_s), DAY_S)
