"""A report in the format asked for."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _

from vigie.reporting.content import decode
from vigie.reporting.document import Document, lay_out
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
    """The report laid out in blocks: as it was frozen, or as it would be now."""
    if report.document is not None:
        return msgspec.convert(report.document, Document)
    return lay_out(report, decode(report.content))


def render(report: SituationReport, extension: str) -> File:
    """The report as a file; KeyError when the format is not in FORMATS."""
    media_type = FORMATS[extension]
    document = document_of(report)
    with translation.override(document.language):
        draft, exercise = _("DRAFT, not approved"), _("EXERCISE EXERCISE EXERCISE")
        page, stem = _("page"), _("situation-report")
    if extension == "pdf":
        body = pdf.write(
            document,
            draft_word=draft,
            exercise_word=exercise,
            page_word=page,
            at=report.frozen_at or report.created_at,
        )
    elif extension == "odt":
        body = odt.write(document, draft_word=draft, exercise_word=exercise)
    else:
        body = markdown.write(document, draft_word=draft, exercise_word=exercise).encode()
    mark = f"{exercise.split()[0]}-" if document.exercise else ""
    name = f"{mark}{stem}-{report.number}-{report.operation.slug}.{extension}"
    return File(name=name, media_type=media_type, body=body)
