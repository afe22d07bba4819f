"""Communes in a scanned text: every span that is a name, with the evidence that it is meant.

Names are looked up word by word in the index (the longest first), which on 35,000 names costs one
dictionary look-up per word of the text. What decides is the evidence around: "Pont", "Rue" or
"Maire" are communes too, "l'Yerres" is a river, "M. Massy" a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from vigie.analysis.placenames import departement_of
from vigie.analysis.places.names import POPULOUS, Candidate, NameIndex
from vigie.analysis.places.words import common_words, place_words
from vigie.analysis.scan import Scan
from vigie.kernel.geometry import distance_m

_WRITTEN_OUT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_SHORTENED = frozenset({*_WRITTEN_OUT, "s"})
_JOINT = re.compile(r"[ \u00a0'’\-‐‑–/_]{0,3}")
_JOINT_AFTER_ST = re.compile(r"[ .\u00a0\-‐‑–]{0,3}")
_HYPHENS = "-‐‑–"
_AFTER_HYPHEN = {"centre", "gare", "ville", "nord", "sud", "est", "ouest", "village", "bourg", "rer",
                 "plage", "universite", "tgv"}  # fmt: skip


@dataclass(slots=True)
class Mention:
    """Words `first` to `last` (included) that may name one of `candidates`. `p` in 0..1."""

    first: int
    last: int
    candidates: tuple[Candidate, ...]
    p: float
    start: int
    end: int
    departement: str | None = None
    """The département written right beside the name."""


def written_out(scan: Scan) -> list[str]:
    """The words with "st", "ste" and "s/" as names have them."""
    if _SHORTENED.isdisjoint(scan.words):
        return scan.words
    words = [_WRITTEN_OUT.get(word, word) for word in scan.words]
    for index in range(1, len(words) - 1):
        if words[index] == "s" and ("/" in scan.gaps[index] or "/" in scan.gaps[index + 1]):
            words[index] = "sur"
    return words


def may_begin(word: str, index: NameIndex) -> bool:
    """Whether a name may begin with this word as it is written."""
    return word == "s" or _WRITTEN_OUT.get(word, word) in index.first


def find_mentions(
    scan: Scan, begins: Iterable[int], index: NameIndex, taken: Collection[int]
) -> list[Mention]:
    """All mentions, in order, not overlapping. `begins`: the words that `may_begin` one, ascending.
    `taken` are words that a street's name holds."""
    words = written_out(scan)
    needs_capital = index.needs_capital
    found: list[Mention] = []
    following = 0
    for at in begins:
        if at < following or at in taken:
            continue
        length, candidates = index.longest(words, at)
        while length > 1 and not _joined(scan, at, length):
            length -= 1
            candidates = index.names.get(" ".join(words[at : at + length]), ())
        if not candidates or (
            length == 1
            and words[at] in needs_capital
            and scan.text[scan.starts[at]].islower()
            and at not in scan.tagged
            and not _number_beside(words, at)
        ):
            continue
        last = at + length - 1
        found.append(Mention(at, last, candidates, 0.0, scan.starts[at], scan.ends[last]))
        following = last + 1
    for mention in found:
        mention.p = _evidence(scan, mention, index, words)
    _judge_hyphens(scan, found)
    found += _in_tags(scan, index, found)
    return found


def _number_beside(words: Sequence[str], at: int) -> bool:
    return (at + 1 < len(words) and words[at + 1][0].isdigit()) or (
        at > 0 and words[at - 1][0].isdigit()
    )


def _joined(scan: Scan, at: int, length: int) -> bool:
    for index in range(at + 1, at + length):
        gap = scan.gaps[index]
        after_st = scan.words[index - 1] in _WRITTEN_OUT
        if not (_JOINT_AFTER_ST if after_st else _JOINT).fullmatch(gap):
            return False
    return True


def _before(words: Sequence[str], at: int) -> tuple[str, str, str]:
    """The last word, two words and three words before, "d" written "de"."""
    tail = ["de" if word == "d" else word for word in words[max(0, at - 3) : at]]
    return (
        tail[-1] if tail else "",
        " ".join(tail[-2:]) if len(tail) > 1 else "",
        " ".join(tail[-3:]) if len(tail) > 2 else "",
    )


def _evidence(scan: Scan, mention: Mention, index: NameIndex, words: list[str]) -> float:
    """Add up what speaks for and against; the figures were set by reasoning, not learnt."""
    first, last = mention.first, mention.last
    lists = place_words()
    near = any(c.near for c in mention.candidates)
    full = any(c.full and c.near == near for c in mention.candidates)
    tagged = first in scan.tagged
    length = last - first + 1
    key = " ".join(words[first : last + 1])
    common = (
        length < 3
        and words[first] not in {"saint", "sainte"}
        and all(word in common_words() for word in words[first : last + 1])
    )
    content = next((i for i in range(first, last + 1) if len(words[i]) > 3), first)
    capital = scan.capital(content) and not (content == first and scan.opens_sentence(first))
    lowered = not scan.capital(content)
    hyphened = any(mark in scan.span_text(first, last) for mark in _HYPHENS)
    one, two, three = _before(words, first)
    strong = bool({one, two, three} & lists.before.strong) and not tagged
    weak = one in lists.before.weak or two in lists.before.weak

    mention.departement = _departement_beside(scan, words, first, last)
    if mention.departement is not None:
        if any(
            departement_of(index.gazetteer.codes[c.number]) == mention.departement
            for c in mention.candidates
        ):
            return 0.97
        mention.departement = None

    if near:
        p = 0.92 if full else 0.8
        if common:
            p -= 0.62
        elif len(key) < 4 and not capital and not tagged:
            p -= 0.3  # "ris", "gif"
        if not full and lowered and not tagged and not strong and not weak:
            p -= 0.15
    else:
        population = max(index.people(key, c) for c in mention.candidates)
        if length > 1:
            p = 0.8 if (hyphened or capital or tagged) else 0.62 if length > 2 else 0.35
            if length == 2 and not hyphened and words[first] in {"le", "la", "les", "l"}:
                p -= 0.2  # "la Roche", "le Plan"
            if words[first] in {"saint", "sainte"} and length == 2:
                p -= 0.15  # there is one in every county, and churches, and streets
        else:
            p = 0.3 + min(0.3, population / 100_000)
            if population >= 100_000:
                p += 0.15
            elif lowered and population < POPULOUS:
                p -= 0.35
        if common:
            p -= 0.6
    if capital:
        p += 0.2 if common else 0.12
    if strong:
        p += 0.35 if not lowered or near else 0.2
    elif weak and capital:
        p += 0.12
    if tagged and length > 1:
        p += 0.1
    title = one in lists.before.person or two in lists.before.person
    if title and scan.gaps[first].strip(" \u00a0.") == "":
        if not strong and (one != "m" or scan.capital(first - 1)):
            p -= 0.75
    elif (
        first
        and words[first - 1] in lists.first_names.names
        and scan.capital(first - 1)
        and scan.gaps[first].strip() == ""
        and key not in lists.first_names.names
        and not tagged
    ):
        p -= 0.6
    if (
        one in lists.before.article
        and words[first] not in lists.before.article
        and not tagged
        and not _article_is_its_own(one, mention, index)
    ):
        p -= 0.25 if two in lists.before.strong or length > 2 else 0.5
    return max(0.0, min(0.97, p))


def _article_is_its_own(article: str, mention: Mention, index: NameIndex) -> bool:
    """ "aux Ulis" are Les Ulis, "du Coudray" is Le Coudray-Montceaux."""
    meant = {"aux": "les", "des": "les", "au": "le", "du": "le"}.get(article, article)
    return any(
        c.near and index.gazetteer.keys[c.number].startswith(meant + " ")
        for c in mention.candidates
    )


def _departement_beside(scan: Scan, words: list[str], first: int, last: int) -> str | None:
    """ "Longjumeau (91)", "Longjumeau 91160", "91160 Longjumeau", "dans le 91" does not count."""
    after = last + 1
    if after < len(words) and scan.gaps[after].strip(" \u00a0(,-[") == "":
        word = words[after]
        bracketed = "(" in scan.gaps[after] or "[" in scan.gaps[after]
        if len(word) == 5 and word[2:].isdigit():
            return departement_of(word)
        if bracketed and (len(word) in {2, 3}) and (word.isdigit() or word in {"2a", "2b"}):
            return word.upper()
    if first:
        word = words[first - 1]
        if len(word) == 5 and word.isdigit() and scan.gaps[first].strip() == "":
            return departement_of(word)
    return None


def _judge_hyphens(scan: Scan, found: list[Mention]) -> None:
    """A name tied by a hyphen to a word that is no name is part of something else."""
    starts = {mention.first: mention for mention in found}
    ends = {mention.last: mention for mention in found}
    for mention in found:
        after, before = mention.last + 1, mention.first - 1
        if (
            after < len(scan)
            and scan.gaps[after]
            and scan.gaps[after] in _HYPHENS
            and after not in starts
            and scan.words[after] not in _AFTER_HYPHEN
        ):
            mention.p -= 0.5
        if (
            before >= 0
            and scan.gaps[mention.first]
            and scan.gaps[mention.first] in _HYPHENS
            and before not in ends
        ):
            mention.p -= 0.5


def _in_tags(scan: Scan, index: NameIndex, found: list[Mention]) -> list[Mention]:
    """Names run together in a hashtag: #savignysurorge, #crueorge, #inondationlongjumeau."""
    covered = {i for mention in found for i in range(mention.first, mention.last + 1)}
    more: list[Mention] = []
    for first, last in scan.tags:
        if last - first != 1 or first in covered:
            continue
        word = scan.words[first]
        start, end = scan.starts[first], scan.ends[first]
        if end - start != len(word):
            continue  # a ligature inside: offsets would not hold
        near = index.near_tags.get(word)
        key = near or index.far_tags.get(word)
        if key is not None:
            more.append(Mention(first, first, index.names[key], 0.9, start, end))
            continue
        for cut in range(len(word) - 5, 4, -1):
            key = index.near_tags.get(word[:cut])
            if key is not None and len(word) - cut >= 3:
                more.append(Mention(first, first, index.names[key], 0.75, start, start + cut))
                break
            key = index.near_tags.get(word[-cut:])
            if key is not None:
                more.append(Mention(first, first, index.names[key], 0.75, end - cut, end))
                break
    return more


def choose(
    mention: Mention,
    index: NameIndex,
    said: Collection[str],
    sure: Sequence[int],
    voted: Collection[str],
) -> tuple[Candidate, float]:
    """Which commune is meant, and how sure that makes it (a factor on `p`).

    `said` are the words of the text, `sure` the communes the text names without doubt, `voted` the départements it names.
    """
    codes = index.gazetteer.codes
    candidates = list(mention.candidates)
    if mention.departement is not None:
        kept = [c for c in candidates if departement_of(codes[c.number]) == mention.departement]
        return max(kept, key=index.rank), 1.0
    near = [c for c in candidates if c.near]
    if near:
        candidates = near
    elif len(candidates) > 1 and voted:
        kept = [c for c in candidates if departement_of(codes[c.number]) in voted]
        candidates = kept or candidates
    if len(candidates) == 1:
        return candidates[0], 1.0
    told = {c: len(_rest(index, c, mention).intersection(said)) for c in candidates}
    best = max(told.values())
    if best:
        kept = [c for c in candidates if told[c] == best]
        if len(kept) == 1:
            return kept[0], 1.0
        candidates = kept
    points = [p for n in sure if (p := index.gazetteer.point_at(n)) is not None]
    placed = [c for c in candidates if index.gazetteer.point_at(c.number) is not None]
    if points and placed:

        def away(candidate: Candidate) -> float:
            point = index.gazetteer.point_at(candidate.number)
            assert point is not None
            return min(distance_m(point[1], point[0], lon, lat) for lat, lon in points)

        ordered = sorted(placed, key=away)
        if len(ordered) == 1 or away(ordered[0]) < 0.5 * away(ordered[1]):
            return ordered[0], 0.9
    if not near and index.numbers:
        return max(candidates, key=index.pull), 0.9
    ranked = sorted(candidates, key=index.rank, reverse=True)
    people = [max(1, index.gazetteer.populations[c.number]) for c in ranked]
    share = people[0] / sum(people)
    return ranked[0], 0.75 + 0.25 * min(1.0, share)


def _rest(index: NameIndex, candidate: Candidate, mention: Mention) -> set[str]:
    """The telling words of the whole name that the mention does not say itself."""
    whole = index.gazetteer.keys[candidate.number].split(" ")
    return {word for word in whole[mention.last - mention.first + 1 :] if len(word) > 3}
