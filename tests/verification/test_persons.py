"""A person's erasure takes their handle out of what the team wrote of claims."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories import Cast, desk
from vigie.verification.actions.checking import answer
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.edits import edit_claim
from vigie.verification.actions.readings import propose_verdict
from vigie.verification.persons import hide_handle

pytestmark = pytest.mark.django_db


def test_the_handle_goes_and_what_was_written_stays(cast: Cast, now: datetime) -> None:
    by = desk(cast.verifier, cast.operation)
    claim = open_claim(wording="@Riverain7 dit que le barrage a cédé", by=by, now=now)
    changes = {"details": "Vu chez @riverain7, pas chez @riverain77"}
    edit_claim(claim=claim, version=1, changes=changes, by=by, now=now)
    answer(claim=claim, question="original", answer="yes", note="@riverain7", by=by, now=now)
    propose_verdict(claim=claim, verdict="false", reason="@riverain7 s’est trompé", by=by, now=now)
    assert hide_handle("riverain7", now=now) == 4
    claim.refresh_from_db()
    assert claim.wording == "@… dit que le barrage a cédé"
    assert claim.details == "Vu chez @…, pas chez @riverain77"
    assert claim.checks.get().note == "@…"
    assert claim.readings.get().reason == "@… s’est trompé"
    assert "@riverain7," not in str(claim.revisions.get(version=2).changes)
    assert hide_handle("riverain7", now=now) == 0
