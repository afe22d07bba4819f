from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.analyser import Analyser
from vigie.analysis.categories import categories
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import URGENCY_LEVELS, Findings

pytestmark = pytest.mark.pure

ANALYSER = Analyser(("91",))


def findings(text: str) -> Findings:
    moment = datetime(2016, 6, 1, tzinfo=UTC)
    return ANALYSER.analyse(PostDraft(id="1", text=text, created_at=moment))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("au secours ma grand mere est coincee au 1er etage l'eau monte", "critical"),
        ("On est sur le toit, 4 adultes et un bébé, vite svp", "critical"),
        ("we are trapped in our car, water rising, please help", "critical"),
        ("Un homme emporté par le courant sous le pont", "critical"),
        ("Ma fille de 5 ans a disparu dans la foule", "critical"),
        ("estamos atrapados, necesitamos ayuda", "critical"),
        ("il ne respire plus, appelez les pompiers", "critical"),
        ("La digue a cédé !", "critical"),
        ("évacuation de tout le quartier en cours", "high"),
        ("Odeur de gaz très forte dans la rue", "high"),
        ("Incendie dans un immeuble rue de la Gare", "high"),
        ("La D118 est coupée à Longjumeau", "medium"),
        ("plus d'électricité depuis 3h à Épinay", "medium"),
        ("Trafic interrompu sur le RER C", "medium"),
        ("Quelqu'un sait si la route de Corbeil est rouverte ?", "medium"),
        ("Vigilance jaune pluie-inondation", "medium"),
        ("Merci aux pompiers pour leur travail", "low"),
        ("je propose une chambre pour des sinistrés", "low"),
        ("trop hâte du match de ce soir", "none"),
        ("je suis mort de rire", "none"),
        ("noyée sous le boulot, inondée de mails", "none"),
        ("quel beau temps", "none"),
        ("", "none"),
    ],
)
def test_the_level_is_what_a_reader_would_say(text: str, level: str) -> None:
    found = findings(text).urgency.level
    assert abs(URGENCY_LEVELS.index(found) - URGENCY_LEVELS.index(level)) <= (level == "medium")


@pytest.mark.parametrize(
    ("graver", "milder"),
    [
        ("Trois blessés dans l'accident", "Pas de blessés dans l'accident"),
        ("L'enfant a disparu", "L'enfant disparu a été retrouvé sain et sauf"),
        ("Incendie au lycée", "Exercice incendie au lycée demain"),
        ("La rue est inondée, l'eau monte", "En 1982 la rue était inondée, l'eau montait"),
        ("La route est coupée", "La route n'est plus coupée"),
        ("l'eau est dans la maison", "l'eau est dans la maison de mon enfance, en 1910"),
        ("Le barrage va céder", "C'est faux, le barrage ne va pas céder"),
        ("Évacuez vite", "En cas d'inondation évacuez vite"),
    ],
)
def test_negation_past_exercise_and_good_ends_lower_it(graver: str, milder: str) -> None:
    high, low = (URGENCY_LEVELS.index(findings(t).urgency.level) for t in (graver, milder))
    assert high > low


def test_the_reasons_quote_the_words_that_weighed_with_their_rule() -> None:
    text = "Vite, coincés sur le toit !"
    because = findings(text).urgency.because
    assert because[0].rule == "trapped.people"
    assert {reason.rule for reason in because} >= {"trapped.people", "hurry"}
    for reason in because:
        assert text[reason.start : reason.end] == reason.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("au secours on est coincés sur le toit", "appel_secours"),
        ("deux morts et trois blessés dans l'accident", "victimes"),
        ("le gymnase est ouvert pour héberger les sinistrés évacués", "evacuation_hebergement"),
        ("la N20 est coupée, déviation par Linas", "routes_transports"),
        ("panne d'électricité dans tout le quartier, plus de réseau", "reseaux"),
        ("l'EHPAD est inondé, les résidents sont évacués", "batiments_erp"),
        ("l'Orge monte encore, la digue fuit", "niveau_eau"),
        ("nappe de mazout sur l'Yvette, forte odeur", "pollution_risque_techno"),
        ("mouvement de foule au départ, bousculade", "foule_ordre_public"),
        ("il paraît qu'ils ouvrent les vannes, on nous cache tout", "rumeur_infox"),
        ("quelqu'un a des nouvelles de Viry ? la gare est ouverte ?", "demande_info"),
        ("je propose mon aide et mon camion, dispo pour aider", "solidarite"),
        ("Préfecture : vigilance orange, limitez vos déplacements", "info_officielle"),
        ("merci aux pompiers, bravo et courage à tous", "sentiment"),
        ("BFM TV en direct, reportage sur place", "medias"),
        ("trop hâte du match du psg ce soir", "hors_sujet"),
    ],
)
def test_each_category_is_the_first_guess_for_its_plainest_post(text: str, code: str) -> None:
    assert findings(text).categories[0].code == code


def test_the_referential_is_whole() -> None:
    known = categories()
    assert len(known) == 16
    assert {c.urgency for c in known.values()} <= set(URGENCY_LEVELS)
    assert known["hors_sujet"].label("fr") == "Hors sujet, bruit"
    assert known["hors_sujet"].label("en-GB") == "Off topic, noise"


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_text_gets_sound_findings(text: str) -> None:
    found = findings(text)
    assert found.urgency.level in URGENCY_LEVELS
    assert 0 <= found.urgency.p <= 1
    assert 1 <= len(found.categories) <= 3
    assert sum(guess.p for guess in found.categories) <= 1.001
    for reason in found.urgency.because:
        assert text[reason.start : reason.end] == reason.text
