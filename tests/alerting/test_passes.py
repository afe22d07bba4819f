"""A pass judges what the journal tells, once, and tells of it when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from tests import factories
from tests.alerting.telling import arrive, happens, make_passes
from tests.factories import Cast, desk
from vigie.accounts.roles import Right, Role
from vigie.alerting.actions import alerts, passes, rules
from vigie.alerting.models import Alert, Awaited, Cursor, Delivery, Pulse
from vigie.alerting.queries import alerts as reading
from vigie.journal.models import Entry
from vigie.operations.access import NotAllowed
from vigie.operations.models import Operation
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def op(now: datetime) -> Operation:
    return factories.operation(now=now)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def verbs(op: Operation) -> list[str]:
    rows = Entry.objects.filter(chain=op.pk, verb__startswith="alert").order_by("seq")
    return list(rows.values_list("verb", flat=True))


def test_new_posts_of_a_watch_are_one_alert_with_its_reason(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now, name="Crues")
    channel = factories.channel(op, now=now)
    factories.rule(op, "posts", now=now, ways=((channel, 0),))
    arrive(op, now=now, watches=[watch], number=2)
    arrive(op, now=now, watches=[watch])
    assert make_passes(now=now) == 1
    alert = Alert.objects.get()
    assert (alert.state, alert.count, alert.number) == ("open", 3, 1)
    assert (alert.facts["name"], alert.facts["posts"]) == ("Crues", 3)
    assert (alert.subject_kind, alert.subject_id) == ("watch", watch.pk)
    delivery = Delivery.objects.get()
    assert (delivery.reason, delivery.state, delivery.address) == (
        "opened", "waiting", "astreinte@exemple.fr",
    )  # fmt: skip
    assert DBTaskResult.objects.get().args_kwargs["args"] == [delivery.pk]
    assert verbs(op) == ["alert.opened"]


def test_an_entry_is_judged_once_however_many_passes_are_made(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),))
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    for _ in range(3):
        assert passes.run(op.pk, now=now).deliveries == 0
    assert Alert.objects.get().count == 1
    assert Pulse.objects.get().hits == 1


def test_a_pass_that_fails_leaves_nothing_and_the_next_does_it_all(
    op: Operation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),))
    seq = Cursor.objects.get().seq
    arrive(op, now=now, watches=[watch])
    broken: list[Any] = []
    monkeypatch.setattr(Cursor, "save", lambda *a, **k: broken[0])
    with pytest.raises(IndexError):
        passes.run(op.pk, now=now)
    monkeypatch.undo()
    assert Cursor.objects.get().seq == seq
    for model in (Alert, Delivery, Pulse, DBTaskResult):
        assert not model.objects.exists()
    assert make_passes(now=now) == 1
    assert Alert.objects.get().count == 1


def test_posts_that_go_on_are_told_of_again_only_after_a_while(
    op: Operation, now: datetime
) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),), repeat_s=600)
    told = []
    for minute in range(0, 31):
        later = now + s(60 * minute)
        arrive(op, now=later, watches=[watch])
        if make_passes(now=later):
            told.append(minute)
    assert told == [0, 10, 20, 30]
    alert = Alert.objects.get()
    assert (alert.count, alert.messages) == (31, 4)
    assert [d.reason for d in Delivery.objects.order_by("pk")] == ["opened", "more", "more", "more"]


def test_what_comes_within_the_time_given_goes_in_one_message(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),), group_s=120)
    arrive(op, now=now, watches=[watch])
    assert make_passes(now=now) == 0
    arrive(op, now=now + s(60), watches=[watch])
    assert make_passes(now=now + s(60)) == 0
    assert make_passes(now=now + s(121)) == 1
    assert Alert.objects.get().told_count == 2


def test_at_night_the_alert_is_there_and_its_message_waits_for_the_morning(
    op: Operation, now: datetime
) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(
        op, "posts", now=now, ways=((factories.channel(op, now=now), 0),),
        quiet_from=time(22), quiet_until=time(7),
    )  # fmt: skip
    arrive(op, now=now, watches=[watch])  # 04:00 in Paris
    assert make_passes(now=now) == 0
    alert = Alert.objects.get()
    assert alert.held
    assert alert.due_at == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert make_passes(now=alert.due_at - s(1)) == 0
    assert make_passes(now=alert.due_at) == 1
    alert.refresh_from_db()
    assert not alert.held


def test_an_urgent_rule_does_not_wait_for_the_morning(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(
        op, "posts", now=now, ways=((factories.channel(op, now=now), 0),), urgent=True,
        quiet_from=time(22), quiet_until=time(7),
    )  # fmt: skip
    arrive(op, now=now, watches=[watch])
    assert make_passes(now=now) == 1


def test_a_rule_that_asks_for_a_number_counts_its_window(op: Operation, now: datetime) -> None:
    watch, other = factories.watch(op, now=now), factories.watch(op, now=now)
    factories.rule(
        op, "posts", now=now,
        settings={"watches": [watch.pk], "at_least": 3, "window_s": 600},
    )  # fmt: skip
    arrive(op, now=now, watches=[watch, other], number=2)
    make_passes(now=now)
    arrive(op, now=now + s(700), watches=[watch], number=2)
    make_passes(now=now + s(700))
    assert not Alert.objects.exists()
    arrive(op, now=now + s(800), watches=[watch])
    make_passes(now=now + s(800))
    assert Alert.objects.get().facts["posts"] == 3


def test_a_burst_is_seen_against_the_watchs_own_past(op: Operation, now: datetime) -> None:
    quiet, busy = factories.watch(op, now=now), factories.watch(op, now=now)
    factories.rule(op, "burst", now=now, settings={"window_s": 900, "at_least": 5})
    for back in range(1, 20):
        at = now - timedelta(minutes=15 * back)
        Pulse.objects.create(watch=quiet, at=at, hits=2)
        Pulse.objects.create(watch=busy, at=at, hits=40)
    arrive(op, now=now, watches=[quiet, busy], number=30)
    make_passes(now=now)
    alert = Alert.objects.get()
    assert alert.facts["watch"] == quiet.pk
    assert alert.facts["posts"] == 30
    assert alert.facts["expected"] == pytest.approx(2, abs=0.1)


def test_a_burst_is_told_once_while_it_lasts_and_anew_when_it_comes_again(
    op: Operation, now: datetime
) -> None:
    watch = factories.watch(op, now=now)
    channel = factories.channel(op, now=now)
    factories.rule(op, "burst", now=now, ways=((channel, 0),), settings={"window_s": 900})
    for back in range(1, 20):
        Pulse.objects.create(watch=watch, at=now - timedelta(minutes=15 * back), hits=2)
    told = []
    for minute in range(0, 120, 1):
        later = now + s(60 * minute)
        if minute in (0, 1, 80):
            arrive(op, now=later, watches=[watch], number=30)
        if make_passes(now=later):
            told.append(minute)
    assert told == [0, 80]
    assert [(a.state, a.count, a.messages) for a in Alert.objects.order_by("pk")] == [
        ("over", 30, 1), ("over", 30, 1),
    ]  # fmt: skip


def test_urgent_posts_are_found_by_the_ids_of_their_entry(op: Operation, now: datetime) -> None:
    factories.rule(op, "urgency", now=now, settings={"level": 3})
    orsay = {"place_code": "91471", "place_name": "Orsay"}
    factories.lead(op, now=now, urgency=4, **orsay)  # of a batch not told of (yet)
    arrive(op, now=now + s(1), number=2, urgency=3, **orsay)
    arrive(op, now=now + s(2), number=5, urgency=2, **orsay)
    make_passes(now=now + s(2))
    alert = Alert.objects.get()
    assert (alert.count, alert.facts["place"], alert.facts["level"]) == (2, "Orsay", 3)


def test_a_post_that_becomes_urgent_by_an_edit_is_found(op: Operation, now: datetime) -> None:
    factories.rule(op, "urgency", now=now, settings={"level": 3})
    lead = factories.lead(op, now=now, urgency=4)
    happens(op, "post.edited", now=now, data={"leads": [lead.pk], "number": 1, "source": 1})
    make_passes(now=now)
    assert Alert.objects.get().facts["leads"] == [lead.pk]


def test_a_place_finds_posts_and_incidents_there(cast: Cast, now: datetime) -> None:
    op = cast.operation
    factories.rule(op, "place", now=now, settings={"places": ["91471"]})
    arrive(op, now=now, place_code="91471", place_name="Orsay")
    arrive(op, now=now, place_code="91345", place_name="Longjumeau")
    incident = open_incident(
        title="Cave inondée", category="niveau_eau", place_code="91471", place_name="Orsay",
        by=desk(cast.volunteer, op), now=now,
    )  # fmt: skip
    make_passes(now=now)
    keys = set(Alert.objects.values_list("key", flat=True))
    assert keys == {"place:91471", f"incident:{incident.pk}"}


def test_a_measure_raises_an_alert_that_ends_with_it(op: Operation, now: datetime) -> None:
    channel = factories.channel(op, now=now)
    factories.rule(op, "indicator", now=now, ways=((channel, 0),))
    data = {"name": "L'Orge à Morsang", "kind": "level", "unit": "m", "value": 1.62}
    data |= {"direction": "up", "threshold": {"id": 5, "name": "Juin 2016", "value": 1.6}}
    happens(op, "indicator.threshold", now=now, subject=("indicator", 12), data=data)
    assert make_passes(now=now) == 1
    assert Alert.objects.get().state == "open"
    later = now + s(3600)
    data |= {"direction": "down", "value": 1.5}
    happens(op, "indicator.threshold", now=later, subject=("indicator", 12), data=data)
    assert make_passes(now=later) == 1
    assert Alert.objects.get().state == "over"
    assert Delivery.objects.latest("pk").reason == "over"
    assert verbs(op) == ["alert.opened", "alert.ended"]


def test_what_ended_before_it_was_told_is_not_told(op: Operation, now: datetime) -> None:
    factories.rule(
        op, "indicator", now=now, ways=((factories.channel(op, now=now), 0),), group_s=600
    )
    data = {"name": "Orge", "kind": "level", "direction": "up", "slope": 0.4}
    happens(op, "indicator.rising", now=now, subject=("indicator", 12), data=data)
    make_passes(now=now)
    data["direction"] = "down"
    happens(op, "indicator.rising", now=now + s(60), subject=("indicator", 12), data=data)
    make_passes(now=now + s(60))
    assert make_passes(now=now + s(6000)) == 0
    assert Alert.objects.get().state == "over"


def test_a_silent_source_is_told_once_and_when_it_speaks_again(
    op: Operation, now: datetime
) -> None:
    factories.rule(
        op, "silence", now=now, ways=((factories.channel(op, now=now), 0),),
        settings={"after_s": 900},
    )  # fmt: skip
    feed = factories.source(
        op, now=now, plugin="feed", name="Vigicrues", state="failing", error_code="unreachable",
        last_success_at=now - s(1000), next_try_at=now,
    )  # fmt: skip
    factories.source(
        op, now=now, plugin="feed", state="failing", last_success_at=now - s(100), next_try_at=now
    )
    assert make_passes(now=now) == 1
    assert make_passes(now=now + s(30)) == 0
    alert = Alert.objects.get()
    assert alert.facts["name"] == "Vigicrues"
    type(feed).objects.filter(pk=feed.pk).update(
        state="ok", last_success_at=now + s(50), next_try_at=now + s(900)
    )
    assert make_passes(now=now + s(60)) == 1
    alert.refresh_from_db()
    assert alert.state == "over"


def test_a_silence_somebody_knows_of_is_not_told_again(cast: Cast, now: datetime) -> None:
    op = cast.operation
    factories.rule(op, "silence", now=now, settings={"after_s": 900}, repeat_s=60)
    factories.source(
        op, now=now, plugin="feed", state="refused", last_success_at=now - s(1000), next_try_at=now
    )
    make_passes(now=now)
    alerts.acknowledge(
        alerts=list(Alert.objects.all()), by=desk(cast.volunteer, op), now=now + s(20)
    )
    make_passes(now=now + s(3600))
    assert Alert.objects.get().state == "acknowledged"


def test_a_hand_off_without_an_answer_raises_an_alert_and_the_answer_ends_it(
    op: Operation, now: datetime
) -> None:
    channel = factories.channel(op, now=now)
    factories.rule(op, "handoff", now=now, settings={"after_s": 600}, ways=((channel, 0),))
    for number in (1, 2):
        happens(
            op, "handoff.sent", now=now, subject=("handoff", number),
            data={"number": number, "partner": "CODIS", "incident": 12},
        )  # fmt: skip
    happens(op, "handoff.acknowledged", now=now + s(60), subject=("handoff", 2))
    make_passes(now=now + s(60))
    assert Awaited.objects.count() == 1
    assert make_passes(now=now + s(599)) == 0
    assert make_passes(now=now + s(610)) == 1
    alert = Alert.objects.get()
    assert (alert.facts["partner"], alert.subject_id) == ("CODIS", 1)
    happens(op, "handoff.acknowledged", now=now + s(700), subject=("handoff", 1))
    assert make_passes(now=now + s(700)) == 1
    alert.refresh_from_db()
    assert alert.state == "over"
    assert not Awaited.objects.exists()


def test_nobody_acknowledging_brings_in_the_next_channels(cast: Cast, now: datetime) -> None:
    op = cast.operation
    first, second, third = (factories.channel(op, now=now) for _ in range(3))
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((first, 0), (second, 300), (third, 900)))
    arrive(op, now=now, watches=[watch])
    told = {}
    for after in (0, 299, 300, 301, 899, 900, 3000):
        if make_passes(now=now + s(after)):
            told[after] = Delivery.objects.latest("pk").channel_id
    assert told == {0: first.pk, 300: second.pk, 900: third.pk}
    assert verbs(op) == ["alert.opened", "alert.escalated", "alert.escalated"]


def test_acknowledging_stops_the_escalation_and_is_written_down(cast: Cast, now: datetime) -> None:
    op = cast.operation
    first, second = factories.channel(op, now=now), factories.channel(op, now=now)
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((first, 0), (second, 300)))
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    by = desk(cast.volunteer, op)
    (taken,) = alerts.acknowledge(
        alerts=[Alert.objects.get()], by=by, now=now + s(60), note="Je regarde"
    )
    assert make_passes(now=now + s(4000)) == 0
    assert (taken.state, taken.settled_by, taken.note) == (
        "acknowledged", cast.volunteer, "Je regarde",
    )  # fmt: skip
    entry = Entry.objects.get(verb="alert.acknowledged")
    assert (entry.by, entry.text, entry.data["number"]) == (cast.volunteer, "Je regarde", 1)
    with pytest.raises(alerts.AlreadySettled) as late:
        alerts.acknowledge(alerts=[taken], by=desk(cast.mapper, op), now=now + s(70))
    assert late.value.alert.settled_by == cast.volunteer


def test_an_acknowledgement_can_be_taken_back(cast: Cast, now: datetime) -> None:
    op = cast.operation
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),))
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    by = desk(cast.volunteer, op)
    alerts.acknowledge(alerts=[Alert.objects.get()], by=by, now=now + s(60))
    alerts.reopen(alert=Alert.objects.get(), by=by, now=now + s(65))
    assert make_passes(now=now + s(66)) == 1
    assert Alert.objects.get().state == "open"


def test_what_goes_on_after_an_acknowledgement_is_a_new_alert_after_a_while(
    cast: Cast, now: datetime
) -> None:
    op = cast.operation
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, repeat_s=600)
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    alerts.acknowledge(alerts=[Alert.objects.get()], by=desk(cast.volunteer, op), now=now + s(10))
    arrive(op, now=now + s(300), watches=[watch])
    make_passes(now=now + s(300))
    assert Alert.objects.get().count == 2
    arrive(op, now=now + s(700), watches=[watch])
    make_passes(now=now + s(700))
    assert list(Alert.objects.order_by("pk").values_list("state", "count")) == [
        ("acknowledged", 2), ("open", 1),
    ]  # fmt: skip


def test_only_those_on_duty_acknowledge(cast: Cast, now: datetime) -> None:
    op = cast.operation
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now)
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    alert = Alert.objects.get()
    for person in (cast.partner, cast.observer):
        with pytest.raises(NotAllowed) as refused:
            alerts.acknowledge(alerts=[alert], by=desk(person, op), now=now)
        assert refused.value.right is Right.ACKNOWLEDGE_ALERTS
    other = desk(cast.outsider, cast.other_operation)
    assert alerts.acknowledge(alerts=[alert, alert], by=other, now=now) == []
    alert.refresh_from_db()
    assert alert.state == "open"


def test_people_are_reached_by_the_roles_they_have_when_it_is_told(
    cast: Cast, now: datetime
) -> None:
    op = cast.operation
    channel = factories.channel(
        op, now=now, config={"to": "astreinte@exemple.fr"}, roles=["coordinator", "verifier"]
    )
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((channel, 0),))
    late = factories.member(op, Role.COORDINATOR, now=now)
    arrive(op, now=now, watches=[watch])
    assert make_passes(now=now) == 4
    addresses = set(Delivery.objects.values_list("address", flat=True))
    assert addresses == {
        cast.coordinator.email, cast.verifier.email, late.email, "astreinte@exemple.fr",
    }  # fmt: skip


def test_what_was_before_a_rule_is_no_news_to_it(cast: Cast, now: datetime) -> None:
    op = cast.operation
    watch = factories.watch(op, now=now)
    arrive(op, now=now, watches=[watch])
    by = desk(cast.coordinator, op)
    plan = rules.Plan(name="Crues", kind="posts")
    rule = rules.add_rule(plan=plan, by=by, now=now)
    make_passes(now=now)
    rules.set_rule_active(rule=rule, active=False, by=by, now=now)
    arrive(op, now=now + s(1), watches=[watch])
    make_passes(now=now + s(1))
    rules.set_rule_active(rule=rule, active=True, by=by, now=now + s(2))
    make_passes(now=now + s(2))
    assert not Alert.objects.exists()


def test_a_closed_operation_is_not_judged(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now)
    factories.rule(op, "posts", now=now, ways=((factories.channel(op, now=now), 0),))
    arrive(op, now=now, watches=[watch])
    Operation.objects.filter(pk=op.pk).update(phase="closed", closed_at=now)
    assert passes.waiting(now=now) == []
    assert passes.run(op.pk, now=now) == passes.Passed()


def test_a_deleted_rule_leaves_its_alerts_to_be_acknowledged(cast: Cast, now: datetime) -> None:
    op = cast.operation
    watch = factories.watch(op, now=now)
    rule = factories.rule(
        op, "posts", now=now, ways=((factories.channel(op, now=now), 0),), group_s=60
    )
    arrive(op, now=now, watches=[watch])
    make_passes(now=now)
    rules.delete_rule(rule=rule, by=desk(cast.coordinator, op), now=now)
    assert make_passes(now=now + s(600)) == 0
    by = desk(cast.volunteer, op)
    assert reading.waiting(by).open == 1
    alerts.acknowledge(alerts=[Alert.objects.get()], by=by, now=now)


def test_a_pass_asks_as_often_for_many_posts_as_for_one(op: Operation, now: datetime) -> None:
    watch = factories.watch(op, now=now)
    channel = factories.channel(op, now=now)
    for kind, settings in (
        ("posts", {}), ("urgency", {"level": 1}), ("place", {"places": ["91"]}),
        ("burst", {}), ("silence", {}),
    ):  # fmt: skip
        factories.rule(op, kind, now=now, ways=((channel, 0),), settings=settings)
    asked = []
    for minute, number in ((0, 1), (1, 1), (2, 40)):
        at = now + s(60 * minute)
        for _ in range(number):
            arrive(op, now=at, watches=[watch], urgency=4, place_code="91471", place_name="Orsay")
        with CaptureQueriesContext(connection) as queries:
            passes.run(op.pk, now=at)
        asked.append(len(queries))
    assert asked[2] <= asked[1] + 1  # the past of a watch is read when it is loud


def test_nothing_to_do_costs_a_few_reads_and_no_lock(op: Operation, now: datetime) -> None:
    factories.rule(op, "posts", now=now)
    make_passes(now=now)
    with CaptureQueriesContext(connection) as queries:
        assert passes.waiting(now=now) == []
    assert len(queries) <= 5
    assert all(each["sql"].startswith("SELECT") for each in queries.captured_queries)


def test_to_whom_old_messages_went_is_forgotten_unless_they_are_stuck(
    op: Operation, now: datetime
) -> None:
    channel = factories.channel(op, now=now)
    for key, days, state in (("a", 61, "sent"), ("b", 61, "stuck"), ("c", 59, "sent")):
        at = now - timedelta(days=days)
        Delivery.objects.create(
            channel=channel, key=key, reason="test", state=state, address="x@exemple.fr",
            created_at=at, sent_at=at if state == "sent" else None,
        )  # fmt: skip
    passes.forget(now=now)
    assert set(Delivery.objects.values_list("key", flat=True)) == {"b", "c"}
