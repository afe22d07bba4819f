"""A report in the format asked for."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from vigie.reporting.content import decode
from vigie.reporting.document import Document, lay_out
from vigie.reporting.map_picture import draw
from vigie.reporting.models import SituationReport
from vigie.reporting.writers import markdown, odt, pdf

FORMATS = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "md": "text/markdown; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True)
class File:
    name: str
    media_type: str
    body: bytes


def document_of(report: SituationReport) -> Document:
    """The report laid out in blocks."""
    return lay_out(report, decode(report.content))


def picture_of(report: SituationReport) -> str:
    """The report's map as SVG."""
    return draw(decode(report.content))


def render(report: SituationReport, extension: str) -> File:
    """The report as a file; KeyError when the format is not in FORMATS."""
    media_type = FORMATS[extension]
    content = decode(report.content)
    document = lay_out(report, content)
    with translation.override(content.language):
        draft, exercise = _("DRAFT, not approved"), _("EXERCISE EXERCISE EXERCISE")
        page, stem = _("page"), _("situation-report")
    if extension == "pdf":
        body = pdf.write(
            document,
            picture=draw(content),
            draft_word=draft,
            exercise_word=exercise,
            page_word=page,
            at=report.frozen_at or report.created_at,
        )
    elif extension == "odt":
        body = odt.write(document, picture=draw(content), draft_word=draft, exercise_word=exercise)
    else:
        body = markdown.write(document, draft_word=draft, exercise_word=exercise).encode()
    mode = f"{_exercise_prefix()}-" if content.exercise else ""
    name = f"{mode}{stem}-{report.number}-{report.operation.slug}.{extension}"
    return File(name=name, media_type=media_type, body=body)


def _exercise_prefix() -> str:
    return "EXERCICE"
