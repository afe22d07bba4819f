from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.places import Geoparser
from vigie.contracts.findings import Place

pytestmark = pytest.mark.pure

ESSONNE = Geoparser(("91",))
NOWHERE = Geoparser()


def found(text: str, kind: str, parser: Geoparser = ESSONNE) -> list[Place]:
    return [place for place in parser.places(text) if place.kind == kind]


def communes(text: str, parser: Geoparser = ESSONNE) -> list[str]:
    return [place.name for place in found(text, "commune", parser)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("L’Orge déborde à Savigny-sur-Orge", ["Savigny-sur-Orge"]),
        ("savigny sur orge sous l'eau", ["Savigny-sur-Orge"]),
        ("SAVIGNY SUR ORGE SOUS L'EAU", ["Savigny-sur-Orge"]),
        ("#SavignySurOrge", ["Savigny-sur-Orge"]),
        ("#savignysurorge", ["Savigny-sur-Orge"]),
        ("#longjumeau #inondationlongjumeau", ["Longjumeau", "Longjumeau"]),
        ("St Michel s/ Orge : pont fermé", ["Saint-Michel-sur-Orge"]),
        ("st-michel-sur-orge", ["Saint-Michel-sur-Orge"]),
        ("Ste Geneviève des Bois", ["Sainte-Geneviève-des-Bois"]),
        ("ste gene sans elec", ["Sainte-Geneviève-des-Bois"]),
        ("Juvisy et Viry sont touchées", ["Juvisy-sur-Orge", "Viry-Châtillon"]),
        ("Corbeil, Évry et Courcouronnes", ["Corbeil-Essonnes", "Évry-Courcouronnes",
                                            "Évry-Courcouronnes"]),
        ("aux Ulis et à La Ferté-Alais", ["Les Ulis", "La Ferté-Alais"]),
        ("la ferte alais", ["La Ferté-Alais"]),
        ("Vert-le-Petit isolé", ["Vert-le-Petit"]),
        ("Longjumeau(91) et Nemours (77)", ["Longjumeau", "Nemours"]),
        ("Savigny (74) inondée", ["Savigny"]),
        ("de Paris à Lyon", ["Paris", "Lyon"]),
        ("hopital d'orsay", ["Orsay"]),
    ],
)  # fmt: skip
def test_communes_are_found_however_they_are_written(text: str, names: list[str]) -> None:
    assert communes(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Le maire appelle au calme, le courant monte",
        "la rue, le pont et le cours sont sous l'eau",
        "la ville est belle, la forêt aussi",
        "M. Massy a parlé, Alain Massy aussi",
        "l'Yerres et l'Orge débordent",
        "rue de Paris, avenue de Massy",
        "je suis sans voix, merci pour l'aide",
        "the bus is late, nice day",
        "Yvette ma voisine va bien",
        "expo au musée d'Orsay",
        "le moulin de Senlis",
        "niveau 2,57 m, beau temps",
        "@Longjumeau https://example.org/massy",
    ],
)
def test_words_rivers_people_and_streets_are_no_communes(text: str) -> None:
    assert communes(text) == []


def test_a_commune_carries_its_code_its_point_and_its_exact_words() -> None:
    (place,) = found("Crue à longjumeau !", "commune")
    assert (place.text, place.start, place.end) == ("longjumeau", 7, 17)
    assert (place.name, place.code) == ("Longjumeau", "91345")
    assert place.lat == pytest.approx(48.69, abs=0.01)
    assert place.p > 0.9


def test_a_homonym_is_decided_by_the_words_around_it() -> None:
    assert communes("Épinay : l'Orge monte encore") == ["Épinay-sur-Orge"]
    assert communes("Épinay, forêt de Sénart") == ["Épinay-sous-Sénart"]
    assert communes("Morsang sous l'eau") == ["Morsang-sur-Orge"]


def test_the_territory_decides_what_a_short_name_means() -> None:
    assert found("à Savigny", "commune")[0].code == "91589"
    assert [p.code for p in found("à Savigny", "commune", Geoparser(("77",)))] == ["77445"]
    assert communes("Juvisy sous l'eau", NOWHERE) == []
    assert communes("Juvisy-sur-Orge sous l'eau", NOWHERE) == ["Juvisy-sur-Orge"]
    assert [p.code for p in found("à Épinay", "commune", Geoparser(("91216",)))] == ["91216"]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("coincée au 12 rue du moulin a longjumeau", "address", "12 rue du moulin"),
        ("12 bis, rue Victor Hugo, 91160 Longjumeau", "address", "12 bis, rue Victor Hugo"),
        ("3 av. du Général de Gaulle inondé", "address", "3 av. du Général de Gaulle"),
        ("la rue des Rossays est inondée", "street", "rue des Rossays"),
        ("rue jean jaures coupée", "street", "rue jean jaures"),
        ("rue du 8 mai 1945 à massy", "street", "rue du 8 mai 1945"),
        ("route de Corbeil fermée", "street", "route de Corbeil"),
        ("place du Marché", "street", "place du Marché"),
        ("RD 118 coupée", "road", "RD 118"),
        ("bloqué sur l'a6", "road", "a6"),
        ("la nationale 20", "road", "nationale 20"),
        ("gare RER de Juvisy fermée", "station", "gare RER de Juvisy"),
        ("la gare de Savigny-sur-Orge", "station", "gare de Savigny-sur-Orge"),
        ("l'école Jean Jaurès est évacuée", "landmark", "école Jean Jaurès"),
        ("hôpital d'Orsay", "landmark", "hôpital d'Orsay"),
        ("le pont de l'Yvette", "landmark", "pont de l'Yvette"),
        ("l'Yvette est sortie de son lit", "river", "Yvette"),
        ("crue de l'Essonne à Corbeil", "river", "Essonne"),
        ("vigilance orange en Essonne", "area", "Essonne"),
        ("tout le Val-de-Marne", "area", "Val-de-Marne"),
        ("dans le 91", "area", "91"),
        ("#SeineEtMarne", "area", "SeineEtMarne"),
        ("le plateau de Saclay", "area", "plateau de Saclay"),
    ],
)
def test_other_kinds_of_places_are_found(text: str, kind: str, expected: str) -> None:
    assert [place.text for place in found(text, kind)] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "la rue est inondée",
        "une rue coupée",
        "rue entièrement sous l'eau",
        "des cours d'eau",
        "sur place",
        "en route pour les vacances",
        "à l'école ce matin",
        "il y a 20 personnes",
        "format A4",
        "le 12 juin",
    ],
)
def test_common_words_of_streets_and_buildings_are_no_places(text: str) -> None:
    assert [p for p in ESSONNE.places(text) if p.kind != "river"] == []


def test_roads_are_named_one_way_and_streets_lie_in_the_commune_beside_them() -> None:
    assert [p.name for p in found("RD118, D 118, rn20, A 6", "road")] == ["D118", "D118", "N20"]
    (street,) = found("À Brunoy, rue du Réveillon inondée", "street")
    assert street.code == "91114"
    assert street.lat is None


WORDS = st.sampled_from(
    ["Savigny", "sur", "Orge", "l'", "L’", "rue", "de", "du", "12", "bis", "St", "-", " ", ",", "\n",
     "#Évry", "œuvre", "ŒUVRE", "é", "(91)", "91160", "gare", "D118", "A", "6", "école",
     "pont", "Yvette", "M.", "#", "@x", "ﬁ", "/s/", "Ste", "gene", "🌊", "\u0301"]
)  # fmt: skip


@given(st.lists(WORDS).map("".join) | st.lists(WORDS).map(" ".join) | st.text())
def test_every_place_quotes_the_text_at_its_offsets(text: str) -> None:
    for place in ESSONNE.places(text):
        assert 0 <= place.start < place.end <= len(text)
        assert text[place.start : place.end] == place.text
        assert 0 < place.p <= 1
        assert (place.lat is None) == (place.lon is None)
        if place.kind == "commune":
            assert len(place.code) == 5
