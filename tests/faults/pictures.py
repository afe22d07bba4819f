"""Jobs with real work in a run: pictures of kept posts, fetched from loopback and written anew."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress

from tests.faults.looking import Problem

AT_ONCE = 2
"""Posts that are kept at a time."""
AT_MOST = 4
"""… and in a run: each takes a twentieth of a second to write."""


RECOVERY_S = 30.0
"""What a PostgreSQL that was killed may take to answer again."""


def keep_some() -> None:
    """A person keeps a few posts that show a picture."""
    from django.db import DatabaseError, connection, transaction

    from vigie.collection.models import Media
    from vigie.triage import pictures
    from vigie.triage.models import Lead

    try:
        with suppress(DatabaseError), transaction.atomic():
            if Media.objects.exclude(state="remote").count() < AT_MOST:
                leads = Lead.objects.filter(
                    post__media__state="remote", post__media__type="image"
                ).order_by("pk")[:AT_ONCE]
                for lead in leads:
                    pictures.want([lead.pk], operation=lead.operation_id)
    finally:
        connection.close()


def try_again() -> None:
    """What is stuck after all that went wrong, a person has tried again; a database that is still
    coming back is waited for."""
    from django.db import DatabaseError, connection
    from django_tasks_db.models import DBTaskResult, get_date_max

    until = time.monotonic() + RECOVERY_S
    while True:
        try:
            DBTaskResult.objects.filter(status="FAILED").update(
                status="READY", run_after=get_date_max(), worker_ids=[], finished_at=None
            )
        except DatabaseError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return
        finally:
            connection.close()


def unfinished() -> list[Problem]:
    """Jobs that wait, and pictures that are wanted."""
    from django.db import DatabaseError, connection

    from vigie.collection.models import Media
    from vigie.operations import jobs

    try:
        waiting = jobs.waiting()
        wanted = Media.objects.filter(state="wanted").count()
    except DatabaseError as error:
        return [Problem(kind="stuck", detail=type(error).__name__)]
    finally:
        connection.close()
    return [
        Problem(kind="stuck", detail=f"{number} {what}")
        for number, what in ((waiting, "jobs wait"), (wanted, "pictures are wanted"))
        if number
    ]


def whole(*, killed: bool) -> list[Problem]:
    """At the end: each kept picture is there, whole and told once; no half file stays for ever."""
    from django.db import connection
    from django.db.models import Count

    from vigie.collection.blobs import BlobStore
    from vigie.collection.models import Media
    from vigie.journal.models import Entry
    from vigie.kernel.clock import utc_now

    found, store = [], BlobStore()
    for medium in Media.objects.exclude(state="remote"):
        if medium.state != "fetched":
            found.append(Problem(kind="lost", detail=f"picture {medium.pk} is {medium.state}"))
            continue
        path = store.path(medium.blob)
        if not path.exists():
            found.append(Problem(kind="lost", detail=f"the file of picture {medium.pk}"))
        elif hashlib.sha256(path.read_bytes()).hexdigest() != medium.sha256:
            found.append(Problem(kind="lost", detail=f"half of the file of picture {medium.pk}"))
    told = Entry.objects.filter(verb="picture.fetched").values("data__media", "subject_id")
    twice = [row for row in told.annotate(n=Count("pk")) if row["n"] > 1]
    if twice:
        found.append(Problem(kind="doubled", detail=f"pictures told: {twice!r:.200}"))
    halves = list(store.folder.glob(".partial-*"))
    if halves and not killed:
        found.append(Problem(kind="stuck", detail=f"{len(halves)} half files, nobody was killed"))
    store.sweep(before=utc_now())
    left = [path.name for path in store.folder.glob(".partial-*")]
    if left:
        found.append(Problem(kind="stuck", detail=f"half files: {left!r:.200}"))
    connection.close()
    return found
