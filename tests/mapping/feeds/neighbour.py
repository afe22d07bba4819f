"""What people do in the other Vigie: run in a process of its own, with its own data folder.

`python neighbour.py <what> [name]` prints JSON: open (an operation with a layer and a token), draw,
rename, delete, withdraw (the token), count.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import uuid4

import django

django.setup()

from tests import factories  # noqa: E402
from vigie.accounts.actions import revoke_token  # noqa: E402
from vigie.accounts.models import ApiToken  # noqa: E402
from vigie.accounts.roles import Role  # noqa: E402
from vigie.kernel.clock import utc_now  # noqa: E402
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all  # noqa: E402
from vigie.mapping.actions.layers import create_layer  # noqa: E402
from vigie.mapping.models import Feature, Layer  # noqa: E402
from vigie.operations.models import Operation  # noqa: E402


def main(what: str, name: str = "") -> dict[str, Any]:
    now = utc_now()
    if what == "open":
        made = factories.operation(now=now, slug="voisin", title="Crue voisine")
        mapper = factories.member(made, Role.MAPPER, now=now, name="voisine")
        desk = factories.desk(mapper, made)
        create_layer(name="Abris", by=desk, now=now)
        from tests.api.ogc.reading import token_of

        return {"token": token_of(mapper)}
    if what == "withdraw":
        token = ApiToken.objects.get()
        revoke_token(user=token.user, pk=token.pk, now=now, record=lambda *told, **named: None)
        return {}
    operation = Operation.objects.get(slug="voisin")
    desk = factories.desk(operation.memberships.get().user, operation)
    if what == "draw":
        point = {"type": "Point", "coordinates": [2.3, 48.6]}
        edit = Edit(edit=uuid4(), feature=uuid4(), create=True, layer=Layer.objects.get().number,
                    set={"geometry": point, "name": name, "template": "shelter", "attributes.capacity": 40})  # fmt: skip
    else:
        row = Feature.objects.get(deleted_at=None, name=name)
        changes = {"deleted": True} if what == "delete" else {"name": f"{name} (plein)"}
        edit = Edit(edit=uuid4(), feature=row.uid, set=changes, base=seen_all(row))
    done = apply_edits(edits=[edit], by=desk, now=now)
    return {"status": done.outcomes[0].status}


print(json.dumps(main(*sys.argv[1:])))
