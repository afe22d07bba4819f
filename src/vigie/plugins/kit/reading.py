"""Reading payloads of networks: any JSON may come, only Undecodable may go out.

A payload is turned into the wire form of a post, which `contracts.wire` reads: what is required and
wrong refuses it, what is optional and wrong is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.contracts.wire import decode_object, read_post
from vigie.kernel.clock import UnreadableTime, parse_rfc3339


def load(payload: bytes) -> dict[str, Any]:
    """The payload's JSON object. Raises Undecodable `bad_json`, `not_object`."""
    return decode_object(payload)


def dig(value: Any, *path: str | int) -> Any:
    """What lies at the path of keys and places; None when any step of it is not there."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return None
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def texts(value: Any, *path: str | int) -> str:
    """The text at the path; "" when there is none, or something else."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def objects(value: Any, *path: str | int, limit: int = 1_000) -> list[dict[str, Any]]:
    """The objects of the list at the path; what is no object is passed over."""
    found = dig(value, *path)
    return (
        [each for each in found[:limit] if isinstance(each, dict)]
        if isinstance(found, list)
        else []
    )


def moment(value: Any) -> datetime | None:
    """An RFC 3339 date-time in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return parse_rfc3339(value)
    except UnreadableTime:
        return None


def post(wire: Mapping[str, Any]) -> PostDraft:
    """The post of a wire form. Raises Undecodable; codes of `contracts.wire`."""
    try:
        return read_post(wire).post
    except RecursionError as error:
        raise Undecodable("bad_json", "RecursionError") from error


def words_of(listed: str) -> tuple[str, ...]:
    """The entries of a setting that holds several, one a line or parted by blanks, commas, ";"."""
    parted = listed.replace(",", " ").replace(";", " ").split()
    return tuple(dict.fromkeys(parted))


def lines_of(listed: str) -> tuple[str, ...]:
    """The entries of a setting that holds one a line."""
    return tuple(dict.fromkeys(line.strip() for line in listed.splitlines() if line.strip()))
