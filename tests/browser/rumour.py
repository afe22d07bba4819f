"""A rumour from its first post to a published answer: what two people do at the screens, counted.

Nothing is prepared but the post and the team. `answer_rumour` is what a test asserts on and what
`vigie bench rumour` writes down.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.conftest import AsgiServer, Visits
from tests.browser.gestures import Person
from vigie.accounts.models import User

SET_UP = """
from vigie.kernel.clock import utc_now
from vigie.operations.models import Operation
from tests import factories
now = utc_now()
cast = factories.make_cast(now=now)
Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
watch = factories.watch(cast.operation, now=now, name="Juine")
factories.lead(
    cast.operation, "Mon voisin pompier me dit que le barrage de Saclas a lâché !! Partez tous, "
    "partagez avant que ce soit censuré", now=now, watches=(watch,))
print(cast.operation.slug, cast.verifier.email, cast.coordinator.email)
"""

WORDING = "Le barrage de Saclas a cédé"
REASON = (
    "La mairie, jointe au téléphone, a vu le barrage : il tient. L’auteur n’est pas sur place et ne "
    "cite personne."
)
WHOM = "Mairie de Saclas"
HEARD = "l’astreinte a vu le barrage à 18 h 10, il tient ; aucune évacuation n’est en cours."
ENGLISH = {
    "title": "False: the Saclas dam has not burst",
    "claim": "Posts say that the Saclas dam has burst.",
    "known": "The town hall saw the dam at 6.10 pm: it holds. Nobody is being evacuated.",
    "short": "FALSE: the Saclas dam has not burst. Please do not pass it on.",
    "medium": "FALSE: the Saclas dam has not burst. The town hall saw it at 6.10 pm: it holds. In "
    "immediate danger, call 18 or 112 (114 by text message).",
    "long": "FALSE: the Saclas dam has not burst. The town hall saw it at 6.10 pm: it holds. In "
    "immediate danger, call 18 or 112 (114 by text message).",
}
CHECKS = {
    "original": "unknown",
    "independent": "no",
    "author_known": "unknown",
    "was_there": "no",
    "authority": "no",
    "date_fits": "not_applicable",
    "place_certain": "yes",
    "motive_plain": "unknown",
}


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Who did what, and where the public reads it."""

    first: Person
    second: Person
    public: Page


def answer_rumour(visit: Visits, server: AsgiServer) -> Answered:
    """Do all of it, as two people would."""
    slug, verifier, coordinator = server.python(SET_UP).split()
    board = visit(f"/o/{slug}/board/", person=User(email=verifier), server=server)
    desk = visit(f"/o/{slug}/claims/", person=User(email=coordinator), server=server)
    expect(board.locator("body")).to_have_attribute("data-line", "on")
    expect(desk.locator("body")).to_have_attribute("data-line", "on")
    first, second = Person(page=board), Person(page=desk)
    _write_down(first)
    _call(first)
    _check(first)
    _propose(first)
    _write_page(first)
    _read_second(second)
    _publish(first)
    public = visit(f"/p/{slug}/verifications/1/", server=server)
    return Answered(first=first, second=second, public=public)


def _write_down(me: Person) -> None:
    """See the post on the board, press v, say what it claims."""
    me.read(me.page.locator(".post").first)
    me.press("j")
    me.press("v")
    field = me.page.get_by_label("Ce qui est affirmé")
    expect(field).to_be_focused()
    me.write(field, WORDING)
    me.read(me.page.locator("#near"))
    me.choose(me.page.get_by_label("Si on y croit"), "4")
    me.click(me.page.get_by_role("button", name="Consigner"))
    expect(me.page.locator("#claim-head h1")).to_contain_text(WORDING)


def _call(me: Person) -> None:
    """Take it, write down what the town hall said on the phone, name it among the sources."""
    me.click(me.page.get_by_role("button", name="Commencer à vérifier"))
    expect(me.page.locator("#claim-head")).to_contain_text("vous l’avez")
    evidence = me.page.locator("#evidence")
    me.click(evidence.locator("label.kind", has_text="Appel"))
    me.write(evidence.get_by_label("Qui vous avez appelé"), WHOM)
    me.write(evidence.get_by_label("Ce qui a été dit ou vu"), HEARD)
    me.choose(evidence.get_by_label("Ce qu’il dit de l’allégation"), "refutes")
    me.click(evidence.get_by_label("Le citer parmi les sources"))
    me.click(evidence.get_by_role("button", name="Ajouter", exact=True))
    expect(evidence).to_contain_text(HEARD)


def _check(me: Person) -> None:
    """Answer what is asked of a text."""
    for question, answer in CHECKS.items():
        line = me.page.locator(f".check-line:has(#q-{question})")
        me.read(line.locator(f"#q-{question}"))
        me.click(line.locator(f'button[name=answer][value="{answer}"]').first)
        expect(line).to_have_attribute("data-answer", answer)


def _propose(me: Person) -> None:
    """Choose a verdict, say why, ask for a second reading."""
    verdict = me.page.locator("#claim-verdict")
    me.read(verdict.locator(".verdict-choices"))
    me.click(verdict.locator("label[data-verdict=false]"))
    me.write(verdict.locator("#verdict-reason"), REASON)
    me.click(verdict.get_by_role("button", name="Proposer"))
    expect(verdict.locator(".reading.first")).to_contain_text("cite personne")


def _write_page(me: Person) -> None:
    """Read the proposed words, put the English right, keep them."""
    section = me.page.locator("#factcheck")
    expect(section.locator("#fc-fr-title")).to_have_value("Faux\u00a0: Le barrage de Saclas a cédé")
    me.read(section.locator(".factcheck-languages").first)
    for text, words in ENGLISH.items():
        me.write(section.locator(f"#fc-en-{text}"), words)
    me.click(section.get_by_role("button", name="Garder le texte"))
    expect(section.locator("#factcheck-state")).to_contain_text(HEARD)


def _read_second(me: Person) -> None:
    """Find the claim in the list, read the reason and both languages, agree."""
    line = me.page.locator(".claim-line").first
    me.read(line.locator(".claim-wording"), line.get_by_text("seconde lecture"))
    me.click(line.get_by_role("link", name=WORDING))
    verdict = me.page.locator("#claim-verdict")
    me.read(me.page.locator(".claim-post .post-body").first, verdict.locator(".reading.first"))
    preview = me.page.locator("#factcheck .factcheck-preview article")
    expect(preview).to_have_count(2)
    me.read(*preview.locator("h3, > p, .factcheck-words").all())
    me.click(verdict.get_by_role("button", name="Je confirme"))
    expect(me.page.locator("#factcheck")).to_contain_text("approuvé par")


def _publish(me: Person) -> None:
    """See that it is agreed, publish, confirm."""
    button = me.page.locator("#factcheck").get_by_role("button", name="Publier", exact=True)
    expect(button).to_be_visible()
    me.click(button)
    me.read(me.page.locator("#confirm-dialog"))
    me.click(me.page.locator("#confirm-yes"))
    expect(me.page.locator("#factcheck-state")).to_contain_text("Publiée")
