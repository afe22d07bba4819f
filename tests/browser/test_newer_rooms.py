"""The newer screens as those who use them: health, shared sources, personal data, retention, what could
not be stored, imports, two-key capture, chosen measures, the platform's journal.

Each without accessibility faults, in both languages, on a desk and on a phone; and by keyboard.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits
from tests.browser.test_indicators import everything
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.alerting.models import Rule
from vigie.collection import failing
from vigie.collection.models import Author, Indicator, ObjectedAccount, Post
from vigie.collection.turns import Turn
from vigie.kernel.clock import rfc3339, utc_now
from vigie.triage import objections, persons
from vigie.triage.actions import freezing
from vigie.triage.actions.incidents import open_incident

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAYS = [("light", "fr", 1440), ("dark", "en", 390)]
Axe = Callable[[Page], None]


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: Any) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"


@pytest.fixture
def house(cast: Cast) -> Cast:
    """Sources that do well and badly, a batch set aside, a refused item, an objection, a freeze."""
    now = utc_now()
    factories.source(cast.operation, now=now, name="Flux", plugin="feed", last_success_at=now)
    broken = factories.source(
        None, now=now, name="Partagée", plugin="feed", config={"url": "https://x.exemple/"},
        failures=4, error_code="unreachable",
    )  # fmt: skip
    failing.set_aside(
        broken.pk, Turn(epoch=1, number=1, after=0), payload=b"", items=3, code="failed",
        detail="ValueError", now=now,
    )  # fmt: skip
    lead = factories.lead(cast.operation, "Ma cave est inondée", now=now)
    Author.objects.filter(pk=lead.post.author_id).update(handle="@riveraine", name="Ana")
    desk = factories.desk(cast.verifier, cast.operation)
    open_incident(title="Cave inondée", leads=[lead], by=desk, now=now)
    freezing.freeze(lead=lead.pk, reason="Le parquet a été saisi.", by=desk, now=now)
    objections.add(
        names=["@ancien"], reason="Opposition par courrier.", now=now,
        by=persons.officer(cast.data_protection_officer),
    )  # fmt: skip
    return cast


def no_overflow(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@pytest.mark.parametrize(("theme", "language", "width"), WAYS)
def test_the_screens_of_the_installation_have_no_accessibility_fault(
    visit: Visits, axe: Axe, house: Cast, theme: str, language: str, width: int
) -> None:
    for person, paths in (
        (house.administrator, ("/platform/health/", "/platform/sources/add/", "/platform/sources/add/feed/", "/platform/journal/")),
        (house.data_protection_officer, ("/platform/data/", "/platform/data/objections/")),
    ):  # fmt: skip
        for path in paths:
            page = visit(path, person=person, theme=theme, language=language, width=width)
            page.wait_for_load_state("networkidle")
            axe(page)
            no_overflow(page)


@pytest.mark.parametrize(("theme", "language", "width"), WAYS)
def test_the_screens_of_an_operation_have_no_accessibility_fault(
    visit: Visits, axe: Axe, house: Cast, theme: str, language: str, width: int
) -> None:
    everything(house)
    indicator = Indicator.objects.filter(kind="level").first()
    assert indicator is not None
    for path in (
        "sources/", "sources/add/", "sources/add/x/", "sources/add/reddit/", "sources/failed/",
        "sources/import/", "sources/files/", "capture/", "capture/tools/", "retention/",
        "alerts/rules/measures/", f"alerts/rules/new/measure/?indicator={indicator.pk}",
        "incidents/1/",
    ):  # fmt: skip
        page = visit(
            f"/o/{house.operation.slug}/{path}", person=house.coordinator, theme=theme,
            language=language, width=width,
        )  # fmt: skip
        page.wait_for_load_state("networkidle")
        axe(page)
        no_overflow(page)


def tab_to(page: Page, name: str, *, role: str = "button") -> None:
    """Walk by Tab until the named control has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _ in range(120):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {name!r}")


def test_a_rule_on_one_measure_is_made_by_keyboard_from_its_page(
    visit: Visits, house: Cast
) -> None:
    everything(house)
    indicator = Indicator.objects.filter(kind="level").order_by("pk")[0]
    page = visit(
        f"/o/{house.operation.slug}/indicators/{indicator.pk}/", person=house.coordinator,
        language="en", width=390,
    )  # fmt: skip
    tab_to(page, "Create an alert", role="link")
    page.keyboard.press("Enter")
    expect(page.locator(".measure-chosen")).to_contain_text(indicator.name)
    page.get_by_label("When it is at or above (m)").focus()
    page.keyboard.type("2.5")
    expect(page.locator("#rule-words")).to_contain_text("is at or above 2.50")
    tab_to(page, "Look out for this")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/rules/")
    assert Rule.objects.get().settings["above"] == 2.5


def test_the_chooser_finds_a_measure_by_a_word(visit: Visits, house: Cast) -> None:
    everything(house)
    page = visit(
        f"/o/{house.operation.slug}/alerts/rules/measures/", person=house.coordinator, language="fr"
    )
    choices = page.locator("#measures .choice")
    expect(choices).not_to_have_count(1)
    page.get_by_role("searchbox").last.fill("villebon")
    expect(choices).to_have_count(1)
    expect(choices).to_contain_text("pas de donnée actuelle")
    choices.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".measure-chosen .no-data")).to_be_visible()


def test_the_officer_erases_a_person_who_is_not_collected_again(
    visit: Visits, axe: Axe, house: Cast
) -> None:
    page = visit("/platform/data/", person=house.data_protection_officer, language="fr")
    page.get_by_label("Identifiant du compte").fill("@riveraine")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Ana")
    axe(page)
    expect(page.get_by_label("liste d’opposition")).to_be_checked()
    page.get_by_label("Pourquoi").fill("Demande écrite du 24 novembre.")
    tab_to(page, "Effacer")
    page.keyboard.press("Enter")
    page.locator("dialog[open] #confirm-yes").click()
    expect(page.locator("main")).to_contain_text("Ces comptes sont sur la liste d’opposition")
    axe(page)
    assert ObjectedAccount.objects.count() >= 2
    assert Post.objects.get(text="").author is None


def test_an_objection_is_added_and_withdrawn_by_keyboard(
    visit: Visits, axe: Axe, house: Cast
) -> None:
    page = visit(
        "/platform/data/objections/", person=house.data_protection_officer, language="en", width=390
    )
    page.get_by_label("Handle").focus()
    page.keyboard.type("@voisine")
    page.get_by_label("Why", exact=True).focus()
    page.keyboard.type("Objection in writing.")
    tab_to(page, "Do not collect it any more")
    page.keyboard.press("Enter")
    rows = page.locator(".objections tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Objection in writing.")
    rows.first.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Why it ends").first.fill("Agreement in writing.")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 objection in force")
    axe(page)


def test_the_platforms_journal_says_that_it_holds_and_is_filtered(
    visit: Visits, house: Cast
) -> None:
    page = visit("/platform/journal/", person=house.administrator, language="en")
    expect(page.locator(".chain")).to_contain_text("chain verified up to entry")
    page.get_by_label("Kind").select_option("person.objected")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".entry")).to_have_count(1)
    expect(page.locator(".entry")).to_contain_text("put a person on the objection list")


def test_health_tells_a_failing_shared_source_and_leads_to_it(visit: Visits, house: Cast) -> None:
    page = visit("/platform/health/", person=house.administrator, language="en")
    expect(page.locator("main")).to_contain_text("Partagée")
    tab_to(page, "Partagée", role="link")
    page.keyboard.press("Enter")
    page.wait_for_url("**/platform/sources/*/")


def test_retention_longer_than_usual_asks_why_and_keeps_what_was_typed(
    visit: Visits, axe: Axe, house: Cast
) -> None:
    page = visit(f"/o/{house.operation.slug}/retention/", person=house.coordinator, language="fr")
    visit.expect_error("422")
    page.locator("[name=posts]").fill("90")
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(page.locator("[name=posts]")).to_have_value("90")
    axe(page)
    page.locator("[name=reason]").fill("Retour d’expérience prévu en janvier.")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[name=posts]")).to_have_value("90")
    expect(page.locator(".errorlist")).to_have_count(0)


def test_a_post_is_captured_with_two_keys(visit: Visits, axe: Axe, house: Cast) -> None:
    page = visit(
        f"/o/{house.operation.slug}/capture/", person=house.volunteer, language="en", width=390
    )
    page.locator("[name=text]").fill("The bridge at Orsay is under water")
    page.locator("[name=text]").press("Control+Enter")
    expect(page.locator(".toast").first).to_be_visible()
    axe(page)


def test_a_file_is_recognised_corrected_and_read(
    visit: Visits, axe: Axe, house: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "posts.jsonl"
    post = {"id": "1", "text": "La crue monte", "created_at": rfc3339(utc_now())}
    path.write_text(json.dumps(post) + "\n", "utf-8")
    page = visit(
        f"/o/{house.operation.slug}/sources/import/", person=house.coordinator, language="en"
    )
    page.locator("input[type=file]").set_input_files(str(path))
    page.get_by_role("button").and_(page.locator("main form button.primary")).first.click()
    expect(page.locator("main")).to_contain_text("La crue monte")
    axe(page)


def test_the_lists_say_who_froze_a_post_and_why(visit: Visits, house: Cast) -> None:
    slug = house.operation.slug
    for person, path, words in (
        (house.volunteer, f"/o/{slug}/board/", "Le parquet a été saisi."),
        (house.volunteer, f"/o/{slug}/incidents/1/", "Le parquet a été saisi."),
        (house.volunteer, f"/o/{slug}/map/", "1 copie gelée"),
    ):
        page = visit(path, person=person)
        expect(page.locator("body")).to_contain_text(words)
    page = visit(f"/o/{slug}/map/", person=house.partner)
    expect(page.locator(".incident-row")).to_have_count(1)
    expect(page.locator("body")).not_to_contain_text("copie gelée")


def test_who_may_not_is_told_so(visit: Visits, axe: Axe, house: Cast) -> None:
    people: tuple[tuple[User, str], ...] = (
        (house.administrator, "/platform/data/objections/"),
        (house.coordinator, "/platform/journal/"),
        (house.volunteer, f"/o/{house.operation.slug}/retention/"),
    )
    for person, path in people:
        visit.expect_error("403")
        page = visit(path, person=person)
        axe(page)
        expect(page.locator("h1")).to_be_visible()
