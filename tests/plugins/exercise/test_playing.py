from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugins.exercise.small import NOW, ORDER, small
from vigie.kernel.clock import parse_rfc3339
from vigie.plugins.sources.exercise.playing import Shown, State, advance, next_due_s, resume, start
from vigie.plugins.sources.exercise.scenario import Scenario

__all__ = ["small"]
pytestmark = pytest.mark.pure


def begun(scenario: Scenario, *, at_s: float = 0, speed: float = 60) -> State:
    return start(scenario, run="1", start_s=at_s, speed=speed, now=NOW)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def where(shown: tuple[Shown, ...]) -> tuple[str, ...]:
    return tuple(one.where for one in shown)


def test_posts_appear_when_they_are_due_and_not_before(small: Scenario) -> None:
    state, shown = advance(begun(small), small, {}, NOW)
    assert where(shown) == ("post p1",)
    assert next_due_s(state, small) == 10
    state, shown = advance(state, small, {}, after(9.9))
    assert shown == ()
    state, shown = advance(state, small, {}, after(10))
    assert where(shown) == ("post p2", "post p3")


def test_a_post_is_dated_at_the_moment_it_was_due(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {}, NOW)
    _, shown = advance(state, small, {}, after(12))
    assert [one.wire["created_at"] for one in shown if one.wire] == [
        "2026-11-24T03:00:10Z",
        "2026-11-24T03:00:10.000001Z",
    ]


def test_a_later_beginning_has_a_past_at_the_pace_of_life(small: Scenario) -> None:
    _, shown = advance(begun(small, at_s=1800), small, {}, NOW)
    dates = [one.wire["created_at"] for one in shown if one.wire]
    assert dates[0] == "2026-11-24T02:30:00Z"
    assert dates[1] == "2026-11-24T02:40:00Z"
    assert dates[-1] == "2026-11-24T03:00:00Z"
    assert len(dates) == 4


def test_a_pause_stops_scenario_time_and_its_end_lets_it_run(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {"paused": True}, NOW)
    state, shown = advance(state, small, {"paused": True}, after(50))
    assert shown == ()
    assert next_due_s(state, small) is None
    state, _ = advance(state, small, {"paused": False}, after(50))
    state, shown = advance(state, small, {"paused": False}, after(60))
    assert where(shown) == ("post p2", "post p3")


def test_another_speed_holds_from_the_moment_it_is_read(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {"speed": 600}, NOW)
    assert next_due_s(state, small) == 1
    assert advance(state, small, {"speed": 10_000}, NOW)[0].speed == 600
    assert advance(state, small, {"speed": 0}, NOW)[0].speed == 1


def test_a_jump_shows_all_that_is_skipped_once_and_in_order(small: Scenario) -> None:
    order = {"jump_to_s": 3600, "jump_id": 1}
    state, shown = advance(begun(small), small, order, NOW)
    assert where(shown) == ORDER[:6]
    dates = [one.wire["created_at"] for one in shown[1:4] if one.wire]
    assert dates == [f"2026-11-24T03:00:00.00000{i}Z" for i in (1, 2, 3)]
    state, shown = advance(state, small, order, NOW)
    assert shown == ()
    assert state.clock_s == 3600


def test_a_jump_backward_moves_nothing(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {"jump_to_s": 3600, "jump_id": 1}, NOW)
    state, shown = advance(state, small, {"jump_to_s": 60, "jump_id": 2}, NOW)
    assert shown == ()
    assert (state.clock_s, state.jump_id) == (3600, 2)


def test_another_run_plays_everything_again_under_new_ids(small: Scenario) -> None:
    first, shown = advance(begun(small), small, {"jump_to_s": 7200, "jump_id": 1}, NOW)
    assert where(shown) == ORDER
    _, again = advance(
        first, small, {"jump_to_s": 7200, "jump_id": 1, "run": 2, "run_start_s": 600}, NOW
    )
    assert where(again) == ORDER[:3]
    assert {one.wire["id"] for one in again if one.wire} == {
        "petit.2.p1", "petit.2.p2", "petit.2.p3",
    }  # fmt: skip


def test_reposts_and_replies_name_the_posts_of_their_run(small: Scenario) -> None:
    _, shown = advance(begun(small), small, {"jump_to_s": 7200, "jump_id": 1}, NOW)
    wires = {one.where: one.wire or {} for one in shown}
    assert wires["post p3"]["repost_of"] == "petit.1.p2"
    assert wires["post p3"]["text"] == "Rue basse coupée à Orsay"
    assert wires["post p4"]["reply_to"] == "petit.1.p2"
    assert wires["post p4"]["graphic"] is True


def test_an_edit_keeps_the_date_of_the_post_and_has_its_own(small: Scenario) -> None:
    state, first = advance(begun(small), small, {}, NOW)
    state, first = advance(state, small, {}, after(10))
    _, shown = advance(state, small, {}, after(40))
    edit = shown[-1].wire or {}
    assert edit["text"] == "Rue basse rouverte à Orsay"
    assert edit["created_at"] == (first[0].wire or {})["created_at"]
    assert edit["edited_at"] == "2026-11-24T03:00:40Z"


def test_a_prepared_inject_is_sent_once_even_paused(small: Scenario) -> None:
    order: dict[str, Any] = {"paused": True, "injects": [{"id": 7, "prepared": "inj-1"}]}
    state, shown = advance(begun(small), small, order, NOW)
    assert (shown[-1].wire or {})["id"] == "petit.1.inject-7"
    assert (shown[-1].wire or {})["text"] == "Au secours, rue basse"
    assert advance(state, small, order, after(5))[1] == ()


def test_a_free_inject_has_the_author_and_the_reply_that_the_trainer_gives(small: Scenario) -> None:
    post = {"text": "Vu !", "author": {"name": "Zoé", "handle": "zoe"}, "reply_to": "p1"}
    _, shown = advance(begun(small), small, {"injects": [{"id": 1, "post": post}]}, NOW)
    wire = shown[-1].wire or {}
    assert (wire["author"]["handle"], wire["reply_to"]) == ("zoe", "petit.1.p1")


@pytest.mark.parametrize(
    "order",
    [
        {"id": 1},
        {"id": 1, "prepared": "nothing"},
        {"id": 1, "post": {"text": "  "}},
        {"id": 1, "post": {"text": "x", "network": "nowhere"}},
        {"id": 1, "post": {"words": "x"}},
    ],
)
def test_an_inject_that_cannot_be_read_is_refused_once_and_the_rest_goes_on(
    small: Scenario, order: dict[str, Any]
) -> None:
    orders = {"injects": [order, {"id": 2, "prepared": "inj-1"}, "nonsense", {"id": "x"}]}
    state, shown = advance(begun(small), small, orders, NOW)
    assert shown[1].wire is None
    assert shown[1].refused
    assert shown[2].wire is not None
    assert advance(state, small, orders, NOW)[1] == ()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"speed": "fast"},
        {"speed": float("nan")},
        {"paused": "yes"},
        {"jump_to_s": "late", "jump_id": 1},
        {"jump_to_s": 60, "jump_id": "one"},
        {"injects": 3},
    ],
)
def test_an_instruction_that_cannot_be_read_is_as_if_not_given(
    small: Scenario, nonsense: dict[str, Any]
) -> None:
    assert advance(begun(small), small, nonsense, NOW) == advance(begun(small), small, {}, NOW)


def test_time_during_which_nothing_ran_is_not_played(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {}, NOW)
    state, shown = advance(resume(state, small, now=after(86_400)), small, {}, after(86_401))
    assert shown == ()
    assert state.clock_s == 60
    state, _ = advance(state, small, {}, after(200_000))
    assert state.clock_s == 60 + 60 * 60


def test_a_rewritten_scenario_goes_on_from_its_present_time(small: Scenario) -> None:
    state, _ = advance(begun(small), small, {"jump_to_s": 1900, "jump_id": 1}, NOW)
    fewer = msgspec.structs.replace(small, digest="other", timeline=small.timeline[1:])
    resumed = resume(state, fewer, now=after(5))
    assert fewer.timeline[resumed.position].kind == "edit"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 90)),
        st.tuples(st.just("paused"), st.booleans()),
        st.tuples(st.just("speed"), st.sampled_from([1, 7.5, 60, 600])),
        st.tuples(st.just("jump"), st.integers(-100, 9000)),
        st.tuples(st.just("inject"), st.integers(1, 5)),
        st.tuples(st.just("kill"), st.integers(0, 10)),
    ),
    max_size=30,
)


@given(steps=STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_trainer_does_everything_appears_exactly_once_and_in_order(
    small: Scenario, steps: list[tuple[str, Any]]
) -> None:
    """A kill loses what was shown after the last saved state; the house saves both together."""
    now, jump = NOW, 0
    orders: dict[str, Any] = {"injects": []}
    state = begun(small)
    stored: list[dict[str, Any]] = []
    events: list[str] = []
    for kind, value in [*steps, ("end", 0)]:
        kept: int | None = None
        if kind == "wait":
            now += timedelta(seconds=value)
        elif kind == "jump":
            jump += 1
            orders |= {"jump_to_s": value, "jump_id": jump}
        elif kind == "inject":
            orders["injects"] = [*orders["injects"], {"id": value, "prepared": "inj-1"}]
        elif kind == "kill":
            kept, now = value, now + timedelta(seconds=value)
        elif kind == "end":
            orders |= {"jump_to_s": 7200, "jump_id": jump + 1}
        else:
            orders[kind] = value
        moved, shown = advance(state, small, orders, now)
        if kept is not None:
            shown = shown[:kept]
            moved = resume(shown[-1].state if shown else state, small, now=now)
            moved = msgspec.convert(msgspec.to_builtins(moved), State)
        state = moved
        stored.extend(one.wire for one in shown if one.wire)
        events.extend(one.where for one in shown)
    assert tuple(one for one in events if not one.startswith("inject")) == ORDER
    injected = [one for one in events if one.startswith("inject")]
    assert sorted(injected) == sorted({f"inject {order['id']}" for order in orders["injects"]})
    dates = [
        post.get("deleted_at") or post.get("edited_at") or post["created_at"] for post in stored
    ]
    moments = [parse_rfc3339(date) for date in dates]
    assert moments == sorted(set(moments))
