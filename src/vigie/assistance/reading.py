"""What the words of somebody who asks for help tell of danger to life."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from vigie.analysis.analyser import Analyser
from vigie.contracts.drafts import PostDraft


@lru_cache(maxsize=1)
def _analyser() -> Analyser:
    return Analyser()


def danger_words(text: str) -> tuple[str, ...]:
    """The words that say life is in danger (`analysis.urgency` finds the text critical), as they
    stand in it; none when nothing does."""
    if not text.strip():
        return ()
    post = PostDraft(id="need", text=text, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    found = _analyser().analyse(post).urgency
    if found.level != "critical":
        return ()
    return tuple(reason.text for reason in found.because) or (text[:40],)
