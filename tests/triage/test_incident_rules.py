"""The pure rules: states, field-wise merging, where a post stands after merges, what lies near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.triage.decide_incidents import (
    TRANSITIONS,
    Backing,
    FieldRefused,
    Where,
    adopted,
    checked,
    given_back,
    may_become,
    nearness,
    place,
    resolve,
    root_of,
    tree_of,
)
from vigie.triage.models import INCIDENT_STATES

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_every_state_has_a_way_on_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(INCIDENT_STATES)
    assert set().union(*TRANSITIONS.values()) == set(INCIDENT_STATES)
    assert all(state not in onward for state, onward in TRANSITIONS.items())


def test_what_is_denied_is_not_handed_over_and_what_is_closed_is_reopened_first() -> None:
    assert not may_become("denied", "handed_over")
    assert TRANSITIONS["closed"] == {"to_check"}
    assert not may_become("nonsense", "closed")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "  ", "missing"),
        ("title", "x" * 201, "too_long"),
        ("description", "x" * 20_001, "too_long"),
        ("urgency", 5, "out_of_range"),
        ("urgency", True, "out_of_range"),
        ("urgency", None, "out_of_range"),
        ("credibility", 0, "out_of_range"),
        ("reliability", "G", "out_of_range"),
        ("precision_m", -1, "out_of_range"),
        ("occurred_at", datetime(2026, 1, 1), "unlikely"),  # noqa: DTZ001
        ("occurred_at", datetime(9999, 1, 1, tzinfo=UTC), "unlikely"),
        ("number", 3, "unknown"),
    ],
)
def test_a_value_a_field_cannot_take_is_refused(field: str, value: Any, code: str) -> None:
    with pytest.raises(FieldRefused) as caught:
        checked({field: value}, now=NOW)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_texts_are_cleaned() -> None:
    made = checked({"title": " Cave\u202e inondée \x00 ", "description": "a\r\nb"}, now=NOW)
    assert made == {"title": "Cave inondée", "description": "a\nb"}


FIELDS = ("title", "description", "urgency", "geometry", "precision_m")
values = st.integers(0, 2)


@given(
    base=st.fixed_dictionaries(dict.fromkeys(FIELDS, values)),
    theirs=st.lists(st.dictionaries(st.sampled_from(FIELDS), values, max_size=3), max_size=3),
    mine=st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=4),
)
def test_an_edit_never_overwrites_what_others_did_and_never_loses_what_i_did(
    base: dict[str, int], theirs: list[dict[str, int]], mine: dict[str, int]
) -> None:
    current, revisions = dict(base), []
    for edit in theirs:
        revisions.append({f: [current[f], v] for f, v in edit.items() if current[f] != v})
        current.update(edit)
    settled = resolve(wanted=mine, current=current, since=revisions)
    clashes = {c.field: c for c in settled.clashes}
    for field, value in mine.items():
        if field in settled.apply:
            assert settled.apply[field] == value
            assert current[field] == base[field], "others' work on the field would be overwritten"
        elif field in clashes:
            assert (clashes[field].mine, clashes[field].theirs) == (value, current[field])
        else:
            assert value == current[field]
    assert not settled.apply.keys() & clashes.keys()
    if not theirs:
        assert not clashes


def test_a_radius_clashes_with_the_point_it_belongs_to() -> None:
    settled = resolve(
        wanted={"geometry": "B", "precision_m": 50, "title": "t"},
        current={"geometry": "A", "precision_m": 500, "title": "s"},
        since=[{"precision_m": [100, 500]}],
    )
    assert settled.apply == {"title": "t"}
    assert {c.field for c in settled.clashes} == {"geometry", "precision_m"}


class Model:
    """What merging means, told naively: sets of posts given, a tree, a union."""

    def __init__(self, incidents: int) -> None:
        self.own: dict[int, set[int]] = {i: set() for i in range(1, incidents + 1)}
        self.parents: dict[int, int] = {}

    def view(self, root: int) -> set[int]:
        return set().union(*(self.own[i] for i in tree_of(root, self.parents)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("join", "leave", "merge", "unmerge")),
            st.integers(1, 6),
            st.integers(1, 6),
        ),
        max_size=40,
    )
)
def test_merging_and_unmerging_in_any_order_shows_and_gives_back_exactly_the_posts_given(
    steps: list[tuple[str, int, int]],
) -> None:
    model = Model(6)
    rows: dict[int, Backing] = {}
    for serial, (verb, one, two) in enumerate(steps, start=1):
        root = root_of(one, model.parents)
        if verb == "join" and two not in model.view(root):
            model.own[root].add(two)
            rows[serial] = Backing(row=serial, incident=root, lead=two, origin=None)
        elif verb == "leave":
            members = tree_of(root, model.parents)
            for member in members:
                model.own[member].discard(two)
            rows = {k: r for k, r in rows.items() if r.lead != two or r.own not in members}
        elif verb == "merge" and one not in model.parents:
            target = root_of(two, model.parents)
            if target != one:
                model.parents[one] = target
        elif verb == "unmerge":
            model.parents.pop(one, None)
        for moved in place(rows.values(), model.parents):
            rows[moved.row] = moved
        slots = [(r.incident, r.lead) for r in rows.values()]
        assert len(slots) == len(set(slots)), "a post backs an incident once"
        for each in model.own:
            if each not in model.parents:
                assert {r.lead for r in rows.values() if r.incident == each} == model.view(each)
        assert place(rows.values(), model.parents) == []
    for moved in place(rows.values(), {}):
        rows[moved.row] = moved
    for each, own in model.own.items():
        assert {r.lead for r in rows.values() if r.incident == each} == own


EMPTY = {
    "urgency": 0, "category": "", "geometry": None, "precision_m": None,
    "place_name": "", "place_code": "", "occurred_at": None,
}  # fmt: skip


def test_a_merge_raises_the_urgency_and_fills_what_was_missing_and_unmerging_gives_it_back() -> (
    None
):
    source = EMPTY | {"urgency": 4, "geometry": "P", "precision_m": 50, "category": "niveau_eau"}
    taken = adopted(EMPTY | {"place_name": "Orsay"}, source)
    assert taken == {
        "urgency": 4, "geometry": "P", "precision_m": 50, "category": "niveau_eau",
    }  # fmt: skip
    current = EMPTY | taken | {"urgency": 3}
    adoption = {f: [EMPTY[f], v] for f, v in taken.items()} | {"merged": [None, 2]}
    back = given_back(current, adoption)
    assert back == {"geometry": None, "precision_m": None, "category": ""}, (
        "3 was a person's choice"
    )


def test_what_is_close_recent_and_of_the_same_kind_is_nearest() -> None:
    here = Where(lon=2.29, lat=48.69, category="routes_transports", at=NOW)
    same = nearness(here, here)
    assert (same.score, same.distance_m) == (1.0, 0.0)
    old = Where(lon=2.29, lat=48.69, category="niveau_eau", at=NOW - timedelta(days=2))
    far = Where(lon=2.9, lat=48.2, category="routes_transports", at=NOW)
    assert nearness(here, old).score == 0.5
    assert nearness(here, far).score == 0.5
    nowhere = Where(lon=None, lat=None, category="", at=None, place_code="91345")
    assert nearness(nowhere, nowhere).score == 0.25
    assert nearness(nowhere, here).distance_m is None
