"""Public pages: an operation's, its fact-checks, one of them, its card, its picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import translation

from vigie.collection.blobs import BlobStore
from vigie.kernel.clock import utc_now
from vigie.operations.models import Operation
from vigie.verification.factcheck_rules import LANGUAGES
from vigie.verification.models import FactCheck, FactCheckVersion
from vigie.verification.queries.factchecks import (
    public_operation,
    public_page,
    public_pages,
    public_versions,
)
from vigie.web.public import feeds
from vigie.web.public.answering import answered, embeddable, public
from vigie.web.public.cards import LANDSCAPE, SQUARE, Card, draw
from vigie.web.public.map_pages import map_line
from vigie.web.public.pages import (
    Address,
    base_of,
    best_language,
    image_alt,
    languages_of,
    list_context,
    page_context,
)

MAIN = LANGUAGES[0]
LISTED = 200
EMBED_WIDTH, EMBED_HEIGHT = 480, 320


@public
def operation(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """The operation's public page: what was checked, and the way to its map when there is one."""
    return _list(
        request, slug, language, "public/operation.html", limit=20,
        more=lambda shown: map_line(shown, language),
    )  # fmt: skip


@public
def fact_checks(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """All fact-checks of the operation, the latest first."""
    return _list(request, slug, language, "public/list.html", limit=LISTED)


@public
def page(
    request: HttpRequest, slug: str, number: int, name: str, language: str = MAIN
) -> HttpResponse:
    """One fact-check."""
    fact_check, version = _found(slug, number)
    moved = _moved(fact_check, version, name, language)
    if moved:
        return moved
    with translation.override(language):
        context = page_context(
            request, fact_check, public_versions(fact_check), language, now=utc_now()
        )
        body = render_to_string("public/page.html", context)
    return answered(
        request, body, modified=version.at, language=language,
        exercise=fact_check.claim.operation.is_exercise,
        indexed=version.kind != "withdrawn",
    )  # fmt: skip


@public
def old_version(
    request: HttpRequest, slug: str, number: int, name: str, version: int, language: str = MAIN
) -> HttpResponse:
    """A version as the public read it before; it says that it is no longer the last."""
    fact_check, current = _found(slug, number)
    versions = public_versions(fact_check)
    shown = next((each for each in versions if each.number == version), None)
    if shown is None or language not in languages_of(shown) or shown.kind == "withdrawn":
        raise Http404
    if shown.pk == current.pk or name != fact_check.slug:
        return HttpResponseRedirect(Address(slug=slug, language=language).page(fact_check))
    with translation.override(language):
        context = page_context(request, fact_check, versions, language, now=utc_now(), shown=shown)
        body = render_to_string("public/page.html", context)
    return answered(
        request, body, modified=current.at, language=language, indexed=False,
        exercise=fact_check.claim.operation.is_exercise,
    )  # fmt: skip


@public
def short(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The number alone, as people say it, leads to the page."""
    fact_check, version = _found(slug, number)
    language = best_language(version, MAIN)
    return HttpResponseRedirect(Address(slug=slug, language=language).page(fact_check))


@embeddable
def card(
    request: HttpRequest, slug: str, number: int, name: str, language: str = MAIN
) -> HttpResponse:
    """The verdict in a small frame for other people's pages."""
    fact_check, version = _found(slug, number)
    language = best_language(version, language)
    with translation.override(language):
        context = page_context(
            request, fact_check, public_versions(fact_check), language, now=utc_now()
        )
        body = render_to_string("public/card.html", context)
    return answered(
        request, body, modified=version.at, language=language, indexed=False,
        exercise=fact_check.claim.operation.is_exercise,
    )  # fmt: skip


@public
def image(
    request: HttpRequest, slug: str, number: int, name: str, language: str = MAIN
) -> HttpResponse:
    """The card as a picture of 1200 × 630 for links that are shared."""
    return _image(request, slug, number, language, LANDSCAPE)


@public
def square(
    request: HttpRequest, slug: str, number: int, name: str, language: str = MAIN
) -> HttpResponse:
    """The card as a picture of 1080 × 1080 to post."""
    return _image(request, slug, number, language, SQUARE)


@public
def picture(
    request: HttpRequest, slug: str, number: int, name: str, language: str = MAIN
) -> HttpResponse:
    """The picture of the page, with its faces blurred; none of an earlier version."""
    fact_check, version = _found(slug, number)
    path = BlobStore().path(version.picture) if version.picture else None
    if path is None or not path.is_file():
        raise Http404
    return answered(
        request, path.read_bytes(), modified=version.at, content_type="image/webp",
        exercise=fact_check.claim.operation.is_exercise,
    )  # fmt: skip


@public
def rss(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """RSS 2.0 of the fact-checks."""
    return _feed(request, slug, language, feeds.rss, "application/rss+xml; charset=utf-8")


@public
def json_feed(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """JSON Feed 1.1 of the fact-checks."""
    return _feed(request, slug, language, feeds.json_feed, "application/feed+json; charset=utf-8")


@public
def oembed(request: HttpRequest, slug: str, language: str = MAIN) -> HttpResponse:
    """oEmbed 1.0: the frame to put in a page for `?url=` of a fact-check."""
    try:
        match = resolve(urlsplit(request.GET.get("url", "")).path)
    except Resolver404 as unknown:
        raise Http404 from unknown
    asked: Mapping[str, Any] = match.kwargs
    if match.namespace != "public" or asked.get("slug") != slug or "number" not in asked:
        raise Http404
    fact_check, version = _found(slug, asked["number"])
    language = best_language(version, asked.get("language", MAIN))
    with translation.override(language):
        body = feeds.oembed(
            fact_check, version, language, base=base_of(request),
            size=(EMBED_WIDTH, EMBED_HEIGHT),
        )  # fmt: skip
    return answered(
        request, body, modified=version.at, content_type="application/json",
        exercise=fact_check.claim.operation.is_exercise,
    )  # fmt: skip


def _operation(slug: str) -> Operation:
    found = public_operation(slug)
    if found is None:
        raise Http404
    return found


def _found(slug: str, number: int) -> tuple[FactCheck, FactCheckVersion]:
    """What the public may read; raises Http404 for all else."""
    fact_check = public_page(slug, number)
    if fact_check is None or fact_check.current is None:
        raise Http404
    return fact_check, fact_check.current


def _moved(
    fact_check: FactCheck, version: FactCheckVersion, name: str, language: str
) -> HttpResponse | None:
    """The right address, when it was asked by another name or in a language it is not written in."""
    slug = fact_check.claim.operation.slug
    written = best_language(version, language)
    if written != language:
        return HttpResponseRedirect(Address(slug=slug, language=written).page(fact_check))
    if name != fact_check.slug:
        return HttpResponsePermanentRedirect(Address(slug=slug, language=language).page(fact_check))
    return None


def _list(
    request: HttpRequest,
    slug: str,
    language: str,
    template: str,
    *,
    limit: int,
    more: Callable[[Operation], dict[str, Any]] = lambda _: {},
) -> HttpResponse:
    shown = _operation(slug)
    pages = list(public_pages(shown)[:limit])
    with translation.override(language):
        context = list_context(request, shown, pages, language) | more(shown)
        body = render_to_string(template, context)
    current = pages[0].current if pages else None
    return answered(
        request, body, modified=current.at if current else shown.created_at, language=language,
        exercise=shown.is_exercise,
    )  # fmt: skip


def _feed(
    request: HttpRequest, slug: str, language: str, write: feeds.Writer, content_type: str
) -> HttpResponse:
    shown = _operation(slug)
    pages = list(public_pages(shown)[: feeds.LATEST])
    with translation.override(language):
        body = write(shown, pages, language, base=base_of(request))
    current = pages[0].current if pages else None
    return answered(
        request, body, modified=current.at if current else shown.created_at,
        content_type=content_type, language=language, exercise=shown.is_exercise,
    )  # fmt: skip


def _image(
    request: HttpRequest, slug: str, number: int, language: str, size: tuple[int, int]
) -> HttpResponse:
    fact_check, version = _found(slug, number)
    language = best_language(version, language)
    with translation.override(language):
        data = draw(Card.of(fact_check, version, language), size)
        alt = image_alt(fact_check, version, language)
    done = answered(
        request, data, modified=version.at, content_type="image/png", language=language,
        exercise=fact_check.claim.operation.is_exercise,
    )  # fmt: skip
    done["Content-Description"] = alt.encode("ascii", "xmlcharrefreplace").decode()
    return done
