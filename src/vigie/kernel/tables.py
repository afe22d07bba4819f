"""Cells of tables that people will open in a spreadsheet."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """The text as a spreadsheet will show it and not run it: a formula gets an apostrophe in front.

    After OWASP's advice on CSV injection. Numbers ("-3.5", "+33") stay numbers.
    """
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text.replace(",", ".").replace(" ", ""))
    except ValueError:
        return "'" + text
    return text
