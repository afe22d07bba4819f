"""The one database reader of a process's streams: a thread and a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections, connection
from django.http import HttpRequest

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.live.frames import Happening
from vigie.mapping.queries.fresh import Fresh, fresh
from vigie.operations.access import UnknownOperation, desk_for

T = TypeVar("T")


class Reader:
    """Asks the journal and the rights table from a thread, so that the event loop never waits."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vigie-live")

    async def heads(self, chains: Iterable[int]) -> dict[int, int]:
        """The last entry number of each chain; chains without an entry are left out."""
        wanted = list(chains)
        return await self._run(lambda: journal.last_seqs(wanted))

    async def since(self, chain: int, seq: int, limit: int) -> list[Happening]:
        """At most `limit` entries after `seq`, oldest first."""
        return await self._run(lambda: _since(chain, seq, limit))

    async def objects(self, chain: int, since: int, seq: int) -> Fresh | None:
        """What changed on the map of that operation after entry `since`, up to `seq`."""
        return await self._run(lambda: fresh(chain, since=since, seq=seq))

    async def rights(self, slug: str, session_keys: Iterable[str]) -> dict[str, frozenset[Right]]:
        """What each session may do in the operation now; nothing for one that ended or left."""
        wanted = sorted(set(session_keys))
        return await self._run(lambda: {key: _rights(slug, key) for key in wanted})

    def rest(self) -> None:
        """Nobody listens any more: give the connection back, after what is being asked now."""
        self._executor.submit(lambda: connection.close())  # the connection of that thread

    def close(self) -> None:
        """Give the connection back and end the thread, once what is being asked is answered."""
        self.rest()
        self._executor.shutdown(wait=True)

    async def _run(self, ask: Callable[[], T]) -> T:
        def fresh() -> T:
            close_old_connections()
            return ask()

        return await asyncio.get_running_loop().run_in_executor(self._executor, fresh)


def _since(chain: int, seq: int, limit: int) -> list[Happening]:
    return [
        Happening(
            seq=entry.seq,
            verb=entry.verb,
            subject=(entry.subject_kind, entry.subject_id) if entry.subject_id else None,
            touches=tuple(entry.touches),
            at=entry.at,
            actor=entry.actor,
            data=entry.data,
        )
        for entry in journal.since(chain, seq, limit=limit)
    ]


def _rights(slug: str, session_key: str) -> frozenset[Right]:
    """Through the same door as a page: session, account, password and team are all looked at."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        return desk_for(get_user(request), slug).rights
    except UnknownOperation:
        return frozenset()
