"""A reader of OGC API – Features with somebody's token, and layers to read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client

from vigie.accounts.models import ApiToken, User
from vigie.kernel import ids
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.models import Feature, Layer
from vigie.operations.access import Desk


def token_of(owner: User, **fields: Any) -> str:
    """A new token's secret."""
    secret = ids.new_secret()
    ApiToken.objects.create(
        user=owner, name="SIG", digest=ids.digest(secret), hint=secret[:6],
        created_at=utc_now(), **fields,
    )  # fmt: skip
    return secret


def basic(secret: str, name: str = "vigie") -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


class Reader:
    """A GIS with its owner's token."""

    def __init__(self, owner: User, slug: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token_of(owner)}"})
        self.base = f"/ogc/{slug}/"

    def get(self, path: str = "", headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        asked = {name.replace("_", "-"): value for name, value in query.items()}
        return self.client.get(self.base + path, asked, headers=dict(headers or {}))

    def items(self, collection: str, **query: Any) -> dict[str, Any]:
        answer = self.get(f"collections/{collection}/items", **query)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def names(self, collection: str, **query: Any) -> list[str]:
        return [each["properties"]["name"] for each in self.items(collection, **query)["features"]]


def draw(layer: Layer, by: Desk, now: datetime, geometry: Any, **fields: Any) -> Feature:
    uid = uuid4()
    keyed = {key.replace("attributes__", "attributes."): value for key, value in fields.items()}
    done = apply_edits(
        edits=[Edit(edit=uuid4(), feature=uid, create=True, layer=layer.number,
                    set={"geometry": geometry, **keyed})],
        by=by, now=now,
    )  # fmt: skip
    assert done.outcomes[0].status == "applied", done.outcomes
    return Feature.objects.get(uid=uid)


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}
