"""Repeated claims recognised on French pairs of posts and claims, beside a character TF-IDF.

Both answer the same posts out of the same claims in the same run: ours (`ClaimIndex`: wording and
meaning) and cosines of character 3- to 5-grams within words, weighted by TF-IDF with sublinear
counts. Nothing is learnt from the pairs. Then how many posts are marked rightly and falsely by
themselves, what the first look costs the pipeline with 1,000 claims, and how fast an answer is with
50,000 held. The pairs are those of VIGIE_EVALUATION_DATA (CheckThat! 2025, task 2, French).

    python -m bench.claims [POSTS]
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from bench.record import record


def tfidf(claims: Sequence[str]) -> Callable[[str], list[str]]:
    """The baseline: for a post, the claims that share something with it, nearest first."""
    counted = [Counter(_grams(claim)) for claim in claims]
    seen = Counter(gram for grams in counted for gram in grams)
    rarity = {gram: math.log((1 + len(claims)) / (1 + count)) + 1 for gram, count in seen.items()}
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, grams in enumerate(counted):
        weights = _weighted(grams, rarity)
        for gram, weight in weights.items():
            postings[gram].append((at, weight))

    def nearest(post: str) -> list[str]:
        found: dict[int, float] = defaultdict(float)
        for gram, weight in _weighted(Counter(_grams(post)), rarity).items():
            for at, held in postings.get(gram, ()):
                found[at] += weight * held
        return [claims[at] for at in sorted(found, key=lambda at: -found[at])[:100]]

    return nearest


def _grams(text: str) -> list[str]:
    from vigie.kernel.text import fold, words_of

    found = []
    for word in words_of(fold(text)):
        spaced = f" {word} "
        for length in (3, 4, 5):
            found += [spaced[at : at + length] for at in range(max(1, len(spaced) - length + 1))]
    return found


def _weighted(grams: Counter[str], rarity: dict[str, float]) -> dict[str, float]:
    weights = {
        gram: (1 + math.log(count)) * rarity[gram]
        for gram, count in grams.items()
        if gram in rarity
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {gram: weight / length for gram, weight in weights.items()}


def gate_us(texts: Sequence[str], claims: Sequence[str]) -> float:
    """Processor microseconds a post of the first look, with 1,000 claims."""
    from vigie.analysis.claims import ClaimText, Gate
    from vigie.analysis.tokens import tokenise

    doubled = [*claims, *(" ".join(reversed(claim.split())) for claim in claims)][:1_000]
    gate = Gate([ClaimText(str(at), claim) for at, claim in enumerate(doubled)])
    posts = [tokenise(text) for text in texts]
    begun = time.process_time()
    for tokens in posts:
        gate.passing(tokens)
    return (time.process_time() - begun) / len(posts) * 1e6


def main() -> None:
    from vigie.analysis.claims.evaluate import (
        held,
        marking,
        places,
        read_pairs,
        recognised,
        retrieval,
        speed,
    )
    from vigie.cli.claims import pairs_file, unrelated_posts
    from vigie.plugins.sources.exercise import load_shipped

    with pairs_file(None).open(encoding="utf-8", newline="") as file:
        pairs = read_pairs(file)
    most = int(sys.argv[1]) if len(sys.argv) > 1 else len(pairs)
    asked = pairs[:: max(1, len(pairs) // most)]
    claims = held(pairs)
    texts = [claim.text for claim in claims]
    ours = recognised(asked, claims)
    theirs = retrieval(places(asked, tfidf(texts)), len(claims))
    marks = marking(asked[:: max(1, len(asked) // 300)], claims, unrelated_posts(5_000))
    flood = [
        event.post.text
        for event in load_shipped("orge-yvette").timeline
        if event.post is not None and event.post.text
    ]
    timed = speed([pair.post for pair in asked[:: max(1, len(asked) // 60)]], claims)
    record(
        "claims",
        {
            "posts": ours.posts,
            "claims": ours.claims,
            "success_at_1": ours.success_at_1,
            "success_at_1_between": ours.success_at_1_between,
            "success_at_5": ours.success_at_5,
            "success_at_10": ours.success_at_10,
            "mrr": ours.mrr,
            "tfidf_success_at_1": theirs.success_at_1,
            "tfidf_success_at_10": theirs.success_at_10,
            "tfidf_mrr": theirs.mrr,
            "marked_right": marks.marked_right,
            "marked_other": marks.marked_other,
            "unrelated_posts": marks.unrelated,
            "false_marks": marks.false_marks,
            "first_look_us": round(gate_us(flood, texts), 1),
            "held": timed.claims,
            "answer_median_ms": timed.median_ms,
            "answer_p95_ms": timed.p95_ms,
            "answer_cpu_p95_ms": timed.cpu_p95_ms,
            "adding_ms": timed.adding_ms,
            "index_mb": timed.memory_mb,
        },
        targets={"success_at_1": "≥ 0.82", "answer_p95_ms": "≤ 300", "false_marks": "0"},
    )


if __name__ == "__main__":
    main()
