from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.analysis.stream import Tally, analyse_lines

pytestmark = pytest.mark.pure


def post(number: int | str, text: str, **more: Any) -> bytes:
    wire = {"id": f"p{number}", "text": text, "created_at": "2016-06-01T08:00:00Z"} | more
    return json.dumps(wire).encode()


def analysed(*lines: bytes, tally: Tally | None = None) -> list[dict[str, Any]]:
    found = analyse_lines(lines, territory=("91",), tally=tally)
    return [json.loads(line) for line in found]


def test_a_post_comes_back_with_what_was_found_out() -> None:
    (found,) = analysed(
        post(1, "Au secours, coincés au 12 rue du Moulin à Longjumeau, l’eau monte !", mine=[1])
    )
    assert found["id"] == "p1"
    assert found["mine"] == [1]
    assert found["language"] == "fr"
    assert "longjumeau" in found["tokens"]
    assert found["categories"][0]["code"] == "appel_secours"
    assert found["urgency"]["level"] == "critical"
    assert {"text", "start", "end", "rule", "weight"} <= set(found["urgency"]["because"][0])
    assert [(p["kind"], p["code"]) for p in found["places"]] == [
        ("address", "91345"),
        ("commune", "91345"),
    ]
    assert (found["duplicate_of"], found["story"], found["claims"]) == (None, None, [])


def test_a_line_that_cannot_be_read_is_named_and_the_rest_goes_on() -> None:
    tally = Tally()
    lines = [b"{", post(1, "ok"), b"\n", b"[]", post(2, "ok", created_at="9999-01-01T00:00:00Z")]
    found = analysed(*lines, tally=tally)
    assert [entry.get("line") for entry in found] == [1, None, 4, 5]
    assert found[0]["error"].startswith("bad_json")
    assert found[3]["error"].startswith("implausible_date")
    assert (tally.lines, tally.failed) == (4, 3)


def test_what_was_left_out_of_a_post_is_named() -> None:
    (found,) = analysed(post(1, "ok", lat=200, lon=2))
    assert found["warnings"] == ["bad_coordinates"]


def test_copies_and_reposts_name_the_first_post_of_their_group() -> None:
    text = "La D118 est coupée entre Longjumeau et Ballainvilliers, passez par la N20"
    found = analysed(
        post(1, text),
        post(2, "RT @x " + text + " https://example.org"),
        post(3, "URGENT " + text),
        post(4, "", repost_of="p3"),
        post(5, text.replace("D118", "D35")),
        post(6, "Merci !"),
        post(7, "Merci !"),
        post(1, text),
    )
    assert [entry["duplicate_of"] for entry in found] == [
        None, "p1", "p1", "p1", None, None, None, None,
    ]  # fmt: skip


def test_offsets_lead_into_the_text_as_it_came() -> None:
    text = "\u202eA\u0000 E\u0301pinay\r\nl\u0027eau monte a\u0300 E\u0301vry \ud83d"
    line = json.dumps({"id": 1, "text": text, "created_at": "2016-06-01T08:00:00Z"}).encode()
    (found,) = analysed(line)
    assert found["text"] == text.replace("\ud83d", "\ufffd")
    names = [place["text"] for place in found["places"]]
    assert names == ["E\u0301pinay", "E\u0301vry"]
    for item in (*found["places"], *found["urgency"]["because"]):
        assert found["text"][item["start"] : item["end"]] == item["text"]


def test_a_megabyte_of_text_is_read_to_its_limit() -> None:
    (found,) = analysed(post(1, "Longjumeau sous l’eau. " * 50_000))
    assert "cut_text" in found["warnings"]
    assert found["places"][0]["text"] == "Longjumeau"


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=30) | st.text(max_size=30).map(lambda t: post("x", t))))
def test_any_lines_give_one_object_each(lines: list[bytes]) -> None:
    kept = [line for line in lines if line.strip()]
    assert len(analysed(*lines)) == len(kept)
