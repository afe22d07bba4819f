"""Who may open which page of the room."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.web.sources.conftest import as_

READ = ("sources/", "sources/files/", "sources/{source}/", "watches/", "watches/new/",
        "watches/{watch}/", "watches/reading/?query=crue", "watches/trial/?query=crue")  # fmt: skip
EDIT = ("sources/add/", "sources/add/feed/", "sources/import/", "sources/{source}/edit/",
        "sources/{source}/refused/", "sources/{source}/refused.csv",
        "sources/{source}/refused.jsonl")  # fmt: skip
CAPTURE = ("capture/", "capture/tools/")


@pytest.mark.parametrize(
    ("role", "read", "edit", "capture"),
    [
        ("coordinator", True, True, True),
        ("volunteer", True, False, True),
        ("verifier", False, False, True),
        ("mapper", False, False, True),
        ("communicator", False, False, True),
        ("partner", False, False, False),
        ("observer", False, False, False),
    ],
)
def test_each_role_opens_what_it_may(
    cast: Cast, now: datetime, role: str, read: bool, edit: bool, capture: bool
) -> None:
    source = factories.source(
        cast.operation, now=now, plugin="feed", config={"url": "https://a.exemple/"}
    )
    watch = factories.watch(cast.operation, now=now)
    client = as_(getattr(cast, role))
    for pages, allowed in ((READ, read), (EDIT, edit), (CAPTURE, capture)):
        for page in pages:
            path = page.format(source=source.pk, watch=watch.pk)
            answer = client.get(f"/o/{cast.operation.slug}/{path}", follow=True)
            assert answer.status_code == (200 if allowed else 403), page


@pytest.mark.parametrize("page", [*READ, *EDIT, *CAPTURE])
def test_for_others_the_pages_do_not_exist(cast: Cast, now: datetime, page: str) -> None:
    source, watch = (
        factories.source(cast.operation, now=now),
        factories.watch(cast.operation, now=now),
    )
    path = f"/o/{cast.operation.slug}/" + page.format(source=source.pk, watch=watch.pk)
    assert as_(cast.outsider).get(path).status_code == 404
    assert as_(cast.administrator).get(path).status_code == 404
    assert Client().get(path).status_code == 302


def test_a_gesture_by_get_is_refused(cast: Cast, now: datetime) -> None:
    source, watch = (
        factories.source(cast.operation, now=now),
        factories.watch(cast.operation, now=now),
    )
    client = as_(cast.coordinator)
    for path in (f"sources/{source.pk}/pause/", f"watches/{watch.pk}/delete/",
                 f"sources/{source.pk}/refused/put-away/"):  # fmt: skip
        assert client.get(f"/o/{cast.operation.slug}/{path}").status_code == 405


def test_objects_of_another_operation_are_not_found(cast: Cast, now: datetime) -> None:
    source = factories.source(cast.other_operation, now=now)
    watch = factories.watch(cast.other_operation, now=now)
    client = as_(cast.coordinator)
    for path in (f"sources/{source.pk}/", f"sources/{source.pk}/refused/", f"watches/{watch.pk}/"):
        assert client.get(f"/o/{cast.operation.slug}/{path}").status_code == 404
    for path in (f"sources/{source.pk}/pause/", f"watches/{watch.pk}/delete/",
                 f"sources/{source.pk}/refused/put-away/"):  # fmt: skip
        assert client.post(f"/o/{cast.operation.slug}/{path}").status_code == 404
