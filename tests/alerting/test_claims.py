"""A rule speaks of a rumour that is written down, or that spreads; the journal tells it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests import factories
from tests.factories import Cast
from vigie.alerting import words
from vigie.alerting.actions import passes
from vigie.alerting.decide import of_claim
from vigie.alerting.kinds import Claim
from vigie.alerting.models import Alert
from vigie.verification.actions.claims import open_claim


@pytest.mark.pure
@pytest.mark.parametrize(
    ("asked", "verb", "data", "speaks"),
    [
        (Claim(harm=3), "claim.opened", {"number": 1, "harm": 4}, True),
        (Claim(harm=3), "claim.opened", {"number": 1, "harm": 2}, False),
        (Claim(harm=3), "claim.edited", {"number": 1, "changes": {"harm": [1, 3]}}, True),
        (Claim(harm=3), "claim.edited", {"number": 1, "changes": {"harm": [3, 4]}}, False),
        (Claim(harm=3), "claim.edited", {"number": 1, "fields": ["details"]}, False),
        (Claim(harm=1, posts=10), "claim.opened", {"number": 1, "harm": 4}, False),
        (Claim(harm=1, posts=10), "claims.measured", {"grown": [[7, 1, 10, 1]]}, True),
        (Claim(harm=2, posts=10), "claims.measured", {"grown": [[7, 1, 10, 1]]}, False),
        (Claim(harm=1, posts=11), "claim.posts_found", {"grown": [[7, 1, 10, 1]]}, False),
        (Claim(harm=0), "claims.measured", {"grown": [[7, 1, 10, 1]]}, False),
    ],
)
def test_what_an_entry_means_to_a_rule(
    asked: Claim, verb: str, data: dict[str, object], speaks: bool, now: datetime
) -> None:
    assert bool(of_claim(asked, verb, 7, data, at=now)) is speaks


@pytest.mark.django_db
def test_a_deadly_rumour_is_told_once_and_leads_to_its_page(cast: Cast, now: datetime) -> None:
    factories.rule(cast.operation, "claim", now=now, settings={"harm": 3, "posts": 0})
    by = factories.desk(cast.volunteer, cast.operation)
    open_claim(wording="L’eau monte à l’étage", by=by, now=now, harm=1)
    claim = open_claim(wording="Le barrage a cédé", by=by, now=now, harm=4)
    passes.run(cast.operation.pk, now=now)
    passes.run(cast.operation.pk, now=now)
    alert = Alert.objects.get()
    assert (alert.subject_kind, alert.subject_id) == ("claim", claim.pk)
    assert words.title(alert).endswith("des personnes peuvent mourir")
