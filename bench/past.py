"""The map as it stood at a moment beside the map as it is: 10,000 objects with two revisions each.

In this process, on SQLite, processor time, the best of five: reading every object as of an entry
written before both revisions (a reading of the past that takes back 20,000 changes), reading what stands
by the same rows, and the course of the whole time that the browser plays (`courses`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.dataset import EMAIL, SLUG, environment
from bench.record import ROOT, record
from bench.server import prepare

OBJECTS, AT_ONCE, RUNS = 10_000, 500, 5
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def best(reading: Callable[[], int]) -> tuple[float, int]:
    """Milliseconds of processor time of the quickest run, and what it counted."""
    taken, n = [], 0
    for _ in range(RUNS):
        began = time.process_time()
        n = reading()
        taken.append((time.process_time() - began) * 1000)
    return min(taken), n


def measure() -> dict[str, Any]:
    """In the child: draw, change twice, read."""
    import django

    django.setup()
    from vigie.accounts.models import User
    from vigie.journal.queries import last_seq
    from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
    from vigie.mapping.actions.layers import create_layer
    from vigie.mapping.models import Feature
    from vigie.mapping.queries.asof import as_of
    from vigie.mapping.queries.history import as_feature, courses
    from vigie.operations.access import desk_for

    by = desk_for(User.objects.get(email=EMAIL), SLUG)
    layer = create_layer(name="Mesure", by=by, now=START)
    uids = [uuid4() for _ in range(OBJECTS)]
    chain = by.operation.pk

    def send(minute: int, fields: Callable[[int], dict[str, Any]], *, create: bool = False) -> None:
        for first in range(0, OBJECTS, AT_ONCE):
            some = uids[first : first + AT_ONCE]
            rows = {row.uid: row for row in Feature.objects.filter(uid__in=some)}
            edits = [
                Edit(
                    edit=uuid4(), feature=uid, create=create, set=fields(first + at),
                    layer=layer.number, base={} if create else seen_all(rows[uid]),
                )
                for at, uid in enumerate(some)
            ]  # fmt: skip
            apply_edits(edits=edits, by=by, now=START + timedelta(minutes=minute))

    def shape(n: int, shift: float) -> dict[str, Any]:
        lon, lat = 1.9 + n % 100 * 0.007 + shift, 48.3 + n // 100 * 0.005
        if n % 2:
            return {"type": "Point", "coordinates": [lon, lat]}
        return {"type": "LineString", "coordinates": [[lon, lat], [lon + 0.001, lat + 0.001]]}

    send(0, lambda n: {"geometry": shape(n, 0), "name": f"Objet {n}"}, create=True)
    entry = last_seq(chain)
    send(10, lambda n: {"name": f"Renommé {n}", "attributes.depth_m": n % 3})
    send(20, lambda n: {"geometry": shape(n, 0.002), "note": "déplacé"})
    rows = Feature.objects.filter(layer=layer).select_related("layer").order_by("pk")
    standing = rows.filter(deleted_at__isnull=True)
    now_ms, now_n = best(lambda: sum(1 for _ in standing.iterator(chunk_size=2_000)))
    past_ms, past_n = best(lambda: sum(1 for _ in as_of(rows, entry)))
    assert now_n == past_n == OBJECTS
    half = OBJECTS // 2  # 5,000 objects with 10,000 changes is the most a browser is told of
    Feature.objects.filter(uid__in=uids[half:]).delete()
    told_ms, told = best(
        lambda: sum(len(course.changes) for course in courses(by, [layer], since=0))
    )
    course_ms, _ = best(lambda: len([as_feature(each) for each in courses(by, [layer], since=0)]))
    return {
        "objects": OBJECTS, "revisions": 2 * OBJECTS, "now_ms": round(now_ms, 1),
        "past_ms": round(past_ms, 1), "ratio": round(past_ms / now_ms, 2),
        "course_objects": half, "course_changes": told, "course_ms": round(told_ms, 1),
        "course_as_geojson_ms": round(course_ms, 1),
    }  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), watch="crue")
        done = subprocess.run(
            [sys.executable, "-m", "bench.past", "child"], env=environment(Path(home)), cwd=ROOT,
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    record(
        "past", json.loads(done.stdout.splitlines()[-1]),
        targets={"past_ms": "≤ 300 ms of processor time for 10,000 objects with revisions"},
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
        print(json.dumps(measure()))
    else:
        main()
