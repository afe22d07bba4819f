"""What a public page is made of, from one frozen version: read once, drawn in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vigie.operations.models import Operation
from vigie.verification.factcheck_rules import LANGUAGES, is_begun
from vigie.verification.models import FactCheck, FactCheckVersion
from vigie.verification.vocabulary import VERDICTS
from vigie.web.public import jsonld
from vigie.web.public.wording import exact_moment, organisation, spread

LANGUAGE_NAMES = {"fr": "Français", "en": "English"}


@dataclass(frozen=True, kw_only=True)
class Address:
    """Addresses of an operation's public pages in one language, as paths."""

    slug: str
    language: str

    def of(self, route: str, /, **parts: Any) -> str:
        """The path of a page; the main language has no part of its own in it."""
        here = "" if self.language == LANGUAGES[0] else f"-{self.language}"
        return reverse(f"public:{route}{here}", kwargs={"slug": self.slug, **parts})

    def page(self, fact_check: FactCheck, route: str = "page", **parts: Any) -> str:
        return self.of(route, number=fact_check.claim.number, name=fact_check.slug, **parts)


def base_of(request: HttpRequest) -> str:
    """The house's address, or the one it was asked by when none is configured."""
    return settings.VIGIE_ADDRESS or request.build_absolute_uri("/").rstrip("/")


def languages_of(version: FactCheckVersion) -> list[str]:
    """The languages a version is written in, the main one first."""
    return [code for code in LANGUAGES if is_begun(version.content.get(code, {}))]


def best_language(version: FactCheckVersion, wanted: str) -> str:
    """The wanted language, or the one it is written in."""
    written = languages_of(version)
    return wanted if wanted in written else written[0]


def exercise_mark(operation: Operation) -> str:
    """What stands before every title of an exercise, in feeds and when a page is shared."""
    return _("EXERCISE") + " – " if operation.is_exercise else ""


@lru_cache(maxsize=64)
def drawn(icon: str) -> SafeString:
    """An icon of the sprite inside the page: one request less on a bad line."""
    path = finders.find("ui/vendor/icons.svg")
    if not isinstance(path, str):
        return SafeString("")
    with open(path, encoding="utf-8") as file:
        sprite = file.read()
    _before, found, rest = sprite.partition(f'<symbol id="{icon}" ')
    if not found:
        return SafeString("")
    return format_html(
        '<svg class="icon" aria-hidden="true" {}</svg>',
        mark_safe(rest.partition("</symbol>")[0]),  # noqa: S308 - our own file
    )


def listed(pages: Sequence[FactCheck], language: str, operation: Operation) -> list[dict[str, Any]]:
    """Lines of a list, with the title in the language it is written in."""
    lines = []
    for each in pages:
        version = each.current
        assert version is not None  # asked for
        code = best_language(version, language)
        verdict = VERDICTS[version.verdict]
        lines.append(
            {
                "title": version.content[code]["title"],
                "language": code,
                "foreign": code != language,
                "url": Address(slug=operation.slug, language=code).page(each),
                "verdict": verdict,
                "code": version.verdict,
                "icon": drawn(verdict.icon),
                "withdrawn": version.kind == "withdrawn",
                "corrected": version.kind == "corrected",
                "at": version.at,
                "when": exact_moment(version.at, operation.time_zone),
            }
        )
    return lines


def page_context(
    request: HttpRequest,
    fact_check: FactCheck,
    versions: Sequence[FactCheckVersion],
    language: str,
    *,
    now: datetime,
    shown: FactCheckVersion | None = None,
) -> dict[str, Any]:
    """Everything the page's template writes. `shown` is an earlier version when one is read."""
    operation = fact_check.claim.operation
    current, first = versions[0], versions[-1]
    version = shown or current
    address = Address(slug=operation.slug, language=language)
    base = base_of(request)
    words = version.content[language]
    verdict = VERDICTS[version.verdict]
    canonical = base + address.page(fact_check)
    written = languages_of(version)
    return {
        **frame(operation, language, base),
        "fact_check": fact_check,
        "version": version,
        "old": version.pk != current.pk,
        "current_url": address.page(fact_check),
        "words": words,
        "verdict": verdict,
        "icon": drawn(verdict.icon),
        "code": version.verdict,
        "withdrawn": current.kind == "withdrawn",
        "why_withdrawn": _in(current.why, language) if current.kind == "withdrawn" else "",
        "spread": spread(fact_check.claim, operation.time_zone, now),
        "organisation": organisation(version, operation),
        "published": exact_moment(first.at, operation.time_zone),
        "published_at": first.at,
        "updated": exact_moment(version.at, operation.time_zone) if version.pk != first.pk else "",
        "updated_at": version.at,
        "sources": [_source(each, operation.time_zone) for each in version.sources],
        "picture_url": address.page(fact_check, "picture") if version.picture else "",
        "history": [
            {
                "number": each.number,
                "kind": each.kind,
                "when": exact_moment(each.at, operation.time_zone),
                "why": _in(each.why, language),
                "verdict": VERDICTS[each.verdict].label,
                "url": address.page(fact_check, "version", version=each.number)
                if each.pk != current.pk and language in languages_of(each)
                and each.kind != "withdrawn" else "",
            }
            for each in versions
        ] if len(versions) > 1 else [],
        "canonical": canonical,
        "alternates": [
            (code, base + Address(slug=operation.slug, language=code).page(fact_check))
            for code in written
        ],
        "others": [
            (code, LANGUAGE_NAMES[code],
             Address(slug=operation.slug, language=code).page(fact_check))
            for code in written if code != language
        ],
        "image": base + address.page(fact_check, "image") + f"?v={version.number}",
        "image_alt": image_alt(fact_check, version, language),
        "card_url": base + address.page(fact_check, "card"),
        "oembed": base + address.of("oembed") + f"?url={canonical}",
        "jsonld": jsonld.script(found) if (found := jsonld.reviews(
            fact_check, version, language, first_at=first.at, url=canonical,
            home=base + address.of("operation"))) and version.pk == current.pk else "",
    }  # fmt: skip


def list_context(
    request: HttpRequest, operation: Operation, pages: Sequence[FactCheck], language: str
) -> dict[str, Any]:
    """The list of an operation's fact-checks."""
    base = base_of(request)
    return {
        **frame(operation, language, base),
        "lines": listed(pages, language, operation),
        "others": [
            (code, LANGUAGE_NAMES[code], Address(slug=operation.slug, language=code).of("list"))
            for code in LANGUAGES if code != language
        ],
        "alternates": [
            (code, base + Address(slug=operation.slug, language=code).of("list"))
            for code in LANGUAGES
        ],
        "canonical": base + Address(slug=operation.slug, language=language).of("list"),
    }  # fmt: skip


def image_alt(fact_check: FactCheck, version: FactCheckVersion, language: str) -> str:
    """What the card says, for those who cannot see it."""
    return _("%(mark)sFact-check: %(verdict)s. %(title)s") % {
        "mark": exercise_mark(fact_check.claim.operation),
        "verdict": VERDICTS[version.verdict].label,
        "title": version.content[language]["title"],
    }


def frame(operation: Operation, language: str, base: str) -> dict[str, Any]:
    """What every public page of an operation has around it."""
    address = Address(slug=operation.slug, language=language)
    return {
        "operation": operation,
        "language": language,
        "mark": exercise_mark(operation),
        "home_url": address.of("operation"),
        "list_url": address.of("list"),
        "rss_url": address.of("rss"),
        "json_url": address.of("json"),
        "base": base,
    }


def _source(source: dict[str, str], zone: str) -> dict[str, str]:
    """A frozen source with its times in words; a call says that it is one."""
    title = source["title"]
    return {
        **source,
        "title": _("Phone call: %(whom)s") % {"whom": title} if source["kind"] == "call" else title,
        "kept": _moment(source["archived_at"], zone),
        "happened": _moment(source.get("happened_at", ""), zone),
    }


def _moment(written: str, zone: str) -> str:
    return exact_moment(datetime.fromisoformat(written), zone) if written else ""


def _in(words: dict[str, str], language: str) -> str:
    """The words in the language, or in the one there is."""
    return words.get(language) or next(iter(words.values()), "")
