"""Whatever happens, a need is closed by a person or due for somebody: never neither."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vigie.assistance import decide_handoffs, decide_needs
from vigie.assistance.asked import address_of_key, telephone
from vigie.assistance.decide_triage import LEVELS, Facts, triage

pytestmark = pytest.mark.pure

T0 = datetime(2026, 11, 24, 3, tzinfo=UTC)


class OneNeed(RuleBasedStateMachine):
    """A need with its hand-offs under any sequence of gestures, late and twice."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.need = decide_needs.arrived(level=2, now=T0)
        self.handoffs: list[str] = []
        self.by_person = False
        self.calls = 0

    def _try(self, step: object) -> None:
        with suppress(decide_needs.StepRefused):
            self.need = step()  # type: ignore[operator]

    @rule(minutes=st.integers(0, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(person=st.integers(1, 3))
    def take(self, person: int) -> None:
        self._try(lambda: decide_needs.take(
            self.need, person=person, now=self.now, hold=timedelta(minutes=10)))  # fmt: skip

    @rule(again=st.none() | st.integers(1, 600))
    def release(self, again: int | None) -> None:
        at = None if again is None else self.now + timedelta(minutes=again)
        self._try(lambda: decide_needs.release(self.need, now=self.now, again=at))

    @rule(level=st.sampled_from(LEVELS))
    def sort(self, level: int) -> None:
        self._try(lambda: decide_needs.sort_anew(self.need, level=level, now=self.now))

    @rule()
    def heard(self) -> None:
        self._try(lambda: decide_needs.heard(self.need, now=self.now))

    @rule(again=st.none() | st.integers(-5, 600))
    def call(self, again: int | None) -> None:
        at = None if again is None else self.now + timedelta(minutes=again)
        self.calls += 1
        self._try(lambda: decide_needs.called(self.need, again=at, now=self.now))

    @rule()
    def hand_over(self) -> None:
        if self.need.state != "closed":
            self.handoffs.append("sent")
            self.need = decide_needs.handed_over(
                self.need, answer_by=self.now + timedelta(minutes=10)
            )

    @rule(said=st.sampled_from(decide_handoffs.ANSWERS), which=st.integers(0, 5))
    def partner_answers(self, said: str, which: int) -> None:
        if which < len(self.handoffs):
            told = decide_handoffs.answer(self.handoffs[which], said)
            self.handoffs[which] = told.state
            if told.comes_back:
                self.need = decide_needs.came_back(self.need, now=self.now)
            elif told.changed:
                at = decide_handoffs.look_again(told.state, now=self.now)
                self.need = decide_needs.answered(self.need, look_at=at)

    @rule(closing=st.sampled_from(decide_needs.CLOSINGS), words=st.sampled_from(["", "vu"]))
    def close(self, closing: str, words: str) -> None:
        self._try(lambda: decide_needs.close(
            self.need, closing=closing, words=words, unanswered_calls=self.calls,
            told_partner=bool(self.handoffs)))  # fmt: skip

    @rule()
    def reopen(self) -> None:
        self._try(lambda: decide_needs.reopen(self.need, now=self.now))

    @invariant()
    def closed_or_due(self) -> None:
        assert (self.need.state == "closed") == (self.need.due is None)

    @invariant()
    def due_within_a_day_of_when_something_last_happened(self) -> None:
        if self.need.due is not None:
            assert self.need.due <= self.now + timedelta(hours=12, minutes=1)

    @invariant()
    def an_ended_hand_off_is_known(self) -> None:
        assert all(state in decide_handoffs.STATES for state in self.handoffs)


TestOneNeed = OneNeed.TestCase


def test_knowing_more_never_makes_it_less_urgent() -> None:
    base = Facts(kind="pumping")
    assert triage(base).level == 4
    assert triage(Facts(kind="pumping", water_cm=60)).level == 2
    assert triage(Facts(kind="pumping", water_cm=60, trapped=True)).level == 1
    assert triage(Facts(kind="shelter", vulnerabilities=frozenset({"baby"}))).level == 2
    assert triage(Facts(kind="goods", danger=True)).reasons[0] == "danger"


@pytest.mark.parametrize("first", decide_handoffs.ANSWERS)
@pytest.mark.parametrize("then", decide_handoffs.ANSWERS)
def test_a_partner_may_answer_twice_and_late(first: str, then: str) -> None:
    once = decide_handoffs.answer("sent", first)
    twice = decide_handoffs.answer(once.state, first)
    assert once.changed
    assert not twice.changed
    after = decide_handoffs.answer(once.state, then)
    assert after.state in decide_handoffs.STATES
    if once.state == "done":
        assert after.state == "done"


@pytest.mark.parametrize(
    ("written", "read"),
    [("06 12 34 56 78", "+33612345678"), ("+33 (0)6.12.34.56.78", "+33612345678"),
     ("0033612345678", "+33612345678"), ("+32 470 12 34 56", "+32470123456"), ("chez Paul", "chez Paul")],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(written: str, read: str) -> None:
    assert telephone(written) == read


def test_two_writings_of_an_address_are_one() -> None:
    one = address_of_key("12 Av. de la Gare", "91589")
    assert one == address_of_key("12, avenue de la gare, 91600 Savigny", "91589") != ""
    assert address_of_key("12 bis rue Haute", "91589") != address_of_key("12 rue Haute", "91589")
    assert address_of_key("rue Haute", "91589") == ""
