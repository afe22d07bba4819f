from __future__ import annotations

import pytest

from vigie.analysis.categories import categories
from vigie.analysis.lexicon import Cue, Lexicon, lexicon
from vigie.analysis.scan import Scan

pytestmark = pytest.mark.pure


def found(text: str, *patterns: str, **more: object) -> list[str]:
    words = Lexicon([Cue(id="x", any=patterns, **more)])  # type: ignore[arg-type]
    scan = Scan(text)
    return [scan.span_text(hit.first, hit.last) for hit in words.find(scan) if not hit.denied]


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        ("au secours", "AU SECOURS !!", "AU SECOURS"),
        ("inond*", "tout est innondé", "innondé"),
        ("route|rue ~4 coupe*", "la route de la gare est coupée", "route de la gare est coupée"),
        ("eau monte", "l'eau qui monte", None),
        ("eau ~1 monte", "l'eau qui monte", "eau qui monte"),
        ("plus d electricite", "plus d'électricité", "plus d'électricité"),
        ("plus electricite", "plus d'électricité", "plus d'électricité"),
        ("rue inond*|sous_eau", "rue sous l'eau", "rue sous l'eau"),
        ("feu d? artifice", "feu artifice", "feu artifice"),
        ("<road> coupe*", "la RD 118 coupée", "RD 118 coupée"),
        ("<num> blesse*", "trois blessés", "trois blessés"),
        ("<river> deborde", "l'Orge déborde", "Orge déborde"),
        ("eau ~3 maison", "de l'eau. La maison", None),
        ("coince*", "#CoincésDansLeTrain", "Coincés"),
    ],
)
def test_a_pattern_finds_the_words_it_means(pattern: str, text: str, words: str | None) -> None:
    assert found(text, pattern) == ([] if words is None else [words])


@pytest.mark.parametrize(
    "text",
    ["pas de blessés", "aucun blessé", "il n'y a plus de blessés", "sans blessés", "ni blessés"],
)
def test_a_negation_before_the_words_denies_them(text: str) -> None:
    assert found(text, "blesse*") == []
    assert found("sept blessés", "blesse*") == ["blessés"]


def test_a_negation_within_the_words_denies_them_unless_the_pattern_holds_it() -> None:
    assert found("la route n'est plus coupée", "route ~4 coupe*") == []
    assert found("on ne peut plus sortir", "peu* plus sortir") == ["peut plus sortir"]


def test_an_idiom_hides_what_it_holds() -> None:
    words = Lexicon(
        [Cue(id="idiom", any=("mort de rire",), kind="idiom"), Cue(id="dead", any=("mort",))]
    )
    assert [hit.cue.id for hit in words.find(Scan("mort de rire"))] == ["idiom"]
    assert [hit.cue.id for hit in words.find(Scan("il est mort"))] == ["dead"]


@pytest.mark.parametrize("pattern", ["~2 eau", "eau? monte", "eau ~1 ~2 monte"])
def test_a_pattern_that_cannot_work_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="x: "):
        Lexicon([Cue(id="x", any=(pattern,))])


def test_the_packaged_lexicon_is_sound() -> None:
    known = lexicon()
    ids = [cue.id for cue in known.cues] + [pair.id for pair in known.pairs]
    assert len(ids) == len(set(ids))
    for cue in known.cues:
        assert set(cue.to) <= set(categories()), cue.id
        assert cue.kind in {"", "idiom", "question"}, cue.id
        assert 0 <= cue.weight <= 4, cue.id
        assert all(pattern.isascii() and pattern.islower() for pattern in cue.any), cue.id
    for pair in known.pairs:
        assert {*pair.one, *pair.other} <= set(ids), pair.id
