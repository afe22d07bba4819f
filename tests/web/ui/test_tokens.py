"""The colours keep their contrast: WCAG AA for every text on every surface, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vigie

pytestmark = pytest.mark.pure

TOKENS = Path(vigie.__file__).parent / "web" / "ui" / "static" / "ui" / "css" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
PUBLIC = Path(vigie.__file__).parent / "web" / "public" / "static" / "public" / "public.css"
"""Residents on a bad line get one small file: it has a few of the tokens itself."""
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text())}
SURFACES = ("paper", "surface", "sunk", "raised", "hover")
TEXTS = (
    "ink", "ink-strong", "ink-soft", "accent", "danger", "warn", "good",
    "urgency-critical", "urgency-high", "urgency-medium", "urgency-low",
    "verify-check", "verify-confirmed", "verify-denied", "verify-unverifiable",
)  # fmt: skip
ON_THEIR_OWN = (
    ("accent-ink", "accent"), ("accent-strong", "accent-soft"), ("ink", "accent-soft"),
    ("ink-soft", "accent-soft"), ("danger-ink", "danger"), ("danger", "danger-soft"),
    ("warn", "warn-soft"), ("good", "good-soft"), ("ink", "warn-soft"), ("ink", "danger-soft"),
    ("ink", "good-soft"), ("urgency-critical", "urgency-critical-soft"),
    ("urgency-high", "urgency-high-soft"), ("urgency-medium", "urgency-medium-soft"),
    ("urgency-low", "urgency-low-soft"), *((text, "accent-soft") for text in TEXTS[7:]),
)  # fmt: skip


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours, 1 … 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"), [*((text, ground) for text in TEXTS for ground in SURFACES), *ON_THEIR_OWN]
)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("edge", ["line-strong", "focus"])
@pytest.mark.parametrize("ground", SURFACES)
def test_edges_of_controls_and_the_focus_can_be_seen(edge: str, ground: str, theme: int) -> None:
    assert contrast(COLOURS[edge][theme], COLOURS[ground][theme]) >= 3


def test_no_other_style_sheet_names_a_colour() -> None:
    package = Path(vigie.__file__).parent
    named = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    guilty = {
        f"{path.relative_to(package)}: {found}"
        for path in package.glob("web/*/static/**/*.css")
        if "vendor" not in path.parts and path not in (TOKENS, PUBLIC)
        for found in named.findall(path.read_text(encoding="utf-8"))
    }
    assert guilty == set()


def test_the_public_page_has_the_colours_of_the_tokens() -> None:
    tokens, public = (path.read_text(encoding="utf-8") for path in (TOKENS, PUBLIC))
    pairs = [{(light, dark) for _, light, dark in PAIR.findall(text)} for text in (public, tokens)]
    assert len(pairs[0]) >= 8
    assert pairs[0] <= pairs[1]
    hexadecimal = re.compile(r"#[0-9a-fA-F]{3,8}\b")
    assert set(hexadecimal.findall(public)) <= set(hexadecimal.findall(tokens))
