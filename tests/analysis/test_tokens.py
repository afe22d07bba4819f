from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.tokens import (
    TOKEN_LIMIT,
    hashtag_parts,
    plain_words,
    prefix_tokens,
    stem,
    tokenise,
)
from vigie.kernel.text import fold

pytestmark = pytest.mark.pure

FAMILIES = """
inondation inondations inondé inondée inondés inondées inonde inondent inonder inondait
évacuation évacuations évacuer évacué évacuée évacués évacuées évacue évacuent
coupé coupée coupés coupées coupe coupent couper
débordement débordements
déborde débordé débordée débordent déborder
crue crues
rivière rivières
route routes
pluie pluies
feu feux
eau eaux
hôpital hôpitaux
blessé blessés blessée blessées
école écoles
pompier pompiers
fermé fermée fermés fermées fermer ferme
bloqué bloquée bloqués bloquées bloquer
disparu disparue disparus disparues
isolé isolée isolés isolées isoler
noyé noyée noyés noyer
sinistré sinistrée sinistrés sinistrées
coincé coincée coincés coincées
flood floods flooded flooding
evacuate evacuated evacuating evacuation
road roads
bridge bridges
rescue rescued rescues rescuing
house houses
close closed closing
volunteer volunteers
""".strip().splitlines()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_forms_of_a_word_with_and_without_accents_meet_in_one_token(family: str) -> None:
    forms = {form for word in family.split() for form in (word, fold(word), word.upper())}
    assert len({tokenise(form) for form in forms}) == 1


@pytest.mark.parametrize(
    "words",
    [
        "mer maire mère* mari",
        "pont pompier porte",
        "viol violent",
        "feu fou",
        "crue croire",
        "cave caveau cavalier",
        "torrent tort",
        "flood floor",
    ],
)
def test_different_words_stay_apart(words: str) -> None:
    plain = [word for word in words.split() if not word.endswith("*")]
    for one, other in itertools.combinations(plain, 2):
        assert tokenise(one) != tokenise(other)


def test_a_hashtag_gives_itself_and_its_parts() -> None:
    assert plain_words("#SavignySurOrge!") == ["savignysurorge", "savigny", "sur", "orge"]
    assert plain_words("#crue_de_l_Orge")[0] == "cruedelorge"
    assert plain_words("#inondations") == ["inondations"]
    assert plain_words("#D118 #ÉvryCourcouronnes") == [
        "d118", "evrycourcouronnes", "evry", "courcouronnes",
    ]  # fmt: skip
    assert hashtag_parts("SDISEssonne") == ["SDIS", "Essonne"]


def test_addresses_go_mentions_lose_their_sign_and_articles_their_words() -> None:
    assert plain_words("RT @Prefet_91: l’eau d'Orge https://t.co/x?y www.a.fr/b") == [
        "rt", "prefet91", "eau", "orge",
    ]  # fmt: skip
    assert plain_words("jusqu'à l'aube, pic.twitter.com/abc") == ["a", "aube"]


def test_a_road_is_written_one_way() -> None:
    for text in ("D118", "RD118", "RD 118", "rd-118", "D 118", "route départementale 118"):
        assert plain_words(text) == ["d118"], text
    for text in ("N20", "RN20", "RN 20", "R.N. 20", "nationale 20"):
        assert plain_words(text) == ["n20"], text
    assert plain_words("il y a 20 personnes") == ["il", "y", "a", "20", "personnes"]


def test_stretched_letters_are_shortened_but_numbers_are_not() -> None:
    assert tokenise("au secouuuuurs") == tokenise("au secours")
    assert tokenise("1000 2222") == ("1000", "2222")


def test_a_prefix_also_finds_the_words_whose_token_is_shorter_than_it() -> None:
    assert stem("evacuations") in prefix_tokens("evacuat")
    assert stem("inondations") in prefix_tokens("inondat")
    assert prefix_tokens("inond") == ()


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_gives_tokens_of_lower_case_letters_and_digits(text: str) -> None:
    for token in tokenise(text):
        assert 0 < len(token) <= TOKEN_LIMIT
        assert token.isalnum()
        assert fold(token) == token


@given(st.text("éEàù'’-#@ abcSOŒ19_.", max_size=40))
def test_case_and_accents_of_words_change_no_token(text: str) -> None:
    plain = text.replace("#", " ").replace("@", " ")
    assert tokenise(fold(plain)) == tokenise(plain)
