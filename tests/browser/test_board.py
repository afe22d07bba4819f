"""The board in a real browser: by keyboard alone, by finger, by two people at once, on a cut line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from vigie.analysis.tokens import tokenise
from vigie.triage.models import Annotation, Incident, Lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXTS = (
    "Rue du Moulin à Bures, on est coincés à l'étage, l'eau monte, svp",
    "Pont de Longjumeau fermé, demi-tour obligatoire",
    "Il pleut encore à Orsay",
    "Quelqu'un sait si l'école d'Épinay ouvre demain ?",
    "Bravo aux pompiers <3",
)


@pytest.fixture
def leads(cast: Cast, now: datetime) -> list[Lead]:
    """Five posts of a watch, the first critical; they arrived in this order."""
    watch = factories.watch(cast.operation, now=now, name="Orge et Yvette")
    made = [
        factories.lead(
            cast.operation, text, now=now, watches=(watch,), urgency=4 if n == 0 else 0,
            post={"tokens": " ".join(tokenise("orge")), "url": "https://exemple.fr/1"},
        )
        for n, text in enumerate(TEXTS)
    ]  # fmt: skip
    start = TEXTS[0].index("coincés")
    because = [{"text": "coincés", "start": start, "end": start + 7, "rule": "r", "weight": 2.0}]
    Annotation.objects.create(
        lead=made[0], kind="urgency", value={"level": "critical", "because": because},
        model="lexicon@1", at=now,
    )  # fmt: skip
    return made


def path_of(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/board/"


def lines(page: Page, column: str = "") -> object:
    return page.locator(f'.column[data-kind="{column}"] .post' if column else ".post")


def saved(lead: Lead, **wanted: object) -> Callable[[], bool]:
    return lambda: Lead.objects.filter(pk=lead.pk, **wanted).exists()


def test_a_post_is_triaged_by_keyboard_alone(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    press = page.keyboard.press
    press("ArrowRight")  # nothing has the focus yet: the first column, then the second
    press("j")
    focused = page.locator(".post:focus")
    expect(focused).to_have_count(1)
    lead = Lead.objects.get(pk=focused.get_attribute("data-lead"))
    press("2")
    press("Shift+B")
    press("c")
    page.keyboard.type("appel")
    press("Enter")
    wait_for(page, saved(lead, credibility=2, reliability="B", category="appel_secours"))
    press("l")
    expect(page.locator("#options-place [role=option]").first).to_be_visible()
    page.keyboard.type("longj")
    expect(page.locator("#options-place [aria-selected=true]")).to_contain_text("Longjumeau")
    press("Enter")
    wait_for(page, saved(lead, place_code="91345", place_by_person=True))
    press("t")
    wait_for(page, saved(lead, holder=cast.volunteer))
    press("e")
    wait_for(page, saved(lead, state="kept"))
    press("z")
    wait_for(page, saved(lead, state="new"))
    press("i")
    expect(page.locator("#incident-new")).to_be_visible()
    press("Enter")
    wait_for(page, lambda: Incident.objects.filter(backing__lead=lead).exists())
    press("Enter")
    expect(page.locator("[data-detail-lead]")).to_have_attribute("data-detail-lead", str(lead.pk))
    press("Escape")
    expect(page.locator("#detail > *")).to_have_count(0)
    expect(page.locator(f'.post:focus[data-lead="{lead.pk}"]')).to_have_count(1)


def test_dismissing_goes_on_to_the_next_line(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("j")
    first = page.locator(".post:focus").get_attribute("data-lead")
    page.keyboard.press("d")
    expect(page.locator(".post:focus")).not_to_have_attribute("data-lead", first or "")
    wait_for(page, lambda: Lead.objects.filter(pk=first, state="dismissed").exists())
    gone = page.locator(f'.post[data-lead="{first}"]').first
    expect(gone).to_have_attribute("data-state", "dismissed")
    page.keyboard.press("z")
    expect(gone).to_have_attribute("data-state", "new")


def test_several_posts_are_ticked_and_done_at_once(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("j")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.get_by_role("toolbar")).to_contain_text("3 sélectionnées")
    page.get_by_role("toolbar").get_by_role("button", name="Écarter").click()
    wait_for(page, lambda: Lead.objects.filter(state="dismissed").count() == 3)
    page.get_by_role("button", name="Annuler").click()
    wait_for(page, lambda: Lead.objects.filter(state="new").count() == 5)


def test_duplicates_are_folded_into_the_first_that_came(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    column = page.locator('.column[data-kind="watch"]')
    column.locator(f'.post[data-lead="{leads[1].pk}"]').click(modifiers=["Control"])
    column.locator(f'.post[data-lead="{leads[2].pk}"]').click(modifiers=["Control"])
    page.get_by_role("toolbar").get_by_role("button", name="Replier en une").click()
    wait_for(page, saved(leads[2], folded_into=leads[1]))
    expect(column.locator(f'.post[data-lead="{leads[1].pk}"]')).to_contain_text("×2")
    expect(column.locator(f'.post[data-lead="{leads[2].pk}"]')).to_have_count(0)


def test_the_keys_are_listed(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("?")
    dialog = page.locator("#keys-dialog")
    for words in ("Garder", "Écarter", "Localiser", "Catégorie", "Coter l’information"):
        expect(dialog).to_contain_text(words)


def test_typing_in_a_field_is_not_a_gesture(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(f"{path_of(cast)}lead/{leads[0].pk}/", person=cast.volunteer)
    page.get_by_label("Note pour l’équipe").fill("")
    page.get_by_label("Note pour l’équipe").press_sequentially("de 2 à 3 m, ted")
    assert not Lead.objects.exclude(state="new", credibility=6).exists()
    page.get_by_role("button", name="Noter").click()
    expect(page.locator(".history")).to_contain_text("de 2 à 3 m, ted")
    assert Annotation.objects.get(kind="note").value == {"text": "de 2 à 3 m, ted"}


def test_the_author_shows_when_asked(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    handle = leads[0].post.author.handle if leads[0].post.author else "?"
    page = visit(f"{path_of(cast)}lead/{leads[0].pk}/", person=cast.volunteer)
    expect(page.locator("body")).not_to_contain_text(handle)
    page.get_by_role("button", name="Voir qui l’a écrite").click()
    expect(page.locator("#author")).to_contain_text(handle)


def test_a_gesture_on_a_cut_line_is_not_said_to_be_kept_and_goes_when_the_line_is_back(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    visit.expect_error("ERR_INTERNET_DISCONNECTED")
    visit.expect_error("htmx:")  # what was being asked for when the page closed
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("j")
    lead = page.locator(".post:focus").get_attribute("data-lead")
    page.context.set_offline(True)
    page.keyboard.press("e")
    band = page.locator("[data-vigie-unsent]")
    expect(band).to_contain_text("1 geste n’est pas encore gardé")
    line = page.locator(f'.post[data-lead="{lead}"]').first
    expect(line).to_contain_text("pas encore gardé")
    expect(line).to_have_attribute("data-state", "new")
    page.context.set_offline(False)
    expect(line).to_have_attribute("data-state", "kept")
    expect(band).to_be_hidden()


def test_a_gesture_not_sent_survives_closing_the_page(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    visit.expect_error("ERR_INTERNET_DISCONNECTED")
    visit.expect_error("htmx:")  # what was being asked for when the page closed
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("j")
    lead = page.locator(".post:focus").get_attribute("data-lead")
    page.context.set_offline(True)
    page.keyboard.press("e")
    expect(page.locator("[data-vigie-unsent]")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    wait_for(page, lambda: Lead.objects.filter(pk=lead, state="kept").exists())


def test_columns_are_composed_by_the_person(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.locator("summary[aria-label='Ajouter une colonne']").click()
    page.get_by_role("button", name="En main").click()
    names = page.locator(".column-head h2")
    expect(names).to_have_text(["Orge et Yvette", "À traiter", "Gardées", "En main"])
    page.locator("summary[aria-label='Colonne En main']").click()
    page.get_by_role("button", name="Vers la gauche").locator("visible=true").click()
    expect(names).to_have_text(["Orge et Yvette", "À traiter", "En main", "Gardées"])
    page.locator("summary[aria-label='Colonne En main']").click()
    page.get_by_label("Nom").locator("visible=true").fill("Mes affaires")
    page.get_by_role("button", name="Renommer").locator("visible=true").click()
    expect(names).to_have_text(["Orge et Yvette", "À traiter", "Mes affaires", "Gardées"])


def test_slash_searches_and_the_query_is_said_back(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("/")
    page.keyboard.type("orge -yvette")
    page.keyboard.press("Enter")
    search = page.locator("#column-search")
    expect(search).to_contain_text("La publication contient")
    expect(search.locator(".post")).to_have_count(5)


def test_going_back_from_a_post_shows_the_board(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.locator(f'.post[data-lead="{leads[0].pk}"]').first.click()
    expect(page.locator("[data-detail-lead]")).to_be_visible()
    assert page.url.endswith(f"/lead/{leads[0].pk}/")
    page.go_back()
    expect(page.locator("[data-detail-lead]")).to_have_count(0)
    expect(lines(page, "watch")).to_have_count(5)  # type: ignore[arg-type]


# -- on a phone -----------------------------------------------------------------------------------


def sweep(page: Page, line: str, by: int) -> None:
    """A finger that goes `by` pixels to the right across a line."""
    box = page.locator(line).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def send(kind: str, at: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", x)
    for part in range(1, 9):
        send("touchMove", x + by * part / 8)
    send("touchEnd", x + by)


def test_a_finger_sweeps_to_keep_and_to_dismiss_and_can_take_it_back(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer, width=390)
    shown = '.column[data-active] .post[data-lead="{}"]'
    sweep(page, shown.format(leads[4].pk), 150)
    wait_for(page, saved(leads[4], state="kept"))
    sweep(page, shown.format(leads[3].pk), -150)
    wait_for(page, saved(leads[3], state="dismissed"))
    page.locator(".toast", has_text="écartée").get_by_role("button", name="Annuler").click()
    wait_for(page, saved(leads[3], state="new"))
    sweep(page, shown.format(leads[2].pk), 40)
    page.wait_for_timeout(300)
    assert Lead.objects.get(pk=leads[2].pk).state == "new"


def test_a_phone_shows_one_column_and_switches(
    visit: Visits, cast: Cast, leads: list[Lead]
) -> None:
    page = visit(path_of(cast), person=cast.volunteer, width=390)
    expect(page.locator(".column:visible")).to_have_count(1)
    page.locator(".column-tabs").get_by_text("À traiter").tap()
    expect(page.locator(".column:visible h2")).to_have_text("À traiter")
    page.locator(".column:visible .post").first.tap()
    expect(page.locator("[data-detail-lead]")).to_be_visible()
    page.locator("[data-vigie-detail-close]").tap()
    expect(page.locator(".column:visible h2")).to_have_text("À traiter")


# -- for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_board_has_no_accessibility_fault(
    visit: Visits,
    axe: Callable[[Page], None],
    cast: Cast,
    leads: list[Lead],
    width: int,
    theme: str,
    language: str,
) -> None:
    page = visit(
        f"{path_of(cast)}lead/{leads[0].pk}/", person=cast.volunteer, width=width, theme=theme,
        language=language,
    )  # fmt: skip
    axe(page)
    page.locator("[data-vigie-detail-close]").click()
    axe(page)


@pytest.mark.parametrize("key", ["c", "l", "i"])
def test_the_palettes_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, leads: list[Lead], key: str
) -> None:
    page = visit(path_of(cast), person=cast.volunteer)
    page.keyboard.press("j")
    page.keyboard.press(key)
    expect(page.locator("dialog[open] [role=option]").first).to_be_visible()
    axe(page)


def test_an_observer_has_no_gesture(visit: Visits, cast: Cast, leads: list[Lead]) -> None:
    page = visit(path_of(cast), person=cast.observer)
    page.keyboard.press("j")
    for key in ("e", "d", "t", "2", "x"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("[data-detail-lead]")).to_be_visible()
    expect(page.locator("[data-do], .pick, .detail-bar")).to_have_count(0)
    assert not Lead.objects.exclude(state="new").exists()
