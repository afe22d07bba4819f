"""EMSI (ISO/TR 22351) in an EDXL-DE envelope, as French rescue services exchange it (Hub Santé,
NexSIS; schema 26.07). Written for a partner to import or for a webhook they gave: an association is
no actor of the hub, nothing is pushed there.
"""

from __future__ import annotations

import msgspec

from vigie.contracts.handoffs import HandOffExporter, HandOffMessage
from vigie.contracts.plugins import EXPORTER, Manifest
from vigie.plugins.exporters.emsi import reading, writing


class EmsiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set: identifiers come with the partner."""


class EmsiExporter(HandOffExporter):
    manifest = Manifest(
        kind=EXPORTER, name="emsi", version="26.07",
        label={"fr": "EMSI dans une enveloppe EDXL-DE", "en": "EMSI in an EDXL-DE envelope"},
        help={"fr": "Pour le système d’un service de secours ou du SAMU (JSON).",
              "en": "For the system of a rescue or medical service (JSON)."},
        config=EmsiConfig, needs=("handoffs",), gives=("file",),
    )  # fmt: skip
    media_type = "application/json"
    suffix = ".emsi.json"

    @classmethod
    def write(cls, message: HandOffMessage) -> bytes:
        return msgspec.json.format(msgspec.json.encode(writing.envelope(message)), indent=2)

    @classmethod
    def problems(cls, data: bytes) -> tuple[str, ...]:
        try:
            reading.read(data)
        except reading.NotEmsi as refusal:
            return refusal.problems
        return ()
