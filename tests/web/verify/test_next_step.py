"""The bar of a claim's page says what comes next for the person who looks at it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import Cast, desk
from vigie.accounts.models import User
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.holding import start_checking
from vigie.verification.actions.readings import propose_verdict, read_second
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db

WHY = "La mairie et deux photos du matin montrent le pont debout."


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    return open_claim(wording="Le pont est tombé", by=desk(cast.volunteer, cast.operation), now=now)


def step(client: Client, cast: Cast, person: User) -> str:
    """The words of the next gesture; "" without one."""
    client.force_login(person)
    page = client.get(reverse("verify:claim", args=[cast.operation.slug, 1])).content.decode()
    found = re.search(r"data-next>(.*?)</div>", page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_it_goes_from_the_first_look_to_the_public_answer(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    verifier, other = (desk(each, cast.operation) for each in (cast.verifier, cast.coordinator))
    assert step(client, cast, cast.verifier) == "Commencer à vérifier n"
    start_checking(claim=claim, by=verifier, now=now)
    assert step(client, cast, cast.verifier) == "Passer la liste de contrôle n"
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=verifier, now=now)
    assert step(client, cast, cast.verifier) == "Attend une seconde lecture"
    assert step(client, cast, cast.coordinator) == "Relire le verdict n"
    read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)
    assert step(client, cast, cast.coordinator) == "Préparer la réponse publique n"


def test_who_may_not_check_and_who_finds_it_taken_are_told_nothing_to_do(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    assert step(client, cast, cast.volunteer) == ""
    start_checking(claim=claim, by=desk(cast.verifier, cast.operation), now=now)
    assert step(client, cast, cast.coordinator) == "Quelqu’un d’autre s’en occupe"
