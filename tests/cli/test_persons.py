"""`vigie person object`: an account is not collected again, and its name stands nowhere."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from vigie.cli.persons import person
from vigie.collection.models import Objection

pytestmark = pytest.mark.django_db
WHY = ("--reason", "Opposition reçue par courrier.")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(person, arguments)


def test_an_objection_is_added_listed_and_withdrawn() -> None:
    added = run("object", "@riveraine", "did:plc:abc", *WHY, "--json")
    assert added.exit_code == 0, added.output
    number = json.loads(added.output)["objection"]
    listed = run("objections", "--json").output
    rows = json.loads(listed)["objections"]
    assert [(row["objection"], row["in_force"]) for row in rows] == [(number, True)]
    assert "riveraine" not in listed
    assert run("withdraw", str(number), *WHY).exit_code == 0
    assert Objection.objects.get().ended_at is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("object", "Riveraine", *WHY), "on the list already"),
        (("object", "@autre", *WHY, "--until", "2001-01-01"), "past"),
        (("object", "@", *WHY), "too short"),
        (("object", "@autre", "--reason", "non"), "say why"),
        (("withdraw", "999", *WHY), "no objection 999 is in force"),
    ],
)
def test_what_cannot_be_has_status_1_and_its_reason(
    arguments: tuple[str, ...], reason: str
) -> None:
    run("object", "@riveraine", *WHY)
    done = run(*arguments)
    assert done.exit_code == 1
    assert reason in done.output
    assert Objection.objects.filter(ended_at__isnull=True).count() == 1
