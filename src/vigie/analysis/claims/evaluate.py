"""How well repeated claims are recognised, on pairs of a post and the claim that it makes."""

from __future__ import annotations

import csv
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from vigie.analysis.claims.encoding import encode, encoded
from vigie.analysis.claims.index import ClaimIndex, ClaimText
from vigie.analysis.claims.marking import Marker
from vigie.analysis.claims.wording import once

LOOKED_AT: Final = 100
"""Answers in which the right claim is looked for; one beyond counts as not found."""

RESAMPLED: Final = 1_000
"""Times that the posts are drawn anew for an interval."""

SEED: Final = 20_160_531

_ABSENT = re.compile(r"\s*\bNone$")


class Pair(NamedTuple):
    post: str
    claim: str


class Retrieval(msgspec.Struct, frozen=True, kw_only=True):
    """`success_at_1`, `_5`, `_10`: share of the posts whose claim is among the first answers.
    `mrr`: mean of 1 / its place. Intervals hold 95 % of what other posts of the kind would give."""

    posts: int
    claims: int
    success_at_1: float
    success_at_1_between: tuple[float, float]
    success_at_5: float
    success_at_10: float
    mrr: float
    mrr_between: tuple[float, float]


class Marking(msgspec.Struct, frozen=True, kw_only=True):
    """`marked_right`, `marked_other`: shares of the posts of pairs that were marked with their claim,
    or with others only. `false_marks` of `unrelated` posts that make none of the claims."""

    marked_right: float
    marked_other: float
    unrelated: int
    passing_gate: float
    false_marks: int


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one core (`cpu`) and on the clock, for an answer with `claims` held."""

    claims: int
    median_ms: float
    p95_ms: float
    cpu_p95_ms: float
    adding_ms: float
    memory_mb: float


def read_pairs(lines: Iterable[str]) -> list[Pair]:
    """Pairs of a CSV file with a heading and, first, a column of posts and one of claims.

    Posts that are given several times over are read once, and "None" at their end is taken off (an
    empty field that was glued on). Raises ValueError when there are not two columns.
    """
    found: dict[Pair, None] = {}
    rows = csv.reader(lines)
    if len(next(rows, ())) < 2:
        raise ValueError("a heading with a column of posts and one of claims was expected")
    for row in rows:
        if len(row) < 2:
            raise ValueError(f"line {rows.line_num} has no claim")
        post = once(_ABSENT.sub("", row[0].strip()))
        if post and row[1].strip():
            found[Pair(post, row[1].strip())] = None
    return list(found)


def places(pairs: Sequence[Pair], answers: Callable[[str], Sequence[str]]) -> list[int | None]:
    """The place (from 1) of each post's claim among `answers` (texts of claims), None without."""
    found: list[int | None] = []
    for pair in pairs:
        given = list(answers(pair.post))
        found.append(given.index(pair.claim) + 1 if pair.claim in given else None)
    return found


def retrieval(found: Sequence[int | None], claims: int) -> Retrieval:
    """Figures of `places`. Raises ValueError when there are none."""
    if not found:
        raise ValueError("there are no pairs")
    place = np.array([np.inf if each is None else each for each in found])
    first, reciprocal = (place <= 1).astype(float), 1 / place
    drawn = np.random.default_rng(SEED).integers(len(place), size=(RESAMPLED, len(place)))
    return Retrieval(
        posts=len(place),
        claims=claims,
        success_at_1=_rounded(first.mean()),
        success_at_1_between=_between(first[drawn].mean(axis=1)),
        success_at_5=_rounded((place <= 5).mean()),
        success_at_10=_rounded((place <= 10).mean()),
        mrr=_rounded(reciprocal.mean()),
        mrr_between=_between(reciprocal[drawn].mean(axis=1)),
    )


def held(pairs: Sequence[Pair]) -> list[ClaimText]:
    """The claims of pairs, each once, with their vectors; the text is the id."""
    texts = list(dict.fromkeys(pair.claim for pair in pairs))
    return [
        ClaimText(text, text, None, vector)
        for text, vector in zip(texts, encode(texts), strict=True)
    ]


def recognised(pairs: Sequence[Pair], claims: Sequence[ClaimText]) -> Retrieval:
    """How well an index of these claims finds that of each pair."""
    index = ClaimIndex(claims)
    return retrieval(
        places(pairs, lambda post: [near.id for near in index.nearest(post, limit=LOOKED_AT)]),
        len(claims),
    )


def marking(
    pairs: Sequence[Pair], claims: Sequence[ClaimText], unrelated: Sequence[str]
) -> Marking:
    """How a marker of these claims does on their posts and on posts that make none of them."""
    from vigie.analysis.tokens import tokenise

    marker = Marker(claims)
    right = other = 0
    for pair in pairs:
        marks = {near.id for near in marker.marks(pair.post)}
        right += pair.claim in marks
        other += bool(marks) and pair.claim not in marks
    passing = [text for text in unrelated if marker.passing(tokenise(text))]
    return Marking(
        marked_right=_rounded(right / max(1, len(pairs))),
        marked_other=_rounded(other / max(1, len(pairs))),
        unrelated=len(unrelated),
        passing_gate=_rounded(len(passing) / max(1, len(unrelated))),
        false_marks=sum(bool(marker.marks(text)) for text in passing),
    )


def speed(posts: Sequence[str], claims: Sequence[ClaimText], *, size: int = 50_000) -> Speed:
    """How fast posts are answered when the claims are mixed up into `size`.

    The others are made of words of two claims and the middle of their vectors: as long, as common
    and as near to each other as claims are, which is what the time depends on.
    """
    chance = random.Random(SEED)  # noqa: S311
    index = ClaimIndex()
    begun = time.process_time()
    index.add(claims)
    while len(index) < size:
        index.add([_mixed(number, claims, chance) for number in _next(len(index), size)])
    adding = time.process_time() - begun
    encoded(["what is loaded at the first text"])
    clock, cpu = [], []
    for post in posts:
        at, spent = time.perf_counter(), time.process_time()
        index.nearest(post)
        clock.append((time.perf_counter() - at) * 1_000)
        cpu.append((time.process_time() - spent) * 1_000)
    return Speed(
        claims=len(index),
        median_ms=_rounded(np.percentile(clock, 50), 1),
        p95_ms=_rounded(np.percentile(clock, 95), 1),
        cpu_p95_ms=_rounded(np.percentile(cpu, 95), 1),
        adding_ms=_rounded(adding / len(index) * 1_000, 3),
        memory_mb=_rounded(index.memory() / 1e6, 1),
    )


def _next(held_now: int, size: int) -> range:
    return range(held_now, min(held_now + 1_000, size))


def _mixed(number: int, claims: Sequence[ClaimText], chance: random.Random) -> ClaimText:
    one, other = chance.choice(claims), chance.choice(claims)
    words = one.text.split() + other.text.split()
    text = " ".join(chance.sample(words, len(words) // 2 or 1))
    if one.vector is None or other.vector is None:
        raise ValueError("the claims have no vectors")
    middle = np.frombuffer(one.vector, "<f2").astype(np.float32) + np.frombuffer(
        other.vector, "<f2"
    )
    middle /= np.linalg.norm(middle)
    return ClaimText(f"mixed {number}", text, None, middle.astype("<f2").tobytes())


def _rounded(value: float | np.floating, digits: int = 4) -> float:
    return round(float(value), digits)


def _between(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return _rounded(low), _rounded(high)
