"""The part of a claim's page that holds what the public will read, and its gestures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.claims import ClaimMerged, ClaimNotHere
from vigie.verification.actions.factchecks import (
    ChangedMeanwhile,
    NothingPublic,
    NotPublishable,
    approve_words,
    publish,
    take_answers,
    withdraw,
    write_draft,
)
from vigie.verification.actions.page_pictures import pictures_of
from vigie.verification.factcheck_rules import ANSWERS, LANGUAGES, LIMITS, answer, dressed
from vigie.verification.models import AnswersReady, Claim
from vigie.verification.public_address import page_path, page_url
from vigie.verification.queries.claims import claim_for
from vigie.verification.queries.factchecks import answers_ready, page_of
from vigie.verification.vocabulary import VERDICTS
from vigie.web.ui.access import at_desk
from vigie.web.ui.toasts import toast
from vigie.web.verify.factcheck_words import (
    LANGUAGE_NAMES,
    TEXT_LABELS,
    gap_words,
    refused_words,
)

PAGE_TEXTS = ("title", "claim", "known", "unknown", "advice")
ROWS = {"title": 2, "claim": 3, "known": 6, "unknown": 3, "advice": 3, "short": 3, "medium": 4,
        "long": 6, "why": 3, "picture_alt": 2}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Field:
    """A text of the form in one language. `room` is what is left for words beside the address."""

    name: str
    text: str
    label: str
    words: str
    room: int
    rows: int


def part(desk: Desk, claim: Claim, *, base: str = "") -> dict[str, Any]:
    """What `verify/claim/factcheck.html` needs to know of this claim."""
    page = page_of(desk, claim, base=base)
    around = {
        code: dressed(code, page.url, exercise=desk.operation.is_exercise) for code in LANGUAGES
    }
    may_write = desk.may(Right.PUBLISH_FACT_CHECKS)
    person = desk.user.pk if desk.user else None
    texts = [
        *PAGE_TEXTS,
        *(["picture_alt"] if page.fact_check and page.fact_check.picture else []),
        *(["why"] if page.current else []),
        *ANSWERS,
    ]
    stands_behind = person in [each.pk for each in page.approvers]
    wrote = bool(
        page.fact_check
        and page.fact_check.updated_by_id == person
        and page.fact_check.draft_digest == page.digest
    )
    codes = {gap.code for gap in page.gaps}
    return {
        "page": page,
        "gaps": [gap_words(gap) for gap in page.gaps],
        "languages": [
            {
                "code": code,
                "name": LANGUAGE_NAMES[code],
                "on": code in page.draft or not page.fact_check,
                "main": code == LANGUAGES[0],
                "words": page.draft.get(code, {}),
                "fields": [_field(code, text, page.draft.get(code, {}), around[code]) for text in texts],
                "path": page_path(page.fact_check, code) if page.fact_check else "",
                "answers": _answers_of(page.draft.get(code, {}), around[code]),
            }
            for code in LANGUAGES
        ],
        "pictures": pictures_of(claim) if may_write and page.fact_check else [],
        "home": settings.VIGIE_ADDRESS,
        "may_write": may_write,
        "may_approve": may_write and page.fact_check is not None
        and not wrote and not stands_behind and "unchanged" not in codes
        and "not_concluded" not in codes,
        "wrote": wrote,
        "may_publish": may_write and page.fact_check is not None and not page.gaps,
        "may_withdraw": may_write and page.current is not None
        and page.current.kind != "withdrawn",
        "verdict_term": VERDICTS.get(claim.verdict),
    }  # fmt: skip


@require_GET
@at_desk(Right.SEE_CLAIMS)
def section(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The section alone; `?state` without its form, for people who are writing in it."""
    name = "state" if "state" in request.GET else "factcheck"
    return _answer(request, desk, _claim(desk, number), template=name)


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def keep(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Keep the words of the page; a language that is not ticked is not published."""
    claim = _claim(desk, number)
    given = request.POST
    draft = {
        code: {text: given.get(f"{code}-{text}", "") for text in LIMITS}
        for code in LANGUAGES
        if code == LANGUAGES[0] or given.get(f"with-{code}")
    }
    version = given.get("version", "")
    try:
        write_draft(
            claim=claim, draft=draft, signed=given.get("signed", ""), by=desk, now=utc_now(),
            version=int(version) if version.isascii() and version.isdigit() else -1,
        )  # fmt: skip
    except ChangedMeanwhile as meanwhile:
        return _conflict(request, desk, claim, draft, meanwhile)
    except ClaimMerged as merged:
        return _refused(request, desk, claim, _merged(merged))
    return toast(
        _answer(request, desk, claim), _("Kept. A second person can read it now."), kind="good"
    )


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def approve(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Stand behind the words as they were shown (`digest`)."""
    claim = _claim(desk, number)
    try:
        done = approve_words(
            claim=claim, by=desk, now=utc_now(), digest=request.POST.get("digest", "") or "none"
        )
    except ClaimMerged as merged:
        return _refused(request, desk, claim, _merged(merged))
    if done is None:
        return _refused(
            request, desk, claim,
            _("Not approved: the words changed since you read them, or they are your own. Read them again below."),
        )  # fmt: skip
    return toast(_answer(request, desk, claim), _("Approved: it can be published."), kind="good")


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def publish_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Let the public read it (a page read before becomes a correction)."""
    claim = _claim(desk, number)
    try:
        version = publish(claim=claim, by=desk, now=utc_now())
    except NotPublishable as refusal:
        return _refused(request, desk, claim, refused_words(refusal.gaps))
    except ClaimMerged as merged:
        return _refused(request, desk, claim, _merged(merged))
    told = (
        _("Corrected. The public reads the new version; the old ones stay readable.")
        if version.kind == "corrected"
        else _("Published. The answers are ready for the communication desk.")
    )
    return toast(_answer(request, desk, claim), told, kind="good")


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def withdraw_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Take the page back, with a reason."""
    claim = _claim(desk, number)
    why = {code: request.POST.get(f"why-{code}", "") for code in LANGUAGES}
    try:
        withdraw(claim=claim, why=why, by=desk, now=utc_now())
    except NothingPublic as refusal:
        words = {
            "nothing": _("There is no public page to withdraw."),
            "already": _("It is withdrawn already: the page says so."),
            "why_missing": _("Not withdrawn: say why, the public will read it."),
        }
        return _refused(request, desk, claim, words[refusal.code])
    return toast(
        _answer(request, desk, claim),
        _("Withdrawn. The page stays at its address and says so."),
        kind="good",
    )


@require_GET
@at_desk(Right.SEE_CLAIMS)
def answers(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Answers ready for the communication desk: a page, or its list alone for htmx."""
    return _answers(request, desk)


@require_POST
@at_desk(Right.PUBLISH_FACT_CHECKS)
def take(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """A communicator takes answers up: they leave the list."""
    row = get_object_or_404(
        AnswersReady, pk=pk, version__fact_check__claim__operation=desk.operation
    )
    taken = take_answers(answers=row, by=desk, now=utc_now())
    done = _answers(request, desk)
    if taken:
        return toast(done, _("Taken up."), kind="good")
    return toast(done, _("Somebody has taken them up already."), kind="warn")


def _answers(request: HttpRequest, desk: Desk) -> HttpResponse:
    base = request.build_absolute_uri("/").rstrip("/")
    ready = [
        {
            "row": row,
            "claim": row.version.fact_check.claim,
            "verdict": VERDICTS[row.version.verdict],
            "texts": [
                (f"{code}-{text}", LANGUAGE_NAMES[code], TEXT_LABELS[text], code,
                 answer(words[text], *dressed(code, page_url(row.version.fact_check, base=base),
                                              exercise=desk.operation.is_exercise)))
                for code in LANGUAGES
                if (words := row.version.content.get(code))
                for text in ANSWERS
                if words.get(text)
            ],
        }
        for row in answers_ready(desk)
    ]  # fmt: skip
    alone = bool(request.headers.get("HX-Request"))
    done = render(
        request,
        "verify/_answers.html" if alone else "verify/answers.html",
        {"ready": ready, "may_take": desk.may(Right.PUBLISH_FACT_CHECKS)},
    )
    done["Vary"] = "HX-Request"
    return done


def _claim(desk: Desk, number: int) -> Claim:
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def _answer(
    request: HttpRequest, desk: Desk, claim: Claim, *, template: str = "factcheck",
    status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    claim.refresh_from_db()
    base = request.build_absolute_uri("/").rstrip("/")
    context = {"claim": claim, "factcheck": {**part(desk, claim, base=base), **more}}
    return render(request, f"verify/claim/_factcheck_{template}.html", context, status=status)


def _refused(request: HttpRequest, desk: Desk, claim: Claim, words: str) -> HttpResponse:
    return toast(_answer(request, desk, claim, status=422), words, kind="bad")


def _conflict(
    request: HttpRequest, desk: Desk, claim: Claim, draft: Mapping[str, Mapping[str, str]],
    meanwhile: ChangedMeanwhile,
) -> HttpResponse:  # fmt: skip
    """Somebody kept other words meanwhile: theirs are in the form, yours below it, nothing is lost."""
    by = meanwhile.fact_check.updated_by
    lost = [
        (TEXT_LABELS[text], LANGUAGE_NAMES[code], words)
        for code, texts in draft.items()
        for text, words in texts.items()
        if words.strip()
        and words.strip() != meanwhile.fact_check.draft.get(code, {}).get(text, "").strip()
    ]
    told = _("Not kept: %(name)s changed these words meanwhile. Yours are below the form.") % {
        "name": by.display if by else _("somebody")
    }
    return toast(_answer(request, desk, claim, status=422, lost=lost), told, kind="bad")


def _merged(merged: ClaimMerged) -> str:
    return _("This claim was merged into claim %(number)s: work goes on there.") % {
        "number": merged.into.number
    }


def _answers_of(
    words: Mapping[str, str], around: tuple[str, str]
) -> list[tuple[str, Promise, str, int, str]]:
    """(name, label, words, length, the earlier one that says the same) of every answer written."""
    told: dict[str, str] = {}
    rows = []
    for text in ANSWERS:
        if said := words.get(text, ""):
            same = told.setdefault(said, text)
            length = len(answer(said, *around))
            rows.append(
                (text, TEXT_LABELS[text], around[1] + said, length, "" if same == text else same)
            )
    return rows


def _field(code: str, text: str, words: Mapping[str, str], around: tuple[str, str]) -> Field:
    spent = len(answer("x", *around)) - 1 if text in ANSWERS else 0
    return Field(
        name=f"{code}-{text}", text=text, label=str(TEXT_LABELS[text]),
        words=words.get(text, ""), room=LIMITS[text] - spent, rows=ROWS[text],
    )  # fmt: skip
