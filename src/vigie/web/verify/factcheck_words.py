"""What is missing before the public can read a page, in the person's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.verification.factcheck_rules import Gap

TEXT_LABELS: Mapping[str, Promise] = {
    "title": gettext_lazy("Title"),
    "claim": gettext_lazy("What is claimed"),
    "known": gettext_lazy("What we know"),
    "unknown": gettext_lazy("What we do not know"),
    "advice": gettext_lazy("What to do"),
    "short": gettext_lazy("Short answer"),
    "medium": gettext_lazy("Medium answer"),
    "long": gettext_lazy("Long answer"),
    "why": gettext_lazy("What was wrong in the version before"),
    "picture_alt": gettext_lazy("What the picture shows, for those who cannot see it"),
}
LANGUAGE_NAMES: Mapping[str, Promise] = {
    "fr": gettext_lazy("French"),
    "en": gettext_lazy("English"),
}
_GAPS: Mapping[str, Promise] = {
    "not_concluded": gettext_lazy("The claim is not concluded: two people have to agree on a verdict first."),
    "no_words": gettext_lazy("Nothing is written yet: read the proposed words, change them and keep them."),
    "second_person": gettext_lazy("A second person has to read these words: somebody other than who wrote them opens this page and approves them."),
    "unchanged": gettext_lazy("The public reads these very words already. To correct them, change them and say what was wrong."),
}  # fmt: skip
_TEXT_GAPS: Mapping[str, Promise] = {
    "text_missing": gettext_lazy("%(language)s: write “%(text)s”."),
    "text_too_long": gettext_lazy("%(language)s: “%(text)s” is too long; shorten it."),
    "why_missing": gettext_lazy("%(language)s: say what was wrong in the version that the public has read."),
    "picture_unnamed": gettext_lazy("%(language)s: say what the picture shows, for those who cannot see it."),
}  # fmt: skip


def gap_words(gap: Gap) -> str:
    """One sentence on what is to be done."""
    if gap.code in _GAPS:
        return str(_GAPS[gap.code])
    return str(_TEXT_GAPS[gap.code]) % {
        "language": LANGUAGE_NAMES[gap.language],
        "text": TEXT_LABELS[gap.text],
    }


def refused_words(gaps: Iterable[Gap]) -> str:
    """Why it was not published, and what to do."""
    return _("Not published.") + " " + " ".join(gap_words(gap) for gap in gaps)
