"""Needs at the desk: they come in once, are sorted with reasons, and leave only by a person's word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests import factories
from tests.factories import Cast
from vigie.accounts.roles import Role
from vigie.assistance.actions import needs as work
from vigie.assistance.actions.receiving import NothingAsked, hear, receive
from vigie.assistance.asked import Asked
from vigie.assistance.decide_needs import StepRefused
from vigie.assistance.models import Contact, Need
from vigie.assistance.queries.needs import Wanted, counts, need_numbered, queue, sheet
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed, machine_desk

pytestmark = pytest.mark.django_db

WORDS = "L’eau monte, ma mère de 84 ans est bloquée à l’étage"


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def form(cast: Cast) -> Desk:
    return machine_desk(cast.operation, "formulaire public")


def asked(**fields: object) -> Asked:
    return Asked(
        **{
            "kind": "shelter",
            "words": WORDS,
            "phone": "06 12 34 56 78",
            "name": "Rose Petit",
            "address": "12 rue de l’Orge",
            "place_code": "91589",
            **fields,
        }
    )  # type: ignore[arg-type]


def test_a_need_comes_in_once_however_often_it_is_sent(form: Desk, now: datetime) -> None:
    first = receive(asked=asked(request_key="k1"), by=form, now=now)
    again = receive(asked=asked(request_key="k1"), by=form, now=now + timedelta(seconds=9))
    other = receive(asked=asked(request_key="k2"), by=form, now=now)
    assert not first.again
    assert again.again
    assert not other.again
    assert (again.need.pk, again.secret) == (first.need.pk, first.secret)
    assert other.secret != first.secret
    assert [row.number for row in Need.objects.order_by("pk")] == [1, 2]


def test_nothing_that_tells_who_they_are_stands_readable(form: Desk, now: datetime) -> None:
    receive(asked=asked(email="rose@exemple.fr", lon=2.30123456, lat=48.61234567), by=form, now=now)
    with connection.cursor() as cursor:
        for table in ("assistance_need", "assistance_contact", "assistance_neednote"):
            cursor.execute(f"SELECT * FROM {table}")
            for row in cursor.fetchall():
                text = " ".join(repr(bytes(c) if isinstance(c, memoryview) else c) for c in row)
                for secret in (
                    "Rose",
                    "0612345678",
                    "612345678",
                    "rose@",
                    "Orge",
                    "84 ans",
                    "30123456",
                ):
                    assert secret not in text, (table, secret)
    for entry in Entry.objects.all():
        assert "Rose" not in f"{entry.text} {entry.data}"
        assert "Orge" not in f"{entry.data}"


def test_words_that_tell_of_danger_put_it_first(form: Desk, desk: Desk, now: datetime) -> None:
    receive(asked=asked(kind="goods", words="Il me faudrait des couvertures"), by=form, now=now)
    receive(asked=asked(kind="other", words="Au secours je suis coincé sur le toit, l’eau monte, "
                        "on va se noyer"), by=form, now=now)  # fmt: skip
    lines = queue(desk, Wanted(), now=now)
    assert [line.need.number for line in lines] == [2, 1]
    assert lines[0].need.level == 1
    assert "danger_words" in lines[0].need.reasons
    assert counts(desk) == {1: 1, 4: 1}


def test_a_need_leaves_only_by_a_named_person_with_a_reason(
    cast: Cast, form: Desk, desk: Desk, now: datetime
) -> None:
    need = receive(asked=asked(), by=form, now=now).need
    with pytest.raises(StepRefused, match="person"):
        work.close_need(
            need=need, closing="safe", by=machine_desk(cast.operation, "robot"), now=now
        )
    with pytest.raises(StepRefused, match="reason"):
        work.close_need(need=need, closing="no_need", by=desk, now=now)
    with pytest.raises(StepRefused, match="tries"):
        work.close_need(need=need, closing="unreachable", words="rien", by=desk, now=now)
    need = work.close_need(need=need, closing="safe", by=desk, now=now)
    assert (need.closed_by, need.due_at) == (desk.user, None)
    for wrong in ({"state": "closed"}, {"due_at": None}, {"closing": "safe"}):
        other = receive(asked=asked(), by=form, now=now).need
        with pytest.raises(IntegrityError), transaction.atomic():
            Need.objects.filter(pk=other.pk).update(**wrong)


def test_a_life_in_danger_is_not_unreachable_before_a_partner_knows(
    form: Desk, desk: Desk, now: datetime
) -> None:
    got = receive(asked=asked(danger=True), by=form, now=now)
    for n in range(3):
        work.call_need(need=got.need, contact=got.contact, outcome="no_answer", by=desk,
                       now=now + timedelta(minutes=n))  # fmt: skip
    with pytest.raises(StepRefused, match="tell_partner"):
        work.close_need(need=got.need, closing="unreachable", words="3 appels", by=desk, now=now)


def test_what_they_say_by_their_link_comes_back_and_closes_nothing(
    form: Desk, desk: Desk, now: datetime
) -> None:
    got = receive(asked=asked(), by=form, now=now)
    hear(contact=got.contact, what="safe", said={}, by=form, now=now)
    need = need_numbered(desk, 1)
    assert need is not None
    assert (need.state, need.told) == ("new", "safe")
    work.close_need(need=need, closing="safe", by=desk, now=now)
    hear(contact=got.contact, what="changed", said={"words": "Elle ne respire plus, au secours"},
         by=form, now=now)  # fmt: skip
    need = need_numbered(desk, 1)
    assert need is not None
    assert need.state == "new"
    assert need.due_at == now


def test_another_has_it_in_hand_until_their_hold_ends(
    cast: Cast, form: Desk, desk: Desk, now: datetime
) -> None:
    need = receive(asked=asked(), by=form, now=now).need
    other = factories.desk(cast.coordinator, cast.operation)
    work.take_need(need=need, by=desk, now=now)
    with pytest.raises(StepRefused, match="held"):
        work.take_need(need=need, by=other, now=now)
    later = now + timedelta(minutes=cast.operation.hold_minutes, seconds=1)
    need = work.take_need(need=need, by=other, now=later)
    assert need.holder == cast.coordinator


def test_every_reveal_of_a_number_is_written_down(form: Desk, desk: Desk, now: datetime) -> None:
    got = receive(asked=asked(), by=form, now=now)
    told = work.reveal_contact(contact=got.contact, by=desk, now=now, purpose="call")
    assert told == {"name": "Rose Petit", "phone": "+33612345678"}
    entry = Entry.objects.filter(verb="need.contact_revealed").get()
    assert entry.data["number"] == 1
    assert "33612345678" not in str(entry.data)


def test_callers_browse_no_list_and_partners_no_need(cast: Cast, form: Desk, now: datetime) -> None:
    receive(asked=asked(), by=form, now=now)
    caller = factories.desk(factories.member(cast.operation, Role.CALLER, now=now), cast.operation)
    partner = factories.desk(cast.partner, cast.operation)
    for by in (caller, partner):
        with pytest.raises(NotAllowed):
            queue(by, Wanted(), now=now)
    contact = Contact.objects.get()
    with pytest.raises(NotAllowed):
        work.reveal_contact(contact=contact, by=partner, now=now)


def test_a_page_follows_the_other_in_the_queue(form: Desk, desk: Desk, now: datetime) -> None:
    for n in range(7):
        receive(asked=asked(kind=("goods", "shelter")[n % 2], words=f"n {n}"), by=form,
                now=now + timedelta(seconds=n))  # fmt: skip
    whole = [line.need.pk for line in queue(desk, Wanted(), now=now)]
    seen: list[int] = []
    after = None
    while lines := queue(desk, Wanted(after=after), now=now, limit=3):
        seen += [line.need.pk for line in lines]
        last = lines[-1].need
        assert last.due_at is not None
        after = (last.level, last.due_at, last.pk)
    assert seen == whole
    assert len(seen) == 7


def test_the_sheet_tells_what_was_said_and_learnt(form: Desk, desk: Desk, now: datetime) -> None:
    got = receive(
        asked=asked(vulnerabilities=frozenset({"elderly"}), water_cm=60), by=form, now=now
    )
    work.edit_need(
        need=got.need, changes={"access": "par le jardin", "persons": 2}, by=desk, now=now
    )
    work.note_need(need=got.need, words="Voisine prévenue", by=desk, now=now)
    need = need_numbered(desk, got.need.number)
    assert need is not None
    found = sheet(desk, need)
    assert found.told["access"] == "par le jardin"
    assert found.told["vulnerabilities"] == ["elderly"]
    assert [said.get("words") for _, said in found.notes if said.get("words")] == [
        "Voisine prévenue", WORDS,
    ]  # fmt: skip


def test_nothing_at_all_is_not_a_need(form: Desk, now: datetime) -> None:
    with pytest.raises(NothingAsked):
        receive(asked=Asked(words="  "), by=form, now=now)
