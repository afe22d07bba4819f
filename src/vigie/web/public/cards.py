"""The picture people share: verdict, title, date, who answers; the EXERCISE band when it is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from vigie.verification.models import FactCheck, FactCheckVersion
from vigie.verification.vocabulary import VERDICTS
from vigie.web.public.wording import exact_moment, organisation

LANDSCAPE: Final = (1200, 630)
SQUARE: Final = (1080, 1080)
FONT: Final = "ui/vendor/source-sans-3-latin.woff2"

INK, SOFT, PAPER = "#172027", "#4d5963", "#ffffff"
EXERCISE, STRIPE = "#b0182b", "#8f0f20"
COLOURS: Final = {
    "true": "#00695f", "unverifiable": "#4d5963", "satire": "#5b3fa3",
}  # fmt: skip
DENIED: Final = "#7d2a6f"
"""The scale of verification (tokens.css, light): a colour never stands without word and sign."""
MARGIN: Final = 64


@dataclass(frozen=True, kw_only=True)
class Card:
    """What stands on a card, in the language it was made in."""

    verdict: str
    word: str
    title: str
    foot: str
    who: str
    band: str
    """The word of the band; empty for the real thing."""
    notice: str
    """Withdrawn, or nothing."""

    @classmethod
    def of(cls, fact_check: FactCheck, version: FactCheckVersion, language: str) -> Card:
        operation = fact_check.claim.operation
        return cls(
            verdict=version.verdict,
            word=str(VERDICTS[version.verdict].label),
            title=version.content[language]["title"],
            foot=exact_moment(version.at, operation.time_zone),
            who=organisation(version, operation),
            band=_("EXERCISE") if operation.is_exercise else "",
            notice=_("Withdrawn") if version.kind == "withdrawn" else "",
        )


@lru_cache(maxsize=32)
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = finders.find(FONT)
    if not isinstance(path, str):
        return ImageFont.load_default(size)
    font = ImageFont.truetype(path, size)
    font.set_variation_by_axes([weight])
    return font


@lru_cache(maxsize=64)
def draw(card: Card, size: tuple[int, int]) -> bytes:
    """The card as PNG of `size` pixels."""
    width, height = size
    image = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(image)
    top = MARGIN
    if card.band:
        _band(pen, width, card.band)
        top += 64
    colour = COLOURS.get(card.verdict, DENIED)
    pen.rectangle((0, 64 if card.band else 0, 16, height), fill=colour)
    word = card.notice or card.word
    font = _font(64, 700)
    wide = pen.textlength(word.upper(), font=font)
    pen.rounded_rectangle((MARGIN, top, MARGIN + 124 + wide, top + 104), 12, fill=colour)
    _sign(pen, "withdrawn" if card.notice else card.verdict, (MARGIN + 24, top + 24, 56))
    pen.text((MARGIN + 100, top + 52), word.upper(), font=font, fill=PAPER, anchor="lm")
    foot_at = height - MARGIN - 76
    _title(pen, card.title, (MARGIN, top + 144), (width - 2 * MARGIN, foot_at - top - 168))
    pen.line((MARGIN, foot_at - 12, width - MARGIN, foot_at - 12), fill="#d9dee2", width=2)
    small = _font(30, 600)
    pen.text(
        (MARGIN, foot_at), _cut(pen, card.who, small, width - 2 * MARGIN), font=small, fill=INK
    )
    pen.text((MARGIN, foot_at + 42), card.foot, font=_font(28, 400), fill=SOFT)
    file = BytesIO()
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(file, "PNG", optimize=True)
    return file.getvalue()


def _band(pen: ImageDraw.ImageDraw, width: int, word: str) -> None:
    pen.rectangle((0, 0, width, 64), fill=EXERCISE)
    for x in range(-64, width, 48):
        pen.polygon([(x, 64), (x + 24, 64), (x + 88, 0), (x + 64, 0)], fill=STRIPE)
    font = _font(40, 800)
    wide = pen.textlength(word, font=font)
    middle = width / 2
    pen.rectangle((middle - wide / 2 - 24, 0, middle + wide / 2 + 24, 64), fill=EXERCISE)
    pen.text((middle, 32), word, font=font, fill=PAPER, anchor="mm")


def _sign(pen: ImageDraw.ImageDraw, verdict: str, box: tuple[float, float, float]) -> None:
    """A sign per verdict, so that nothing hangs on colour: tick, cross, question mark, or "!"."""
    x, y, side = box
    pen.ellipse((x, y, x + side, y + side), fill=PAPER)
    colour = COLOURS.get(verdict, DENIED)
    if verdict == "true":
        pen.line(
            [(x + 15, y + 29), (x + 25, y + 39), (x + 42, y + 19)], fill=colour, width=7,
            joint="curve",
        )  # fmt: skip
    elif verdict == "false":
        pen.line((x + 17, y + 17, x + 39, y + 39), fill=colour, width=7)
        pen.line((x + 39, y + 17, x + 17, y + 39), fill=colour, width=7)
    else:
        mark = "?" if verdict == "unverifiable" else "!"
        middle = (x + side / 2, y + side / 2)
        pen.text(middle, mark, font=_font(44, 800), fill=colour, anchor="mm")


def _title(pen: ImageDraw.ImageDraw, text: str, at: tuple[int, int], room: tuple[int, int]) -> None:
    """The title as large as fits the room, cut with an ellipsis at the smallest size."""
    for size in (72, 64, 56, 48, 42, 36):
        font = _font(size, 700)
        lines = _wrapped(pen, text, font, room[0])
        step = round(size * 1.18)
        if len(lines) * step <= room[1] or size == 36:
            fitting = max(1, room[1] // step)
            if len(lines) > fitting:
                lines = [*lines[: fitting - 1], _cut(pen, lines[fitting - 1] + "…", font, room[0])]
            for number, line in enumerate(lines):
                pen.text((at[0], at[1] + number * step), line, font=font, fill=INK)
            return


def _wrapped(
    pen: ImageDraw.ImageDraw,
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    width: int,
) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pen.textlength(longer, font=font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_cut(pen, line, font, width) for line in lines]


def _cut(
    pen: ImageDraw.ImageDraw,
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    width: int,
) -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if pen.textlength(text, font=font) <= width:
        return text
    while text and pen.textlength(text + "…", font=font) > width:
        text = text[:-1]
    return text.rstrip(" …") + "…"
