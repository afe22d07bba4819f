"""A first wording is taken from the post, without its noise."""

from __future__ import annotations

import pytest

from vigie.web.verify.opening import wording_from

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        (
            "🚨 URGENT : le barrage de Saclas a cédé !! fuyez https://x.y/z",
            "Le barrage de Saclas a cédé",
        ),
        ("@mairie #Orsay l’eau n’est plus potable ?", "Orsay l’eau n’est plus potable"),
        ("LE BARRAGE DE SACLAS A CÉDÉ", "Le barrage de saclas a cédé"),
        ("ok", ""),
        ("", ""),
    ],
)
def test_the_first_sentence_that_says_something(text: str, wording: str) -> None:
    assert wording_from(text) == wording
