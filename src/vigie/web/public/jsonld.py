"""ClaimReview and MediaReview as schema.org describes them, from a frozen version.

Interchange, not display: readers are aggregators and other fact-checkers. No post and no account is
named: an appearance would lead to a person. An exercise says so in every field that people read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vigie.kernel.clock import rfc3339
from vigie.verification.models import FactCheck, FactCheckVersion
from vigie.verification.vocabulary import VERDICTS
from vigie.web.public.wording import organisation

RATINGS: Final[Mapping[str, int]] = {
    "false": 1, "satire": 1, "altered": 2, "misleading": 2, "out_of_context": 2,
    "unverifiable": 3, "true": 5,
}  # fmt: skip
"""1 (false) … 5 (true); 3 is neither confirmed nor refuted."""
AUTHENTICITY: Final[Mapping[str, str]] = {
    "out_of_context": "DecontextualizedContent",
    "misleading": "DecontextualizedContent",
    "altered": "EditedOrCroppedContent",
    "satire": "SatireOrParodyContent",
    "true": "OriginalMediaContent",
}
"""What each verdict says of a picture. "false" and "unverifiable" say nothing of where it is from."""
_SNAPSHOTS: Final = {"image": "ImageObjectSnapshot", "video": "VideoObjectSnapshot"}
_UNSAFE: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def reviews(
    fact_check: FactCheck,
    version: FactCheckVersion,
    language: str,
    *,
    first_at: datetime,
    url: str,
    home: str,
) -> list[dict[str, Any]]:
    """ClaimReview, then MediaReview when it is about a picture or recording; none once withdrawn.

    `first_at` is when the first version was published.
    """
    if version.kind == "withdrawn":
        return []
    claim, operation = fact_check.claim, fact_check.claim.operation
    words = version.content[language]
    mark = _("EXERCISE") + " – " if operation.is_exercise else ""
    author = {
        "@type": "Organization", "name": mark + organisation(version, operation), "url": home,
    }  # fmt: skip
    said: dict[str, Any] = {
        "@type": "Claim",
        "author": {
            "@type": "Organization",
            "name": mark + _("Several accounts on social networks"),
        },
    }
    if claim.first_seen_at:
        said["datePublished"] = claim.first_seen_at.date().isoformat()
    common = {
        "@context": "https://schema.org",
        "datePublished": rfc3339(first_at),
        "dateModified": rfc3339(version.at),
        "url": url,
        "inLanguage": language,
        "author": author,
    }
    review: dict[str, Any] = {
        **common,
        "@type": "ClaimReview",
        "name": mark + words["title"],
        "claimReviewed": mark + words["claim"],
        "itemReviewed": said,
        "reviewBody": mark + words["known"],
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATINGS[version.verdict],
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": mark + str(VERDICTS[version.verdict].label),
        },
    }
    found = [review]
    if version.media and version.verdict in AUTHENTICITY:
        found.append(
            {
                **common,
                "@type": "MediaReview",
                "mediaAuthenticityCategory": AUTHENTICITY[version.verdict],
                "originalMediaContextDescription": mark + words["known"],
                "itemReviewed": {
                    "@type": "MediaReviewItem",
                    "mediaItemAppearance": [_snapshot(each, words) for each in version.media],
                },
            }
        )
    return found


def script(found: list[dict[str, Any]]) -> SafeString:
    """The JSON for a `<script type="application/ld+json">`: nothing in it can end the element."""
    written = json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False)
    return mark_safe(written.translate(_UNSAFE))  # noqa: S308 - every < > & is escaped


def _snapshot(media: Mapping[str, str], words: Mapping[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"@type": _SNAPSHOTS[media["type"]], "description": words["claim"]}
    if media["sha256"]:
        shown["sha256sum"] = [media["sha256"]]
    return shown
