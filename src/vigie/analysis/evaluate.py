"""How well findings agree with known truths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from vigie.analysis.duplicates import DuplicateIndex
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import URGENCY_LEVELS, Findings
from vigie.contracts.truth import Truth
from vigie.contracts.wire import read_post


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and their harmonic mean, 0..1, over `support` true cases.

    Without any case a figure is None: nothing was asked, which is not a failure.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """`urgency_macro_f1` over the levels that occur; `urgent` is "critical or high" against the
    rest; `communes` micro-averaged over (post, commune); `duplicates` over pairs of one group."""

    posts: int
    urgency_macro_f1: float | None
    urgency_accuracy: float
    urgency_levels: dict[str, Score]
    urgent: Score
    category_accuracy: float
    categories: dict[str, Score]
    communes: Score
    duplicates: Score


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One post with what is true and what was found; `first` is the first post of its group."""

    id: str
    truth: Truth
    findings: Findings
    first: str | None


def evaluate_posts(
    posts: Iterable[tuple[Mapping[str, Any], Truth]], analyse: Callable[[PostDraft], Findings]
) -> Evaluation:
    """Analyse posts on the wire in the order given, folding copies, and score all of it."""
    return score(run(posts, analyse))


def run(
    posts: Iterable[tuple[Mapping[str, Any], Truth]], analyse: Callable[[PostDraft], Findings]
) -> list[Case]:
    """The same up to the scores, for who wants to see single posts. Raises Undecodable."""
    copies: DuplicateIndex[str] = DuplicateIndex()
    cases = []
    for wire, truth in posts:
        post = read_post(wire).post
        findings = analyse(post)
        first = copies.group_of(post.repost_of) if post.repost_of else None
        if first is not None:
            copies.add(post.id, findings.exact, findings.signature, first=first)
        else:
            first = copies.find_or_add(post.id, findings.exact, findings.signature)
        cases.append(Case(id=post.id, truth=truth, findings=findings, first=first))
    return cases


def score(cases: Sequence[Case]) -> Evaluation:
    levels = [(case.truth.urgency, case.findings.urgency.level) for case in cases]
    by_level = {level: _one_against_rest(levels, level) for level in URGENCY_LEVELS}
    categories = [(case.truth.category, _top(case.findings)) for case in cases]
    codes = sorted({true for true, _ in categories})
    asked = [s.f1 for s in by_level.values() if s.support and s.f1 is not None]
    return Evaluation(
        posts=len(cases),
        urgency_macro_f1=_round(sum(asked) / len(asked)) if asked else None,
        urgency_accuracy=_accuracy(levels),
        urgency_levels=by_level,
        urgent=_one_against_rest(
            [(str(true in _URGENT), str(found in _URGENT)) for true, found in levels], "True"
        ),
        category_accuracy=_accuracy(categories),
        categories={code: _one_against_rest(categories, code) for code in codes},
        communes=_communes(cases),
        duplicates=_pairs(cases),
    )


_URGENT = {"critical", "high"}


def _top(findings: Findings) -> str:
    return findings.categories[0].code if findings.categories else ""


def _round(value: float) -> float:
    return round(value, 4)


def _accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    return _round(sum(true == found for true, found in pairs) / len(pairs)) if pairs else 0.0


def _from_counts(right: int, found: int, true: int) -> Score:
    """`right` of `found` answers were among the `true` ones."""
    precision = right / found if found else None
    recall = right / true if true else None
    f1 = 2 * right / (found + true) if found + true else None
    return Score(
        precision=None if precision is None else _round(precision),
        recall=None if recall is None else _round(recall),
        f1=None if f1 is None else _round(f1),
        support=true,
    )


def _one_against_rest(pairs: Sequence[tuple[str, str]], label: str) -> Score:
    right = sum(true == found == label for true, found in pairs)
    found_count = sum(found == label for _, found in pairs)
    true_count = sum(true == label for true, _ in pairs)
    return _from_counts(right, found_count, true_count)


def _communes(cases: Sequence[Case]) -> Score:
    right = found = true = 0
    for case in cases:
        codes = {place.code for place in case.findings.places if place.kind == "commune"}
        expected = set(case.truth.communes)
        right += len(codes & expected)
        found += len(codes)
        true += len(expected)
    return _from_counts(right, found, true)


def _pairs(cases: Sequence[Case]) -> Score:
    """Pairs of posts of one group: true ones, found ones, and both."""
    of = {case.id: case.truth.duplicate_of for case in cases}

    def root(post_id: str) -> str:
        seen = {post_id}
        while (up := of.get(post_id)) is not None and up not in seen:
            seen.add(up)
            post_id = up
        return post_id

    true_groups = {case.id: root(case.id) for case in cases}
    found_groups = {case.id: case.first or case.id for case in cases}
    both = Counter((true_groups[case.id], found_groups[case.id]) for case in cases)
    return _from_counts(
        sum(map(_pairs_of, both.values())),
        sum(map(_pairs_of, Counter(found_groups.values()).values())),
        sum(map(_pairs_of, Counter(true_groups.values()).values())),
    )


def _pairs_of(count: int) -> int:
    return count * (count - 1) // 2


def confusions(cases: Sequence[Case]) -> Counter[tuple[str, str]]:
    """How often each true level was taken for another, commonest first in `most_common`."""
    return Counter(
        (case.truth.urgency, case.findings.urgency.level)
        for case in cases
        if case.truth.urgency != case.findings.urgency.level
    )
