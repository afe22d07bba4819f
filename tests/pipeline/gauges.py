"""A source of measures for tests, and the measures of a gauge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tests.pipeline.plain import make_intake, message
from vigie.contracts.drafts import Draft
from vigie.contracts.measures import IndicatorDraft, MeasureDraft, Reference
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
    Undecodable,
)
from vigie.contracts.registry import Registry
from vigie.pipeline.intake import Intake
from vigie.pipeline.messages import Message


class NoConfig(msgspec.Struct, frozen=True):
    pass


class GaugeSource(SourcePlugin):
    """Each item is a MeasureDraft as JSON."""

    manifest = Manifest(
        kind=SOURCE, name="gauge", label={"en": "Gauge"}, version="1", config=NoConfig
    )

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield Batch()

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        try:
            return msgspec.json.decode(item.payload, type=MeasureDraft)
        except msgspec.DecodeError as error:
            raise Undecodable("bad_json", str(error)) from error


def gauge_intake() -> Intake:
    return make_intake(registry=Registry(by_kind={SOURCE: {"gauge": GaugeSource}}))


EPINAY = IndicatorDraft(
    key="orge-epinay:H",
    kind="level",
    name="L'Orge à Épinay-sur-Orge",
    unit="m",
    station="F464000201",
    river="Orge",
    geometry={"type": "Point", "coordinates": [2.319, 48.666]},
    references=(Reference(name="Juin 2016", value=2.9), Reference(name="Janvier 2018", value=2.2)),
    fresh_s=7_200,
)


def level(at: datetime, value: float | None, **more: Any) -> MeasureDraft:
    return MeasureDraft(indicator=EPINAY, observed_at=at, value=value, **more)


def rising(
    now: datetime, *values: float, every: timedelta = timedelta(minutes=15)
) -> list[MeasureDraft]:
    """Levels `every` apart, the last one now."""
    last = len(values) - 1
    return [level(now - every * (last - n), value) for n, value in enumerate(values)]


def measures(source: int, *drafts: MeasureDraft, **more: Any) -> Message:
    return message(source, *(msgspec.json.encode(draft) for draft in drafts), **more)
