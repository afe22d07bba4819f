"""Fifteen rumours said again in four languages: what must not get worse."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from vigie.analysis.claims import SUGGEST, ClaimIndex, ClaimText

pytestmark = pytest.mark.pure

LANGUAGES = ("fr", "en", "es", "de")


@cache
def rumours() -> list[dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "rumours.toml").read_text("utf-8"))["rumour"]


@cache
def index() -> ClaimIndex:
    return ClaimIndex([ClaimText(str(at), each["claim"]) for at, each in enumerate(rumours())])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rumour_said_in_another_way_or_language_is_the_first_answer(language: str) -> None:
    at = LANGUAGES.index(language)
    found = [index().nearest(each["said"][at], limit=1)[0] for each in rumours()]
    assert [near.id for near in found] == [str(number) for number in range(len(rumours()))]
    proposed = sum(near.score >= SUGGEST for near in found)
    assert proposed >= len(found) - 3


def test_the_same_thing_is_found_again_while_a_claim_is_being_worded() -> None:
    near = index().nearest("Un autocar d’écoliers a été emporté par l’eau", neutral=True)[0]
    assert near.id == "2"
    assert near.score >= SUGGEST
