"""Claims over the API: read and written down; a verdict is never given there."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.api.test_api import Program
from tests.factories import Cast, desk, lead
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.readings import propose_verdict
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/operations/{cast.operation.slug}/claims"


def test_a_claim_is_written_down_with_its_posts(cast: Cast, base: str, now: datetime) -> None:
    post = lead(cast.operation, "Le barrage a cédé", now=now)
    program = Program(cast.volunteer)
    answer = program.send(
        "POST", base, {"wording": "Le barrage a cédé", "harm": 4, "leads": [post.pk]}
    )
    assert answer.status_code == 201
    made = answer.json()
    assert (made["number"], made["state"], made["verdict"]) == (1, "detected", "")
    assert (made["posts"], made["first_post"], made["spread"]["posts"]) == ([post.pk], post.pk, 1)
    assert Claim.objects.get().origin == "api"
    (listed,) = program.get(base).json()["claims"]
    assert listed["wording"] == "Le barrage a cédé"
    assert program.get(base, state="concluded").json()["claims"] == []
    assert len(program.get(base, unsettled=True).json()["claims"]) == 1


def test_readings_are_told_and_none_can_be_given(cast: Cast, base: str, now: datetime) -> None:
    by = desk(cast.verifier, cast.operation)
    claim = open_claim(wording="Le barrage a cédé", by=by, now=now)
    propose_verdict(claim=claim, verdict="false", reason="Dit la mairie.", by=by, now=now)
    program = Program(cast.verifier)
    (reading,) = program.get(f"{base}/1").json()["readings"]
    assert (reading["kind"], reading["verdict"], reading["agrees"]) == ("first", "false", None)
    for method in ("POST", "PATCH", "PUT"):
        assert program.send(method, f"{base}/1", {"verdict": "false"}).status_code == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"wording": "  "}, 422), ({"wording": "x" * 281}, 422), ({"wording": "x", "harm": 5}, 422),
        ({"wording": "x", "leads": [999999]}, 404), ({"wording": "x", "verdict": "false"}, 422),
        ({}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_written_down_is_refused_in_words(
    cast: Cast, base: str, body: dict[str, object], status: int
) -> None:
    answer = Program(cast.volunteer).send("POST", base, body)
    assert answer.status_code == status
    assert answer.json()["title"]
    assert not Claim.objects.exists()


def test_who_is_in_no_team_finds_nothing_and_a_partner_writes_nothing(
    cast: Cast, base: str, now: datetime
) -> None:
    open_claim(wording="x", by=desk(cast.volunteer, cast.operation), now=now)
    assert Program(cast.outsider).get(base).status_code == 404
    partner = Program(cast.partner)
    assert partner.get(f"{base}/1").status_code == 200
    assert partner.get(f"{base}/9").status_code == 404
    assert partner.send("POST", base, {"wording": "x"}).status_code == 403
