from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.exercise.small import SMALL, written
from vigie.plugins.sources.exercise import load, load_shipped, truths
from vigie.plugins.sources.exercise.problems import WORDS, ScenarioInvalid
from vigie.plugins.sources.exercise.scenario import seconds

pytestmark = pytest.mark.pure


def wrong(folder: Path, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    """(code, where) of all that is wrong with SMALL after the changes."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(ScenarioInvalid) as caught:
        load(written(folder, text))
    return [(problem.code, problem.where) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "code", "post"),
    [
        ("at: +0h30m", "at: 30 minutes", "time_unreadable", "p4"),
        ("at: +0h30m", "at: +9h", "time_past_end", "p4"),
        ("id: p5", "id: p4", "id_repeated", "p4"),
        ("by: ville", "by: nobody", "account_unknown", "p2"),
        ("network: x", "network: minitel", "network_unknown", "ville"),
        ("reply_to: p2", "reply_to: p9", "reference_unknown", "p4"),
        ("reply_to: p2", "reply_to: p5", "reference_later", "p4"),
        ("duplicate_of: p2", "duplicate_of: p9", "reference_unknown", "p3"),
        ("text: Il pleut,", "", "text_missing", "p1"),
        ("category: routes_transports", "category: routes", "category_unknown", "p2"),
        ("urgency: high", "urgency: urgent", "urgency_unknown", "p2"),
        ('places: ["91471"], claim', "places: [Orsay], claim", "commune_unreadable", "p2"),
        ("claim: pont", "claim: digue", "claim_unknown", "p2"),
        ("lat: 48.7, lon: 2.18", "lat: 48.7", "position_wrong", "p2"),
        ("text: Il pleut", "texte: Il pleut", "shape", "p1"),
        ("likes: 0", "likes: many", "shape", "p2"),
        ("post: p1}", "post: p8}", "reference_unknown", "p8"),
        ("id: inj-1", "id: p1", "id_repeated", "p1"),
    ],
)
def test_a_slip_is_told_with_its_code_its_line_and_its_post(
    tmp_path: Path, old: str, new: str, code: str, post: str
) -> None:
    problems = wrong(tmp_path, (old, new))
    assert any(found == code and f"({post})" in where for found, where in problems), problems
    assert all(where.startswith("petit.yaml:") for _, where in problems)


def test_a_group_of_duplicates_names_its_first(tmp_path: Path) -> None:
    change = ("truth: {category: sentiment, urgency: none}}\nedits",
              "truth: {category: sentiment, urgency: none, duplicate_of: p3}}\nedits")  # fmt: skip
    assert wrong(tmp_path, change)[0][0] == "duplicate_not_first"


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    problems = wrong(tmp_path, ("by: ville", "by: nobody"), ("claim: pont", "claim: digue"))
    assert {code for code, _ in problems} == {"account_unknown", "claim_unknown"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "scenario_unreadable"),
        ("\x00", "scenario_unreadable"),
        ("", "shape"),
        ("- 1", "shape"),
        ("a: 1\na: 2", "key_repeated"),
        ("a: &x [1]\nb: [*x, *x]", "scenario_alias"),
        ("format: vigie-scenario/2", "shape"),
        ("a: !!python/object:os.system 1", "scenario_unreadable"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_words(
    tmp_path: Path, text: str, code: str
) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        load(written(tmp_path, text))
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].words("fr") != caught.value.problems[0].words("en")


def test_a_file_too_large_is_not_parsed(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        load(written(tmp_path, "#" * 5_000_001))
    assert caught.value.problems[0].code == "scenario_too_large"


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ScenarioInvalid):
        load(tmp_path / "x.yaml")


@pytest.mark.parametrize("name", ["../secret.yaml", "/etc/passwd", "a/../../b.yaml", "x.txt"])
def test_a_part_outside_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    text = SMALL.replace("claims:", f'parts: ["{name}"]\nclaims:', 1)
    with pytest.raises(ScenarioInvalid) as caught:
        load(written(tmp_path, text))
    assert caught.value.problems[0].code == "part_outside"


def test_a_part_adds_its_posts_in_time_order(tmp_path: Path) -> None:
    part = (
        "posts: [{id: q1, at: +0h05m, by: anne, text: Ici, "
        "truth: {category: sentiment, urgency: none}}]"
    )
    written(tmp_path, part, "suite.yaml")
    scenario = load(written(tmp_path, SMALL.replace("claims:", "parts: [suite.yaml]\nclaims:", 1)))
    assert [post.id for post in scenario.posts] == ["p1", "q1", "p2", "p3", "p4", "p5"]


@pytest.mark.parametrize("name", ["nothing", "../orge-yvette", "", "a/b"])
def test_an_unknown_name_is_told(name: str) -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        load_shipped(name)
    assert caught.value.problems[0].code == "scenario_unknown"


def test_every_code_has_its_words_in_both_languages() -> None:
    assert all(words["fr"] and words["en"] for words in WORDS.values())


def test_truths_come_in_order_beside_the_post_and_not_in_it(tmp_path: Path) -> None:
    found = list(truths(load(written(tmp_path, SMALL))))
    assert [wire["id"] for wire, _ in found] == ["p1", "p2", "p3", "p4", "p5"]
    assert all(wire["id"] == truth.post_id for wire, truth in found)
    assert found[2][1].duplicate_of == "p2"
    assert found[1][1].communes == ("91471",)
    assert not {"truth", "category", "urgency", "claim"} & set(found[1][0])


@given(h=st.integers(0, 200), m=st.integers(0, 59), s=st.integers(0, 59))
def test_relative_times_read_as_seconds(h: int, m: int, s: int) -> None:
    assert seconds(f"+{h}h{m:02d}m{s:02d}s") == h * 3600 + m * 60 + s


@given(st.text(max_size=12))
def test_no_text_makes_reading_a_time_fail(text: str) -> None:
    assert (found := seconds(text)) is None or found >= 0
