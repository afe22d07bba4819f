"""The map without a network: opened cold, drawn on, closed, killed; and other people on the device."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import CHROMIUM, FLAGS, AsgiServer, Visits
from tests.browser.drawing import SENT, draw, open_room, shown, until
from tests.browser.gate import Gate, gate_to
from tests.browser.pair import PREPARE
from vigie.accounts.models import User

pytestmark = pytest.mark.browser

STANDING = """
from vigie.mapping.models import Feature
rows = Feature.objects.filter(layer__operation__slug="{slug}", deleted_at=None)
print(",".join(f"{{each.name}}/{{each.created_by.name}}" for each in rows.order_by("name")))
"""
KEPT = """async (name) => {
  const base = await new Promise((resolve) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => resolve(asked.result);
  });
  const all = base.transaction(["known", "pending", "aside", "state"]);
  const get = (asked) => new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
  const [known, pending, sealed, key] = await Promise.all([
    get(all.objectStore("known").count()), get(all.objectStore("pending").count()),
    get(all.objectStore("state").get("sealed")), get(all.objectStore("state").get("seal")),
  ]);
  base.close();
  const text = new TextDecoder();
  return { known, pending, key: Boolean(key), n: sealed.map((each) => each.n),
    readable: sealed.some((each) => text.decode(each.data).includes("secret")) };
}"""
SILENCE = ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INTERNET", "ERR_FAILED", "ERR_INCOMPLETE", "htmx:sendError", "htmx:afterRequest", "Failed to fetch",
           "fetching the script", "409", "404", "403")  # fmt: skip


@dataclass
class Alone:
    """One person's map over a line that can be cut."""

    page: Page
    layer: int
    slug: str
    gate: Gate
    server: AsgiServer

    @property
    def path(self) -> str:
        return f"/o/{self.slug}/layers/"

    def standing(self) -> str:
        return self.server.python(STANDING.format(slug=self.slug))

    def sign_in(self, name: str) -> None:
        session = self.server.session_of(f"{name}-{self.slug}@exemple.fr")
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": self.gate.origin}]
        )

    def base(self, name: str) -> str:
        pk = self.server.python(
            "from vigie.accounts.queries import user_by_email\n"
            f"print(user_by_email('{name}-{self.slug}@exemple.fr').pk)"
        )
        return f"vigie.map.{pk}.{self.slug}"


@pytest.fixture
def alone(
    visit: Visits, asgi_server: AsgiServer, request: pytest.FixtureRequest
) -> Iterator[Alone]:
    slug = f"seule-{crc32(request.node.name.encode())}"
    layer, _ = map(int, asgi_server.python(PREPARE.format(slug=slug)).split())
    for words in SILENCE:
        visit.expect_error(words)
    with gate_to(asgi_server.origin) as gate:
        server = replace(asgi_server, origin=gate.origin)
        page = visit(
            f"/o/{slug}/layers/", person=User(email=f"ana-{slug}@exemple.fr"), server=server
        )
        yield Alone(page=open_room(page), layer=layer, slug=slug, gate=gate, server=server)


def kept(page: Page) -> None:
    """Wait until this device says that the map opens without a network."""
    expect(page.locator("[data-device-said]")).to_contain_text("s’ouvre sans réseau")


def test_a_map_opened_before_opens_without_a_network_and_merges_when_it_is_back(
    alone: Alone,
) -> None:
    first = draw(alone.page, alone.layer, 2.2, 48.6, name="avant")
    until(alone.page, SENT)
    kept(alone.page)
    alone.gate.cut()
    alone.page.reload()
    open_room(alone.page)
    assert shown(alone.page) == {first: "avant"}
    said = alone.page.locator("[data-waiting]")
    expect(said).to_contain_text("Sans réseau : vous voyez la carte de")
    expect(said).to_contain_text("Ce que vous dessinez partira au retour.")
    draw(alone.page, alone.layer, 2.3, 48.7, name="pendant")
    expect(said).to_contain_text("Votre 1 geste partira au retour.")
    alone.page.evaluate("() => room.store.keep.flushed")
    context = alone.page.context
    alone.page.close()
    again = context.new_page()
    again.goto(alone.path)
    open_room(again)
    assert sorted(shown(again).values()) == ["avant", "pendant"]
    draw(again, alone.layer, 2.3, 48.8, name="puis")
    expect(again.locator("[data-waiting]")).to_contain_text("Vos 2 gestes partiront au retour.")
    alone.gate.open()
    until(again, SENT)
    expect(again.locator("[data-waiting]")).to_be_hidden()
    assert alone.standing() == "avant/Ana,pendant/Ana,puis/Ana"


def test_the_page_kept_here_is_the_last_release_only_and_no_post_is_answered(alone: Alone) -> None:
    kept(alone.page)
    names = alone.page.evaluate("async () => (await caches.keys()).filter((n) => n.includes('.'))")
    assert len([name for name in names if name.startswith("vigie.files.")]) == 1
    assert len([name for name in names if name.startswith("vigie.shell.")]) == 1
    alone.page.evaluate(
        """async () => {
             const [name] = (await caches.keys()).filter((each) => each.startsWith("vigie.files."));
             await (await caches.open("vigie.files.old")).put("/static/old.js", new Response("old"));
             await (await caches.open(name)).delete("/static/layers/store.js");
           }"""
    )
    alone.page.reload()
    open_room(alone.page)
    kept(alone.page)
    until(
        alone.page,
        """async () => !(await caches.has("vigie.files.old"))
             && Boolean(await caches.match("/static/layers/store.js"))""",
    )
    alone.gate.cut()
    alone.page.reload()
    open_room(alone.page)
    answered = alone.page.evaluate(
        "() => fetch('/static/layers/store.js', {method: 'POST'}).then(() => true, () => false)"
    )
    assert answered is False


def test_a_page_whose_session_is_over_is_not_shown(alone: Alone) -> None:
    kept(alone.page)
    draw(alone.page, alone.layer, 2.2, 48.6, name="secret")
    until(alone.page, SENT)
    alone.page.evaluate(
        """async () => {
             const [name] = (await caches.keys()).filter((each) => each.startsWith("vigie.shell."));
             const cache = await caches.open(name);
             const page = await cache.match(location.pathname);
             const headers = new Headers(page.headers);
             headers.set("X-Vigie-Until", "2020-01-01T00:00:00Z");
             await cache.put(location.pathname, new Response(await page.text(), { headers }));
           }"""
    )
    alone.gate.cut()
    alone.page.reload()
    expect(alone.page.locator("body")).to_contain_text("votre session a pris fin")
    assert alone.page.evaluate("async () => (await caches.keys()).some((n) => n.startsWith('vigie.shell.'))") is False  # fmt: skip


def test_signed_out_elsewhere_or_put_out_of_the_team_the_page_is_no_longer_kept(
    alone: Alone,
) -> None:
    kept(alone.page)
    alone.server.python(
        f"""
        from vigie.operations.models import Membership
        Membership.objects.filter(user__email="ana-{alone.slug}@exemple.fr").delete()
        """
    )
    alone.page.goto(alone.path)
    until(
        alone.page, "async () => !(await caches.keys()).some((n) => n.startsWith('vigie.shell.'))"
    )


def test_what_somebody_else_left_is_sealed_told_and_sent_when_they_are_back(alone: Alone) -> None:
    until(alone.page, "() => room.store.keep")
    kept(alone.page)
    alone.gate.cut()
    draw(alone.page, alone.layer, 2.2, 48.6, name="secret")
    draw(alone.page, alone.layer, 2.3, 48.6, name="secret 2")
    alone.page.evaluate("() => room.store.keep.flushed")
    alone.page.goto("about:blank")
    alone.gate.open()
    alone.sign_in("ben")
    alone.page.goto(alone.path)
    open_room(alone.page)
    assert shown(alone.page) == {}
    expect(alone.page.locator("[data-device-others]")).to_contain_text(
        "2 gestes de quelqu’un d’autre attendent sur cet appareil"
    )
    state = alone.page.evaluate(KEPT, alone.base("ana"))
    assert state == {"known": 0, "pending": 0, "key": False, "n": [2], "readable": False}
    assert not alone.page.evaluate(
        "(who) => caches.keys().then((all) => all.some((n) => n.startsWith('vigie.shell.' + who)))",
        alone.base("ana").split(".")[2] + ".",
    )
    assert alone.standing() == ""
    alone.sign_in("ana")
    alone.page.goto(alone.path)
    open_room(alone.page)
    until(alone.page, "() => room.store.all().length === 2")
    until(alone.page, SENT)
    assert alone.standing() == "secret/Ana,secret 2/Ana"


def test_a_page_of_another_person_sends_nothing_in_their_name(alone: Alone) -> None:
    alone.sign_in("ben")
    draw(alone.page, alone.layer, 2.2, 48.6, name="à Ana")
    expect(alone.page.locator("[data-waiting]")).to_contain_text("Quelqu’un d’autre s’est connecté")
    assert alone.standing() == ""
    alone.sign_in("ana")
    alone.page.evaluate("() => room.store.send()")
    until(alone.page, SENT)
    assert alone.standing() == "à Ana/Ana"


def test_what_was_sealed_is_forgotten_after_its_time_and_its_owner_is_told(alone: Alone) -> None:
    kept(alone.page)
    alone.gate.cut()
    draw(alone.page, alone.layer, 2.2, 48.6, name="secret")
    alone.page.evaluate("() => room.store.keep.flushed")
    alone.page.goto("about:blank")
    alone.gate.open()
    alone.sign_in("ben")
    alone.page.goto(alone.path)
    open_room(alone.page)
    alone.page.clock.install()
    alone.page.clock.set_system_time("2030-01-01T00:00:00Z")
    alone.page.evaluate(
        "async () => (await import('/static/ui/js/kept.js')).leaveOnly(document.body.dataset.person)"
    )
    state = alone.page.evaluate(KEPT, alone.base("ana"))
    assert state["n"] == []
    alone.sign_in("ana")
    alone.page.goto(alone.path)
    open_room(alone.page)
    said = alone.page.locator("[data-waiting]")
    expect(said).to_contain_text("1 de vos gestes a attendu ici plus de sept jours")
    said.get_by_role("button", name="J’ai compris").click()
    expect(said).to_be_hidden()
    assert alone.standing() == ""


def test_signing_out_seals_what_waits_and_keeps_no_page(alone: Alone) -> None:
    kept(alone.page)
    alone.page.route("**/layers/edits/", lambda route: route.abort())
    draw(alone.page, alone.layer, 2.2, 48.6, name="secret")
    alone.page.evaluate("() => room.store.keep.flushed")
    said: list[str] = []

    def answer(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.accept()

    alone.page.on("dialog", answer)
    alone.page.evaluate(
        "() => document.querySelector('form[action$=\"/logout/\"]').requestSubmit()"
    )
    expect(alone.page).to_have_url(f"{alone.gate.origin}/account/login/?next=/")
    assert "scellé" in said[0]
    state = alone.page.evaluate(KEPT, alone.base("ana"))
    assert state == {"known": 0, "pending": 0, "key": False, "n": [1], "readable": False}
    assert alone.page.evaluate("async () => (await caches.keys()).some((n) => n.startsWith('vigie.shell.'))") is False  # fmt: skip
    alone.page.unroute("**/layers/edits/")
    alone.sign_in("ana")
    alone.page.goto(alone.path)
    open_room(alone.page)
    until(alone.page, "() => room.store.all().length === 1")
    until(alone.page, SENT)
    assert alone.standing() == "secret/Ana"


def test_on_a_shared_computer_nothing_is_kept_and_leaving_is_warned_of(alone: Alone) -> None:
    kept(alone.page)
    alone.page.get_by_role("tab", name="Calques").click()
    alone.page.get_by_label("Ordinateur partagé").check()
    expect(alone.page.locator("[data-device-said]")).to_contain_text("Rien n’est gardé")
    until(
        alone.page,
        """async () => !(await caches.keys()).some((n) => /^vigie.(shell|files)/.test(n))
             && !(await indexedDB.databases()).some(({ name }) => name.startsWith("vigie.map."))""",
    )
    alone.gate.cut()
    draw(alone.page, alone.layer, 2.2, 48.6, name="secret")
    expect(alone.page.locator("[data-waiting]")).to_contain_text("Ordinateur partagé")
    asked: list[str] = []

    def warned(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    alone.page.on("dialog", warned)
    alone.page.locator("[data-map-canvas]").click()  # a browser warns only of a page that was used
    alone.page.close(run_before_unload=True)
    expect_closed(alone.page)
    assert asked == ["beforeunload"]


def expect_closed(page: Page) -> None:
    if not page.is_closed():
        page.wait_for_event("close")


def test_where_the_browser_keeps_nothing_it_is_said(visit: Visits, asgi_server: AsgiServer) -> None:
    slug = "privee"
    layer, _ = map(int, asgi_server.python(PREPARE.format(slug=slug)).split())
    for words in SILENCE:
        visit.expect_error(words)
    page = visit("/healthz", person=User(email=f"ana-{slug}@exemple.fr"), server=asgi_server)
    page.context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError'); };"
    )
    page.goto(f"/o/{slug}/layers/")
    open_room(page)
    page.context.set_offline(True)
    draw(page, layer, 2.2, 48.6, name="en mémoire")
    expect(page.locator("[data-waiting]")).to_contain_text("Ce navigateur ne garde rien")
    page.context.set_offline(False)
    until(page, SENT)
    expect(page.locator("[data-waiting]")).to_be_hidden()


def _start(chromium: Browser, folder: Path, origin: str, session: str) -> BrowserContext:
    context = chromium.browser_type.launch_persistent_context(
        str(folder), executable_path=CHROMIUM, args=FLAGS, base_url=origin, locale="fr-FR",
        viewport={"width": 1440, "height": 900}, timezone_id="Europe/Paris",
    )  # fmt: skip
    context.add_cookies([{"name": "sessionid", "value": session, "url": origin}])
    return context


def _kill(folder: Path) -> None:
    """SIGKILL to the browser that we started on this folder."""
    wanted = f"--user-data-dir={folder}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if wanted in line and b"--type=" not in line:
                os.kill(int(entry.name), signal.SIGKILL)


def test_a_browser_killed_while_drawing_loses_and_doubles_nothing(
    chromium: Browser, asgi_server: AsgiServer, tmp_path: Path
) -> None:
    slug = "tuee"
    layer, _ = map(int, asgi_server.python(PREPARE.format(slug=slug)).split())
    session = asgi_server.session_of(f"ana-{slug}@exemple.fr")
    path, folder = f"/o/{slug}/layers/", tmp_path / "profile"
    with gate_to(asgi_server.origin) as gate:
        context = _start(chromium, folder, gate.origin, session)
        page = context.new_page()
        page.goto(path)
        open_room(page)
        kept(page)
        names = [f"n{at:02d}" for at in range(40)]
        for at, name in enumerate(names):
            if at == 15:
                gate.cut()
            draw(page, layer, 2.2 + at / 1000, 48.6, name=name)
        page.evaluate("() => room.store.keep.flushed")
        _kill(folder)
        with suppress(PlaywrightError):  # there may be nothing left to close
            context.close()
        context = _start(chromium, folder, gate.origin, session)
        page = context.new_page()
        page.goto(path)
        open_room(page)
        assert sorted(shown(page).values()) == names
        draw(page, layer, 2.2, 48.7, name="n40")
        page.evaluate("() => room.store.keep.flushed")
        _kill(folder)
        with suppress(PlaywrightError):  # there may be nothing left to close
            context.close()
        gate.open()
        context = _start(chromium, folder, gate.origin, session)
        page = context.new_page()
        page.goto(path)
        open_room(page)
        until(page, SENT)
        context.close()
    stand = asgi_server.python(STANDING.format(slug=slug))
    assert stand == ",".join(f"{name}/Ana" for name in [*names, "n40"])
