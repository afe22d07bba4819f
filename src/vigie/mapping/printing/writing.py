"""The sheet as a tagged PDF (PDF/UA-1), typeset by Typst without any network."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import typst

from vigie.mapping.printing.paper import COLUMN, FOOT, GAP, HEAD, MARGIN, STRIP, Paper, View, bar

LEGEND: Final = {"landscape": 22, "portrait": 18}
"""Rows of the legend that fit on an A4 sheet; the others stand on the next page."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A part of the list: `widths` are shares, `rows` as wide as `head`."""

    caption: str
    head: tuple[str, ...]
    widths: tuple[float, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a sheet, in its language."""

    legend: str
    legend_more: str
    listed: str
    page: str
    exercise: str
    """"" for a real operation."""
    north: str
    scale: str
    projection: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that stands on a sheet. `legend`: (SVG, words). `foot` are lines: sources, warnings."""

    language: str
    title: str
    facts: tuple[str, ...]
    svg: str
    legend: Sequence[tuple[str, str]]
    foot: tuple[str, ...]
    tables: Sequence[Table]
    words: Words
    at: datetime


def write(sheet: Sheet, paper: Paper, view: View) -> bytes:
    """The PDF's bytes, the same for the same sheet."""
    template = (files("vigie.mapping") / "printing" / "sheet.typ").read_text("utf-8")
    room = (COLUMN if paper.way == "landscape" else 62.0) - 14
    metres, bar_mm = bar(view.scale, room)
    most = LEGEND[paper.way] * (2 if paper.size == "a3" else 1)
    legend = [[f"legend-{number}.svg", words] for number, (_, words) in enumerate(sheet.legend)]
    data = {
        "language": sheet.language, "title": sheet.title, "facts": sheet.facts,
        "paper": {
            "width": paper.width, "height": paper.height, "margin": MARGIN, "head": HEAD,
            "foot": FOOT, "gap": GAP, "column": COLUMN, "strip": STRIP,
            "lying": paper.way == "landscape", "large": paper.size == "a3",
        },
        "map": {"width": view.width, "height": view.height},
        "bar": {"mm": bar_mm, "half": distance(metres / 2, sheet.language), "whole": distance(metres, sheet.language)},
        "legend": legend[:most], "legend_more": legend[most:], "foot": sheet.foot,
        "tables": [
            {"caption": each.caption, "head": each.head, "widths": each.widths, "rows": each.rows}
            for each in sheet.tables
        ],
        "words": {
            name: getattr(sheet.words, name)
            for name in ("legend", "legend_more", "listed", "page", "exercise", "north", "scale", "projection", "alt")
        },
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="vigie-print-") as folder:
        root = Path(folder)
        (root / "sheet.typ").write_text(template, encoding="utf-8")
        (root / "sheet.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (root / "map.svg").write_text(sheet.svg, encoding="utf-8")
        for number, (svg, _) in enumerate(sheet.legend):
            (root / f"legend-{number}.svg").write_text(svg, encoding="utf-8")
        made: bytes = typst.compile(
            str(root / "sheet.typ"), root=folder, ignore_system_fonts=True,
            pdf_standards=["ua-1"], timestamp=int(sheet.at.timestamp()),
        )  # fmt: skip
        return made


def distance(metres: float, language: str) -> str:
    """250 m, 2.5 km; in French 2,5 km."""
    figure = f"{metres / 1_000:g} km" if metres >= 1_000 else f"{metres:g} m"
    return figure.replace(".", ",") if language == "fr" else figure
