"""Ports for plugins under test: answers given beforehand, files of a folder, time that stands still."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vigie.contracts.plugins import Batch, SourcePlugin
from vigie.contracts.ports import HttpResponse, Ports, TooLarge

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


Answer = HttpResponse | Exception


@dataclass
class GivenHttp:
    """Answers in order (the last one again and again), and what was asked."""

    answers: list[Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        self.asked.append((url, dict(headers or {})))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if len(answer.body) > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
        return answer


def answer(
    body: bytes | str = b"", *, status: int = 200, url: str = "https://a.exemple/f", **headers: str
) -> HttpResponse:
    """`headers` are written with underscores: last_modified="…"."""
    return HttpResponse(
        url=url,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body.encode() if isinstance(body, str) else body,
    )


@dataclass(frozen=True)
class Kept:
    name: str


class FolderBlobs:
    """What was there lies in the folder; what is kept stays in memory, under `kept`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[str, bytes] = {}

    def path(self, name: str) -> Path:
        return self.folder / name

    def keep(self, chunks: Iterable[bytes], *, suffix: str = "") -> Kept:
        content = b"".join(chunks)
        name = hashlib.sha256(content).hexdigest()[:16] + suffix
        self.kept[name] = content
        return Kept(name)


class NoSecrets:
    def get(self, name: str) -> str | None:
        return None


class NoControls:
    async def read(self) -> Mapping[str, Any]:
        return {}

    async def changes(self) -> AsyncIterator[None]:
        return
        yield


def ports(
    *,
    http: GivenHttp | None = None,
    folder: Path = Path("/nonexistent"),
    clock: FixedClock | None = None,
) -> Ports:
    return Ports(
        http=http or GivenHttp([AssertionError("no answer was given")]),
        clock=clock or FixedClock(),
        blobs=FolderBlobs(folder),
        secrets=NoSecrets(),
        controls=NoControls(),
    )


async def run(
    plugin: SourcePlugin,
    cursor: Mapping[str, Any] | None = None,
    *,
    stop: Callable[[Batch], bool] = lambda batch: False,
) -> list[Batch]:
    """All batches from the cursor on, or until `stop` says so (as a kill would)."""
    found: list[Batch] = []
    async for batch in plugin.collect(cursor or {}):
        found.append(batch)
        if stop(batch):
            break
    return found
