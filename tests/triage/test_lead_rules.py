"""Rules of a lead that need no database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.triage import decide


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: decide.to_state("lost"), "state"),
        (lambda: decide.to_urgency(5), "urgency"),
        (lambda: decide.to_urgency(-1), "urgency"),
        (lambda: decide.to_category("meteo", known=("victimes",)), "category"),
        (lambda: decide.to_rating(), "rating"),
        (lambda: decide.to_rating(reliability="G"), "reliability"),
        (lambda: decide.to_rating(credibility=0), "credibility"),
        (lambda: decide.to_place(name=""), "place"),
        (lambda: decide.to_place(name="Orsay", lon=2.2), "position"),
        (lambda: decide.to_place(name="", lon=2.2, lat=float("nan")), "position"),
        (lambda: decide.to_place(name="Orsay", lon=200.0, lat=48.0), "position"),
        (lambda: decide.to_place(name="Orsay", precision_m=0), "precision"),
        (lambda: decide.to_place(name="Orsay", code="9147"), "place"),
        (lambda: decide.to_note("   "), "note"),
    ],
)
def test_a_value_no_lead_can_take_is_refused_by_name(make, field):
    with pytest.raises(decide.WrongValue) as refusal:
        make()
    assert refusal.value.field == field


def test_rating_one_half_leaves_the_other_alone():
    assert decide.to_rating(credibility=2).columns == {"credibility": 2}
    assert decide.to_rating(reliability="B").columns == {"reliability": "B"}


def test_a_take_ends_by_itself(now):
    hold = {"holder": 1, "held_until": now, "user": 2}
    assert not decide.held_by_other(**hold, now=now)
    assert decide.held_by_other(**hold, now=now.replace(year=now.year - 1))


def test_ones_own_take_is_nobody_elses(now):
    past = now.replace(year=now.year - 1)
    assert not decide.held_by_other(holder=2, held_until=now, user=2, now=past)


def test_ones_own_later_gesture_is_no_surprise():
    assert not decide.changed_by_other(version=4, seen=3, touched_by=7, user=7)
    assert decide.changed_by_other(version=4, seen=3, touched_by=8, user=7)
    assert not decide.changed_by_other(version=4, seen=None, touched_by=8, user=7)


def test_a_models_statement_never_stands_as_a_persons():
    said = [
        decide.Statement(id=1, kind="category", value={"code": "victimes"}, by=5),
        decide.Statement(id=2, kind="category", value={"code": "medias"}, by=None),
    ]
    standing = decide.last_standing(said, "category")
    assert standing is not None
    assert standing.id == 1


@given(st.lists(st.booleans(), max_size=30))
def test_undoing_goes_back_through_ones_gestures_one_by_one(presses):
    """Against a plain stack: True makes a gesture, False presses z."""
    stack: list[int] = []
    journal: list[decide.PastGesture] = []
    for make in presses:
        seq = len(journal) + 1
        if make:
            journal.insert(0, decide.PastGesture(seq=seq, undoes=None))
            stack.append(seq)
        else:
            found = decide.last_undoable(journal)
            assert found == (stack.pop() if stack else None)
            if found is not None:
                journal.insert(0, decide.PastGesture(seq=seq, undoes=found))
