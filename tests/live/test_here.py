"""Who is on the map: told to those who may know, never written down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.accounts.roles import Right
from vigie.live.here import (
    APART_S,
    STAYS_S,
    Crowd,
    NotSaid,
    Place,
    frame_of,
    pack,
    read_said,
    unpack,
)

TEAM = frozenset({Right.SEE_LAYERS, Right.SEE_TEAM_LAYERS})
PARTNER = frozenset({Right.SEE_LAYERS})
ANA = Place(chain=1, page="a", person=7, name="Ana", at=(2.2, 48.6), holds="x", drawing=True)


def test_a_partner_is_not_told_where_somebody_works_on_a_layer_of_the_team() -> None:
    assert ANA.told_to(TEAM) == {
        "page": "a", "person": 7, "name": "Ana", "at": (2.2, 48.6), "holds": "x", "drawing": True,
    }  # fmt: skip
    told = ANA.told_to(PARTNER)
    assert told is not None
    assert (told["name"], told["at"], told["holds"], told["drawing"]) == ("Ana", None, "", False)
    assert ANA.told_to(frozenset()) is None
    assert frame_of(ANA, frozenset()) is None


def test_a_word_has_no_id_so_that_a_stream_resumes_where_it_was() -> None:
    frame = frame_of(ANA, TEAM)
    assert frame is not None
    assert b"id:" not in frame
    assert json.loads(frame.decode().split("data: ")[1])["name"] == "Ana"


def test_who_says_nothing_for_a_while_has_gone() -> None:
    crowd = Crowd()
    assert crowd.take(ANA, 0.0)
    assert [each["name"] for each in crowd.others(1, "b", TEAM, 1.0)] == ["Ana"]
    assert crowd.others(1, "a", TEAM, 1.0) == []
    assert crowd.others(2, "b", TEAM, 1.0) == []
    assert crowd.others(1, "b", TEAM, STAYS_S + 1) == []


def test_what_is_said_too_soon_is_not_passed_on_and_nobody_speaks_for_another_s_page() -> None:
    crowd = Crowd()
    assert crowd.take(ANA, 0.0)
    assert not crowd.take(ANA, APART_S / 2)
    assert crowd.take(ANA, APART_S * 2)
    other = Place(chain=1, page="a", person=8, name="Eve", gone=True)
    assert not crowd.take(other, 5.0)
    assert crowd.take(Place(chain=1, page="a", person=7, name="Ana", gone=True), 5.0)
    assert crowd.others(1, "b", TEAM, 5.0) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"page": ""}', b'{"page": 3}',
        b'{"page": "a", "at": [1]}', b'{"page": "a", "at": [999, 0]}', b'{"page": "a", "at": [1e999, 0]}',
        b'{"page": "' + b"x" * 50 + b'"}',
    ],
)  # fmt: skip
def test_what_no_page_says_is_refused(body: bytes) -> None:
    with pytest.raises(NotSaid):
        read_said(body)


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        read_said(body)
    except NotSaid:
        return


def test_another_process_reads_what_one_said() -> None:
    assert unpack(pack(ANA, "p1")) == ("p1", ANA)
    assert unpack("{}") is None
    assert unpack("nonsense") is None
