"""Reading a handed-in file to its end as a collector does, within the test's own transaction."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from tests.pipeline.plain import make_intake
from tests.plugins.fakes import ports, run
from vigie.collection import collecting
from vigie.contracts.plugins import SourceError
from vigie.contracts.registry import plugins
from vigie.pipeline.messages import message_of

HOLDER = "test"


def read_whole(source: int, *, now: datetime) -> None:
    """One run of the source: its batches stored, its health written."""
    charge = collecting.take(source, holder=HOLDER, now=now)
    assert charge is not None
    plugin = plugins().source(charge.plugin)
    config = msgspec.convert(charge.config, plugin.manifest.config)
    intake = make_intake()
    health = collecting.Health(state="done")
    try:
        batches: Any = asyncio.run(
            run(plugin(config, ports(folder=Path(settings.VIGIE_BLOBS))), charge.cursor)
        )
        for batch in batches:
            intake.take(message_of(batch, source=source, holder=HOLDER, collected_at=now), now=now)
    except SourceError as error:
        health = collecting.Health(
            state="failing", error_code=error.code, error_detail=error.detail, failures=1
        )
    collecting.release(charge, health, holder=HOLDER, now=now)
