"""Filtering a firehose: Jetstream lines to the posts a watch asks for, beside decoding alone.

One core, one process, everything between a line and the posts to be stored: the collector's look at
each frame, the glance, decoding what passes, matching it. Lines have the shape of Jetstream's posts
(replies, links in facets, cards, pictures, quotes, several languages); texts are those of the folder
VIGIE_EVALUATION_DATA (default ../shared/data) where it is there, and made up otherwise. The mix that
is promised: 500 watches, one line in a hundred matching, at least 20,000 lines/s and at least a fifth
of msgspec decoding the same lines and nothing else. Beside it other shares and numbers of watches,
two peers that find candidates with one regular expression, and what the same path does without the
glance. Every run must keep the very posts that are kept when each line is decoded.

    python -m bench.firehose [LINES]
"""

from __future__ import annotations

import csv
import gc
import itertools
import json
import os
import random
import re
import sys
import tempfile
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

LINES: Final = 20_000
BATCH: Final = 500
SEED: Final = 20_160_601
NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NOW_US: Final = int(NOW.timestamp()) * 1_000_000
DATA = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))

WHAT: Final = """
crue inondation débordement ruissellement coulée éboulement glissement barrage digue péniche
pompier évacuation hébergement sinistré sauvetage noyade disparu coincé blessé hélitreuillage
électricité transformateur canalisation captage fioul pollution épicerie pharmacie dialyse EHPAD
déviation submergé barré effondré verglas tornade grêlon bâche parpaing motopompe zodiac
rumeur intox pillage arnaque cagnotte bénévole soupe couverture duvet vêtement sinistre assurance
""".split()  # noqa: SIM905
WHERE: Final = """
Longjumeau Orsay Juvisy Savigny Épinay Villemoisson Morsang Viry Gif Bures Palaiseau Villebon
Saulx Champlan Massy Corbeil Évry Étampes Arpajon Brétigny Crosne Yerres Montgeron Draveil Vigneux
Athis Ballainvilliers Dourdan Limours Égly Ollainville Breuillet Sermaise Itteville Maisse Milly
""".split()  # noqa: SIM905
SHAPES: Final = (
    "{what} {where}", "{start}* {where}", "({what} OR {other}) -météo", '"{what} à {where}"',
    "{where} ({what} OR {other})", "lang:fr {what} {other}", "has:image {start}* {where}",
    "#{what}{where}", "{what} (D{road} OR N{road})", '"{where} sous l\'eau"', "from:sdis91 {what}",
    "{where} -{other} {start}*", "{what} place:{where}", '"rue de {where}" {what}',
    "network:bluesky {what} {where}", "source:ciel {start}* {where}",
)  # fmt: skip
FRENCH: Final = "fr"
EVERYDAY: Final = """
bonjour café train retard match musique album sortie vidéo article lecture avis gouvernement budget
photo jardin chat chien dimanche soleil recette film série épisode jeu vélo travail réunion équipe
ami famille vacances ville quartier marché école prof élève livre auteur concert place billet prix
coffee morning game stream art commission drawing weather today people think really love great news
trump senate vote climate movie season book cat dog photo garden week friend music song happy birthday
""".split()  # noqa: SIM905
FOREIGN: Final = ("今日は雨が降っていて、川の水が増えている", "待って、まだ知らなかったよ……", "Сегодня хорошая погода в городе", "오늘 날씨가 정말 좋네요")  # fmt: skip


def watches(number: int, chance: random.Random) -> list[str]:
    """Queries such as a département's team would write, no two alike."""
    found: dict[str, None] = {}
    for at in itertools.count():
        what, other = chance.sample(WHAT, 2)
        shape = SHAPES[at % len(SHAPES)]
        query = shape.format(
            what=what, other=other, start=what[: max(4, len(what) - 3)],
            where=chance.choice(WHERE), road=chance.randrange(1, 460),
        )  # fmt: skip
        found[query] = None
        if len(found) == number:
            return list(found)
    raise AssertionError


def texts(chance: random.Random, *, french: bool, abroad: bool = False) -> Iterator[str]:
    """Texts without end: two halves of real ones, or words drawn by Zipf's law. `abroad`: none in
    French."""
    known = [*_shared(french=french, abroad=abroad)]
    syllables = ["".join(p) for p in itertools.product("bdfglmnrst", "aeiou")]
    rare = ["".join(chance.choices(syllables, k=3)) for _ in range(30_000)]
    vocabulary = (EVERYDAY[EVERYDAY.index("coffee") :] if abroad else EVERYDAY) + rare
    weights = list(itertools.accumulate(1 / (rank + 8) for rank in range(len(vocabulary))))
    while True:
        if not french and chance.random() < 0.2:
            yield chance.choice(FOREIGN) + str(chance.randrange(10**6))
        elif known and chance.random() < 0.5:
            first, second = (chance.choice(known).split() for _ in range(2))
            half = first[: len(first) // 2] + second[len(second) // 2 :]
            yield " ".join(half)[:300]
        else:
            words = chance.choices(vocabulary, cum_weights=weights, k=chance.randint(4, 30))
            if chance.random() < 0.2:
                words.append(f"https://exemple.fr/{chance.randrange(10**9)}")
            if chance.random() < 0.2:
                words.append(f"@compte{chance.randrange(10**6)}.bsky.social")
            yield " ".join(words)


def _shared(*, french: bool, abroad: bool) -> Iterator[str]:
    """Posts of the evaluation data: in French, and for the mix those of a few events as well."""
    french_file = DATA / "checkthat_fr" / "train-fra.csv"
    if french_file.exists() and not abroad:
        with french_file.open(encoding="utf-8") as rows:
            yield from (row["post"].removesuffix("None") for row in csv.DictReader(rows))
    if french:
        return
    for path in sorted(DATA.glob("crisislex_t26/*/*labeled.csv"))[:6]:
        with path.open(encoding="utf-8") as rows:
            for row in itertools.islice(csv.reader(rows), 1, None):
                yield re.sub(r"^RT @\w+:? ", "", row[1])  # a repost is no post there


def line(number: int, text: str, lang: str, chance: random.Random) -> bytes:
    """A frame of Jetstream, as served: keys in its order, blobs, replies, facets and cards."""
    cid = f"bafyrei{chance.getrandbits(256):052x}"[:59]
    did = f"did:plc:{chance.getrandbits(115):024x}"
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "createdAt": "2026-11-24T08:59:58.240Z",
    }
    die = chance.random()
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/jpeg", "size": 119635}
    if die < 0.15:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": [
            {"alt": text[:40], "aspectRatio": {"height": 900, "width": 1600}, "image": blob}]}  # fmt: skip
    elif die < 0.27:
        address = f"https://exemple.fr/articles/{number}"
        size = len(text.encode())
        record["embed"] = {"$type": "app.bsky.embed.external", "external": {
            "description": text[:80], "thumb": blob, "title": text[:50], "uri": address}}  # fmt: skip
        record["facets"] = [{"features": [{"$type": "app.bsky.richtext.facet#link", "uri": address}],
                             "index": {"byteEnd": size + 23, "byteStart": size + 1}}]  # fmt: skip
        text += " exemple.fr/articles..."
    elif die < 0.35:
        record["embed"] = {"$type": "app.bsky.embed.record", "record": {
            "cid": cid, "uri": f"at://{did}/app.bsky.feed.post/3mpt5v5trd22k"}}  # fmt: skip
    record["langs"] = [lang]
    if chance.random() < 0.4:
        parent = {"cid": cid, "uri": f"at://{did}/app.bsky.feed.post/3mpsjbtci2c2o"}
        record["reply"] = {"parent": parent, "root": parent}
    record["text"] = text
    commit = {"rev": f"3mptb{number:08x}", "operation": "create", "collection": "app.bsky.feed.post",
              "rkey": f"3mpta{number:08x}", "record": record, "cid": cid}  # fmt: skip
    frame = {
        "did": did,
        "time_us": NOW_US - 60_000_000 + number,
        "kind": "commit",
        "commit": commit,
    }
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


@cache
def _places() -> Any:
    """The analyser and the names of places; None and None without the gazetteer."""
    from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
    from vigie.plugins.enrichers.lexical import LexicalEnricher

    try:
        return LexicalEnricher(), gazetteer()
    except GazetteerMissing:
        raise SystemExit("the gazetteer is missing: run `make assets`") from None


def scope_of(queries: Sequence[str]) -> Any:
    from vigie.analysis.query import Matcher, parse
    from vigie.pipeline.watching import Scope

    parsed = {at: parse(query) for at, query in enumerate(queries)}
    return Scope(
        matcher=Matcher(parsed, _places()[1]),
        operation_of=dict.fromkeys(parsed, 1),
        queries=parsed,
        names=_places()[1],
    )


def network(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Texts and declared languages as of the whole network: one in fifty is French."""
    home, abroad = texts(chance, french=True), texts(chance, french=False, abroad=True)
    while True:
        is_french = chance.random() < 0.02
        lang = "fr" if is_french else chance.choice(("en", "en", "ja", "es"))
        yield next(home if is_french else abroad), lang


def lines_of(
    number: int, share: float, scope: Any, *, french: bool, whole: bool = False
) -> list[bytes]:
    """Frames of which that share, as near as can be, matches a watch of the scope."""
    chance = random.Random(f"{SEED} {number} {share} {french}")
    langs = None
    if whole:
        drawn = list(itertools.islice(network(chance), number))
        bodies, langs = [text for text, _ in drawn], [lang for _, lang in drawn]
    else:
        bodies = list(itertools.islice(texts(chance, french=french), number))
    wanted = round(number * share)
    seen = at = 0
    while seen < wanted:  # what a watch asks for is put among the rest
        what, where = chance.choice(WHAT), chance.choice(WHERE)
        words = bodies[at % number].split()[:12]
        words.insert(chance.randrange(len(words) + 1), f"{what} à {where}")
        bodies[at % number] = " ".join(words)
        seen += 1
        at += max(1, number // max(1, wanted))
    made = [
        line(at, text, _lang(at, langs, chance, french=french), chance)
        for at, text in enumerate(bodies)
    ]
    return made


def _lang(
    at: int, langs: Sequence[str] | None, chance: random.Random, *, french: bool
) -> str:  # fmt: skip
    if langs is not None:
        return langs[at]
    return "fr" if french else chance.choice(("fr", "en", "ja", "es"))


class Filter:
    """The product's path: frames in, posts that match out."""

    def __init__(self, scope: Any, *, glance: bool) -> None:
        from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource
        from vigie.plugins.sources.bluesky.jetstream import Follower, Wish

        self.scope, self.plugin, self.config = scope, BlueskySource, BlueskyConfig()
        self.sieve = scope.sieve(BlueskySource.glanced, "Ciel", _places()[0]) if glance else None
        wish = Wish(endpoint="wss://exemple.fr", new_wire=False)
        self.follower = Follower(wish, _Ports(), {})  # type: ignore[arg-type]

    def __call__(self, lines: Sequence[bytes]) -> set[str]:
        from vigie.pipeline import preparing

        kept: set[str] = set()
        enricher = _places()[0]
        for first in range(0, len(lines), BATCH):
            batch, _ = self.follower._read(list(lines[first : first + BATCH]), None, 0)
            decoded = preparing.decode(
                batch.items, batch.refusals, retries=(), plugin=self.plugin, config=self.config,
                now=NOW, sieve=self.sieve,
            )  # fmt: skip
            preparing.match(
                decoded.items, scope=self.scope, source_name="Ciel", enricher=enricher
            )  # fmt: skip
            kept.update(key for key, item in decoded.items.items() if item.watches)
        return kept


class _Ports:
    """The one port that reading frames needs: a clock that stands still."""

    def __init__(self) -> None:
        self.clock = self

    def now(self) -> datetime:
        return NOW


def naive(lines: Iterable[bytes], pattern: re.Pattern[str]) -> int:
    """A peer: decode, take accents and case away, search one alternation of all words; the number
    of candidates, which still would have to be matched."""
    import msgspec

    decode = msgspec.json.Decoder().decode
    found = 0
    for raw in lines:
        text = decode(raw)["commit"]["record"]["text"]
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        found += pattern.search(plain) is not None
    return found


def raw_search(lines: Iterable[bytes], pattern: re.Pattern[bytes]) -> int:
    """Another: search the undecoded line, accents as they are written."""
    return sum(pattern.search(raw) is not None for raw in lines)


def _words(queries: Iterable[str]) -> list[str]:
    words = {w for query in queries for w in re.findall(r"[^\W\d_]{3,}", query)}
    return sorted(words - {"lang", "has", "image", "from", "place", "network", "source", "OR"})


def peers(raw: Sequence[bytes], queries: Sequence[str]) -> dict[str, float]:
    """Lines a second of decoding alone, untyped and typed, and of two regular expressions."""
    import msgspec

    from vigie.plugins.sources.bluesky.frames import FullOld

    untyped = msgspec.json.Decoder().decode
    typed = msgspec.json.Decoder(FullOld).decode
    words = _words(queries)
    plain = [unicodedata.normalize("NFKD", w).encode("ascii", "ignore").decode() for w in words]
    folded = re.compile(r"\b(?:" + "|".join(map(str.lower, plain)) + ")")
    written = re.compile("|".join(words).encode(), re.IGNORECASE)
    return {
        "msgspec alone": _speed(lambda: _drop(map(untyped, raw)), len(raw)),
        "msgspec alone, kept by batches": _speed(lambda: _kept(untyped, raw), len(raw)),
        "msgspec into the product's own types": _speed(lambda: _drop(map(typed, raw)), len(raw)),
        "json alone": _speed(lambda: _drop(map(json.loads, raw)), len(raw)),
        "regex on folded text": _speed(lambda: naive(raw, folded), len(raw)),
        "regex on the raw line": _speed(lambda: raw_search(raw[:4000], written), len(raw[:4000]), 1),
    }  # fmt: skip


def _drop(results: Iterable[object]) -> None:
    """Work through them without keeping any, which is the fastest."""
    deque(results, maxlen=0)


def _kept(decode: Callable[[bytes], object], raw: Sequence[bytes]) -> None:
    """Decode batch by batch, as whoever does something with the lines would have to."""
    for first in range(0, len(raw), BATCH):
        list(map(decode, raw[first : first + BATCH]))


def _speed(call: Callable[[], object], number: int, times: int = 3) -> float:
    """Calls a second of processor time, the best of a few: the machine is shared."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        call()
        best = min(best, time.process_time() - began)
    return round(number / best)


MIXES: Final = (
    ("1 % of mixed languages, 500 watches", 0.01, 500, False),
    ("0.1 %, 500 watches", 0.001, 500, False),
    ("10 %, 500 watches", 0.10, 500, False),
    ("1 %, 50 watches", 0.01, 50, False),
    ("1 %, 5000 watches", 0.01, 5_000, False),
    ("1 % of French only, 500 watches", 0.01, 500, True),
)


WORDLESS: Final = (
    ("with place:91", ("place:91",)),
    ("with places and accounts", ("place:91", "place:77 OR place:78", "place:longjumeau -crue",
                                  "from:sdis91.example")),
    ("with lang:fr", ("lang:fr",)),
    ("with all of these", ("lang:fr", "place:91", "place:77 OR place:78", "from:sdis91.example")),
)  # fmt: skip
"""What is added to 500 watches of words: watches that no word decides."""


def measure(
    number: int, share: float, count: int, *, french: bool, more: Sequence[str] = ()
) -> dict[str, Any]:
    """One mix. The first pass is cold: nothing of the words is remembered yet."""
    queries = [*watches(count, random.Random(SEED)), *more]
    scope = scope_of(queries)
    lines = lines_of(number, share, scope, french=french, whole=bool(more))
    path = Filter(scope, glance=True)
    began = time.process_time()
    kept = path(lines)
    first = number / (time.process_time() - began)
    every = Filter(scope, glance=False)
    lost = every(lines) ^ kept
    assert not lost, f"the glance lost {len(lost)} posts"
    return {
        "lines_per_s_first_pass": round(first),
        "lines_per_s": _speed(lambda: path(lines), number),
        "without_glance_per_s": _speed(lambda: every(lines[: number // 4]), number // 4, 1),
        "matching": f"{len(kept) / number:.2%}",
        "queries": queries,
        "lines": lines,
    }


def main() -> int:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    from bench.record import ROOT, record

    sys.path.insert(0, str(ROOT / "src"))
    with tempfile.TemporaryDirectory() as home:
        os.environ["VIGIE_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
        import django

        django.setup()
        _places()
        gc.collect()  # as the pipeline does once its word lists are loaded
        gc.freeze()
        gc.set_threshold(20_000, 10, 100)
        figures: dict[str, Any] = {}
        for at, (name, share, count, french) in enumerate(MIXES):
            found = measure(number, share, count, french=french)
            lines, queries = found.pop("lines"), found.pop("queries")
            if at == 0:
                beside = peers(lines, queries)
                figures["lines_per_s"] = found["lines_per_s"]
                figures["first_pass_per_s"] = found["lines_per_s_first_pass"]
                figures["of_msgspec_alone"] = round(
                    found["lines_per_s"] / beside["msgspec alone"], 2
                )
                batches = found["lines_per_s"] / beside["msgspec alone, kept by batches"]
                figures["of_msgspec_by_batches"] = round(batches, 2)
                figures["without_glance_per_s"] = found["without_glance_per_s"]
                figures["matching"] = found["matching"]
                figures["bytes_per_line"] = round(sum(map(len, lines)) / number)
                figures |= {f"peer: {peer}": speed for peer, speed in beside.items()}
            else:
                figures[name] = ", ".join(f"{k} {v}" for k, v in found.items())
        slowest = float("inf")
        for name, more in WORDLESS:
            found = measure(number, 0.01, 500, french=False, more=more)
            del found["lines"], found["queries"]
            slowest = min(slowest, found["lines_per_s"])
            figures[f"1 %, 500 watches {name}"] = ", ".join(f"{k} {v}" for k, v in found.items())
        figures["lines_per_s_without_words"] = round(slowest)
    record(
        "firehose",
        figures,
        targets={
            "lines_per_s": "≥ 20000", "of_msgspec_alone": "≥ 0.20",
            "lines_per_s_without_words": "≥ 20000",
        },
    )  # fmt: skip
    met = slowest >= 20_000 <= figures["lines_per_s"] and figures["of_msgspec_alone"] >= 0.20
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
