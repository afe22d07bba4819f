"""How a layer looks by rule: read, refused with the place of the fault, and told of an object."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.mapping.styles import (
    FAMILIES,
    Facts,
    Look,
    StyleRefused,
    look_of,
    read_style,
    write_style,
)

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def rule(look: dict[str, Any], *when: dict[str, Any]) -> dict[str, Any]:
    return {"when": list(when), "look": look}


DEEP = {"on": "attribute", "op": "at_least", "key": "depth_m", "value": 1}


def seen(style: dict[str, Any], template: Look | None = None, **facts: Any) -> Look:
    return look_of(read_style(style), Facts(**facts), template=template, now=NOW)


def test_an_object_looks_as_its_template_does_without_a_style() -> None:
    found = seen({}, Look(family="water", sign="flood"))
    assert (found.family, found.sign, found.width, found.label) == ("water", "flood", 3.0, "name")


def test_the_first_rule_that_holds_and_sets_it_wins() -> None:
    style = {
        "look": {"family": "roads", "width": 5},
        "rules": [rule({"family": "hazard"}, DEEP), rule({"family": "people", "dash": "dotted"})],
    }
    deep = seen(style, attributes={"depth_m": 1.5})
    assert (deep.family, deep.dash, deep.width) == ("hazard", "dotted", 5)
    assert seen(style, attributes={"depth_m": 0.2}).family == "people"


@pytest.mark.parametrize(
    ("asked", "attributes", "holds"),
    [
        (DEEP, {"depth_m": "1.2"}, True),
        (DEEP, {"depth_m": "haute"}, False),
        (DEEP, {}, False),
        ({"on": "attribute", "op": "at_most", "key": "n", "value": 3}, {"n": 3}, True),
        ({"on": "attribute", "op": "is", "key": "held", "value": "SDIS"}, {"held": "sdis"}, True),
        ({"on": "attribute", "op": "is", "key": "n", "value": 2}, {"n": 2.0}, True),
        ({"on": "attribute", "op": "is_not", "key": "held", "value": "x"}, {}, True),
        ({"on": "attribute", "op": "contains", "key": "road", "value": "257"}, {"road": "D 257"}, True),
        ({"on": "attribute", "op": "missing", "key": "road"}, {"road": ""}, True),
        ({"on": "attribute", "op": "given", "key": "road"}, {"road": "D 1"}, True),
    ],
)  # fmt: skip
def test_a_condition_on_an_attribute(
    asked: dict[str, Any], attributes: dict[str, Any], holds: bool
) -> None:
    style = {"rules": [rule({"family": "crowd"}, asked)]}
    assert (seen(style, attributes=attributes).family == "crowd") == holds


def test_validity_and_rating_can_be_asked() -> None:
    over = {"rules": [rule({"dash": "dotted"}, {"on": "validity", "op": "is", "value": "past"})]}
    assert seen(over, valid_until=NOW).dash == "dotted"
    assert seen(over, valid_until=NOW + timedelta(minutes=1)).dash == "solid"
    sure = {
        "rules": [
            rule(
                {"width": 8},
                {"on": "reliability", "op": "at_least", "value": "B"},
                {"on": "credibility", "op": "at_most", "value": 2},
            )
        ]
    }
    assert seen(sure, reliability="A", credibility=2).width == 8
    assert seen(sure, reliability="C", credibility=1).width == 3


@pytest.mark.parametrize(
    ("style", "where", "code"),
    [
        ([], "style", "unknown"),
        ({"look": {"family": "pink"}}, "look.family", "unknown"),
        ({"look": {"width": "wide"}}, "look.width", "not_a_number"),
        ({"look": {"opacity": 7}}, "look.opacity", "out_of_range"),
        ({"look": {"label": "javascript"}}, "look.label", "unknown"),
        ({"rules": [rule({}, {**DEEP, "key": ""})]}, "rules.0.when.0.key", "missing"),
        ({"rules": [rule({}, {**DEEP, "value": ""})]}, "rules.0.when.0.value", "missing"),
        ({"rules": [rule({}, {"on": "moon", "op": "is"})]}, "rules.0.when.0.on", "unknown"),
        ({"rules": [rule({})] * 41}, "rules", "too_many"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(style: Any, where: str, code: str) -> None:
    with pytest.raises(StyleRefused) as refused:
        read_style(style)
    assert (refused.value.where, refused.value.code) == (where, code)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["look", "rules", "when", "on", "op", "width"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_breaks_the_reader(value: Any) -> None:
    try:
        style = read_style(value)
    except StyleRefused:
        return
    assert read_style(write_style(style)) == style
    assert look_of(style, Facts(), now=NOW).family in FAMILIES
