"""Speed of the pipeline beside a bare loop that decodes and inserts the same, on SQLite.

Three runs over the same number of posts, each in a data folder of its own, in batches of 500:
the pipeline with every post matching (50 watches); the bare loop, which decodes the same JSON with
msgspec and inserts with `executemany` the very rows that the pipeline made, into the same tables
with their indexes and triggers; the pipeline with one post in a hundred matching. Promised: the
first at least 20 % of the second, the third at least 4 times the first.

    python -m bench.pipeline [POSTS]
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BATCH = 500
SEED = 20_160_531
MATCHING = 100
"""One post in so many matches in the third run."""

EVERYDAY = """
Bon appétit à tous|Ce matin le café était parfait|On a fini le puzzle de mille pièces hier soir
Quelqu'un connaît un bon cordonnier|Le concert de samedi était magique|Ma fille a eu son permis
Le nouveau film est vraiment long|Il reste deux places de théâtre|Superbe coucher de soleil
Je cherche un vélo d'occasion|La bibliothèque ferme plus tôt lundi|Merci pour vos messages
Recette de tarte aux pommes de ma grand-mère|Le chat dort depuis midi|Trois buts en dix minutes
J'ai repris la course à pied|Le wifi du train marche enfin|Nos vacances commencent vendredi
Les soldes débutent la semaine prochaine|Un lecteur m'a envoyé cette photo de son jardin
""".strip().replace("\n", "|").split("|")  # fmt: skip

WATCHES = """
crue OR inond*|eau AND (monte OR déborde)|(orge OR yvette) -météo|"route coupée" OR "route barrée"
évacu*|secours OR pompiers OR "au secours"|"coupure de courant" OR électricité|gymnase OR hébergement
rumeur OR intox OR faux|vigilance (orange OR rouge)|pont (fermé OR coupé OR emporté)|cave OR sous-sol
RD118 OR D118 OR "départementale 118"|rer (interrompu OR arrêté)|école (fermée OR évacuée)
place:Longjumeau|place:Orsay crue|place:91 inond*|lang:en flood*|lang:es inundación
bénévole* OR aide|"besoin d'aide"|sacs sable|digue OR barrage|gaz OR fuite|hôpital OR ehpad
disparu* OR "perdu de vue"|enfant (coincé OR perdu)|voiture (emportée OR bloquée)|toit
has:media crue|has:image eau|from:sdis91 OR from:prefet91|source:corpus crue|network:bluesky eau
essence OR carburant|eau potable|téléphone OR réseau|chien OR chat OR chevaux|mairie
"plan communal" OR pcs|décrue OR baisse|seine OR essonne OR juine|a6 OR n20 OR n104
(camping OR caravane) eau|péniche*|glissement OR éboulement|arbre* (tombé OR chute)|orage* OR grêle
solidarité OR don OR dons|tour OR peloton OR étape
""".strip().replace("\n", "|").split("|")  # fmt: skip
EVERYTHING = "-motquipersonnenecrit"


def texts(number: int, chance: random.Random) -> Iterator[str]:
    """Texts of a flood: the beginning, the middle and the end of posts of the shipped exercise."""
    from vigie.plugins.sources.exercise import load_shipped

    posts = [
        event.post.text.split()
        for event in load_shipped("orge-yvette").timeline
        if event.post is not None and event.post.text
    ]
    for _ in range(number):
        words: list[str] = []
        for third in range(3):
            chosen = chance.choice(posts)
            words += chosen[third * len(chosen) // 3 : (third + 1) * len(chosen) // 3]
        yield " ".join(words)


def everyday(number: int, chance: random.Random) -> Iterator[str]:
    """Texts that no watch asks for, though some hold a word that one begins with."""
    from vigie.analysis.query import Matcher, Subject, parse
    from vigie.analysis.tokens import tokenise

    matcher = Matcher({query: parse(query) for query in WATCHES[:50]})
    while number:
        text = f"{chance.choice(EVERYDAY)}. {chance.choice(EVERYDAY)} {chance.randrange(10**6)}"
        if not matcher.match(Subject(tokenise(text), media_types=("image",), language="fr")):
            number -= 1
            yield text


def payloads(bodies: Iterator[str], chance: random.Random) -> list[bytes]:
    """The wire form of product.md, one a text, a second apart."""
    begin = datetime.now(UTC) - timedelta(days=2)
    found = []
    for number, text in enumerate(bodies):
        account = chance.randrange(20_000)
        post = {
            "id": f"bench-{number}",
            "network": "mastodon" if number % 2 else "bluesky",
            "url": f"https://exemple.fr/@h{account}/{number}",
            "created_at": (begin + timedelta(seconds=number)).isoformat(),
            "lang": "fr",
            "text": text,
            "author": {"id": f"a{account}", "handle": f"h{account}", "name": f"Habitant {account}",
                       "followers": account % 900},
            "media": [{"type": "image", "url": f"https://exemple.fr/m/{number}.jpg"}]
            if number % 5 == 0 else [],
            "likes": number % 7, "reposts": number % 3, "replies": 0,
        }  # fmt: skip
        found.append(json.dumps(post, ensure_ascii=False).encode())
    return found


def pipeline(home: Path, items: Sequence[bytes], *, everything: bool) -> dict[str, Any]:
    """Take all items; wall and processor seconds, and what became of them."""
    with _home(home):
        from django.core.management import call_command

        from vigie.collection.models import Source, Watch
        from vigie.contracts.plugins import RawItem
        from vigie.operations.models import Operation
        from vigie.pipeline.intake import installed_intake
        from vigie.pipeline.messages import Message, Outcome

        call_command("migrate", verbosity=0)
        now = datetime.now(UTC)
        operation = Operation.objects.create(
            slug="mesure", title="Mesure", kind="flood", phase="active", created_at=now
        )
        queries = [EVERYTHING, *WATCHES[:49]] if everything else WATCHES[:50]
        assert len(queries) == 50, len(queries)
        for at, query in enumerate(queries):
            Watch.objects.create(operation=operation, name=f"V{at}", query=query, created_at=now)
        source = Source.objects.create(
            plugin="file", name="Corpus", config={"blob": "corpus"}, created_at=now
        )
        intake = installed_intake()
        intake.take(Message(source=source.pk), now=now)  # watches compiled, analyser loaded
        list(intake._enricher_of_now().analyse([]))
        raw = [RawItem(payload=payload, where=str(at)) for at, payload in enumerate(items, 1)]

        def run() -> Outcome:
            done = Outcome()
            for first in range(0, len(raw), BATCH):
                chunk = tuple(raw[first : first + BATCH])
                message = Message(source=source.pk, items=chunk, cursor={"line": first})
                done += intake.take(message, now=now + timedelta(milliseconds=first))
            return done

        wall, processor, outcome = _timed(run)
        return {
            "posts": len(items), "kept": outcome.kept, "folded": outcome.folded,
            "refused": outcome.refused, "wall_s": wall, "processor_s": processor,
            "posts_per_s": round(len(items) / wall),
        }  # fmt: skip


TABLES = {
    "collection_author": "min(p.id) FROM collection_author t JOIN collection_post p ON p.author_id = t.id GROUP BY t.id",
    "collection_post": "t.id FROM collection_post t",
    "collection_rawitem": "t.post_id FROM collection_rawitem t",
    "collection_media": "t.post_id FROM collection_media t",
    "triage_lead": "t.post_id FROM triage_lead t",
    "triage_watchhit": "l.post_id FROM triage_watchhit t JOIN triage_lead l ON l.id = t.lead_id",
    "triage_annotation": "l.post_id FROM triage_annotation t JOIN triage_lead l ON l.id = t.lead_id",
}  # fmt: skip
"""Tables in the order of their foreign keys, each with the post that a row belongs to."""


def rows_by_batch(made: Path, batches: int) -> tuple[dict[str, Any], list[dict[str, list[Any]]]]:
    """What the pipeline stored: the rows that were there before, and those of each batch."""
    with sqlite3.connect(made / "vigie.sqlite3") as db:
        before = {
            table: db.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("operations_operation", "collection_watch", "collection_source")
        }
        found: list[dict[str, list[Any]]] = [{} for _ in range(batches)]
        for table, post in TABLES.items():
            for owner, *row in db.execute(f"SELECT {post.replace(' FROM', ', t.* FROM', 1)}"):
                found[min(batches - 1, (owner - 1) // BATCH)].setdefault(table, []).append(row)
        for at, entry in enumerate(db.execute("SELECT * FROM journal_entry ORDER BY id")):
            found[at].setdefault("journal_entry", []).append(entry)
    return before, found


def bare(home: Path, made: Path, items: Sequence[bytes]) -> dict[str, Any]:
    """Decode each payload and insert the rows that the pipeline made of it, and nothing else."""
    batches = -(-len(items) // BATCH)
    before, rows = rows_by_batch(made, batches)
    with _home(home):
        import msgspec
        from django.core.management import call_command
        from django.db import connection, transaction

        call_command("migrate", verbosity=0)
        decoder = msgspec.json.Decoder(_wire())

        def put(cursor: Any, table: str, chunk: Sequence[Any]) -> None:
            if chunk:
                marks = ",".join(["%s"] * len(chunk[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", chunk)

        with transaction.atomic(), connection.cursor() as cursor:
            for table, chunk in before.items():
                put(cursor, table, chunk)

        def run() -> None:
            for batch in range(batches):
                for payload in items[batch * BATCH : (batch + 1) * BATCH]:
                    decoder.decode(payload)
                with transaction.atomic(), connection.cursor() as cursor:
                    for table, chunk in rows[batch].items():
                        put(cursor, table, chunk)

        wall, processor, _ = _timed(run)
        return {
            "posts": len(items), "rows": sum(len(chunk) for batch in rows for chunk in batch.values()),
            "wall_s": wall,
            "processor_s": processor, "posts_per_s": round(len(items) / wall),
        }  # fmt: skip


def _wire() -> Any:
    import msgspec

    class Wire(msgspec.Struct):
        id: str
        text: str
        created_at: datetime
        network: str = ""
        url: str = ""
        lang: str | None = None
        author: dict[str, Any] | None = None
        media: list[dict[str, Any]] = []
        likes: int | None = None
        reposts: int | None = None
        replies: int | None = None

    return Wire


def _timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    wall, processor = time.perf_counter(), time.process_time()
    done = run()
    return (
        round(time.perf_counter() - wall, 3),
        round(time.process_time() - processor, 3),
        done,
    )


class _home:
    """Django on a data folder, made the first time, reconnected afterwards."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __enter__(self) -> None:
        from django.db import connections

        settings = connections["default"].settings_dict
        settings["NAME"] = str(self._home / "vigie.sqlite3")

    def __exit__(self, *error: object) -> None:
        from django.db import connections

        connections.close_all()


def main(number: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
    os.environ["VIGIE_LOG_LEVEL"] = "ERROR"
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        homes = [Path(folder) / name for name in ("all", "bare", "few")]
        for home in homes:
            home.mkdir()
        os.environ["VIGIE_HOME"] = folder
        os.environ.pop("VIGIE_DATABASE_URL", None)
        import django

        django.setup()
        from bench.record import record

        chance = random.Random(SEED)
        flood = payloads(texts(number, chance), chance)
        calm = payloads(everyday(number, chance), chance)
        mixed = [flood[at] if at % MATCHING == 0 else payload for at, payload in enumerate(calm)]
        all_matching = pipeline(homes[0], flood, everything=True)
        loop = bare(homes[1], homes[0], flood)
        few_matching = pipeline(homes[2], mixed, everything=False)
        record(
            "pipeline",
            {
                "ratio_to_bare_loop": round(loop["wall_s"] / all_matching["wall_s"], 3),
                "ratio_to_bare_loop_by_processor": round(
                    loop["processor_s"] / all_matching["processor_s"], 3
                ),
                "few_to_all": round(all_matching["wall_s"] / few_matching["wall_s"], 2),
                "few_to_all_by_processor": round(
                    all_matching["processor_s"] / few_matching["processor_s"], 2
                ),
                "all_matching": all_matching,
                "bare_loop": loop,
                "few_matching": few_matching,
            },
            targets={"ratio_to_bare_loop": "at least 0.2", "few_to_all": "at least 4"},
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
