"""What the territory picker offers."""

from __future__ import annotations

from vigie.operations import places


def test_a_departement_is_offered_whole_by_number_and_by_name() -> None:
    for text in ("91", "essonne", "Essonne"):
        offer = places.suggest(text)
        assert [(a.code, a.name, a.communes) for a in offer.areas] == [("91", "Essonne", 194)]
        assert offer.more == 194 - len(offer.communes)
    assert len(places.communes_in("91")) == 194


def test_a_postcode_gives_its_communes() -> None:
    names = {c.name for c in places.suggest("91400").communes}
    assert {"Orsay", "Saclay"} <= names


def test_the_beginning_of_a_name_is_enough_with_or_without_accents() -> None:
    assert "Épinay-sur-Orge" in {c.name for c in places.suggest("epinay sur o").communes}


def test_communes_near_come_first() -> None:
    first = places.suggest("saint-germain-lès", near={"91"}).communes[0]
    assert first.departement == "91"


def test_nonsense_and_nothing_offer_nothing() -> None:
    assert places.suggest("qzx") == places.suggest("  ") == places.Offer()
    assert places.communes_in("999") == []
    assert places.commune("00000") is None
