"""Coming in and one's own pages: by keyboard alone, with a passkey, in both languages and themes."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
import time
from base64 import b32decode
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("light", "fr", 1440), ("dark", "en", 390), ("dark", "fr", 1440), ("light", "en", 390)]


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
def test_pages_before_sign_in_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], theme: str, language: str, width: int
) -> None:
    for path in ("/account/login/", "/account/password/reset/", "/account/signup/"):
        page = visit(path, theme=theme, language=language, width=width)
        assert page.locator("html").get_attribute("lang") == language
        axe(page)


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
def test_ones_own_pages_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, theme: str, language: str, width: int
) -> None:
    page = visit(
        "/account/", person=cast.administrator, theme=theme, language=language, width=width
    )
    person = f"/account/people/{cast.volunteer.pk}/"
    for path in (
        "/account/", "/account/password/change/", "/account/2fa/", "/account/tokens/",
        "/account/people/", "/account/people/new/", person,
    ):  # fmt: skip
        page.goto(path)
        axe(page)


def test_one_signs_in_by_keyboard_alone(visit: Visits, cast: Cast) -> None:
    page = visit("/account/login/?next=/account/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(cast.volunteer.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/account/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Profil")


def test_a_wrong_password_is_said_beside_the_form(visit: Visits, cast: Cast) -> None:
    page = visit("/account/login/")
    page.get_by_label("Courriel").fill(cast.volunteer.email)
    page.get_by_label("Mot de passe").fill("pas celui-là")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.locator(".errorlist")).to_be_visible()


def test_a_passkey_is_registered_and_signs_in(visit: Visits, cast: Cast) -> None:
    page = visit("/account/2fa/webauthn/add/", person=cast.volunteer)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name="Confirmer").click()
    page.locator("input[name=name]").fill("Téléphone")
    page.locator("input[name=passwordless]").check()
    page.wait_for_load_state()
    page.locator("#mfa_webauthn_add").click()
    expect(page).to_have_url(re.compile("/account/2fa/recovery-codes/"))
    page.context.clear_cookies()
    page.goto("/account/login/?next=/account/")
    page.locator("#passkey_login").click()
    expect(page).to_have_url(re.compile(r"/account/$"))


def test_a_passkey_that_is_refused_is_explained(visit: Visits) -> None:
    page = visit("/account/login/")
    page.evaluate(
        "() => { navigator.credentials.get ="
        " () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.locator("#passkey_login").click()
    expect(page.locator(".toast.bad")).to_contain_text("Aucune clé d’accès")


def totp(secret: str, at: float) -> str:
    """RFC 6238 with SHA-1, 30 s, six figures."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def test_a_code_from_an_application_is_asked_for_after_the_password(
    visit: Visits, cast: Cast, axe: Callable[[Page], None]
) -> None:
    page = visit("/account/2fa/totp/activate/", person=cast.volunteer)
    if "reauthenticate" in page.url:
        axe(page)
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name="Confirmer").click()
    axe(page)
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("input[name=code]").fill(totp(secret, time.time()))
    page.locator("input[name=code]").press("Enter")
    expect(page).to_have_url(re.compile("/account/2fa/recovery-codes"))
    codes = re.findall(r"\b[0-9a-f]{8}\b", page.locator("main").inner_html())
    axe(page)
    page.context.clear_cookies()
    page.goto("/account/login/?next=/account/")
    page.get_by_label("Courriel").fill(cast.volunteer.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    axe(page)
    page.locator("input[name=code]").fill(codes[0])
    page.locator("input[name=code]").press("Enter")
    expect(page).to_have_url(re.compile(r"/account/$"))


def test_the_language_changes_at_once_and_stays(visit: Visits, cast: Cast) -> None:
    page = visit("/account/", person=cast.volunteer)
    page.get_by_label("Moi").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile")
    cast.volunteer.refresh_from_db()
    assert cast.volunteer.language == "en"


def test_the_theme_changes_at_once_and_stays(visit: Visits, cast: Cast) -> None:
    page = visit("/account/", person=cast.volunteer)
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_label("Moi").click()
    with page.expect_response("**/account/preferences/"):
        page.get_by_role("button", name="Sombre").click()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_token_is_revoked_after_a_question_answered_yes(visit: Visits, cast: Cast) -> None:
    page = visit("/account/tokens/", person=cast.volunteer)
    page.get_by_label("À quoi il sert").fill("Carte du SIG")
    page.get_by_role("button", name="Créer un jeton").click()
    expect(page.locator("#secret")).to_contain_text("vigie_")
    page.goto("/account/tokens/")
    revoke = page.get_by_role("button", name="Révoquer")
    revoke.click()
    page.get_by_role("dialog").get_by_role("button", name="Annuler").click()
    expect(revoke).to_be_focused()
    revoke.click()
    page.get_by_role("dialog").get_by_role("button", name="Révoquer").click()
    expect(page.get_by_text("révoqué", exact=True)).to_be_visible()
