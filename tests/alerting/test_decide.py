"""What a finding does to an alert, and what entries about measures mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vigie.alerting import decide
from vigie.alerting.decide import Ending, Finding, Seen, Standing
from vigie.alerting.kinds import Indicator, Place, SettingsInvalid, Urgency, settings_of

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HALF = 1800


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("latest", "lasting", "does"),
    [
        (None, False, "open"),
        (Standing(state="open"), False, "join"),
        (Standing(state="open"), True, "nothing"),
        (Standing(state="acknowledged", settled_at=ago(60)), False, "count"),
        (Standing(state="acknowledged", settled_at=ago(HALF)), False, "open"),
        (Standing(state="acknowledged", settled_at=ago(9 * HALF)), True, "nothing"),
        (Standing(state="over", settled_at=ago(60)), False, "open"),
        (Standing(state="over", settled_at=ago(60)), True, "open"),
    ],
)
def test_a_finding_opens_joins_or_is_only_counted(
    latest: Standing | None, lasting: bool, does: str
) -> None:
    assert decide.fate(latest, lasting=lasting, repeat_s=HALF, now=NOW) == does


def _due(latest: Standing | None, group_s: int = 0) -> datetime:
    return decide.due(
        latest, group_s=group_s, repeat_s=HALF, quiet=None, urgent=False, now=NOW
    )[0]  # fmt: skip


def test_the_first_message_waits_for_others_to_join_and_the_next_for_its_turn() -> None:
    assert _due(None) == NOW
    assert _due(None, group_s=120) == NOW + timedelta(seconds=120)
    assert _due(Standing(state="open", told_at=ago(600))) == NOW + timedelta(seconds=1200)
    assert _due(Standing(state="open", told_at=ago(9000)), group_s=60) == (
        NOW + timedelta(seconds=60)
    )


def test_a_source_that_comes_and_goes_is_not_told_of_each_time() -> None:
    assert _due(Standing(state="over", settled_at=ago(5), told_at=ago(60))) == (
        NOW + timedelta(seconds=HALF - 60)
    )


def test_merged_facts_keep_the_gravest_level_and_add_up_posts() -> None:
    found = decide.merged(
        {"level": 4, "posts": 2, "leads": [1, 2], "place": "Orsay"},
        {"level": 3, "posts": 1, "leads": [2, 3], "place": "Orsay"},
    )
    assert found == {"level": 4, "posts": 3, "leads": [1, 2, 3], "place": "Orsay"}


def test_posts_counted_in_a_window_do_not_add_up() -> None:
    assert decide.merged({"posts": 9}, {"posts": 12, "window_s": 600})["posts"] == 12


def _seen(pk: int = 1, **fields: Any) -> Seen:
    return Seen(
        **{
            "id": pk, "at": NOW, "urgency": 3, "category": "victimes", "place_name": "Orsay",
            "place_code": "91471", **fields,
        }
    )  # fmt: skip


def test_posts_of_a_place_are_one_finding_and_each_incident_its_own() -> None:
    found = decide.findings_of(
        Urgency(level=3),
        [
            _seen(1), _seen(2, urgency=4), _seen(3, place_code="91345", place_name="Longjumeau"),
            _seen(4, urgency=2), _seen(5, number=12), _seen(6, number=13),
        ],
    )  # fmt: skip
    assert {each.key: each.count for each in found} == {
        "place:91471": 2, "place:91345": 1, "incident:5": 1, "incident:6": 1,
    }  # fmt: skip
    orsay = next(each for each in found if each.key == "place:91471")
    assert orsay.facts["level"] == 4
    assert orsay.facts["leads"] == [1, 2]
    assert orsay.subject == ("lead", 2)


def test_a_rule_for_some_watches_asks_it_of_posts_only() -> None:
    asked = Urgency(level=1, watches=(7,))
    assert decide.answers(asked, _seen(watches=frozenset({7, 8})))
    assert not decide.answers(asked, _seen(watches=frozenset({8})))
    assert decide.answers(asked, _seen(number=3))


def test_a_rule_of_posts_says_nothing_of_incidents_and_the_other_way_round() -> None:
    assert not decide.answers(Urgency(level=1, of="posts"), _seen(number=3))
    assert not decide.answers(Urgency(level=1, of="incidents"), _seen())


@pytest.mark.parametrize(
    ("place", "code", "covers"),
    [
        ("91471", "91471", True), ("91471", "91345", False), ("91", "91345", True),
        ("91", "", False), ("2A", "2A004", True), ("974", "97411", True), ("9", "91345", True),
    ],
)  # fmt: skip
def test_a_departement_covers_its_communes(place: str, code: str, covers: bool) -> None:
    assert decide.covers(place, code) is covers


def test_a_place_rule_needs_a_place() -> None:
    assert decide.answers(Place(places=("91",)), _seen(urgency=0))
    with pytest.raises(SettingsInvalid) as refused:
        settings_of("place", {"places": []})
    assert refused.value.field == "places"


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("posts", {"at_least": 0}, "at_least"),
        ("burst", {"sensitivity": "mad"}, "sensitivity"),
        ("urgency", {"level": 9}, "level"),
        ("urgency", {"of": "dogs"}, "of"),
        ("indicator", {"what": []}, "what"),
        ("indicator", {"what": ["weather"]}, "what"),
        ("telepathy", {}, "kind"),
    ],
)
def test_settings_that_say_nothing_are_refused_by_their_field(
    kind: str, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        settings_of(kind, settings)
    assert refused.value.field == field


ORGE = {"name": "L'Orge à Morsang", "kind": "level", "unit": "m", "value": 1.62, "level": None}


def _of(verb: str, asked: Indicator | None = None, **data: Any) -> Finding | Ending | None:
    return decide.of_measure(asked or Indicator(), verb, 12, {**ORGE, **data}, at=NOW)


def test_a_threshold_passed_is_found_and_passed_back_ends_it_alone() -> None:
    threshold = {"id": 5, "name": "Crue de juin 2016", "value": 1.6}
    up = _of("indicator.threshold", direction="up", threshold=threshold)
    down = _of("indicator.threshold", direction="down", threshold=threshold)
    assert isinstance(up, Finding)
    assert isinstance(down, Ending)
    assert up.key.startswith(down.prefix)
    assert not up.key.startswith(down.prefix.replace(":5:", ":52:"))
    assert up.facts["threshold"] == "Crue de juin 2016"
    assert up.subject == ("indicator", 12)


def test_colours_are_told_from_the_one_asked_for_on_and_again_when_worse() -> None:
    yellow = _of("indicator.colour", direction="up", level=2)
    orange = _of("indicator.colour", direction="up", level=3)
    red = _of("indicator.colour", direction="up", level=4)
    back = _of("indicator.colour", direction="down", level=2)
    assert isinstance(yellow, Ending)
    assert isinstance(orange, Finding)
    assert isinstance(red, Finding)
    assert orange.key != red.key
    assert _of("indicator.colour", direction="down", level=3) is None
    assert isinstance(back, Ending)
    assert orange.key.startswith(back.prefix)
    assert red.key.startswith(back.prefix)


def test_rising_states_and_silence_are_told_with_their_ends() -> None:
    assert isinstance(_of("indicator.rising", direction="up", slope=0.4), Finding)
    assert isinstance(_of("indicator.rising", direction="down", slope=0.0), Ending)
    assert isinstance(_of("indicator.state", state="closed"), Finding)
    assert isinstance(_of("indicator.state", state="ended"), Ending)
    silent = Indicator(what=("silent",))
    assert isinstance(_of("indicator.silent", silent, direction="down"), Finding)
    assert isinstance(_of("indicator.silent", silent, direction="up"), Ending)


def test_a_rule_speaks_only_of_what_it_was_asked() -> None:
    assert _of("indicator.rising", Indicator(what=("colour",)), direction="up") is None
    assert _of("indicator.rising", Indicator(indicators=(13,)), direction="up") is None
    assert isinstance(_of("indicator.rising", Indicator(indicators=(12,)), direction="up"), Finding)
