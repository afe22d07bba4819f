"""What looks private in a text is pointed at; what names a building or a road is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.mapping.release_texts import seen_in

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Appeler le 06 12 34 56 78", "phone"),
        ("tél. 06.12.34.56.78.", "phone"),
        ("+33 (0)6 12 34 56 78", "phone"),
        ("+33612345678 après 18 h", "phone"),
        ("0033 1 69 00 00 00", "phone"),
        ("01\u00a069\u00a000\u00a000\u00a000", "phone"),
        ("écrire à mairie@longjumeau.exemple", "email"),
        ("vu par @riverain91", "handle"),
        ("Cave inondée au 12 rue du Port", "address"),
        ("3 bis, avenue de la République", "address"),
        ("14 ter Chemin des Prés", "address"),
        ("digicode 12B4", "address"),
        ("M. Dupont attend sur le toit", "person"),
        ("famille Nguyen isolée", "person"),
        ("chez Madame Petit", "person"),
        ("Jean DUPONT-MARTIN", "person"),
        ("Marie Lambert est au premier étage", "person"),
    ],
)
def test_it_is_pointed_at(text: str, code: str) -> None:
    assert code in {each.code for each in seen_in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "D 257 coupée entre Épinay et Savigny",
        "Gymnase Georges-Pompidou, jour et nuit",
        "Salle Gérard-Philipe",
        "Stade Jean Bouin",
        "Place de la mairie de Longjumeau",
        "Barrage rue du Port",
        "2 routes coupées, 300 m de rive",
        "Crue de juin 2016, niveau 3,40 m",
        "Ouvert de 8 h à 20 h, capacité 180",
        "Gare SNCF fermée, Paris SUD",
        "Appelez le 18 ou le 112",
        "N 20 PK 12+300",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert seen_in(text) == ()


def test_names_of_the_team_are_seen_whatever_their_case() -> None:
    found = seen_in("vu par SAMIR HADDAD à 18 h", team=["Samir Haddad", "CO1"])
    assert ("team", "Samir Haddad") in {(each.code, each.text) for each in found}


@given(st.text(max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    for each in seen_in(text, team=["Yann Le Goff"]):
        assert each.text
