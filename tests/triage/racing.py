"""Two people at the same incident at the same instant, again and again. Run by test_incident_race:
in the test's database on PostgreSQL, as a script on an SQLite file of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

ROUNDS = 12


def race() -> None:
    """Raises AssertionError when anybody's work was lost or a number was given twice."""
    from django.db import connection

    from tests import factories as make
    from vigie.kernel.clock import utc_now
    from vigie.triage.actions.incident_edits import edit_incident
    from vigie.triage.actions.incidents import open_incident
    from vigie.triage.models import Incident, IncidentRevision

    cast = make.make_cast(now=utc_now())
    anna = make.desk(cast.volunteer, cast.operation)
    bruno = make.desk(cast.verifier, cast.operation)
    incident = open_incident(title="Cave", by=anna, now=utc_now())
    start = threading.Barrier(2)
    failed: list[BaseException] = []

    def in_thread(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                start.wait(timeout=30)
                work()
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        return threading.Thread(target=run)

    def together(*works: Callable[[], None]) -> None:
        threads = [in_thread(work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        if failed:
            raise failed[0]

    for number in range(ROUNDS):
        version = Incident.objects.get(pk=incident.pk).version

        def by_anna(version: int = version, number: int = number) -> None:
            changes = {"title": f"Cave {number}"}
            edit_incident(
                incident=incident, version=version, changes=changes, by=anna, now=utc_now()
            )

        def by_bruno(version: int = version, number: int = number) -> None:
            changes = {"description": f"Texte {number}"}
            edit_incident(
                incident=incident, version=version, changes=changes, by=bruno, now=utc_now()
            )

        together(by_anna, by_bruno)
        row = Incident.objects.get(pk=incident.pk)
        assert (row.title, row.description) == (f"Cave {number}", f"Texte {number}")
        assert row.version == version + 2
    assert IncidentRevision.objects.filter(incident=incident).count() == 2 * ROUNDS

    def opening() -> None:
        for _ in range(ROUNDS):
            open_incident(title="Autre", by=anna, now=utc_now())

    together(opening, opening)
    numbers = sorted(
        Incident.objects.filter(operation=cast.operation).values_list("number", flat=True)
    )
    assert numbers == list(range(1, 2 * ROUNDS + 2))


if __name__ == "__main__":
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    race()
    print("both kept")
