"""Those who receive: a mail server, and a web server that speaks as messengers and push services do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(kw_only=True)
class Request:
    """What came. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(kw_only=True)
class Receiver:
    """`script`: what to answer, in order, the last one ever after. (status, headers), or "hang"."""

    port: int = 0
    came: list[Request] = field(default_factory=list)
    script: list[Any] = field(default_factory=lambda: [(200, {})])
    body: bytes = b"{}"

    @property
    def pair(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def url(self, scheme: str, path: str) -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def receiving(*script: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(script=list(script) or [(200, {})])
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (x.partition(":") for x in lines if x)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = first.split(" ", 2)
            receiver.came.append(Request(method=method, path=path, headers=headers, body=body))
            said = receiver.script.pop(0) if len(receiver.script) > 1 else receiver.script[0]
            if said == "hang":
                await asyncio.Event().wait()
            if said != "cut":
                status, more = said
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(receiver.body)}"]
                lines += ["Content-Type: application/json", "Connection: close"]
                lines += [f"{name}: {value}" for name, value in more.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + receiver.body)
                await writer.drain()
        writer.close()
        tasks.discard(task)

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    receiver.port = listening.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(kw_only=True)
class Mailbox:
    """Messages that were taken. `say` may answer RCPT or DATA otherwise: (command) → reply or ""."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    say: Callable[[str], str] = lambda command: ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.say("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if reply := self.say("DATA"):
            return reply
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
