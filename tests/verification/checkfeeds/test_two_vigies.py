"""What one Vigie publishes, another follows over the network: published, corrected, withdrawn."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async

from tests.browser.conftest import AsgiServer, asgi_server
from tests.factories import Cast, desk
from tests.workers.sources import SteppedClock
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.pipeline.http import GuardedHttp
from vigie.verification import nearby
from vigie.verification.actions.known_feeds import follow_feed, visit_feed
from vigie.verification.models import KnownClaim, KnownFeed
from vigie.verification.queries.near import near_claims
from vigie.workers.work import Worker

__all__ = ["asgi_server"]
"""The other Vigie: a process and a database of its own."""

THERE = """
import itertools
from datetime import timedelta
from tests import factories
from tests.factories import make_cast, concluded, desk
from tests.web.public.publishing import published
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.verification.actions.factchecks import withdraw
from vigie.verification.models import Claim
"""
PUBLISH = """
factories._counter = itertools.count(1 + 100 * Operation.objects.count())
now = utc_now() - timedelta(hours=3)
cast = make_cast(now=now)
Operation.objects.filter(pk=cast.operation.pk).update(is_exercise={exercise})
cast.operation.refresh_from_db()
claim = concluded(cast.operation, now=now, by=desk(cast.verifier, cast.operation))
published(cast, claim, now)
print(cast.operation.slug)
"""
AGAIN = """
claim = Claim.objects.latest("pk")
people = {m.role: m.user for m in claim.operation.memberships.select_related("user")}
class cast: pass
cast.operation, cast.verifier, cast.coordinator = claim.operation, people["verifier"], people["coordinator"]
"""
CORRECT = (
    AGAIN
    + """
from tests.factories import words
from tests.web.public.publishing import ENGLISH
from vigie.verification.actions.factchecks import approve_words, publish, write_draft
from vigie.verification.models import FactCheck
at = utc_now() - timedelta(hours=2)
one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
french = words(claim="Des publications disent que le barrage de Saclas a cédé dans la nuit.",
               why="L’heure était fausse.")
write_draft(claim=claim, draft={**french, "en": {**ENGLISH, "why": "The hour was wrong."}},
            version=FactCheck.objects.get(claim=claim).version, by=one, now=at,
            signed="Département de l’Essonne")
assert approve_words(claim=claim, by=two, now=at)
publish(claim=claim, by=one, now=at)
"""
)
WITHDRAW = (
    AGAIN
    + """
why = {"fr": "Nous nous sommes trompés.", "en": "We were wrong."}
withdraw(claim=claim, why=why, by=desk(cast.coordinator, cast.operation),
         now=utc_now() - timedelta(hours=1))
"""
)


async def there(server: AsgiServer, source: str) -> str:
    """Have people of the other Vigie do something."""
    done: str = await sync_to_async(server.python)(THERE + source)
    return done


@pytest.mark.parametrize("end", ["feed.json", "feed.rss"])
async def test_a_check_of_another_vigie_is_found_corrected_and_withdrawn(
    asgi_server: AsgiServer, transactional_db: None, people: Cast, clock: SteppedClock, end: str
) -> None:
    slug = await there(asgi_server, PUBLISH.format(exercise=False))
    parts = urlsplit(asgi_server.origin)
    pair = (parts.hostname or "", parts.port or 0)
    by = await sync_to_async(desk)(people.verifier, people.operation)
    address = f"{asgi_server.origin}/p/{slug}/verifications/{end}"
    feed = await sync_to_async(follow_feed)(address=address, by=by, now=clock.now())
    async with GuardedHttp(allowed=frozenset({pair})) as http:
        worker = Worker(http=http, name="w2", tick_s=0.01)
        await worker.drain()
        known = await sync_to_async(KnownClaim.objects.get)()
        assert known.wording == "Des publications disent que le barrage de Saclas a cédé."
        assert (known.verdict, known.language) == ("false", "fr")
        assert known.author == "Département de l’Essonne"
        asked = "le barrage de Saclas a cédé !"
        (near,) = await sync_to_async(near_claims)(by, asked)
        assert (near.known, near.verdict) == (known, "false")

        await there(asgi_server, CORRECT)
        await _visited(worker, feed, by, clock)
        known = await sync_to_async(KnownClaim.objects.get)()
        assert known.wording.endswith("dans la nuit.")

        await there(asgi_server, WITHDRAW)
        await _visited(worker, feed, by, clock)
        known = await sync_to_async(KnownClaim.objects.get)()
        assert known.withdrawn_at is not None
        nearby.forget()
        assert await sync_to_async(near_claims)(by, asked) == []
        assert (await sync_to_async(KnownFeed.objects.get)()).state == "ok"
        await worker.close()


async def test_what_another_vigie_played_answers_in_exercises_alone(
    asgi_server: AsgiServer,
    transactional_db: None,
    people: Cast,
    clock: SteppedClock,
    now: datetime,
) -> None:
    slug = await there(asgi_server, PUBLISH.format(exercise=True))
    parts = urlsplit(asgi_server.origin)
    by = await sync_to_async(desk)(people.verifier, people.operation)
    address = f"{asgi_server.origin}/p/{slug}/verifications/feed.json"
    await sync_to_async(follow_feed)(address=address, by=by, now=clock.now())
    async with GuardedHttp(allowed=frozenset({(parts.hostname or "", parts.port or 0)})) as http:
        worker = Worker(http=http, name="w2", tick_s=0.01)
        await worker.drain()
        await worker.close()
    known = await sync_to_async(KnownClaim.objects.get)()
    assert known.is_exercise
    assert await sync_to_async(near_claims)(by, known.wording) == []
    await sync_to_async(Operation.objects.filter(pk=people.operation.pk).update)(is_exercise=True)
    played = await sync_to_async(desk)(people.verifier, people.operation)
    assert [each.known for each in await sync_to_async(near_claims)(played, known.wording)] == [
        known
    ]


async def _visited(worker: Worker, feed: KnownFeed, by: Desk, clock: SteppedClock) -> None:
    clock.step(minutes=30)
    await sync_to_async(visit_feed)(feed.pk, by=by, now=clock.now())
    await worker.drain()
