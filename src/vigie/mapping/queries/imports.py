"""Imports of files: the list, one, and what of it was refused or mended."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from vigie.accounts.roles import Right
from vigie.mapping.models import FileImport, ImportNote
from vigie.operations.access import Desk


def file_imports(by: Desk) -> QuerySet[FileImport]:
    """The operation's imports, the newest first."""
    by.require(Right.EDIT_LAYERS)
    rows = FileImport.objects.filter(operation=by.operation)
    return rows.select_related("layer", "created_by").order_by("-number")


def file_import(by: Desk, number: int) -> FileImport | None:
    return file_imports(by).filter(number=number).first()


def same_file(by: Desk, sha256: str) -> FileImport | None:
    """The latest import of this very content that ended well."""
    return file_imports(by).filter(sha256=sha256, state="done").first()


def notes(
    row: FileImport, *, refused: bool, after: int = 0, limit: int | None = 100
) -> Sequence[ImportNote]:
    """Objects refused (or mended), by their place in the file, those beyond `after`."""
    found = ImportNote.objects.filter(file=row, refused=refused, number__gt=after)
    ordered = found.order_by("number", "pk")
    return list(ordered if limit is None else ordered[:limit])


def refused_by_code(row: FileImport) -> list[tuple[str, int]]:
    """How many were refused, by reason, most first."""
    found = (
        ImportNote.objects.filter(file=row, refused=True)
        .values_list("code")
        .annotate(n=Count("pk"))
        .order_by("-n", "code")
    )
    return [(code, n) for code, n in found]
