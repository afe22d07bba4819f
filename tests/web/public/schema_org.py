"""What schema.org (and who reads ClaimReview) requires of a review: types, properties, values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ClaimReview": ("claimReviewed", "itemReviewed", "author", "reviewRating", "url",
                    "datePublished"),
    "MediaReview": ("itemReviewed", "mediaAuthenticityCategory", "originalMediaContextDescription",
                    "author", "url", "datePublished"),
    "Claim": ("author",),
    "Organization": ("name",),
    "Rating": ("ratingValue", "bestRating", "worstRating", "alternateName"),
    "MediaReviewItem": ("mediaItemAppearance",),
    "ImageObjectSnapshot": ("description",),
    "VideoObjectSnapshot": ("description",),
}  # fmt: skip
KNOWN: Mapping[str, frozenset[str]] = {
    "ClaimReview": frozenset({"name", "reviewBody", "inLanguage", "dateModified"}),
    "MediaReview": frozenset({"inLanguage", "dateModified"}),
    "Claim": frozenset({"datePublished", "appearance"}),
    "Organization": frozenset({"url"}),
    "ImageObjectSnapshot": frozenset({"sha256sum"}),
    "VideoObjectSnapshot": frozenset({"sha256sum"}),
}
CATEGORIES = frozenset(
    {"DecontextualizedContent", "EditedOrCroppedContent", "OriginalMediaContent",
     "SatireOrParodyContent", "StagedContent", "TransformedContent"}
)  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
SHA256 = re.compile(r"[0-9a-f]{64}")
CHILDREN: Mapping[tuple[str, str], frozenset[str]] = {
    ("ClaimReview", "itemReviewed"): frozenset({"Claim"}),
    ("MediaReview", "itemReviewed"): frozenset({"MediaReviewItem"}),
    ("ClaimReview", "author"): frozenset({"Organization", "Person"}),
    ("ClaimReview", "reviewRating"): frozenset({"Rating"}),
}


def faults(node: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """One line per fault; none of a valid review."""
    kind = node.get("@type", "")
    where = f"{where}/{kind}"
    if kind not in REQUIRED:
        yield f"{where}: unknown type"
        return
    if where.count("/") == 1 and node.get("@context") != "https://schema.org":
        yield f"{where}: no context"
    for name in REQUIRED[kind]:
        if node.get(name) in (None, "", [], {}):
            yield f"{where}: {name} is missing"
    allowed = {"@type", "@context", *REQUIRED[kind], *KNOWN.get(kind, ())}
    for name, value in node.items():
        if name not in allowed:
            yield f"{where}: {name} is no property of it"
        if name.startswith("date") and not DATE.fullmatch(str(value)):
            yield f"{where}: {name} is no ISO 8601 date"
        if name == "url" and not str(value).startswith(("http://", "https://")):
            yield f"{where}: {name} is no whole address"
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, Mapping):
                wanted = CHILDREN.get((kind, name))
                if wanted and child.get("@type") not in wanted:
                    yield f"{where}: {name} is a {child.get('@type')}"
                yield from faults(child, f"{where}/{name}")
    if kind == "Rating" and not node["worstRating"] <= node["ratingValue"] <= node["bestRating"]:
        yield f"{where}: the rating is outside of its scale"
    if kind == "MediaReview" and node.get("mediaAuthenticityCategory") not in CATEGORIES:
        yield f"{where}: unknown category"
    yield from (
        f"{where}: no SHA-256" for each in node.get("sha256sum", []) if not SHA256.fullmatch(each)
    )
