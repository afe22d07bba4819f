"""The desk by its screens: take, check, propose, read second, alone never; near claims; imports."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.factories import Cast, desk, lead, member
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.triage.actions.incidents import open_incident
from vigie.verification import nearby
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim, KnownClaim, KnownImport, Stint

pytestmark = pytest.mark.django_db
WORDING = "Le barrage de Saclas a cédé"
WHY = "La mairie de Saclas dit que le barrage tient."


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    post = lead(cast.operation, "Le barrage a cédé, fuyez !", now=now)
    by = desk(cast.verifier, cast.operation)
    return open_claim(wording=WORDING, by=by, now=now, leads=[post], harm=4)


@pytest.fixture
def other(cast: Cast, now: datetime) -> User:
    return member(cast.operation, Role.VERIFIER, now=now, name="Bao")


def do(client: Client, claim: Claim, verb: str, **data: object) -> tuple[int, str]:
    """A gesture as the page sends it; the status and the words that come back."""
    where = [claim.operation.slug, claim.number, verb]
    answer = client.post(
        reverse("verify:gesture", args=where), data, headers={"HX-Request": "true"}
    )
    claim.refresh_from_db()
    return answer.status_code, answer.content.decode()


def test_two_people_take_a_claim_to_its_verdict(
    client: Client, cast: Cast, claim: Claim, other: User
) -> None:
    client.force_login(cast.verifier)
    assert do(client, claim, "start")[0] == 200
    assert claim.state == "checking"
    _, words = do(client, claim, "check", question="authority", answer="no", note="Appel au maire")
    assert "découle <strong>F5</strong>" in words
    do(client, claim, "rate", reliability="F", credibility="5")
    status, words = do(client, claim, "propose", verdict="false", reason="non")
    assert (status, "au moins" in words) == (422, True)
    do(client, claim, "propose", verdict="false", reason=WHY)
    assert claim.state == "second_reading"
    first = str(claim.readings.get().pk)
    status, words = do(client, claim, "read", reading=first, agrees="yes")
    assert (status, claim.state) == (422, "second_reading")
    assert "Personne ne conclut seul" in words
    client.force_login(other)
    desk_page = client.get(reverse("verify:claims", args=[cast.operation.slug])).content.decode()
    assert "seconde lecture demandée" in desk_page
    assert do(client, claim, "read", reading=first, agrees="yes")[0] == 200
    assert (claim.state, claim.verdict) == ("concluded", "false")


def test_dissent_stays_before_the_eyes(
    client: Client, cast: Cast, claim: Claim, other: User
) -> None:
    client.force_login(cast.verifier)
    do(client, claim, "propose", verdict="false", reason=WHY)
    client.force_login(other)
    reading = claim.readings.get()
    do(
        client, claim, "read", reading=reading.pk, agrees="no", verdict="misleading",
        reason="Une vanne a été ouverte.",
    )  # fmt: skip
    assert claim.state == "checking"
    address = reverse("verify:claim", args=[cast.operation.slug, claim.number])
    page = client.get(address).content.decode()
    assert "désaccord" in page
    assert "Une vanne a été ouverte." in page


def test_every_member_reads_a_claim_and_sees_only_the_gestures_they_may_do(
    client: Client, cast: Cast, claim: Claim
) -> None:
    address = reverse("verify:claim", args=[cast.operation.slug, claim.number])
    for person, may_check, sees_posts in (
        (cast.verifier, True, True), (cast.volunteer, False, True), (cast.partner, False, False),
    ):  # fmt: skip
        client.force_login(person)
        page = client.get(address).content.decode()
        assert ("verdict-reason" in page) is may_check
        assert ("Le barrage a cédé, fuyez" in page) is sees_posts


def test_parts_after_a_gesture_are_those_of_a_full_reload(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    _, parts = do(client, claim, "take")
    address = reverse("verify:claim", args=[cast.operation.slug, claim.number])
    page = client.get(address).content.decode()
    for part in ("head", "spread", "posts", "checklist", "verdict", "links", "history"):
        found = parts.partition(f'id="claim-{part}"')[2].partition("</section>")[0]
        whole = page.partition(f'id="claim-{part}"')[2].partition("</section>")[0]
        assert _bare(found) == _bare(whole), part


def _bare(html: str) -> str:
    html = html.replace(' hx-swap-oob="true"', "")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


def test_two_texts_of_one_field_are_both_shown(client: Client, cast: Cast, claim: Claim) -> None:
    client.force_login(cast.verifier)
    address = reverse("verify:edit", args=[cast.operation.slug, claim.number])
    client.post(address, {"version": 1, "details": "Vu à 8 h"})
    answer = client.post(address, {"version": 1, "details": "Vu à 9 h"})
    assert answer.status_code == 409
    assert "Vu à 8 h" in answer.content.decode()
    assert "Vu à 9 h" in answer.content.decode()


def test_what_was_checked_before_is_shown_while_one_writes(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    Claim.objects.filter(pk=claim.pk).update(
        state="concluded", verdict="false", concluded_at=now, version=9
    )
    nearby.forget()
    post = lead(cast.operation, "barrage cédé à Saclas", now=now)
    client.force_login(cast.volunteer)
    near = client.get(
        reverse("verify:near", args=[cast.operation.slug]),
        {"wording": "le barrage a cédé à Saclas", "lead": str(post.pk)},
    ).content.decode()
    assert WORDING in near
    assert "répondre avec son verdict" in near
    do(client, claim, "join", lead=post.pk)
    assert claim.made_of.filter(lead=post, confirmed=True).exists()


def test_a_known_check_is_answered_from_in_one_gesture(
    client: Client, cast: Cast, now: datetime
) -> None:
    client.force_login(cast.verifier)
    known = reverse("verify:known", args=[cast.operation.slug])
    file = SimpleUploadedFile(
        "essai.json",
        b'[{"@type":"ClaimReview","claimReviewed":"X a dit","url":"https://v.example/1",'
        b'"reviewRating":{"alternateName":"Faux"}},{"@type":"ClaimReview","url":"https://v/2"}]',
    )
    page = client.post(known, {"file": file}).content.decode()
    assert "1 nouvelles" in page
    assert "ne dit pas ce qui était affirmé" in page
    (row,) = KnownImport.objects.all()
    assert (row.feed, row.refused_number) == ("essai.json", 1)
    client.post(
        reverse("verify:claim-new", args=[cast.operation.slug]),
        {"wording": "X a dit", "harm": "1", "known": KnownClaim.objects.get().pk},
    )
    made = Claim.objects.get()
    assert (made.state, made.origin) == ("second_reading", "known")
    assert made.readings.get().verdict == "false"


@pytest.mark.parametrize("content", [b"", b"nothing", b"{}"])
def test_a_file_that_is_no_feed_is_refused_in_words(
    client: Client, cast: Cast, content: bytes
) -> None:
    client.force_login(cast.verifier)
    answer = client.post(
        reverse("verify:known", args=[cast.operation.slug]),
        {"file": SimpleUploadedFile("x.json", content)},
    )
    assert answer.status_code == 422
    assert not KnownImport.objects.exists()


def test_a_claim_is_opened_from_an_incident_with_its_posts(
    client: Client, cast: Cast, now: datetime
) -> None:
    post = lead(cast.operation, "La digue a lâché à Orsay", now=now)
    by = desk(cast.verifier, cast.operation)
    incident = open_incident(title="Digue", by=by, now=now, leads=[post])
    client.force_login(cast.volunteer)
    address = reverse("verify:claim-new", args=[cast.operation.slug])
    page = client.get(address, {"incident": incident.number}).content.decode()
    assert f'name="lead" value="{post.pk}"' in page
    assert 'value="La digue a lâché à Orsay"' in page
    client.post(
        address, {"incident": incident.number, "lead": post.pk, "wording": "La digue", "harm": "3"}
    )
    made = Claim.objects.get()
    assert (made.origin, made.about.get().incident) == ("incident", incident)


def test_a_beat_counts_the_persons_time(client: Client, cast: Cast, claim: Claim) -> None:
    client.force_login(cast.partner)
    address = reverse("verify:beat", args=[cast.operation.slug, claim.number])
    assert client.post(address).status_code == 204
    assert Stint.objects.get().by == cast.partner


def test_mine_shows_what_one_holds_or_may_read_second(
    client: Client, cast: Cast, claim: Claim, other: User
) -> None:
    address = reverse("verify:claims", args=[cast.operation.slug])
    client.force_login(other)
    assert WORDING not in client.get(address, {"mine": ""}).content.decode()
    client.force_login(cast.verifier)
    do(client, claim, "propose", verdict="false", reason=WHY)
    client.force_login(other)
    assert WORDING in client.get(address, {"mine": ""}).content.decode()
