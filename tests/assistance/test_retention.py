"""Who needed help is forgotten first of all, with a proof; counts stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection

from tests import factories
from tests.factories import Cast
from vigie.assistance import retention
from vigie.assistance.actions.handoffs import hand_over
from vigie.assistance.actions.needs import call_need, note_need
from vigie.assistance.actions.partners import save_partner
from vigie.assistance.actions.receiving import receive
from vigie.assistance.asked import Asked
from vigie.assistance.models import Need
from vigie.journal.models import Entry
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation

pytestmark = pytest.mark.django_db


def test_every_table_is_emptied_or_said_to_stay() -> None:
    named = {table.model for table in retention.EMPTIED} | set(retention.STAYS)
    ours = {m for m in apps.get_app_config("assistance").get_models() if not m._meta.auto_created}
    assert ours == named


def test_nothing_that_tells_who_they_are_is_left(cast: Cast, now: datetime) -> None:
    desk = factories.desk(cast.volunteer, cast.operation)
    codis = save_partner(
        name="CODIS", ways={"phone": "0199001001"},
        by=factories.desk(cast.coordinator, cast.operation), now=now,
    )  # fmt: skip
    got = receive(
        asked=Asked(kind="rescue", words="bloqués", phone="0612345678", address="12 rue de l’Orge",
                    place_code="91589", lon=2.3, lat=48.6),
        by=machine_desk(cast.operation, "formulaire"), now=now,
    )  # fmt: skip
    note_need(need=got.need, words="voisine", by=desk, now=now)
    call_need(need=got.need, contact=got.contact, outcome="reached", words="ok", by=desk, now=now)
    hand_over(subject=got.need, partner=codis, by=desk, now=now)
    later = now + timedelta(days=8)
    assert retention.purge(now=later) == {"needs": 0}
    Operation.objects.filter(pk=cast.operation.pk).update(phase="closed", closed_at=now)
    assert retention.counts(now=now + timedelta(days=6)) == {"needs": 0}
    assert retention.counts(now=later)["needs"] == retention.purge(now=later)["needs"] > 5
    assert retention.counts(now=later) == {"needs": 0}
    with connection.cursor() as cursor:
        for table in retention.EMPTIED:
            cursor.execute(
                f"SELECT count(*) FROM {table.model._meta.db_table} WHERE length(sealed) > 0"
            )
            assert cursor.fetchone()[0] == 0, table.name
    need = Need.objects.get()
    assert (need.lon, need.place_key, need.forgotten_at) == (None, "", later)
    assert (need.level, need.place_code) == (1, "91589")
    assert Entry.objects.filter(verb="data.expired").exists()
