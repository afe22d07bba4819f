"""A person's erasure in what the team wrote of claims: their handle is taken out of it.

Posts and accounts are erased by `triage.persons`, which calls nothing above it: whoever erases calls
this in the same transaction. Readings and answers stay, with the handle hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Model, Q, TextField
from django.db.models.functions import Cast

from vigie.triage.persons import HIDDEN
from vigie.verification.models import Check, Claim, ClaimRevision, Evidence, Reading

_WRITTEN: Final[Mapping[type[Model], Sequence[str]]] = {
    Claim: ("wording", "details"),
    Check: ("note",),
    Reading: ("reason",),
    Evidence: ("title", "text"),
}


def hide_handle(handle: str, *, now: datetime) -> int:
    """Put HIDDEN in the place of `@handle` wherever the team wrote it; how many rows."""
    name = re.compile(re.escape(f"@{handle.removeprefix('@')}") + r"(?![\w.-])", re.IGNORECASE)
    number = 0
    for model, fields in _WRITTEN.items():
        asked = Q()
        for field in fields:
            asked |= Q(**{f"{field}__icontains": f"@{handle}"})
        for row in model._default_manager.filter(asked):
            values = {field: name.sub(HIDDEN, getattr(row, field)) for field in fields}
            if all(getattr(row, field) == value for field, value in values.items()):
                continue
            more = {"version": F("version") + 1, "updated_at": now} if model is Claim else {}
            model._default_manager.filter(pk=row.pk).update(**values, **more)
            number += 1
    revisions = ClaimRevision.objects.annotate(said=Cast("changes", TextField()))
    for revision in revisions.filter(said__icontains=f"@{handle}"):
        changes = _hidden(revision.changes, name)
        if changes != revision.changes:
            ClaimRevision.objects.filter(pk=revision.pk).update(changes=changes)
            number += 1
    return number


def _hidden(value: Any, name: re.Pattern[str]) -> Any:
    """A JSON value with the name taken out of its texts."""
    if isinstance(value, str):
        return name.sub(HIDDEN, value)
    if isinstance(value, list):
        return [_hidden(each, name) for each in value]
    if isinstance(value, dict):
        return {key: _hidden(each, name) for key, each in value.items()}
    return value
