"""The room of alerts: why each was raised, where it leads, one gesture to have it; rules, channels."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.alerting.telling import arrive, happens, make_passes
from tests.factories import Cast
from vigie.alerting.models import Alert, Channel, Delivery, Device, Rule
from vigie.collection.models import Watch
from vigie.triage.models import Lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_volunteer(cast: Cast, client: Client) -> Client:
    client.force_login(cast.volunteer)
    return client


@pytest.fixture
def as_coordinator(cast: Cast, client: Client) -> Client:
    client.force_login(cast.coordinator)
    return client


def address(cast: Cast, name: str, *args: object) -> str:
    return reverse(f"alerts:{name}", args=[cast.operation.slug, *args])


@pytest.fixture
def watch(cast: Cast, now: datetime) -> Watch:
    return factories.watch(cast.operation, now=now, name="Crues")


@pytest.fixture
def alert(cast: Cast, watch: Watch, now: datetime) -> Alert:
    factories.rule(cast.operation, "posts", now=now, name="Publications")
    arrive(cast.operation, now=now, watches=[watch], number=3)
    make_passes(now=now)
    return Alert.objects.get()


def plain(text: str) -> str:
    return " ".join(text.replace("&#x27;", "'").split())


def test_the_list_says_what_why_and_where(as_volunteer: Client, cast: Cast, alert: Alert) -> None:
    page = plain(as_volunteer.get(address(cast, "list")).content.decode())
    assert "« Crues » : 3 nouvelles publications" in page
    assert "Règle « Publications »." in page
    assert reverse("board:column", args=[cast.operation.slug, f"watch-{alert.subject_id}"]) in page
    assert "1 alerte attend quelqu’un" in page


@pytest.mark.parametrize(
    ("subject", "facts", "leads_to"),
    [
        (("incident", 5), {"incident": 12}, "/o/{slug}/map/?incident=12"),
        (("lead", 7), {"leads": [7], "posts": 1}, "/o/{slug}/board/lead/7/"),
        (("indicator", 4), {"what": "rising", "name": "Orge"}, "/o/{slug}/indicators/4/"),
        (("source", 3), {"name": "Flux"}, "/o/{slug}/sources/3/"),
    ],
)
def test_each_alert_opens_at_the_right_place(
    as_volunteer: Client, cast: Cast, alert: Alert, subject: tuple[str, int], facts: dict[str, object],
    leads_to: str,
) -> None:  # fmt: skip
    Alert.objects.update(subject_kind=subject[0], subject_id=subject[1], facts=facts)
    answer = as_volunteer.get(address(cast, "place", alert.number))
    assert answer.status_code == 302
    assert answer["Location"].endswith(
        leads_to.format(slug=cast.operation.slug).removeprefix("/o/")
    )


def test_several_posts_open_as_the_board_filtered(
    as_volunteer: Client, cast: Cast, alert: Alert
) -> None:
    facts = {"leads": [1, 2], "posts": 2, "level": 4, "code": "91471", "place": "Orsay"}
    Alert.objects.update(kind="urgency", subject_kind="lead", subject_id=2, facts=facts)
    answer = as_volunteer.get(address(cast, "place", alert.number))
    assert answer["Location"].endswith("/board/?hours=24&urgency=4&place=91471")
    assert as_volunteer.get(answer["Location"]).status_code == 200


def test_one_gesture_acknowledges_and_offers_to_take_it_back(
    as_volunteer: Client, cast: Cast, alert: Alert
) -> None:
    answer = as_volunteer.post(
        address(cast, "acknowledge"), {"number": alert.number}, headers={"HX-Request": "true"}
    )
    alert.refresh_from_db()
    assert (alert.state, alert.settled_by) == ("acknowledged", cast.volunteer)
    assert "Prises en compte" in answer.content.decode()
    toast = json.loads(answer["HX-Trigger"])["vigie:toast"]
    assert toast["undo"] == address(cast, "reopen", alert.number)
    as_volunteer.post(toast["undo"], headers={"HX-Request": "true"})
    alert.refresh_from_db()
    assert alert.state == "open"


def test_who_comes_second_is_told_who_has_it(
    as_volunteer: Client, cast: Cast, alert: Alert
) -> None:
    as_volunteer.post(address(cast, "acknowledge"), {"number": alert.number})
    as_volunteer.force_login(cast.mapper)
    answer = as_volunteer.post(
        address(cast, "acknowledge"), {"number": alert.number}, headers={"HX-Request": "true"}
    )
    assert cast.volunteer.display in answer["HX-Trigger"].encode().decode("unicode_escape")


def test_all_are_acknowledged_together(
    as_volunteer: Client, cast: Cast, watch: Watch, alert: Alert, now: datetime
) -> None:
    other = factories.watch(cast.operation, now=now)
    arrive(cast.operation, now=now, watches=[other])
    make_passes(now=now)
    as_volunteer.post(address(cast, "acknowledge"), {"number": [1, 2]})
    assert not Alert.objects.filter(state="open").exists()


def test_an_observer_reads_and_does_not_acknowledge(
    client: Client, cast: Cast, alert: Alert
) -> None:
    client.force_login(cast.observer)
    page = client.get(address(cast, "alert", alert.number)).content.decode()
    assert "Pourquoi" in page
    assert "data-vigie-ack" not in page
    assert client.post(address(cast, "acknowledge"), {"number": 1}).status_code == 403


def test_the_alert_of_another_operation_is_not_there(
    client: Client, cast: Cast, alert: Alert
) -> None:
    client.force_login(cast.outsider)
    slug = cast.other_operation.slug
    assert client.get(reverse("alerts:alert", args=[slug, alert.number])).status_code == 404


def test_the_page_tells_what_became_of_each_message(
    as_volunteer: Client, cast: Cast, alert: Alert, now: datetime
) -> None:
    channel = factories.channel(cast.operation, now=now, name="Cellule")
    Delivery.objects.create(
        alert=alert, channel=channel, key="k", reason="opened", state="stuck", attempts=6,
        code="notifier_busy", detail="HTTP 503", created_at=now,
    )  # fmt: skip
    page = as_volunteer.get(address(cast, "alert", alert.number)).content.decode()
    assert "bloqué" in page
    assert "HTTP 503" in page
    assert "débordé" in page


def test_every_page_shows_how_many_wait(as_volunteer: Client, cast: Cast, alert: Alert) -> None:
    board = as_volunteer.get(reverse("board:board", args=[cast.operation.slug])).content.decode()
    assert 'data-open="1"' in board
    as_volunteer.force_login(cast.partner)
    home = as_volunteer.get(reverse("room:home", args=[cast.operation.slug])).content.decode()
    assert "data-vigie-bell" not in home


# -- rules -------------------------------------------------------------------------------------


def _rule(**more: object) -> dict[str, object]:
    return {
        "name": "Appels", "level": 4, "of": "both", "group_s": 0, "repeat_s": 1800, "step1_s": 600,
        "step2_s": 1800, **more,
    }  # fmt: skip


def test_a_rule_is_written_with_its_escalation_and_quiet_hours(
    as_coordinator: Client, cast: Cast, now: datetime
) -> None:
    first = factories.channel(cast.operation, now=now)
    second = factories.channel(cast.operation, now=now)
    given = _rule(channels=[first.pk], step1=[second.pk], quiet_from="22:00", quiet_until="07:00")
    answer = as_coordinator.post(address(cast, "rule-new", "urgency"), given)
    assert answer.status_code == 302
    rule = Rule.objects.get()
    assert rule.settings == {"level": 4, "of": "both", "watches": []}
    assert (rule.quiet_from.hour, rule.quiet_until.hour) == (22, 7)  # type: ignore[union-attr]
    assert list(rule.ways.order_by("after_s").values_list("channel", "after_s")) == [
        (first.pk, 0), (second.pk, 600),
    ]  # fmt: skip
    page = plain(as_coordinator.get(address(cast, "rules")).content.decode())
    assert (
        "Alerte sur des publications et des signalements à partir de l’urgence « Critique »."
        in page
    )
    assert "Si personne ne prend en compte sous 10 min" in page


def test_what_is_missing_is_said_under_its_field(as_coordinator: Client, cast: Cast) -> None:
    answer = as_coordinator.post(
        address(cast, "rule-new", "place"), _rule(level=0, quiet_from="22:00", more_places="rue")
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Écrivez les deux heures" in page
    assert "RUE" in page
    assert not Rule.objects.exists()


def test_somebody_elses_change_is_not_overwritten(
    as_coordinator: Client, cast: Cast, now: datetime
) -> None:
    rule = factories.rule(cast.operation, "urgency", now=now, settings={"level": 3}, version=4)
    answer = as_coordinator.post(address(cast, "rule", rule.pk), _rule(version=3))
    assert answer.status_code == 422
    rule.refresh_from_db()
    assert rule.settings == {"level": 3}


def test_a_rule_is_tried_on_the_last_day_and_nothing_is_sent(
    as_coordinator: Client, cast: Cast
) -> None:
    from vigie.kernel.clock import utc_now

    recently = utc_now() - timedelta(hours=2)
    for code, name in (("91471", "Orsay"), ("91345", "Longjumeau"), ("91471", "Orsay")):
        factories.lead(cast.operation, now=recently, urgency=4, place_code=code, place_name=name)
    Lead.objects.filter(place_code="91345").update(urgency=3)
    answer = as_coordinator.post(address(cast, "rule-trial"), _rule(kind="urgency", **{"try": "1"}))
    page = plain(answer.content.decode())
    assert "Elle aurait alerté 1 fois ces dernières 24 heures." in page
    assert "Urgence critique : 1 publication à Orsay" in page
    assert not Alert.objects.exists()


@pytest.mark.parametrize("kind", ["posts", "burst", "indicator", "silence", "handoff"])
def test_every_kind_can_be_filled_in_tried_and_saved(
    as_coordinator: Client, cast: Cast, watch: Watch, now: datetime, kind: str
) -> None:
    happens(cast.operation, "handoff.sent", now=now, subject=("handoff", 1), data={"number": 1})
    page = as_coordinator.get(address(cast, "rule-new", kind))
    form = page.context["form"]
    given = {
        name: form[name].value() if form[name].value() is not None else ""
        for name in form.fields
        if name not in ("urgent",)
    }
    tried = as_coordinator.post(address(cast, "rule-trial"), {**given, "kind": kind, "try": "1"})
    assert tried.status_code == 200
    assert "Alerte quand" in tried.content.decode()
    assert as_coordinator.post(address(cast, "rule-new", kind), given).status_code == 302
    assert Rule.objects.get().kind == kind


# -- channels ----------------------------------------------------------------------------------


def test_a_channels_secret_is_sealed_and_never_shown_again(
    as_coordinator: Client, cast: Cast
) -> None:
    given = {"name": "Cellule", "url": "mmosts://chat.exemple.fr/tressecret", "language": "fr"}
    answer = as_coordinator.post(address(cast, "channel-new", "apprise"), given, follow=True)
    channel = Channel.objects.get()
    assert channel.shown == "Mattermost · chat.exemple.fr"
    assert "tressecret" not in channel.sealed
    edit = as_coordinator.get(address(cast, "channel-edit", channel.pk))
    for page in (answer, edit, as_coordinator.get(address(cast, "channels"))):
        assert "tressecret" not in page.content.decode()
    before = channel.shown
    as_coordinator.post(
        address(cast, "channel-edit", channel.pk), {"name": "Cellule 2", "language": "en"}
    )
    channel.refresh_from_db()
    assert (channel.name, channel.shown, channel.language) == ("Cellule 2", before, "en")


@pytest.mark.parametrize(
    ("plugin", "given", "says"),
    [
        ("apprise", {"url": "nonsense://x"}, "lisible par Apprise"),
        ("apprise", {"url": "syslog://"}, "notifierait le serveur"),
        ("email", {"to": "pas une adresse"}, "adresse de courriel"),
        ("email", {"to": ""}, "au moins un rôle"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_in_words(
    as_coordinator: Client, cast: Cast, plugin: str, given: dict[str, str], says: str
) -> None:
    answer = as_coordinator.post(
        address(cast, "channel-new", plugin), {"name": "X", "language": "fr", **given}
    )
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_a_test_goes_to_who_asks_for_it_alone(
    as_coordinator: Client, cast: Cast, now: datetime
) -> None:
    channel = factories.channel(
        cast.operation, now=now, config={}, roles=["coordinator", "watcher"]
    )
    as_coordinator.post(address(cast, "channel-do", channel.pk, "test"))
    assert Delivery.objects.get().address == cast.coordinator.email


def test_a_channel_that_reaches_nobody_says_so(
    as_coordinator: Client, cast: Cast, now: datetime
) -> None:
    channel = factories.channel(
        cast.operation, now=now, plugin="webpush", config={}, roles=["coordinator"]
    )
    answer = as_coordinator.post(address(cast, "channel-do", channel.pk, "test"), follow=True)
    assert "n’atteint personne" in answer.content.decode()


def test_only_who_edits_alerts_sees_channels(as_volunteer: Client, cast: Cast) -> None:
    assert as_volunteer.get(address(cast, "channels")).status_code == 403
    assert as_volunteer.get(address(cast, "rules")).status_code == 200


# -- devices -----------------------------------------------------------------------------------


def test_a_person_allows_a_device_and_takes_it_back(client: Client, cast: Cast) -> None:
    client.force_login(cast.volunteer)
    given = {
        "endpoint": "https://push.example/abc", "keys": {"p256dh": "B", "auth": "A"}, "label": "Fx",
    }  # fmt: skip
    add, remove = reverse("notifications-add"), reverse("notifications-remove")
    for _ in range(2):
        answer = client.post(add, json.dumps(given), content_type="application/json")
        assert answer.status_code == 200
    device = Device.objects.get()
    assert "push.example" not in device.sealed
    client.force_login(cast.mapper)
    client.post(remove, {"device": device.pk})
    assert Device.objects.exists()
    client.force_login(cast.volunteer)
    assert "Fx" in client.get(reverse("notifications")).content.decode()
    client.post(remove, {"endpoint": given["endpoint"]})
    assert not Device.objects.exists()


def test_what_is_no_subscription_is_refused(client: Client, cast: Cast) -> None:
    client.force_login(cast.volunteer)
    for body in (b"", b"[]", b'{"endpoint": "file:///x", "keys": {"p256dh": "B", "auth": "A"}}'):
        answer = client.post(reverse("notifications-add"), body, content_type="application/json")
        assert answer.status_code == 422


def test_the_worker_is_served_at_the_root(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert b"notificationclick" in answer.content
