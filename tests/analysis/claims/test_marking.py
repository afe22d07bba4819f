from __future__ import annotations

import pytest

from vigie.analysis.claims import SAME, ClaimText, Gate, Marker
from vigie.analysis.tokens import tokenise

pytestmark = pytest.mark.pure

DYKE = "La digue du bassin de Saulx-les-Chartreux est en train de céder."
CLAIMS = [
    ClaimText("dyke", DYKE),
    ClaimText("shark", "Un requin nage dans les rues de Longjumeau."),
    ClaimText("tap", "L’eau du robinet est contaminée à Orsay, Bures et Gif."),
]


@pytest.fixture(scope="module")
def marker() -> Marker:
    return Marker(CLAIMS)


@pytest.mark.parametrize(
    "text",
    [
        "ALERTE la digue du bassin de Saulx est en train de céder, partez !!! 🙏",
        "@prefet91 vrai que la digue du bassin de Saulx-les-Chartreux cède ? https://example.org/x",
    ],
)
def test_a_post_that_repeats_a_claim_is_marked(marker: Marker, text: str) -> None:
    assert [near.id for near in marker.marks(text)] == ["dyke"]
    assert marker.marks(text)[0].score >= SAME


@pytest.mark.parametrize(
    "text",
    [
        "Belle lumière sur le bassin de Saulx ce matin",
        "Bouchon rue de Longjumeau, passez par Orsay",
        "La digue de Saulx-les-Chartreux sera fauchée mardi, bassin fermé aux pêcheurs",
        "coupure d’eau à Orsay depuis 7 h, plus une goutte au robinet",
        "",
    ],
)
def test_a_post_about_the_same_place_or_thing_is_not_marked(marker: Marker, text: str) -> None:
    assert marker.marks(text) == []


def test_what_leaves_out_what_is_claimed_is_never_sure_even_when_one_claim_is_held() -> None:
    alone = Marker([ClaimText("dam", "Le barrage de Saclas a cédé")])
    assert alone.marks("Le barrage de Saclas a cédé !! fuyez") != []
    for text in ("Barrage filtrant à Saclas sur la D49", "le barrage de Saclas tient bon"):
        assert alone.marks(text) == []


def test_one_telling_word_in_common_does_not_pass_the_gate() -> None:
    gate = Gate([ClaimText("a", "Requin")])
    assert gate.passing(tokenise("un requin ici")) == ()


def test_the_claim_that_a_post_holds_most_of_passes_first() -> None:
    gate = Gate([*CLAIMS, ClaimText("other", "La digue du bassin de Trévoix a cédé hier soir.")])
    assert gate.passing(tokenise(DYKE))[0] == "dyke"
    assert gate.passing(tokenise("rien à voir avec tout cela")) == ()


def test_only_the_claims_that_passed_are_looked_at(marker: Marker) -> None:
    assert marker.marks(DYKE, ["shark"]) == []
    assert [near.id for near in marker.marks(DYKE, ["shark", "dyke", "gone"])] == ["dyke"]


def test_between_two_languages_a_name_in_common_is_enough_for_a_second_look() -> None:
    gate = Gate([ClaimText("shark", "Un requin nage dans les rues de Longjumeau.", "fr")])
    said = tokenise("A shark is swimming in Longjumeau")
    assert gate.passing(said, "en") == ("shark",)
    assert gate.passing(said, "fr") == ()
    assert gate.passing(said) == ()
    assert gate.passing(tokenise("A shark is swimming here"), "en") == ()


def test_a_claim_of_unknown_language_is_compared_as_if_it_were_the_posts() -> None:
    gate = Gate([ClaimText("shark", "Un requin nage dans les rues de Longjumeau.")])
    assert gate.passing(tokenise("A shark in Longjumeau"), "en") == ()
