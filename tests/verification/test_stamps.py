"""A stamp by an outside authority: verified before it is kept, and again without any network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from tests.factories import desk, make_cast
from tests.verification.authority import OPENSSL, Authority, standing
from vigie.config.environment import Misconfigured, timestamp_authority
from vigie.operations import jobs
from vigie.pipeline.http import GuardedHttp
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add
from vigie.verification.archives import integrity, stamping
from vigie.verification.handed import take_in
from vigie.verification.models import Evidence
from vigie.workers.work import Worker

needs_openssl = pytest.mark.skipif(not OPENSSL, reason="no openssl: time-stamps were not tried")


@pytest.fixture
async def committed(transactional_db: None) -> AsyncIterator[None]:
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    async with standing(tmp_path) as made:
        yield made


def _handed_in(now: datetime) -> int:
    cast = make_cast(now=now)
    by = desk(cast.volunteer, cast.operation)
    claim = open_claim(wording="Le pont est coupé", by=by, now=now)
    piece = Piece(kind="file", title="Arrêté", handed=take_in([b"un fait"], name="a.txt"))
    return add(claim=claim, piece=piece, by=by, now=now).pk


async def _worked(url: str) -> None:
    parts = urlsplit(url)
    allowed = frozenset({(str(parts.hostname), int(parts.port or 0))})
    async with GuardedHttp(allowed=allowed) as http:
        worker = Worker(http=http, name="w", tick_s=0.01)
        await worker.drain()
        await worker.close()


@needs_openssl
async def test_a_file_is_stamped_and_the_stamp_holds_for_it_alone(
    committed: Any, now: datetime, authority: Authority, settings: Any
) -> None:
    settings.VIGIE_TIMESTAMP = authority
    pk = await sync_to_async(_handed_in)(now)
    await _worked(authority.url)
    row = await sync_to_async(Evidence.objects.get)(pk=pk)
    assert authority.asked == 1
    assert row.token is not None
    assert row.stamped_at is not None
    assert abs((datetime.now(UTC) - row.stamped_at).total_seconds()) < 3_600
    assert stamping.verified(bytes(row.token), row.sha256, authority.roots) == row.stamped_at
    with pytest.raises(stamping.StampRefused):
        stamping.verified(bytes(row.token), "0" * 64, authority.roots)
    with pytest.raises(stamping.StampRefused):
        stamping.verified(bytes(row.token)[:-9], row.sha256, authority.roots)
    await sync_to_async(Evidence.objects.filter(pk=pk).update)(token=bytes(row.token)[:-9])

    def looked() -> list[str]:
        return [found.code for found in integrity.look_all(now=now, actor="doctor")]

    assert await sync_to_async(looked)() == ["stamp"]


@needs_openssl
async def test_a_stamp_by_somebody_else_is_not_kept(
    committed: Any, now: datetime, authority: Authority, settings: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Authority(other)
    stranger.url = authority.url
    settings.VIGIE_TIMESTAMP = stranger
    pk = await sync_to_async(_handed_in)(now)
    await _worked(authority.url)
    row = await sync_to_async(Evidence.objects.get)(pk=pk)
    assert (row.token, row.stamped_at) == (None, None)
    (stuck,) = await sync_to_async(jobs.stuck)()
    assert (stuck.name, stuck.reason) == ("stamp", "stamp_not_verified")


async def test_nobody_is_asked_when_no_authority_is_configured(
    committed: Any, now: datetime, settings: Any
) -> None:
    settings.VIGIE_TIMESTAMP = None
    pk = await sync_to_async(_handed_in)(now)
    await _worked("http://127.0.0.1:9/")
    row = await sync_to_async(Evidence.objects.get)(pk=pk)
    assert row.token is None
    assert await sync_to_async(jobs.stuck)() == []


@pytest.mark.parametrize(
    ("url", "path"), [("https://tsa.exemple.fr", ""), ("", "x.pem"), ("ftp://x", "x.pem"), ("https://x", "x.pem")]
)  # fmt: skip
def test_half_a_setting_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    monkeypatch.setenv("VIGIE_TIMESTAMP_URL", url)
    monkeypatch.setenv("VIGIE_TIMESTAMP_CA", path)
    with pytest.raises(Misconfigured, match="VIGIE_TIMESTAMP"):
        timestamp_authority()


def test_without_settings_there_is_no_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_TIMESTAMP_URL", raising=False)
    monkeypatch.delenv("VIGIE_TIMESTAMP_CA", raising=False)
    assert timestamp_authority() is None
