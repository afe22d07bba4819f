"""A rumour by hand and by keys: from a post to a verdict of two people, marked on the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast, desk, lead, watch
from vigie.triage.models import Lead
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.readings import propose_verdict
from vigie.verification.models import Claim, Stint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDING = "Le barrage de Saclas a cédé"


@pytest.fixture
def post(cast: Cast, now: datetime) -> Lead:
    seen = (watch(cast.operation, now=now),)
    return lead(cast.operation, "🚨 Le barrage de Saclas a cédé, fuyez !", now=now, watches=seen)


def test_from_a_post_on_the_board_to_a_verdict_of_two(
    visit: Visits, cast: Cast, post: Lead
) -> None:
    page = visit(f"/o/{cast.operation.slug}/board/", person=cast.verifier)
    expect(page.locator(".post").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("v")
    expect(page).to_have_url(re.compile(rf"/claims/new/\?lead={post.pk}$"))
    expect(page.get_by_label("Ce qui est affirmé")).to_have_value(
        "Le barrage de Saclas a cédé, fuyez"
    )
    expect(page.locator("#near")).to_contain_text("Rien de proche")
    page.get_by_label("Ce qui est affirmé").fill(WORDING)
    page.get_by_label("Si on y croit").select_option("4")
    page.get_by_role("button", name="Consigner").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(WORDING)
    expect(page.locator("#claim-near")).to_contain_text("Rien de proche")
    page.locator("body").press("t")
    expect(page.locator("#claim-head")).to_contain_text("vous l’avez")
    page.locator("body").press("5")
    expect(page.locator("#claim-head .rating")).to_contain_text("F5")
    page.locator("body").press("Shift+B")
    expect(page.locator("#claim-head .rating")).to_contain_text("B5")
    page.get_by_label("Faux", exact=True).check()
    page.get_by_label("Pourquoi : ce que nous savons et comment").fill("La mairie dit qu’il tient.")
    page.get_by_role("button", name="Proposer en seconde lecture").click()
    expect(page.locator("#claim-verdict")).to_contain_text("Personne ne conclut seul")
    expect(page.get_by_role("button", name="Je confirme : faux")).to_have_count(0)
    other = visit(f"/o/{cast.operation.slug}/claims/", person=cast.coordinator)
    expect(other.locator(".claim-line")).to_contain_text("seconde lecture demandée")
    other.keyboard.press("j")
    other.keyboard.press("Enter")
    other.get_by_role("button", name="Je confirme : faux").click()
    expect(other.locator("#claim-head")).to_contain_text("Conclue")
    page.goto(page.url.partition("/claims/")[0] + "/board/")
    expect(page.locator(".post-claim").first).to_contain_text("Faux")


def test_what_is_being_written_is_left_alone_while_others_work(
    visit: Visits, cast: Cast, now: datetime
) -> None:
    open_claim(wording=WORDING, by=desk(cast.verifier, cast.operation), now=now)
    page = visit(f"/o/{cast.operation.slug}/claims/1/", person=cast.verifier)
    reason = page.get_by_label("Pourquoi : ce que nous savons et comment")
    reason.fill("La mairie dit")
    page.get_by_role("button", name="Oui", exact=True).first.click()
    expect(page.locator("#claim-checklist .part-head")).to_contain_text("1 / 8")
    expect(reason).to_have_value("La mairie dit")


def test_time_before_a_claim_is_counted(visit: Visits, cast: Cast, now: datetime) -> None:
    open_claim(wording=WORDING, by=desk(cast.verifier, cast.operation), now=now)
    page = visit(f"/o/{cast.operation.slug}/claims/1/", person=cast.partner)
    wait_for(page, lambda: Stint.objects.filter(by=cast.partner).exists())


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 390), ("light", "en", 390), ("dark", "fr", 1440)],
)
def test_the_room_has_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, post: Lead, now: datetime,
    theme: str, language: str, width: int,
) -> None:  # fmt: skip
    by = desk(cast.verifier, cast.operation)
    open_claim(wording="L’eau n’est plus potable", by=by, now=now, leads=[post], harm=3)
    claim = open_claim(wording=WORDING, by=by, now=now, leads=[post], harm=4)
    why = "La mairie dit qu’il tient."
    propose_verdict(claim=claim, verdict="false", reason=why, by=by, now=now)
    for path in (
        "claims/",
        "claims/1/",
        "claims/2/",
        f"claims/new/?lead={post.pk}",
        "claims/known/",
    ):
        page = visit(
            f"/o/{cast.operation.slug}/{path}", person=cast.coordinator, theme=theme,
            language=language, width=width,
        )  # fmt: skip
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert page.evaluate(wide), path
        axe(page)
    assert Claim.objects.count() == 2


def test_the_whole_work_is_done_without_a_pointer(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, now: datetime
) -> None:
    open_claim(wording=WORDING, by=desk(cast.volunteer, cast.operation), now=now)
    page = visit(f"/o/{cast.operation.slug}/claims/", person=cast.verifier)
    keys, bar = page.keyboard, page.locator("#claim-bar")
    expect(page.locator(".claim-line")).to_be_visible()
    keys.press("j")
    keys.press("Enter")
    expect(bar).to_contain_text("Commencer à vérifier")
    axe(page)
    keys.press("n")
    expect(bar).to_contain_text("Passer la liste de contrôle")
    for number in range(1, 9):
        keys.press("n")
        focused = page.locator(".check-line:not(.answered) button:focus")
        expect(focused).to_have_text("Oui")
        keys.press("Enter")
        expect(bar).to_contain_text(f"{number}/8")
    page.get_by_role("link", name="Éléments").press("Enter")
    keys.press("Tab")
    assert page.evaluate("document.querySelector('#evidence').contains(document.activeElement)")
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    page.locator("#evidence [name=kind][value=note]").press("Space")
    page.locator("#evidence [name=text]").fill("Le maire dit qu’il tient")
    page.locator("#evidence button.primary").press("Enter")
    expect(page.locator("#evidence-list")).to_contain_text("Le maire dit qu’il tient")
    page.locator("#claim-bar").evaluate("() => document.activeElement?.blur?.()")
    expect(bar).to_contain_text("Proposer un verdict")
    keys.press("n")
    expect(page.locator("#claim-verdict input[type=radio]:focus")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("Le maire et la police disent qu’il tient.")
    keys.press("Tab")
    keys.press("Enter")
    expect(bar).to_contain_text("Attend une seconde lecture")
    other = visit(f"/o/{cast.operation.slug}/claims/1/", person=cast.coordinator, width=390)
    expect(other.locator("#claim-bar")).to_contain_text("Relire le verdict")
    axe(other)
    other.keyboard.press("n")
    expect(other.get_by_role("button", name="Je confirme : faux")).to_be_focused()
    other.keyboard.press("Enter")
    expect(other.locator("#claim-head")).to_contain_text("Conclue")
