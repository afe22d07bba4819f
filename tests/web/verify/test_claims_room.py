"""The rumours room: what is open, writing down a claim, its page."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import Cast, desk, lead
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db


def test_a_claim_is_written_down_with_the_posts_that_say_it(
    client: Client, cast: Cast, now: datetime
) -> None:
    client.force_login(cast.volunteer)
    post = lead(cast.operation, "Le barrage a cédé !!", now=now)
    address = reverse("verify:claim-new", args=[cast.operation.slug])
    assert "Le barrage a cédé !!" in client.get(address, {"lead": post.pk}).content.decode()
    answer = client.post(
        address, {"lead": post.pk, "wording": "Le barrage de Saclas a cédé", "harm": "4"}
    )
    claim = Claim.objects.get()
    assert answer["Location"] == reverse("verify:claim", args=[cast.operation.slug, claim.number])
    assert (claim.posts, claim.harm, claim.origin) == (1, 4, "post")


def test_a_wording_that_is_missing_is_said_and_keeps_the_rest(client: Client, cast: Cast) -> None:
    client.force_login(cast.volunteer)
    address = reverse("verify:claim-new", args=[cast.operation.slug])
    answer = client.post(address, {"wording": " ", "harm": "3"})
    assert answer.status_code == 422
    assert "Écrivez en une phrase" in answer.content.decode()
    assert '<option value="3" selected>' in answer.content.decode()


def test_the_room_lists_what_is_open_first_and_teaches_when_empty(
    client: Client, cast: Cast, now: datetime
) -> None:
    client.force_login(cast.partner)
    address = reverse("verify:claims", args=[cast.operation.slug])
    assert "Rien à vérifier" in client.get(address).content.decode()
    claim = open_claim(
        wording="L’école est fermée", by=desk(cast.volunteer, cast.operation), now=now
    )
    page = client.get(address).content.decode()
    assert claim.wording in page
    assert client.get(reverse("verify:claim", args=[cast.operation.slug, 1])).status_code == 200
    assert client.get(reverse("verify:claim", args=[cast.operation.slug, 9])).status_code == 404
