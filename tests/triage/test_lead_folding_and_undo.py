"""Folding duplicates by hand, and undoing one's own gestures exactly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from vigie.triage.actions import duplicates, holds, undo
from vigie.triage.actions import leads as act
from vigie.triage.models import Annotation, Lead

MIRRORED = (
    "state", "urgency", "urgency_by_person", "category", "category_by_person", "reliability",
    "credibility", "place_name", "place_code", "lon", "lat", "precision_m", "place_by_person",
    "folded_into_id", "copies", "holder_id",
)  # fmt: skip


def facts(*leads):
    return [Lead.objects.filter(pk=each.pk).values(*MIRRORED).get() for each in leads]


@pytest.fixture
def by(cast):
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def other(cast):
    return factories.desk(cast.verifier, cast.operation)


@pytest.fixture
def three(cast, now):
    return [factories.lead(cast.operation, now=now) for _ in range(3)]


def test_the_head_counts_what_is_folded_into_it(three, by, now):
    head, second, third = three
    duplicates.fold(leads={second.pk: 1, third.pk: 1}, into=head.pk, by=by, now=now)
    assert [f["copies"] for f in facts(head)] == [2]
    assert {f["folded_into_id"] for f in facts(second, third)} == {head.pk}


def test_what_was_folded_into_a_folded_lead_follows_it(three, by, now):
    first, second, third = three
    duplicates.fold(leads={third.pk: 1}, into=second.pk, by=by, now=now)
    duplicates.fold(leads={second.pk: None}, into=first.pk, by=by, now=now)
    assert {f["folded_into_id"] for f in facts(second, third)} == {first.pk}
    assert [f["copies"] for f in facts(first, second)] == [2, 0]


def test_folding_into_a_folded_lead_means_its_head(three, by, now):
    first, second, third = three
    duplicates.fold(leads={second.pk: 1}, into=first.pk, by=by, now=now)
    duplicates.fold(leads={third.pk: 1}, into=second.pk, by=by, now=now)
    assert facts(third)[0]["folded_into_id"] == first.pk


def test_a_lead_is_not_folded_into_itself(three, by, now):
    with pytest.raises(duplicates.NothingToFold):
        duplicates.fold(leads={three[0].pk: 1}, into=three[0].pk, by=by, now=now)


def test_unfolding_gives_the_lead_back_to_the_columns(three, by, now):
    head, second, third = three
    duplicates.fold(leads={second.pk: 1, third.pk: 1}, into=head.pk, by=by, now=now)
    duplicates.unfold(leads={third.pk: None}, by=by, now=now)
    assert facts(third)[0]["folded_into_id"] is None
    assert facts(head)[0]["copies"] == 1


@pytest.mark.parametrize(
    "gesture",
    [
        lambda ids, **who: act.keep(leads=ids, **who),
        lambda ids, **who: act.dismiss(leads=ids, reason="bruit", **who),
        lambda ids, **who: act.set_urgency(leads=ids, level=4, **who),
        lambda ids, **who: act.categorise(leads=ids, code="reseaux", **who),
        lambda ids, **who: act.rate(leads=ids, reliability="A", credibility=1, **who),
        lambda ids, **who: act.locate(leads=ids, name="Orsay", lon=2.1, lat=48.6, **who),
        lambda ids, **who: holds.take(leads=ids, **who),
        lambda ids, **who: duplicates.fold(leads=ids, into=min(ids), **who),
    ],
)
def test_undoing_restores_exactly_what_was(three, by, now, gesture):
    Lead.objects.filter(pk=three[0].pk).update(category="medias", urgency=3, reliability="B")
    before = facts(*three)
    gesture({each.pk: None for each in three}, by=by, now=now)
    assert facts(*three) != before
    undo.undo(by=by, now=now)
    assert facts(*three) == before


def test_undoing_a_dismissal_takes_the_post_in_hand_again(three, by, now):
    lead = three[0]
    holds.take(leads={lead.pk: None}, by=by, now=now)
    before = facts(lead)
    act.dismiss(leads={lead.pk: None}, by=by, now=now)
    undo.undo(by=by, now=now + timedelta(seconds=3))
    assert facts(lead) == before


def test_undoing_folding_gives_each_follower_back_to_its_own_head(three, by, now):
    first, second, third = three
    duplicates.fold(leads={third.pk: 1}, into=second.pk, by=by, now=now)
    before = facts(*three)
    duplicates.fold(leads={second.pk: None}, into=first.pk, by=by, now=now)
    undo.undo(by=by, now=now)
    assert facts(*three) == before


def test_undoing_again_goes_further_back(three, by, now):
    lead = three[0]
    before = facts(lead)
    act.categorise(leads={lead.pk: None}, code="reseaux", by=by, now=now)
    act.categorise(leads={lead.pk: None}, code="medias", by=by, now=now)
    holds.take(leads={lead.pk: None}, by=by, now=now)
    for _ in range(3):
        undo.undo(by=by, now=now)
    assert facts(lead) == before
    with pytest.raises(undo.NothingToUndo):
        undo.undo(by=by, now=now)


def test_what_somebody_stated_since_is_not_undone(three, by, other, now):
    lead = three[0]
    act.categorise(leads={lead.pk: None}, code="reseaux", by=by, now=now)
    act.categorise(leads={lead.pk: None}, code="medias", by=other, now=now)
    with pytest.raises(act.LeadInTheWay) as refusal:
        undo.undo(by=by, now=now)
    assert refusal.value.first == act.Hindrance(reason="changed", other=other.user.display)
    assert facts(lead)[0]["category"] == "medias"


def test_another_persons_rating_does_not_bar_undoing_ones_category(three, by, other, now):
    lead = three[0]
    act.categorise(leads={lead.pk: None}, code="reseaux", by=by, now=now)
    act.rate(leads={lead.pk: None}, credibility=2, by=other, now=now)
    undo.undo(by=by, now=now)
    assert (facts(lead)[0]["category"], facts(lead)[0]["credibility"]) == ("", 2)


def test_a_bulk_gesture_is_undone_where_nobody_changed_it(three, by, other, now):
    act.dismiss(leads={each.pk: 1 for each in three}, by=by, now=now)
    act.keep(leads={three[1].pk: None}, by=other, now=now)
    undone = undo.undo(by=by, now=now)
    assert [f["state"] for f in facts(*three)] == ["new", "kept", "new"]
    assert undone.left[three[1].pk].other == other.user.display


def test_one_undoes_only_ones_own(three, by, other, now):
    act.keep(leads={three[0].pk: None}, by=other, now=now)
    with pytest.raises(undo.NothingToUndo):
        undo.undo(by=by, now=now)


def test_a_gesture_can_be_named_and_is_undone_once(three, by, now):
    first = act.keep(leads={three[0].pk: None}, by=by, now=now)
    act.keep(leads={three[1].pk: None}, by=by, now=now)
    undo.undo(by=by, now=now, entry=first.entry)
    assert [f["state"] for f in facts(*three)] == ["new", "kept", "new"]
    with pytest.raises(undo.NothingToUndo):
        undo.undo(by=by, now=now, entry=first.entry)


def test_nothing_is_deleted_by_undoing(three, by, now):
    act.keep(leads={three[0].pk: None}, by=by, now=now)
    undo.undo(by=by, now=now)
    kinds = list(
        Annotation.objects.filter(lead=three[0]).order_by("pk").values_list("kind", flat=True)
    )
    assert kinds == ["state", "undo"]


def test_a_post_taken_by_somebody_else_cannot_be_taken_again_by_undoing(three, by, other, now):
    lead = three[0]
    holds.take(leads={lead.pk: None}, by=by, now=now)
    holds.release(leads={lead.pk: None}, by=by, now=now)
    holds.take(leads={lead.pk: None}, by=other, now=now)
    with pytest.raises(act.LeadInTheWay) as refusal:
        undo.undo(by=by, now=now)
    assert refusal.value.first.other == other.user.display
