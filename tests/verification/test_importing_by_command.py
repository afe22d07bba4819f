"""`vigie import --format claimreview` takes in checks of others and tells what it refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigie.verification.models import KnownClaim
from vigie.workers.importing import import_

pytestmark = pytest.mark.django_db(transaction=True)

REVIEW = {
    "@type": "ClaimReview", "claimReviewed": "Le barrage a cédé", "url": "https://v.example/1",
    "reviewRating": {"alternateName": "Faux"},
}  # fmt: skip


def run(path: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(import_, [str(path), "--format", "claimreview", *more])
    return done.exit_code, done.output


def test_checks_are_kept_for_all_operations(tmp_path: Path) -> None:
    path = tmp_path / "flux.json"
    path.write_text(json.dumps([REVIEW, {"@type": "ClaimReview", "url": "https://v.example/2"}]))
    code, said = run(path, "--json")
    assert code == 0
    assert json.loads(said) == {"new": 1, "changed": 0, "same": 0, "refused": 1}
    row = KnownClaim.objects.get()
    assert (row.feed, row.verdict) == ("flux.json", "false")


@pytest.mark.parametrize("content", ["", "rien", "[{}]", '[{"@type": "ClaimReview"}]'])
def test_a_file_without_a_usable_check_fails_with_a_reason(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert run(path)[0] == 1
    assert not KnownClaim.objects.exists()


def test_posts_still_ask_for_their_operation(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{}")
    assert CliRunner().invoke(import_, [str(path)]).exit_code == 2
