"""A situation report tells what is new since the last, is approved by two, then never changes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast
from vigie.operations.access import Desk, NotAllowed
from vigie.reporting import actions, queries, rendering
from vigie.reporting.content import TEXTS, decode
from vigie.reporting.decide import Refused
from vigie.reporting.document import Document, Heading, Paragraph
from vigie.reporting.models import SituationReport
from vigie.reporting.writers.markdown import write as write_markdown
from vigie.triage.models import Incident
from vigie.triage.queries import summary

pytestmark = pytest.mark.django_db


def incident(by: Desk, title: str, *, now: datetime, **fields: object) -> Incident:
    made = Incident.objects.create(
        **{
            "operation": by.operation,
            "number": Incident.objects.filter(operation=by.operation).count() + 1,
            "title": title,
            "category": "routes_transports",
            "urgency": 3,
            "created_at": now,
            "updated_at": now,
            **fields,
        }
    )
    with transaction.atomic():
        by.record("incident.opened", now=now, subject=("incident", made.pk))
    return made


@pytest.fixture
def by(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def second(cast: Cast) -> Desk:
    return factories.desk(cast.verifier, cast.operation)


def frozen(by: Desk, second: Desk, *, now: datetime) -> SituationReport:
    report = actions.start_report(by=by, now=now)
    report = actions.propose_report(report=report, by=by, now=now)
    return actions.approve_report(report=report, by=second, now=now)


def test_its_figures_equal_those_of_the_screens(by: Desk, now: datetime) -> None:
    head = factories.lead(by.operation, now=now - timedelta(minutes=3), state="kept")
    factories.lead(by.operation, now=now - timedelta(minutes=2), folded_into=head)
    factories.lead(by.operation, now=now - timedelta(minutes=1))
    incident(by, "D118 coupée", now=now, state="confirmed")
    incident(by, "Cave inondée", now=now)
    report = actions.start_report(by=by, now=now + timedelta(minutes=1))
    content = decode(report.content)
    assert content.figures.incidents == sum(summary.incident_counts(by.operation.pk).values()) == 2
    figures = summary.lead_figures(by.operation.pk, now - timedelta(hours=1), now)
    assert (figures.received, figures.copies, figures.kept, figures.waiting) == (2, 1, 1, 1)
    assert [(r.confirmed, r.open, r.new) for r in content.categories] == [(1, 1, 2)]


def test_the_next_one_marks_only_what_is_new_since_the_last(
    by: Desk, second: Desk, now: datetime
) -> None:
    old = incident(by, "D118 coupée", now=now)
    frozen(by, second, now=now)
    later = now + timedelta(hours=2)
    with transaction.atomic():
        by.record("incident.edited", now=later, subject=("incident", old.pk))
    incident(by, "Gymnase ouvert", now=later)
    report = actions.start_report(by=by, now=later)
    assert report.number == 2
    content = decode(report.content)
    assert {line.title: line.news for line in content.lines} == {
        "D118 coupée": "changed",
        "Gymnase ouvert": "new",
    }
    assert content.figures.incidents_new == 1


def test_nobody_approves_what_they_proposed(by: Desk, second: Desk, now: datetime) -> None:
    report = actions.start_report(by=by, now=now)
    actions.propose_report(report=report, by=by, now=now)
    with pytest.raises(Refused) as refusal:
        actions.approve_report(report=report, by=by, now=now)
    assert refusal.value.code == "same_person"
    assert actions.approve_report(report=report, by=second, now=now).state == "frozen"


def test_the_database_itself_refuses_a_report_frozen_by_one_person(by: Desk, now: datetime) -> None:
    report = actions.start_report(by=by, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        SituationReport.objects.filter(pk=report.pk).update(
            state="frozen", frozen_at=now, proposed_by=by.user, approved_by=by.user
        )


def test_a_frozen_report_reads_the_same_whatever_happens_next(
    by: Desk, second: Desk, now: datetime
) -> None:
    row = incident(by, "D118 coupée", now=now, lon=2.2, lat=48.69)
    report = frozen(by, second, now=now)
    before = {kind: rendering.render(report, kind).body for kind in ("md", "pdf")}
    Incident.objects.filter(pk=row.pk).update(title="autre", lon=1.0)
    again = queries.report(by, 1)
    with translation.override("en"):
        assert {kind: rendering.render(again, kind).body for kind in ("md", "pdf")} == before
    with pytest.raises(Refused):
        actions.edit_report(
            report=again,
            texts={},
            recipients="",
            next_at=None,
            version=again.version,
            by=by,
            now=now,
        )
    with pytest.raises(Refused):
        actions.discard_report(report=again, by=by, now=now)


def test_two_writers_do_not_overwrite_each_other(by: Desk, second: Desk, now: datetime) -> None:
    report = actions.start_report(by=by, now=now)
    edit = {"recipients": "CODIS", "next_at": None, "version": report.version, "now": now}
    actions.edit_report(report=report, texts={"essential": "A"}, by=by, **edit)
    with pytest.raises(actions.ChangedMeanwhile) as conflict:
        actions.edit_report(report=report, texts={"essential": "B"}, by=second, **edit)
    assert decode(conflict.value.report.content).texts["essential"] == "A"


def test_correcting_a_proposed_report_asks_for_a_new_proposal(
    by: Desk, second: Desk, now: datetime
) -> None:
    report = actions.propose_report(report=actions.start_report(by=by, now=now), by=by, now=now)
    changed = actions.edit_report(
        report=report, texts={"essential": "corrigé"}, recipients="COD", next_at=None,
        version=report.version, by=second, now=now,
    )  # fmt: skip
    assert changed.state == "draft"
    with pytest.raises(Refused):
        actions.approve_report(report=changed, by=second, now=now)


def test_one_report_is_written_at_a_time(by: Desk, now: datetime) -> None:
    actions.start_report(by=by, now=now)
    with pytest.raises(actions.AlreadyOpen):
        actions.start_report(by=by, now=now)


def test_the_partner_sees_frozen_reports_only(
    cast: Cast, by: Desk, second: Desk, now: datetime
) -> None:
    frozen(by, second, now=now)
    actions.start_report(by=by, now=now + timedelta(hours=2))
    partner = factories.desk(cast.partner, cast.operation)
    assert [r.number for r in queries.reports(partner)] == [1]
    with pytest.raises(queries.UnknownReport):
        queries.report(partner, 2)
    with pytest.raises(NotAllowed):
        actions.start_report(by=partner, now=now)


def test_the_pdf_is_tagged_and_says_exercise(cast: Cast, by: Desk, now: datetime) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    incident(by, "Fuite de gaz *urgente* #test [x]", now=now, lon=2.2, lat=48.7)
    report = actions.start_report(by=factories.desk(cast.coordinator, cast.operation), now=now)
    file = rendering.render(report, "pdf")
    assert file.body.startswith(b"%PDF-")
    assert b"/MarkInfo" in file.body
    assert file.name.startswith("EXERCICE-")
    assert "EXERCICE EXERCICE EXERCICE" in rendering.render(report, "md").body.decode()
    assert rendering.render(report, "odt").body.startswith(b"PK")


WORDS = st.text(max_size=200)


@given(texts=st.fixed_dictionaries(dict.fromkeys(TEXTS, WORDS)), title=WORDS)
def test_no_text_of_a_person_takes_effect_as_markup(texts: dict[str, str], title: str) -> None:
    document = Document(
        title=title, language="fr", exercise=False, draft=False, facts=(("a", title),),
        blocks=(Heading(text=title), *(Paragraph(text=t, key=k) for k, t in texts.items())), foot="",
    )  # fmt: skip
    written = write_markdown(document, draft_word="", exercise_word="")
    assert "\n# " not in written.replace("\n# ", "", 1)
