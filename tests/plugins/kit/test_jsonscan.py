"""Objects cut out of large JSON documents."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.plugins.kit import jsonscan
from vigie.plugins.kit.jsonscan import objects_in

pytestmark = pytest.mark.pure
VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab"\\{}[]:é\n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "messages", "b{"]), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=5)


@given(OBJECTS, st.integers(1, 40), st.booleans())
def test_each_object_of_the_list_is_cut_out_whole_wherever_blocks_end(
    objects: list[dict[str, Any]], block: int, ascii_only: bool
) -> None:
    text = json.dumps(
        {"name": "Crue", "x": [1, {"y": 2}], "messages": objects, "z": {}}, ensure_ascii=ascii_only
    )
    before, jsonscan.BLOCK = jsonscan.BLOCK, block  # type: ignore[misc]
    try:
        cuts = list(objects_in(io.BytesIO(text.encode()), within=b"messages"))
        middle = cuts[len(cuts) // 2].end if cuts else 0
        rest = list(objects_in(io.BytesIO(text.encode()), within=b"messages", offset=middle))
    finally:
        jsonscan.BLOCK = before  # type: ignore[misc]
    assert [json.loads(cut.raw or b"") for cut in cuts] == objects
    assert [cut.end for cut in rest] == [cut.end for cut in cuts if cut.end > middle]


@given(OBJECTS)
def test_the_outermost_list_needs_no_name(objects: list[dict[str, Any]]) -> None:
    text = "window.YTD.tweets.part0 = " + json.dumps(objects)
    assert [json.loads(c.raw or b"") for c in objects_in(io.BytesIO(text.encode()))] == objects


def test_what_stands_before_a_list_comes_with_its_objects() -> None:
    text = json.dumps(
        {
            "chats": {
                "list": [{"name": n, "id": i, "messages": [{"id": 1}]} for i, n in enumerate("ab")]
            }
        }
    )
    contexts = [c.context for c in objects_in(io.BytesIO(text.encode()), within=b"messages")]
    assert [b'"name": "a"' in contexts[0], b'"name": "b"' in contexts[1]] == [True, True]


def test_a_document_cut_short_gives_what_is_whole() -> None:
    text = b'{"messages": [{"id": 1}, {"id": "unfinis'
    assert [c.raw for c in objects_in(io.BytesIO(text), within=b"messages")] == [b'{"id": 1}']


def test_an_object_that_is_too_large_is_passed_over_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jsonscan, "LARGEST", 2_000)
    monkeypatch.setattr(jsonscan, "BLOCK", 500)
    large = {"id": 1, "parts": [{"t": "x" * 100}] * 50}
    text = json.dumps({"messages": [large, {"id": 2}]}).encode()
    assert [c.raw for c in objects_in(io.BytesIO(text), within=b"messages")] == [None, b'{"id": 2}']
