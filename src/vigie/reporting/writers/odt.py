"""A situation report as an OpenDocument text, to be edited elsewhere."""

from __future__ import annotations

import io

import odfdo

from vigie.reporting.document import Bullets, Document, Heading, Paragraph, Picture, Table


def write(document: Document, *, draft_word: str, exercise_word: str) -> bytes:
    """The file's bytes. The map goes in as SVG, with its description."""
    made = odfdo.Document("text")
    made.set_language(f"{document.language}-{'FR' if document.language == 'fr' else 'GB'}")
    body = made.body
    body.clear()
    if document.exercise:
        body.append(odfdo.Paragraph(exercise_word))
    if document.draft:
        body.append(odfdo.Paragraph(draft_word))
    body.append(odfdo.Header(1, document.title))
    body.append(_table("facts", [list(fact) for fact in document.facts]))
    tables = 0
    for block in document.blocks:
        if isinstance(block, Heading):
            body.append(odfdo.Header(block.level, block.text))
        elif isinstance(block, Paragraph):
            for line in block.text.splitlines():
                if line.strip():
                    body.append(odfdo.Paragraph(line))
        elif isinstance(block, Bullets):
            body.append(odfdo.List(list(block.items)))
        elif isinstance(block, Table):
            tables += 1
            body.append(odfdo.Paragraph(block.caption))
            body.append(
                _table(f"table{tables}", [list(block.head), *(list(row) for row in block.rows)])
            )
        elif isinstance(block, Picture):
            body.append(_picture(made, document.picture, block.alt))
            body.append(odfdo.Paragraph(block.alt))
    body.append(odfdo.Paragraph(document.foot))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _table(name: str, rows: list[list[str]]) -> odfdo.Table:
    table = odfdo.Table(name)
    for values in rows:
        row = odfdo.Row()
        for value in values:
            row.append_cell(odfdo.Cell(value, cell_type="string"))
        table.append_row(row)
    return table


def _picture(made: odfdo.Document, picture: str, alt: str) -> odfdo.Paragraph:
    path = "Pictures/map.svg"
    made.set_part(path, picture.encode())
    made.manifest.add_full_path(path, "image/svg+xml")
    frame = odfdo.Frame.image_frame(
        path, name="map", size=("17cm", "10.9cm"), anchor_type="as-char"
    )
    frame.svg_description = alt
    paragraph = odfdo.Paragraph()
    paragraph.append(frame)
    return paragraph
