"""A situation report as a tagged PDF (PDF/UA-1), typeset by Typst without any network."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import msgspec
import typst

from vigie.reporting.document import Document


def write(
    document: Document,
    *,
    draft_word: str,
    exercise_word: str,
    page_word: str,
    at: datetime,
) -> bytes:
    """The PDF's bytes. `at` is the date written into the file, so that the same frozen report gives
    the same bytes."""
    template = (files("vigie.reporting") / "writers" / "situation_report.typ").read_text("utf-8")
    data = {
        "title": document.title,
        "language": document.language,
        "exercise": exercise_word if document.exercise else "",
        "draft": draft_word if document.draft else "",
        "page": page_word,
        "facts": [list(fact) for fact in document.facts],
        "blocks": msgspec.to_builtins(document.blocks),
        "foot": document.foot,
    }
    with tempfile.TemporaryDirectory(prefix="vigie-pdf-") as folder:
        root = Path(folder)
        (root / "report.typ").write_text(template, encoding="utf-8")
        (root / "report.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (root / "map.svg").write_text(document.picture, encoding="utf-8")
        made: bytes = typst.compile(
            str(root / "report.typ"),
            root=folder,
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(at.timestamp()),
        )
        return made
