from __future__ import annotations

import pytest

from vigie.analysis.claims.evaluate import (
    Pair,
    held,
    marking,
    places,
    read_pairs,
    recognised,
    retrieval,
    speed,
)

pytestmark = pytest.mark.pure

PAIRS = [
    Pair("Un requin dans les rues, regardez cette photo !", "Un requin nage dans les rues."),
    Pair("la digue a cédé, partez", "La digue est en train de céder."),
]


def test_pairs_are_read_once_without_what_was_glued_on() -> None:
    text = "Un requin dans la rue principale"
    lines = [
        "post,claim\n",
        f'"{text} {text} {text} None",Un requin nage.\n',
        f"{text},Un requin nage.\n",
    ]
    assert read_pairs(lines) == [Pair(text, "Un requin nage.")]


@pytest.mark.parametrize("lines", [[], ["post\n", "seul\n"], ["post,claim\n", "seul\n"]])
def test_a_file_that_holds_no_pairs_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected|no claim"):
        read_pairs(lines)


def test_the_figures_are_those_of_the_places() -> None:
    answers = {"a": ["x", "y"], "b": ["x", "y"], "c": ["x"], "d": ["x"]}
    pairs = [Pair("a", "x"), Pair("b", "y"), Pair("c", "z"), Pair("d", "x")]
    found = places(pairs, lambda post: answers[post])
    assert found == [1, 2, None, 1]
    figures = retrieval(found, 3)
    assert (figures.success_at_1, figures.success_at_5, figures.mrr) == (0.5, 0.75, 0.625)
    low, high = figures.success_at_1_between
    assert low <= 0.5 <= high


def test_nothing_asked_has_no_figures() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        retrieval([], 0)


def test_an_index_a_marker_and_its_speed_are_measured_on_the_same_claims() -> None:
    claims = held(PAIRS)
    assert recognised(PAIRS, claims).success_at_1 == 1
    marks = marking(PAIRS, claims, ["Un chien dans les rues", "Bonne année à tous"])
    assert (marks.unrelated, marks.false_marks, marks.marked_other) == (2, 0, 0)
    timed = speed([PAIRS[0].post], claims, size=300)
    assert timed.claims == 300
    assert timed.memory_mb > 0
