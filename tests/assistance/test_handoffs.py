"""Handing over: the partner's answers, late and twice; nothing is lost on the way back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.factories import Cast
from vigie.assistance import message
from vigie.assistance.actions import handoffs as work
from vigie.assistance.actions.needs import close_need
from vigie.assistance.actions.partners import save_partner
from vigie.assistance.actions.receiving import receive
from vigie.assistance.asked import Asked
from vigie.assistance.decide_handoffs import HandOffRefused
from vigie.assistance.models import HandOff, Need, Partner
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed, machine_desk
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def officer(cast: Cast) -> Desk:
    return factories.desk(cast.partner, cast.operation)


@pytest.fixture
def codis(cast: Cast, now: datetime) -> Partner:
    return save_partner(
        name="CODIS 91", kind="sdis", answer_s=300, ways={"phone": "0199001001"},
        people=[cast.partner], by=factories.desk(cast.coordinator, cast.operation), now=now,
    )  # fmt: skip


@pytest.fixture
def need(cast: Cast, now: datetime) -> Need:
    asked = Asked(kind="rescue", words="bloqués à l’étage", address="12 rue de l’Orge", persons=2,
                  phone="0612345678", lon=2.30001, lat=48.60001, place_code="91589")  # fmt: skip
    return receive(asked=asked, by=machine_desk(cast.operation, "formulaire"), now=now).need


def verbs() -> list[str]:
    return [
        entry.verb for entry in Entry.objects.order_by("pk") if entry.verb.startswith("handoff")
    ]


def test_a_need_goes_to_the_partner_and_stays_due(
    need: Need, codis: Partner, desk: Desk, now: datetime
) -> None:
    row = work.hand_over(subject=need, partner=codis, asked="Évacuer", by=desk, now=now)
    need.refresh_from_db()
    assert (need.state, need.due_at) == ("handed_over", now + timedelta(seconds=300))
    sent = message.of_handoff(row)
    assert sent is not None
    assert (sent.address, sent.persons, sent.lon, sent.contact) == (
        "12 rue de l’Orge", 2, 2.30001, "",
    )  # fmt: skip
    assert b"Orge" not in bytes(row.sealed)
    assert verbs() == ["handoff.sent"]


def test_the_partner_answers_in_any_order_and_twice(
    need: Need, codis: Partner, desk: Desk, officer: Desk, now: datetime
) -> None:
    row = work.hand_over(subject=need, partner=codis, by=desk, now=now)
    for n, said in enumerate(["engaged", "acknowledged", "engaged", "done", "received", "done"]):
        work.answer(handoff=row, said=said, by=officer, now=now + timedelta(minutes=n))
    row.refresh_from_db()
    need.refresh_from_db()
    assert (row.state, row.due_at) == ("done", None)
    assert (need.state, need.due_at) == ("in_hand", now + timedelta(minutes=3))
    assert row.answers.count() == 6
    assert verbs() == ["handoff.sent", "handoff.acknowledged", "handoff.done"]


def test_what_the_partner_knew_is_not_sent_again_without_a_reason(
    need: Need, codis: Partner, desk: Desk, officer: Desk, now: datetime
) -> None:
    row = work.hand_over(subject=need, partner=codis, by=desk, now=now)
    with pytest.raises(HandOffRefused, match="same_subject"):
        work.hand_over(subject=need, partner=codis, by=desk, now=now)
    work.answer(handoff=row, said="known", by=officer, now=now)
    with pytest.raises(HandOffRefused, match="known_to_partner"):
        work.hand_over(subject=need, partner=codis, by=desk, now=now)
    again = work.hand_over(
        subject=need, partner=codis, although_known="l’eau a monté", by=desk, now=now
    )
    assert again.number == 2


def test_an_answer_after_the_need_was_closed_opens_nothing(
    need: Need, codis: Partner, desk: Desk, officer: Desk, now: datetime
) -> None:
    row = work.hand_over(subject=need, partner=codis, by=desk, now=now)
    close_need(need=need, closing="safe", by=desk, now=now)
    work.answer(handoff=row, said="engaged", by=officer, now=now)
    work.answer(handoff=row, said="refused", by=officer, now=now)
    need.refresh_from_db()
    assert need.state == "closed"


def test_updates_and_cancellations_are_linked_to_the_first(
    need: Need, codis: Partner, desk: Desk, now: datetime
) -> None:
    first = work.hand_over(subject=need, partner=codis, by=desk, now=now)
    later = work.update(
        handoff=first, text="Ils sont trois", by=desk, now=now + timedelta(minutes=2)
    )
    gone = work.cancel(
        handoff=later, text="Évacués par un voisin", by=desk, now=now + timedelta(minutes=5)
    )
    sent = [message.of_handoff(row) for row in (later, gone)]
    assert [(each.kind, each.first_id) for each in sent if each] == [
        ("update", first.message_id), ("cancel", first.message_id),
    ]  # fmt: skip
    assert dict(HandOff.objects.values_list("number", "state")) == {
        1: "cancelled", 2: "cancelled", 3: "sent",
    }  # fmt: skip
    need.refresh_from_db()
    assert need.state == "in_hand"
    with pytest.raises(HandOffRefused, match="ended"):
        work.update(handoff=first, by=desk, now=now)


def test_who_holds_the_link_answers_and_nobody_else(
    cast: Cast, need: Need, codis: Partner, desk: Desk, now: datetime
) -> None:
    row = work.hand_over(subject=need, partner=codis, by=desk, now=now)
    by = machine_desk(cast.operation, "lien du courriel")
    made = work.answer_by_secret(secret=work.secret_of(row), said="acknowledged", by=by, now=now)
    assert made.changed
    with pytest.raises(work.HandOffNotHere):
        work.answer_by_secret(secret="autre", said="acknowledged", by=by, now=now)
    other = machine_desk(cast.other_operation, "lien")
    with pytest.raises(work.HandOffNotHere):
        work.answer_by_secret(secret=work.secret_of(row), said="done", by=other, now=now)
    with pytest.raises(NotAllowed):
        work.answer(handoff=row, said="done", by=desk, now=now)


def test_an_incident_is_handed_over_without_a_post_s_text(
    codis: Partner, desk: Desk, now: datetime
) -> None:
    incident = open_incident(title="RD 118 coupée", urgency=3, by=desk, now=now)
    row = work.hand_over(
        subject=incident, partner=codis, by=desk, now=now,
        flash=work.Flash(called="adjudant de garde", called_at=now - timedelta(minutes=1)),
    )  # fmt: skip
    incident.refresh_from_db()
    assert incident.state == "handed_over"
    entry = Entry.objects.get(verb="handoff.sent")
    assert entry.data["incident"] == incident.number
    assert (row.flash, row.called, row.level) == (True, "adjudant de garde", 2)
