"""The API: the same desks and rights as the screens, errors as problems, exports as streams."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from tests import factories as make
from tests.factories import Cast
from vigie.accounts.models import ApiToken, User
from vigie.journal import queries as journal
from vigie.kernel import ids
from vigie.kernel.clock import utc_now
from vigie.triage.actions.incidents import open_incident
from vigie.triage.models import Incident

ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}
JSON = "application/json"


def whole(answer: Any) -> bytes:
    """All of a streamed answer."""

    async def pieces() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(pieces)()


class Program:
    """A program with its owner's token."""

    def __init__(self, owner: User, **token: Any) -> None:
        secret = ids.new_secret()
        ApiToken.objects.create(
            user=owner, name="essai", digest=ids.digest(secret), hint=secret[:6],
            created_at=utc_now(), **token,
        )  # fmt: skip
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"/api/v1{path}", data, content_type=JSON)


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/operations/{cast.operation.slug}"


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.mapper)


def test_without_a_token_that_holds_one_is_asked_who_one_is(cast: Cast, base: str) -> None:
    strangers = [
        Client(),
        Client(headers={"Authorization": "Bearer nonsense"}),
        Program(cast.mapper, revoked_at=utc_now()).client,
        Program(cast.mapper, expires_at=utc_now() - timedelta(seconds=1)).client,
    ]
    for client in strangers:
        answer = client.get(f"/api/v1{base}/incidents")
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "unauthenticated"


def test_a_session_reads_but_writes_only_with_its_csrf_token(cast: Cast, base: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.mapper)
    assert client.get(f"/api/v1{base}/incidents").status_code == 200
    answer = client.post(f"/api/v1{base}/incidents", {"title": "x"}, content_type=JSON)
    assert answer.status_code == 403
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("", "coordinator volunteer verifier mapper communicator partner observer"),
        ("/incidents", "coordinator volunteer verifier mapper communicator partner observer"),
        ("/incidents.geojson", "coordinator volunteer verifier mapper communicator partner observer"),
        ("/incidents/1", "coordinator volunteer verifier mapper communicator partner observer"),
        ("/incidents/export.csv", "coordinator verifier mapper partner"),
        ("/incidents/export.geojson", "coordinator verifier mapper partner"),
        ("/leads", "coordinator volunteer verifier mapper communicator observer"),
        ("/journal", "coordinator volunteer verifier mapper communicator observer"),
    ],
)  # fmt: skip
def test_each_role_reads_what_its_screens_show(
    cast: Cast, base: str, now: datetime, path: str, allowed: str
) -> None:
    open_incident(title="x", by=make.desk(cast.mapper, cast.operation), now=now)
    for name in ("coordinator", "volunteer", "verifier", "mapper", "communicator", "partner",
                 "observer"):  # fmt: skip
        status = Program(getattr(cast, name)).get(base + path).status_code
        assert status == (200 if name in allowed.split() else 403), name
    for name in ("outsider", "administrator", "data_protection_officer"):
        assert Program(getattr(cast, name)).get(base + path).status_code == 404


def test_who_may_only_look_is_refused_in_words(cast: Cast, base: str) -> None:
    User.objects.filter(pk=cast.partner.pk).update(language="en")
    answer = Program(cast.partner).send("POST", f"{base}/incidents", {"title": "x"})
    assert answer.status_code == 403
    assert answer.json()["right"] == "edit_incidents"
    assert answer.json()["title"] == "Your role does not allow this"
    User.objects.filter(pk=cast.partner.pk).update(language="fr")
    answer = Program(cast.partner).send("POST", f"{base}/incidents", {"title": "x"})
    assert answer.json()["title"] == "Votre rôle ne le permet pas"


def test_operations_are_those_of_the_team(cast: Cast, program: Program) -> None:
    found = program.get("/operations").json()
    assert [each["slug"] for each in found] == [cast.operation.slug]
    assert "merge_incidents" in found[0]["rights"]
    assert Program(cast.administrator).get("/operations").json() == []


def test_an_incident_is_opened_changed_joined_and_read(
    cast: Cast, base: str, program: Program, now: datetime
) -> None:
    lead = make.lead(cast.operation, "L'eau monte", now=now)
    made = program.send(
        "POST", f"{base}/incidents",
        {"title": "Cave", "category": "niveau_eau", "geometry": ORSAY, "leads": [lead.pk],
         "occurred_at": "2026-11-24T02:00:00+01:00"},
    )  # fmt: skip
    assert made.status_code == 201
    body = made.json()
    assert (body["number"], body["version"], body["posts"]) == (1, 1, 1)
    assert body["occurred_at"] == "2026-11-24T01:00:00Z"
    assert body["backing"][0]["text"] == "L'eau monte"
    assert "author" not in json.dumps(body)
    changed = program.send(
        "PATCH", f"{base}/incidents/1",
        {"version": 1, "title": "Deux caves", "state": "confirmed", "reason": "vu",
         "assignee": cast.mapper.email, "occurred_at": None},
    )  # fmt: skip
    assert changed.status_code == 200
    body = changed.json()
    assert (body["title"], body["state"], body["version"]) == ("Deux caves", "confirmed", 3)
    assert (body["assignee"], body["occurred_at"]) == (cast.mapper.display, None)
    assert body["history"][0]["changes"] == {"state": ["to_check", "confirmed"]}
    assert "confirmed" not in body["next_states"]
    said = program.send("POST", f"{base}/incidents/1/comments", {"text": "bien reçu"})
    assert said.status_code == 201
    left = program.send("DELETE", f"{base}/incidents/1/posts/{lead.pk}")
    assert left.json()["posts"] == 0
    back = program.send("POST", f"{base}/incidents/1/posts", {"leads": [lead.pk]})
    assert back.json()["posts"] == 1
    partner = Program(cast.partner).get(f"{base}/incidents/1").json()
    assert (partner["backing"], partner["posts"]) == (None, 1)


def test_the_same_field_changed_by_both_is_a_conflict_that_keeps_the_rest(
    base: str, program: Program
) -> None:
    program.send("POST", f"{base}/incidents", {"title": "Cave"})
    program.send("PATCH", f"{base}/incidents/1", {"version": 1, "title": "A"})
    answer = program.send(
        "PATCH", f"{base}/incidents/1", {"version": 1, "title": "B", "urgency": 3}
    )
    assert answer.status_code == 409
    body = answer.json()
    assert (body["code"], body["applied"], body["version"]) == ("clash", ["urgency"], 3)
    assert body["clashes"] == [{"field": "title", "base": "Cave", "theirs": "A", "mine": "B"}]
    row = Incident.objects.get()
    assert (row.title, row.urgency) == ("A", 3)
    insist = program.send("PATCH", f"{base}/incidents/1", {"version": 3, "title": "B"})
    assert insist.json()["title"] == "B"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/incidents", {"title": " "}, 422, "field.missing"),
        ("POST", "/incidents", {}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "nonsense": 1}, 422, "invalid"),
        ("POST", "/incidents", {"title": "x", "urgency": 9}, 422, "field.out_of_range"),
        ("POST", "/incidents", {"title": "x", "leads": [999]}, 404, "not_found"),
        ("POST", "/incidents", {"title": "x", "geometry": {"type": "Point"}}, 422, "geometry.not_geojson"),
        ("POST", "/incidents", {"title": "x", "geometry": {"type": "Point", "coordinates": [48.7, 2.2]}}, 422, "geometry.axes"),
        ("POST", "/incidents", {"title": "x", "occurred_at": "2026-11-24T02:00:00"}, 422, "invalid"),
        ("PATCH", "/incidents/1", {"title": "x"}, 422, "invalid"),
        ("PATCH", "/incidents/1", {"version": 2, "state": "handed_over"}, 409, "StateRefused"),
        ("PATCH", "/incidents/1", {"version": 2, "geometry": {"type": "Point", "coordinates": [48.7, 2.2]}}, 422, "geometry.axes"),
        ("PATCH", "/incidents/1", {"version": 1, "state": "lost"}, 422, "invalid"),
        ("PATCH", "/incidents/1", {"version": 1, "assignee": "nobody@exemple.fr"}, 422, "AssigneeNotInTeam"),
        ("PATCH", "/incidents/9", {"version": 1}, 404, "not_found"),
        ("POST", "/incidents/1/merge", {"into": 1}, 409, "SameIncident"),
        ("POST", "/incidents/1/merge", {"into": 9}, 404, "not_found"),
        ("POST", "/incidents/1/unmerge", None, 409, "NotMerged"),
        ("POST", "/incidents/1/comments", {"text": ""}, 422, "field.missing"),
        ("GET", "/incidents?sort=nonsense", None, 422, "field.unknown"),
        ("GET", "/incidents?after=x", None, 422, "cursor"),
        ("GET", "/incidents?bbox=1,2,3", None, 422, "field.out_of_range"),
        ("GET", "/incidents?happened_from=hier", None, 422, "invalid"),
        ("GET", "/incidents?limit=0", None, 422, "invalid"),
        ("GET", "/leads?after=x", None, 422, "cursor"),
        ("GET", "/leads?text=%28crue", None, 422, "field.out_of_range"),
        ("GET", "/leads/999", None, 404, "not_found"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_problem_and_changes_nothing(
    cast: Cast, base: str, program: Program, method: str, path: str, body: Any, status: int,
    code: str,
) -> None:  # fmt: skip
    program.send("POST", f"{base}/incidents", {"title": "Cave"})
    program.send("PATCH", f"{base}/incidents/1", {"version": 1, "state": "denied"})
    before = journal.last_seq(cast.operation.pk)
    answer = program.send(method, base + path, body)
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), found
    assert answer["Content-Type"] == "application/problem+json"
    assert found["status"] == status
    assert found["title"]
    assert journal.last_seq(cast.operation.pk) == before


def test_merging_and_separating(base: str, program: Program) -> None:
    for title in ("Un", "Deux"):
        program.send("POST", f"{base}/incidents", {"title": title})
    merged = program.send("POST", f"{base}/incidents/1/merge", {"into": 2}).json()
    assert (merged["number"], merged["merged"]) == (2, [1])
    one = program.get(f"{base}/incidents/1").json()
    assert one["merged_into"] == 2
    refused = program.send("PATCH", f"{base}/incidents/1", {"version": 2, "title": "x"})
    assert (refused.status_code, refused.json()["merged_into"]) == (409, 2)
    assert [each["number"] for each in program.get(f"{base}/incidents").json()["incidents"]] == [2]
    apart = program.send("POST", f"{base}/incidents/1/unmerge").json()
    assert apart["merged_into"] is None


def test_lists_go_on_by_keyset(cast: Cast, base: str, program: Program, now: datetime) -> None:
    for i in range(5):
        program.send("POST", f"{base}/incidents", {"title": f"n{i}"})
        make.lead(cast.operation, f"texte {i}", now=now)
    seen, after = [], None
    while True:
        query = {"limit": 2, "sort": "number"} | ({"after": after} if after else {})
        page = program.get(f"{base}/incidents", **query).json()
        seen += [each["number"] for each in page["incidents"]]
        after = page["after"]
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    first = program.get(f"{base}/leads", limit=3).json()
    rest = program.get(f"{base}/leads", limit=3, after=first["after"]).json()
    texts = [each["text"] for each in first["leads"] + rest["leads"]]
    assert texts == [f"texte {i}" for i in (4, 3, 2, 1, 0)]
    assert rest["after"] is None
    assert "riverain" not in json.dumps(first), "handles stay hidden"
    entries = program.get(f"{base}/journal", limit=3).json()
    assert [each["seq"] for each in entries["entries"]] == [1, 2, 3]
    more = program.get(f"{base}/journal", after=entries["after"]).json()
    assert [each["verb"] for each in more["entries"]] == ["incident.opened"] * 2


def test_the_map_of_another_tool_follows_what_changes(base: str, program: Program) -> None:
    program.send("POST", f"{base}/incidents", {"title": "Cave", "geometry": ORSAY})
    whole = program.get(f"{base}/incidents.geojson")
    assert whole["Content-Type"] == "application/geo+json"
    assert whole.json()["features"][0]["geometry"] == ORSAY
    program.send("PATCH", f"{base}/incidents/1", {"version": 1, "title": "Caves"})
    changed = program.get(f"{base}/incidents.geojson", since=whole.json()["seq"]).json()
    assert [f["properties"]["title"] for f in changed["features"]] == ["Caves"]


def test_exports_say_exercise_run_no_formula_and_are_whole(
    cast: Cast, base: str, program: Program
) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    title = '=HYPERLINK("http://x";"clic")'
    body = {"title": title, "geometry": ORSAY, "description": '-une\nligne;"deux"'}
    program.send("POST", f"{base}/incidents", body)
    program.send("POST", f"{base}/incidents", {"title": "Pont"})
    answer = program.get(f"{base}/incidents/export.csv")
    assert answer.streaming
    name = answer["Content-Disposition"]
    assert f'filename="EXERCICE_{cast.operation.slug}_signalements_' in name
    text = whole(answer).decode()
    assert text.startswith("\ufeffexercise;number;")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert [row["exercise"] for row in rows] == ["EXERCICE", "EXERCICE"]
    assert rows[0]["title"] == "'" + title
    assert rows[0]["description"] == '\'-une\nligne;"deux"'
    assert (rows[0]["longitude"], rows[0]["latitude"]) == ("2.187", "48.699")
    answer = program.get(f"{base}/incidents/export.geojson")
    found = json.loads(whole(answer))
    assert found["exercise"]
    assert [f["properties"]["number"] for f in found["features"]] == [1, 2]
    assert found["features"][0]["properties"]["title"] == title
    one = program.get(f"{base}/incidents/export.geojson", text="pont")
    assert len(json.loads(whole(one))["features"]) == 1


def test_an_export_of_nothing_is_still_a_file(base: str, program: Program) -> None:
    csv_text = whole(program.get(f"{base}/incidents/export.csv")).decode()
    assert csv_text.count("\r\n") == 1
    answer = program.get(f"{base}/incidents/export.geojson")
    assert json.loads(whole(answer))["features"] == []


def test_it_describes_itself() -> None:
    described = Client().get("/api/v1/openapi.json").json()
    paths = set(described["paths"])
    assert "/api/v1/operations/{slug}/incidents/{number}" in paths
    assert "/api/v1/operations/{slug}/incidents/export.csv" in paths
    assert {"Token", "Session"} <= set(described["components"]["securitySchemes"])
