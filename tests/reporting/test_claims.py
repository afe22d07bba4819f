"""Claims stand in the situation report with their verdict and spread, as they were then."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation

from tests.factories import Cast, desk, lead
from vigie.reporting import actions, rendering
from vigie.reporting.content import decode, encode
from vigie.reporting.document import Table
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.readings import propose_verdict, read_second
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db


def test_a_claim_is_told_with_number_wording_verdict_and_spread(cast: Cast, now: datetime) -> None:
    one, other = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    post = lead(cast.operation, "Le barrage a cédé", now=now)
    claim = open_claim(wording="Le barrage a cédé", by=one, now=now, leads=[post], harm=4)
    first = propose_verdict(claim=claim, verdict="false", reason="Dit la mairie.", by=one, now=now)
    read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)
    open_claim(wording="L’eau est polluée", by=one, now=now)
    with translation.override("fr"):
        report = actions.start_report(by=other, now=now)
        report = actions.propose_report(report=report, by=other, now=now)
        report = actions.approve_report(report=report, by=one, now=now)
        before = rendering.document_of(report)
        Claim.objects.filter(pk=claim.pk).update(verdict="true", posts=99)
        after = rendering.document_of(report)
    assert before == after
    (table,) = [
        b for b in after.blocks if isinstance(b, Table) and b.caption.startswith("Allégations")
    ]
    assert [row[:3] for row in table.rows] == [
        ("2", "L’eau est polluée [nouvelle]", "Détectée"),
        ("1", "Le barrage a cédé [nouvelle]", "Faux"),
    ]
    assert table.rows[1][3].startswith("1 publication")


def test_a_report_from_before_claims_were_told_is_still_read(cast: Cast, now: datetime) -> None:
    report = actions.start_report(by=desk(cast.coordinator, cast.operation), now=now)
    stored = encode(decode(report.content))
    del stored["claims"]
    assert decode(stored).claims == ()
