"""How many objects stand in a layer is kept by what comes and goes, never counted anew: it stays true."""

from __future__ import annotations

import random
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.mapping.serving.held import Held

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(4))
def test_the_number_kept_is_the_number_counted_whatever_comes_goes_moves_and_is_sent_twice(
    seed: int, cast: Cast, now: datetime
) -> None:
    by = factories.desk(cast.coordinator, cast.operation)
    layers = [create_layer(name=name, by=by, now=now) for name in ("Routes", "Abris")]
    chance, held, sent = random.Random(seed), Held(), list[Edit]()
    for layer in layers:
        held.layer(layer)
    for _ in range(10):
        batch = [_any(chance, layers, sent) for _ in range(chance.randint(1, 9))]
        sent += batch
        apply_edits(edits=batch, by=by, now=now)
        for layer in layers:
            layer.refresh_from_db()
            rows = Feature.objects.filter(layer=layer, deleted_at__isnull=True)
            standing = set(rows.values_list("pk", flat=True))
            assert layer.objects_number == len(standing)
            assert set(held.layer(layer).index.pk.tolist()) == standing


def _any(chance: random.Random, layers: list[Layer], sent: list[Edit]) -> Edit:
    """An edit somebody may send: a new object, a change of one there is, or one sent before."""
    what = chance.choice(("draw", "draw", "delete", "restore", "move", "name", "again"))
    known = list(Feature.objects.order_by("pk").values_list("uid", flat=True))
    if what == "again" and sent:
        return chance.choice(sent)
    if what == "draw" or not known:
        at = [2 + chance.random(), 48 + chance.random()]
        return Edit(
            edit=uuid4(), feature=UUID(int=chance.getrandbits(128), version=4), create=True,
            layer=chance.choice(layers).number, set={"geometry": {"type": "Point", "coordinates": at}},
        )  # fmt: skip
    row = Feature.objects.get(uid=chance.choice(known))
    wanted = {
        "delete": {"deleted": True}, "restore": {"deleted": False},
        "move": {"layer": chance.choice(layers).number},
    }.get(what, {"name": f"Pont {chance.random()}"})  # fmt: skip
    return Edit(edit=uuid4(), feature=row.uid, set=wanted, base=seen_all(row))
