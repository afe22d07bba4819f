"""A situation report as Markdown (CommonMark with tables)."""

from __future__ import annotations

import re

from vigie.reporting.document import Bullets, Document, Heading, Paragraph, Picture, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def write(document: Document, *, draft_word: str, exercise_word: str) -> str:
    """The whole document. What people wrote is escaped: no markup of theirs takes effect."""
    out = []
    if document.exercise:
        out.append(f"**{exercise_word}**\n")
    if document.draft:
        out.append(f"**{draft_word}**\n")
    out.append(f"# {_escape(document.title)}\n")
    out.append("\n".join(f"- **{_escape(k)}** : {_escape(v)}" for k, v in document.facts) + "\n")
    for block in document.blocks:
        if isinstance(block, Heading):
            out.append(f"{'#' * block.level} {_escape(block.text)}\n")
        elif isinstance(block, Paragraph):
            out.append(
                "\n\n".join(_escape(line) for line in block.text.splitlines() if line) + "\n"
            )
        elif isinstance(block, Bullets):
            out.append("\n".join(f"- {_escape(item)}" for item in block.items) + "\n")
        elif isinstance(block, Table):
            out.append(_table(block))
        elif isinstance(block, Picture):
            out.append(f"*{_escape(block.alt)}*\n")
    out.append(f"---\n{_escape(document.foot)}\n")
    return "\n".join(out)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _table(table: Table) -> str:
    lines = [
        "| " + " | ".join(_escape(cell) for cell in table.head) + " |",
        "|" + " --- |" * len(table.head),
    ]
    lines += ["| " + " | ".join(_escape(cell) for cell in row) + " |" for row in table.rows]
    return "\n".join(lines) + "\n"
