"""A map released as a person does it: what tests of releases share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.releases import digest_of, read_words, release_map
from vigie.mapping.models import Feature, Layer, MapRelease
from vigie.mapping.queries.release_review import Choice, review
from vigie.operations.access import Desk

WORDS = {"fr": {"title": "Crue de l’Orge", "text": "Routes coupées et abris."}}
SHELTER = {"type": "Point", "coordinates": [2.3062, 48.6885]}
HOME = {"type": "Point", "coordinates": [2.29513, 48.69262]}


def drawn(layer: Layer, by: Desk, now: datetime, **fields: Any) -> Feature:
    """An object on a layer; where the gymnasium is unless told."""
    uid = uuid4()
    edit = Edit(
        edit=uuid4(), feature=uid, create=True, layer=layer.number,
        set={"geometry": SHELTER, **fields},
    )  # fmt: skip
    apply_edits(edits=[edit], by=by, now=now)
    return Feature.objects.get(uid=uid)


def changed(feature: Feature, by: Desk, now: datetime, **fields: Any) -> None:
    feature.refresh_from_db()
    base = {"*": feature.changed}
    edit = Edit(edit=uuid4(), feature=feature.uid, set=fields, base=base)
    apply_edits(edits=[edit], by=by, now=now)


def released(
    by: Desk,
    now: datetime,
    choices: Mapping[str, Choice] | None = None,
    words: Mapping[str, Any] | None = None,
    signed: str = "Département de l’Essonne",
) -> MapRelease:
    """Read, then released, as one person does."""
    told = read_words(words or WORDS)
    seen = digest_of(told, signed, review(by, choices or {}, now=now))
    return release_map(words=told, choices=choices or {}, seen=seen, by=by, now=now, signed=signed)
