"""RSS 2.0, JSON Feed 1.1 and oEmbed of fact-checks. The language is the active one.

A withdrawn page stays in the feeds and says so: who keeps a copy learns of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Final, Protocol
from xml.etree import ElementTree as ET

from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from vigie.kernel.clock import rfc3339
from vigie.operations.models import Operation
from vigie.verification.models import FactCheck, FactCheckVersion
from vigie.verification.vocabulary import VERDICTS
from vigie.web.public.pages import Address, best_language, exercise_mark, image_alt
from vigie.web.public.wording import organisation

LATEST: Final = 50
ATOM: Final = "http://www.w3.org/2005/Atom"


class Writer(Protocol):
    """Writes a feed of an operation's pages; `base` begins every address."""

    def __call__(
        self, operation: Operation, pages: Sequence[FactCheck], language: str, *, base: str
    ) -> str: ...


def rss(operation: Operation, pages: Sequence[FactCheck], language: str, *, base: str) -> str:
    """RSS 2.0; one item per page, its guid stays through corrections."""
    ET.register_namespace("atom", ATOM)
    address = Address(slug=operation.slug, language=language)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for tag, text in (
        ("title", _title(operation)),
        ("link", base + address.of("list")),
        ("description", _about()),
        ("language", language),
    ):
        ET.SubElement(channel, tag).text = text
    ET.SubElement(
        channel, f"{{{ATOM}}}link", href=base + address.of("rss"), rel="self",
        type="application/rss+xml",
    )  # fmt: skip
    for fact_check in pages:
        version, code, url = _line(operation, fact_check, language, base)
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = _headline(operation, version, code)
        ET.SubElement(item, "link").text = url
        ET.SubElement(item, "guid", isPermaLink="false").text = _id(operation, fact_check)
        ET.SubElement(item, "pubDate").text = format_datetime(version.at)
        ET.SubElement(item, "category").text = str(VERDICTS[version.verdict].label)
        ET.SubElement(item, "description").text = _html(version, code)
    written: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'


def json_feed(operation: Operation, pages: Sequence[FactCheck], language: str, *, base: str) -> str:
    """JSON Feed 1.1."""
    address = Address(slug=operation.slug, language=language)
    items = []
    for fact_check in pages:
        version, code, url = _line(operation, fact_check, language, base)
        items.append(
            {
                "id": _id(operation, fact_check),
                "url": url,
                "title": _headline(operation, version, code),
                "content_html": _html(version, code),
                "date_published": rfc3339(version.at),
                "date_modified": rfc3339(version.at),
                "language": code,
                "tags": [str(VERDICTS[version.verdict].label)],
                "authors": [{"name": organisation(version, operation)}],
                "image": base
                + Address(slug=operation.slug, language=code).page(fact_check, "image"),
            }
        )
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(operation),
            "home_page_url": base + address.of("list"),
            "feed_url": base + address.of("json"),
            "description": _about(),
            "language": language,
            "items": items,
        },
        ensure_ascii=False,
    )


def oembed(
    fact_check: FactCheck,
    version: FactCheckVersion,
    language: str,
    *,
    base: str,
    size: tuple[int, int],
) -> str:
    """The oEmbed 1.0 answer of one page: `size` of the frame in pixels."""
    operation = fact_check.claim.operation
    address = Address(slug=operation.slug, language=language)
    width, height = size
    title = image_alt(fact_check, version, language)
    return json.dumps(
        {
            "version": "1.0",
            "type": "rich",
            "provider_name": organisation(version, operation),
            "provider_url": base + address.of("list"),
            "title": title,
            "width": width,
            "height": height,
            "html": f'<iframe src="{escape(base + address.page(fact_check, "card"))}" '
            f'width="{width}" height="{height}" title="{escape(title)}" loading="lazy"></iframe>',
            "thumbnail_url": base + address.page(fact_check, "image"),
            "thumbnail_width": 1200,
            "thumbnail_height": 630,
        },
        ensure_ascii=False,
    )


def _title(operation: Operation) -> str:
    return exercise_mark(operation) + _("Fact-checks · %(operation)s") % {
        "operation": operation.title
    }


def _about() -> str:
    return _("What is said, what is true of it, and how we know. Checked by two people.")


def _id(operation: Operation, fact_check: FactCheck) -> str:
    return f"vigie:{operation.slug}:{fact_check.claim.number}"


def _line(
    operation: Operation, fact_check: FactCheck, language: str, base: str
) -> tuple[FactCheckVersion, str, str]:
    version = fact_check.current
    assert version is not None  # asked for
    code = best_language(version, language)
    return version, code, base + Address(slug=operation.slug, language=code).page(fact_check)


def _headline(operation: Operation, version: FactCheckVersion, code: str) -> str:
    title: str = version.content[code]["title"]
    if version.kind == "withdrawn":
        title = _("Withdrawn: %(title)s") % {"title": title}
    elif version.kind == "corrected":
        title = _("Corrected: %(title)s") % {"title": title}
    return exercise_mark(operation) + title


def _html(version: FactCheckVersion, code: str) -> str:
    words = version.content[code]
    why = version.why.get(code) or next(iter(version.why.values()), "")
    if version.kind == "withdrawn":
        return _paragraphs(why)
    parts = [str(VERDICTS[version.verdict].label), words["claim"], words["known"]]
    parts += [words["unknown"]] if words.get("unknown") else []
    parts += [words["advice"], *([why] if why else [])]
    return "".join(_paragraphs(each) for each in parts)


def _paragraphs(text: str) -> str:
    return str(linebreaks(text, autoescape=True))
