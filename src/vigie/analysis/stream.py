"""Posts on the wire in, the same posts with what was found out, out: behind `vigie analyse`.

One line in gives one line out, in order, as it comes; memory is bounded by the index of copies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from vigie.analysis.analyser import Analyser
from vigie.analysis.claims import SUGGEST, ClaimIndex
from vigie.analysis.duplicates import DuplicateIndex
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import Findings
from vigie.contracts.plugins import Undecodable
from vigie.contracts.wire import decode_object, read_post
from vigie.kernel.text import Folded, clean_aligned

COPIES_KEPT = 50_000
"""Groups of copies remembered in one run."""

LONGEST_LINE = 16_000_000
"""Bytes of a line that is still read."""


@dataclass(slots=True)
class Tally:
    """What a run did, for its summary and exit status. Blank lines are not counted."""

    lines: int = 0
    failed: int = 0


def analyse_lines(
    lines: Iterable[bytes],
    *,
    territory: Collection[str] = (),
    tally: Tally | None = None,
    claims: ClaimIndex | None = None,
) -> Iterator[bytes]:
    """JSON lines (without line feeds) of the posts of `lines` with their findings.

    A line that cannot be read gives `{"line": n, "error": "code: detail"}`, n from 1. What had to
    be left out of a post is named in `warnings`. The post's own text is kept as it came, and
    offsets point into it. `claims` are those looked for in each post. Raises GazetteerMissing.
    """
    analyser = Analyser(territory)
    copies: DuplicateIndex[str] = DuplicateIndex(capacity=COPIES_KEPT)
    counted = tally or Tally()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        counted.lines += 1
        try:
            yield msgspec.json.encode(_analysed(line, analyser, copies, claims))
        except Undecodable as refusal:
            counted.failed += 1
            yield msgspec.json.encode({"line": number, "error": str(refusal)})


def _analysed(
    line: bytes, analyser: Analyser, copies: DuplicateIndex[str], claims: ClaimIndex | None
) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise Undecodable("line_too_long", f"{len(line)} bytes")
    value = decode_object(line)
    reading = read_post(value)
    post = reading.post
    findings = analyser.analyse(post)
    found = _described(value, post, findings)
    found["duplicate_of"] = _first_of(post, findings, copies)
    if claims is not None:
        found["claims"] = [
            {"id": near.id, "p": round(near.score, 3), "because": near.because}
            for near in claims.nearest(post.text)
            if near.score >= SUGGEST
        ]
    if reading.warnings:
        found["warnings"] = list(reading.warnings)
    return found


def _first_of(post: PostDraft, findings: Findings, copies: DuplicateIndex[str]) -> str | None:
    """The first post of the group of copies, reposts included. A post seen twice is its own first."""
    original = post.repost_of
    if original is not None:
        first = copies.group_of(original)
        if first is not None:
            copies.add(post.id, findings.exact, findings.signature, first=first)
            return None if first == post.id else first
    first = copies.find_or_add(post.id, findings.exact, findings.signature)
    return None if first == post.id else first


def _described(value: dict[str, Any], post: PostDraft, findings: Findings) -> dict[str, Any]:
    """The object as it came, with the findings; offsets lead into its own `text`."""
    text: str = value["text"]
    way = Folded(post.text, None) if text == post.text else clean_aligned(text)

    def placed(item: Any) -> dict[str, Any]:
        fields: dict[str, Any] = msgspec.to_builtins(item)
        start, end = way.span(item.start, item.end)
        fields.update(text=_sound(text[start:end]), start=start, end=end)
        return fields

    return {
        **{name: _sound(given) for name, given in value.items()},
        "language": findings.language,
        "tokens": findings.tokens,
        "categories": findings.categories,
        "urgency": {
            "level": findings.urgency.level,
            "p": findings.urgency.p,
            "because": [placed(reason) for reason in findings.urgency.because],
        },
        "places": [placed(place) for place in findings.places],
        "duplicate_of": None,
        "story": None,
        "claims": [],
    }


def _sound(given: Any) -> Any:
    """A value that can be written as UTF-8: half a surrogate pair becomes U+FFFD, anywhere in it."""
    if isinstance(given, str):
        try:
            given.encode()
        except UnicodeEncodeError:
            return given.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return given
    if isinstance(given, list):
        return [_sound(item) for item in given]
    if isinstance(given, dict):
        return {_sound(key): _sound(item) for key, item in given.items()}
    return given
