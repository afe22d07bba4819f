"""Who names files of the blob store: a file that none of these tables names may be removed.

A domain app above this one adds its tables when it starts (`AppConfig.ready`).
"""

from __future__ import annotations

from collections.abc import Iterable

from vigie.collection import bulk

_columns: set[tuple[str, str]] = {
    ("collection_media", "blob"),
    ("collection_frozenfile", "blob"),
    ("collection_import", "blob"),
}


def register(*columns: tuple[str, str]) -> None:
    """Let (table, column) pairs hold the files they name. Names of ours, never a person's."""
    _columns.update(columns)


def unheld(names: Iterable[str]) -> list[str]:
    """Those among these files that no table names, sorted."""
    left = set(names)
    for table, column in sorted(_columns):
        if not left:
            break
        left -= {
            row[0]
            for row in bulk.select_in(
                f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IN {{}}', left  # noqa: S608
            )
        }  # fmt: skip
    return sorted(left)
