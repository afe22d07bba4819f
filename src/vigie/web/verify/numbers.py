"""Numbers as forms and addresses bring them."""

from __future__ import annotations


def number_of(text: str | None) -> int | None:
    """A whole number of a form; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    return None


def degrees(text: str, limit: float) -> float | None:
    """A number of degrees as people write it, within ± limit; None for anything else."""
    try:
        made = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return made if -limit <= made <= limit else None
