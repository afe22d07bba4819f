"""CSV that a spreadsheet can open without running anything somebody else wrote into it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula.

    After OWASP's advice on CSV injection. Numbers with a sign are left ("-12", "+33", "-3,5"): they
    compute nothing.
    """
    if not text.startswith(_DANGEROUS):
        return text
    try:
        float(text.replace(",", ".").replace(" ", ""))
    except ValueError:
        return f"'{text}"
    return text


def csv_line(cells: Sequence[str], *, delimiter: str = ";") -> str:
    """One line of CSV (RFC 4180 quoting, CRLF), cells made safe."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
