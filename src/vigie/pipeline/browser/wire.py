"""Orders to the browser over two pipes: DevTools protocol, JSON messages that end with a zero byte.

No port is open that anything else could reach, the page's own scripts included.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Final

MESSAGE_BYTES: Final = 80_000_000


class BrowserGone(Exception):
    """The pipe is closed: the browser ended, or was ended."""


class BrowserRefuses(Exception):
    """It answered an order with an error."""


class Wire:
    """Sends orders and waits for their answers; tells `heard` what happens in between."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = heard
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen())

    async def order(self, method: str, *, session: str = "", **given: Any) -> dict[str, Any]:
        """The answer's result. Raises BrowserGone, BrowserRefuses."""
        answer = self._send(method, session, given)
        return await answer

    def tell(self, method: str, *, session: str = "", **given: Any) -> None:
        """An order whose answer nobody waits for."""
        self._send(method, session, given).add_done_callback(lambda done: done.exception())

    def _send(
        self, method: str, session: str, given: dict[str, Any]
    ) -> asyncio.Future[dict[str, Any]]:
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if self._listening.done():
            answer.set_exception(BrowserGone())
            return answer
        self._waiting[number] = answer
        message = {"id": number, "method": method, "params": given}
        if session:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        return answer

    async def close(self) -> None:
        self._writer.close()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            while True:
                data = await self._reader.readuntil(b"\0")
                message = json.loads(data[:-1])
                if "id" in message:
                    self._answered(message)
                else:
                    self._heard(message.get("method", ""), message.get("params", {}))
        except (
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ConnectionError,
            ValueError,
        ):
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(BrowserGone())
            self._waiting.clear()

    def _answered(self, message: dict[str, Any]) -> None:
        answer = self._waiting.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserRefuses(str(message["error"].get("message", ""))[:200]))
        else:
            answer.set_result(message.get("result", {}))
