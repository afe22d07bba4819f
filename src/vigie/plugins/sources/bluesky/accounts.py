"""Accounts by identifier or handle: 25 a request from an AppView, one by one from a plain server.

What is asked: `app.bsky.actor.getProfiles` (identifiers and handles mixed; who is not known is left
out of the answer) and, where a server has none, `com.atproto.repo.describeRepo`. Both give a handle
only when the server found it to lead back to the account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from vigie.contracts.drafts import AuthorDraft
from vigie.contracts.plugins import SourceUnreadable
from vigie.contracts.ports import HttpResponse, Ports
from vigie.kernel.text import clean_line
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import dig, moment, objects, texts

AT_ONCE: Final = 25
"""Accounts of one request, by the method's own limit."""

_DID: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,240}")
_HANDLE: Final = re.compile(
    r"(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*"
)
_NO_SUCH_METHOD: Final = (401, 404, 501)
"""What servers without an AppView answer: they would have to ask one in somebody's name."""

INVALID: Final = "handle.invalid"


def is_account(actor: str) -> bool:
    """Whether it has the form of an identifier or of a handle of this network."""
    return bool(_DID.fullmatch(actor) or _HANDLE.fullmatch(actor.lower()))


class Directory:
    """Answers who is who. `server`: https://host of an AppView or a PDS."""

    def __init__(self, server: str, ports: Ports) -> None:
        self.server = server.rstrip("/")
        self.ports = ports

    async def of(self, actors: Sequence[str]) -> Mapping[str, AuthorDraft | None]:
        """Actor → its account, None when there is none. Raises SourceError, FetchError."""
        found: dict[str, AuthorDraft | None] = {
            actor: None for actor in actors if not is_account(actor)
        }
        asked = [actor for actor in actors if actor not in found]
        by_one = False
        for first in range(0, len(asked), AT_ONCE):
            some = asked[first : first + AT_ONCE]
            profiles = None if by_one else await self._profiles(some)
            by_one = profiles is None
            for actor in some:
                if profiles is None:
                    found[actor] = await self._described(actor)
                else:
                    found[actor] = profiles.get(actor.lower())
        return found

    async def _profiles(self, actors: Sequence[str]) -> dict[str, AuthorDraft] | None:
        """By identifier and by handle, in lower case; None when the server has no such method."""
        response = await self._get(
            "app.bsky.actor.getProfiles", [("actors", actor) for actor in actors]
        )
        if response.status in _NO_SUCH_METHOD:
            return None
        manners.check(response, now=self.ports.clock.now())
        answer = manners.json_of(response)
        if not isinstance(dig(answer, "profiles"), list):
            raise SourceUnreadable("no profiles")
        found: dict[str, AuthorDraft] = {}
        for profile in objects(answer, "profiles", limit=AT_ONCE):
            account = _account(profile, texts(profile, "handle"))
            if account is not None:
                found[account.id.lower()] = account
                if account.handle:
                    found[account.handle.lower()] = account
        return found

    async def _described(self, actor: str) -> AuthorDraft | None:
        response = await self._get("com.atproto.repo.describeRepo", [("repo", actor)])
        if response.status in (400, 404):  # no such account, or it is not kept there
            return None
        manners.check(response, now=self.ports.clock.now())
        answer = manners.json_of(response)
        verified = dig(answer, "handleIsCorrect") is True
        return _account(answer, texts(answer, "handle") if verified else "")

    async def _get(self, method: str, asked: list[tuple[str, str]]) -> HttpResponse:
        return await self.ports.http.get(
            f"{self.server}/xrpc/{method}?{urlencode(asked)}", max_bytes=2_000_000
        )


def _account(told: Any, handle: str) -> AuthorDraft | None:
    did = texts(told, "did")
    if not _DID.fullmatch(did):
        return None
    handle = clean_line(handle, limit=250)
    followers = dig(told, "followersCount")
    return AuthorDraft(
        id=did,
        handle="" if handle == INVALID else handle,
        name=clean_line(texts(told, "displayName"), limit=200),
        followers=followers if type(followers) is int and 0 <= followers < 2**53 else None,
        created_at=moment(dig(told, "createdAt")),
    )
