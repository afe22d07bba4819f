"""A hand-off as a line of CSV: for a spreadsheet, semicolons and a byte order mark as it expects in
France."""

from __future__ import annotations

from typing import Final

import msgspec

from vigie.contracts.handoffs import HandOffExporter, HandOffMessage
from vigie.contracts.plugins import EXPORTER, Manifest
from vigie.kernel.spreadsheet import csv_line

COLUMNS: Final = (
    "id", "kind", "first_id", "exercise", "subject", "operation", "sent_at", "expires_at", "title",
    "asked", "level", "category", "need_kind", "state", "reliability", "credibility", "occurred_at",
    "observed_at", "lon", "lat", "precision_m", "address", "place_name", "place_code", "access",
    "persons", "water_cm", "contact", "text", "url",
)  # fmt: skip


class CsvHandOffConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set."""


class CsvHandOffExporter(HandOffExporter):
    manifest = Manifest(
        kind=EXPORTER, name="csv_handoff", version="1",
        label={"fr": "CSV (tableur)", "en": "CSV (spreadsheet)"},
        help={"fr": "Une ligne par transmission.", "en": "One line a hand-off."},
        config=CsvHandOffConfig, needs=("handoffs",), gives=("file",),
    )  # fmt: skip
    media_type = "text/csv; charset=utf-8"
    suffix = ".csv"

    @classmethod
    def write(cls, message: HandOffMessage) -> bytes:
        told = msgspec.to_builtins(message)
        line = ["" if told[name] is None else str(told[name]) for name in COLUMNS]
        return ("\ufeff" + csv_line(COLUMNS) + csv_line(line)).encode()
