"""A data folder with any number of posts, leads and watch hits, made fast and always alike.

The texts are drawn from a French flood vocabulary with Zipf's frequencies, so that common words are
very common and rare ones rare, as in life. Rows go in by `executemany`; indexes and triggers are
those of the product.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BATCH = 20_000
SLUG = "mesure"
EMAIL = "mesure@exemple.fr"
PASSWORD = "une mesure honnete"
END = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CATEGORIES = ("", "routes_transports", "niveau_eau", "hors_sujet", "sentiment", "appel_secours")
PLACES = (("91471", "Orsay"), ("91345", "Longjumeau"), ("91223", "Étampes"), ("", ""))

COMMON = """
crue eau route pont rue cave maison pluie orge yvette inondation riviere niveau monte coupe gare
train bus ecole mairie pompiers secours voisins voiture quartier ville soir matin nuit photo video
attention danger evacuer gymnase sacs sable digue barrage debit vigilance orange rouge meteo
prefecture courant electricite gaz telephone chat chien jardin garage sous sol deux trois heure
metre centimetre toujours encore jamais vraiment tres beaucoup personne besoin aide merci courage
"""
_SYLLABLES = "ba bre chi dou fra gle hu jo ka li mon nou pla qui ro sta tri vu".split()  # noqa: SIM905
WORDS = COMMON.split() + ["".join(p) for p in itertools.product(_SYLLABLES, repeat=3)]
"""About 5,900 words, the first 75 of the trade, the rest rare and without meaning."""


def environment(home: Path) -> dict[str, str]:
    """The environment of a process working on that home."""
    return {**os.environ, "VIGIE_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}


def make(home: Path, posts: int, *, watches: int = 3) -> None:
    """Fill an empty home: one operation, one coordinator, `watches` watches, `posts` posts.

    Every post is a lead; one in eight is folded into the one before; every watch is hit by one lead
    in `watches`. Nothing is done when the home already holds that many.
    """
    home.mkdir(parents=True, exist_ok=True)
    if (home / f"made-{posts}").exists():
        return
    run = [sys.executable, "-m", "vigie", "django-admin"]
    subprocess.run([*run, "migrate", "-v0"], env=environment(home), check=True)
    subprocess.run([*run, "shell", "-v0", "-c", _PEOPLE], env=environment(home), check=True)
    with closing(sqlite3.connect(home / "vigie.sqlite3")) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-200000")
        _fill(db, posts, watches)
        db.execute("PRAGMA optimize")
        db.execute("ANALYZE")
    (home / f"made-{posts}").touch()


_PEOPLE = f"""
from datetime import UTC, datetime
from vigie.accounts.models import User
from vigie.operations.models import Membership, Operation
now = datetime.now(UTC)
user = User.objects.create_user(email="{EMAIL}", password="{PASSWORD}", name="Mesure")
made = Operation.objects.create(slug="{SLUG}", title="Mesure", kind="flood", phase="active",
    languages=["fr"], created_at=now, created_by=user)
Membership.objects.create(operation=made, user=user, role="coordinator", since=now)
"""


def _texts(rng: random.Random) -> Iterator[str]:
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(WORDS))))
    while True:
        yield " ".join(rng.choices(WORDS, cum_weights=weights, k=rng.randint(6, 24)))


def _fill(db: sqlite3.Connection, posts: int, watches: int) -> None:
    from vigie.analysis.tokens import tokenise

    rng = random.Random(20161)
    text = _texts(rng)
    (operation,) = db.execute("SELECT id FROM operations_operation").fetchone()
    stamp = END.strftime("%Y-%m-%d %H:%M:%S")
    (source,) = db.execute(
        "INSERT INTO collection_source(plugin,name,config,controls,enabled,cursor,created_at,holder,"
        "state,failures,error_code,error_detail,items_seen,items_kept,items_unmatched,items_refused,"
        "operation_id) VALUES('file','Mesure','{}','{}',0,'{}',?,'','done',0,'','',0,0,0,0,?) RETURNING id",
        (stamp, operation),
    ).fetchone()
    watch_ids = [
        db.execute(
            "INSERT INTO collection_watch(operation_id,name,query,active,created_at,version,"
            "unmatched_seen) VALUES(?,?,?,1,?,1,0) RETURNING id",
            (operation, f"Veille {n}", "crue", stamp),
        ).fetchone()[0]
        for n in range(watches)
    ]
    authors = 5000
    db.executemany(
        "INSERT INTO collection_author(id,network,remote_id,handle,name,official) VALUES(?,?,?,?,?,0)",
        ((n, "mastodon", f"a{n}", f"@a{n}", f"A {n}") for n in range(1, authors + 1)),
    )
    for first in range(1, posts + 1, BATCH):
        rows, leads, hits = [], [], []
        for n in range(first, min(first + BATCH, posts + 1)):
            moment = END - timedelta(seconds=(posts - n) * 2)
            at = moment.strftime("%Y-%m-%d %H:%M:%S")
            words = next(text)
            rows.append(
                (
                    n, source, f"r{n}", "mastodon", f"https://exemple.org/{n}", rng.randint(1, authors),
                    at, at, "fr", words, " ".join(tokenise(words)), rng.getrandbits(62), f"{n:032x}",
                )
            )  # fmt: skip
            code, place = PLACES[rng.randrange(4)]
            folded = n - 1 if n % 8 == 0 else None
            state = ("new", "new", "kept", "dismissed")[rng.randrange(4)]
            leads.append(
                (
                    n, operation, n, at, at, state, rng.randrange(5), CATEGORIES[rng.randrange(6)],
                    code, place, folded, int(n % 8 == 7),
                )
            )  # fmt: skip
            hits.append((watch_ids[n % watches], n))
        db.executemany(
            "INSERT INTO collection_post(id,source_id,remote_id,network,url,author_id,published_at,"
            "received_at,language,text,tokens,exact,digest,reply_to,repost_of,has_media,graphic) "
            "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,'','',0,0)",
            rows,
        )
        db.executemany(
            "INSERT INTO triage_lead(id,operation_id,post_id,published_at,arrived_at,state,urgency,"
            "category,place_code,place_name,folded_into_id,copies,urgency_by_person,"
            "category_by_person,place_by_person,reliability,credibility,version) "
            "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,0,0,0,'F',6,1)",
            leads,
        )
        db.executemany("INSERT INTO triage_watchhit(watch_id,lead_id) VALUES(?,?)", hits)
        db.commit()
