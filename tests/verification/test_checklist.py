"""The checklist asks what fits the medium, and the rating follows by rules that are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.verification.checklist import (
    ANSWERS,
    CHECKS,
    CODES,
    MEDIA,
    Shown,
    questions_for,
    rating_for,
)
from vigie.verification.decide import priority, priority_reasons, stance_of

pytestmark = pytest.mark.pure


def test_a_text_is_not_asked_about_its_shadows() -> None:
    asked = {each.code for each in questions_for(["text"])}
    assert "weather_fits" not in asked
    assert "no_older_picture" in {each.code for each in questions_for(["text", "picture"])}


@given(st.sets(st.sampled_from(MEDIA)))
def test_every_medium_goes_through_the_five_checks_in_order(media: set[str]) -> None:
    checks = [each.check for each in questions_for(media)]
    assert list(dict.fromkeys(checks)) == list(CHECKS)


@pytest.mark.parametrize(
    ("answers", "evidence", "rating"),
    [
        ({}, [], ("F", 6)),
        ({"author_known": "yes", "was_there": "yes"}, [], ("B", 3)),
        ({"author_known": "yes", "authority": "no"}, [], ("C", 5)),
        ({"authority": "yes", "independent": "yes"}, [], ("F", 1)),
        ({"date_fits": "no"}, [], ("F", 4)),
        ({"independent": "yes", "date_fits": "no"}, [], ("F", 3)),
        ({"motive_plain": "no"}, [], ("E", 4)),
        ({}, [("call", "refutes")], ("F", 5)),
        ({}, [("statement", "supports")], ("F", 2)),
        ({}, [("link", "refutes")], ("F", 4)),
    ],
)
def test_the_rating_follows_from_checks_and_evidence(
    answers: dict[str, str], evidence: list[tuple[str, str]], rating: tuple[str, int]
) -> None:
    found = rating_for(answers, [Shown(kind=k, bearing=b) for k, b in evidence])
    assert (found.reliability, found.credibility) == rating
    assert len(found.because) == 2


@given(st.dictionaries(st.sampled_from(sorted(CODES)), st.sampled_from(ANSWERS)))
def test_whatever_was_answered_there_is_a_rating(answers: dict[str, str]) -> None:
    found = rating_for(answers, [])
    assert found.reliability in "ABCDEF"
    assert 1 <= found.credibility <= 6


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("Le barrage de Saclas a cédé, fuyez", "spreads"),
        ("C’est FAUX, le barrage tient", "denies"),
        ("Le barrage a cédé ??", "asks"),
        ("Il paraît que le barrage a cédé", "doubts"),
        ("", "spreads"),
    ],
)
def test_a_post_that_denies_or_asks_is_not_taken_for_one_that_spreads(
    text: str, stance: str
) -> None:
    assert stance_of(text) == stance


def test_the_reasons_of_a_priority_name_what_made_it() -> None:
    facts = {"posts": 40, "reach": None, "growth_per_h": 3.0, "harm": 4}
    assert priority(**facts) > 0  # type: ignore[arg-type]
    assert [code for code, _ in priority_reasons(**facts)] == ["harm", "posts", "growth"]  # type: ignore[arg-type]
