"""The situation report's screens, as each person concerned."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.reporting.models import SituationReport

pytestmark = pytest.mark.django_db


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_one_button_one_correction_one_approval_and_a_pdf(cast: Cast, now: datetime) -> None:
    base = f"/o/{cast.operation.slug}/reports/"
    coordinator, verifier = as_(cast.coordinator), as_(cast.verifier)
    assert coordinator.post(base + "start/").headers["Location"] == base + "1/"
    page = coordinator.get(base + "1/").content.decode()
    assert 'name="essential"' in page
    answer = coordinator.post(
        base + "1/edit/",
        {"version": 1, "recipients": "CODIS", "essential": "Décrue <amorcée>", "then": "propose"},
    )
    assert answer.status_code == 302
    assert "Approve and freeze</button>" not in coordinator.get(base + "1/").content.decode()
    verifier.post(base + "1/approve/")
    report = SituationReport.objects.get()
    assert report.state == "frozen"
    frozen_page = coordinator.get(base + "1/").content.decode()
    assert "Décrue &lt;amorcée&gt;" in frozen_page
    assert "<textarea" not in frozen_page
    pdf = as_(cast.partner).get(base + "1/report.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert "attachment" in pdf.headers["Content-Disposition"]


def test_a_text_typed_while_somebody_else_kept_theirs_comes_back_with_409(
    cast: Cast, now: datetime
) -> None:
    base = f"/o/{cast.operation.slug}/reports/"
    first, second = as_(cast.coordinator), as_(cast.communicator)
    first.post(base + "start/")
    form = {"version": 1, "recipients": "CODIS"}
    first.post(base + "1/edit/", form | {"essential": "A"})
    late = second.post(base + "1/edit/", form | {"essential": "mon texte"})
    assert late.status_code == 409
    assert "mon texte" in late.content.decode()


def test_what_is_not_in_the_form_is_not_lost(cast: Cast, now: datetime) -> None:
    base = f"/o/{cast.operation.slug}/reports/"
    client = as_(cast.coordinator)
    client.post(base + "start/")
    refused = client.post(base + "1/edit/", {"version": 1, "recipients": "", "essential": "gardé"})
    assert refused.status_code == 422
    assert "gardé" in refused.content.decode()


def test_a_report_of_another_operation_does_not_exist(cast: Cast, now: datetime) -> None:
    base = f"/o/{cast.operation.slug}/reports/"
    as_(cast.coordinator).post(base + "start/")
    assert as_(cast.outsider).get(base + "1/").status_code == 404
    assert as_(cast.coordinator).get(base + "1/report.exe").status_code == 404
    assert as_(cast.partner).get(base + "1/").status_code == 404
    assert factories.desk(cast.partner, cast.operation).operation == cast.operation
