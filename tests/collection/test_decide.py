"""When a source is visited again: after success, after failure, and what it asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.collection.decide import LONGEST_S, after_failure, after_success
from vigie.operations.decide_jobs import pause

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def _wait(**more: object) -> float:
    given = {
        "items": 1, "unchanged": False, "done": False, "interval_s": 300.0, "asked_s": None,
        "now": NOW, "chance": 0.5, **more,
    }  # fmt: skip
    verdict = after_success(**given)  # type: ignore[arg-type]
    assert verdict.next_try_at is not None
    return (verdict.next_try_at - NOW).total_seconds()


def test_a_source_that_asks_for_more_time_gets_it() -> None:
    assert _wait() == pytest.approx(300)
    assert _wait(asked_s=900.0) == 900
    assert _wait(asked_s=10.0) == pytest.approx(300)
    assert _wait(asked_s=10.0**9) == LONGEST_S


@given(
    failures=st.integers(0, 10**6), asked=st.none() | st.floats(0, 10**9), chance=st.floats(0, 1)
)
def test_a_failing_source_is_never_given_up_and_never_hammered(
    failures: int, asked: float | None, chance: float
) -> None:
    verdict = after_failure(failures=failures, refused=False, asked_s=asked, now=NOW, chance=chance)
    assert verdict.next_try_at is not None
    wait_s = (verdict.next_try_at - NOW).total_seconds()
    assert 15 <= wait_s <= LONGEST_S
    assert wait_s >= min(asked or 0, LONGEST_S) - 1e-3
    assert verdict.failures == failures + 1


def test_pauses_grow_between_attempts_of_a_job() -> None:
    waits = [pause(n, asked_s=None, chance=0).total_seconds() for n in range(1, 7)]
    assert waits == [10, 30, 90, 270, 810, 2430]
    assert pause(1, asked_s=600, chance=1).total_seconds() == 600
    assert pause(50, asked_s=None, chance=1).total_seconds() == 4500
