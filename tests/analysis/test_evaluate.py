from __future__ import annotations

from typing import Any

import pytest

from vigie.analysis.analyser import Analyser
from vigie.analysis.evaluate import Case, evaluate_posts, run, score
from vigie.contracts.findings import CategoryGuess, Findings, Place, Urgency
from vigie.contracts.truth import Truth

pytestmark = pytest.mark.pure


def case(
    number: int,
    *,
    truth: tuple[str, str] = ("hors_sujet", "none"),
    found: tuple[str, str] = ("hors_sujet", "none"),
    communes: tuple[str, ...] = (),
    named: tuple[str, ...] = (),
    copy_of: int | None = None,
    first: int | None = None,
) -> Case:
    places = tuple(
        Place(text="x", start=0, end=1, name="x", kind="commune", code=code) for code in named
    )
    return Case(
        id=str(number),
        truth=Truth(
            post_id=str(number),
            category=truth[0],
            urgency=truth[1],
            communes=communes,
            duplicate_of=None if copy_of is None else str(copy_of),
        ),
        findings=Findings(
            model="x@1",
            language=None,
            tokens=(),
            places=places,
            urgency=Urgency(level=found[1]),
            categories=(CategoryGuess(code=found[0], p=1.0),),
        ),
        first=None if first is None else str(first),
    )


def test_levels_are_averaged_over_those_that_occur_and_the_urgent_ones_counted_together() -> None:
    figures = score(
        [
            case(1, truth=("x", "critical"), found=("x", "high")),
            case(2, truth=("x", "high"), found=("x", "high")),
            case(3, truth=("x", "none"), found=("x", "none")),
            case(4, truth=("x", "none"), found=("x", "high")),
        ]
    )
    assert figures.urgency_accuracy == 0.5
    assert figures.urgency_levels["high"].precision == pytest.approx(1 / 3, abs=1e-4)
    assert figures.urgency_macro_f1 == pytest.approx((0 + 0.5 + 2 / 3) / 3, abs=1e-4)
    assert (figures.urgent.precision, figures.urgent.recall) == (pytest.approx(0.6667), 1.0)


def test_categories_are_scored_by_the_first_guess() -> None:
    figures = score([case(1, truth=("reseaux", "low"), found=("medias", "low")), case(2)])
    assert figures.category_accuracy == 0.5
    assert figures.categories["reseaux"].recall == 0


def test_communes_are_counted_over_posts_and_codes() -> None:
    figures = score(
        [
            case(1, communes=("91345", "91589"), named=("91345", "91345")),
            case(2, communes=(), named=("75056",)),
        ]
    )
    assert (figures.communes.precision, figures.communes.recall) == (0.5, 0.5)


def test_copies_are_scored_by_pairs_of_one_group() -> None:
    figures = score(
        [case(1), case(2, copy_of=1, first=1), case(3, copy_of=2), case(4, first=1), case(5)]
    )
    assert (figures.duplicates.support, figures.duplicates.recall) == (3, pytest.approx(0.3333))
    assert figures.duplicates.precision == pytest.approx(1 / 3, abs=1e-4)


def test_without_cases_nothing_is_a_failure() -> None:
    figures = score([])
    assert (figures.urgency_macro_f1, figures.communes.f1, figures.duplicates.f1) == (
        None, None, None,
    )  # fmt: skip


def wire(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "text": text, "created_at": "2016-06-01T08:00:00Z"} | more


def test_posts_on_the_wire_are_analysed_and_folded_in_order() -> None:
    text = "La D118 est coupée entre Longjumeau et Ballainvilliers, passez par la N20"
    truths = [
        Truth(post_id=str(n), category="routes_transports", urgency="medium",
              communes=("91345", "91044"), duplicate_of=None if n == 1 else "1")
        for n in (1, 2, 3)
    ]  # fmt: skip
    posts = [wire(1, text), wire(2, "RT @a " + text), wire(3, text, repost_of="2")]
    analyse = Analyser(("91",)).analyse
    assert [c.first for c in run(zip(posts, truths, strict=True), analyse)] == [None, "1", "1"]
    figures = evaluate_posts(zip(posts, truths, strict=True), analyse)
    assert (figures.duplicates.f1, figures.communes.f1, figures.category_accuracy) == (1, 1, 1)
