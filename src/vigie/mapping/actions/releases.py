"""Giving the map to the public, and taking it back. A person does it, by name; no machine does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.clock import parse_rfc3339
from vigie.kernel.text import clean, clean_line
from vigie.mapping import decide_release as rules
from vigie.mapping.actions.layers import hold_operation
from vigie.mapping.models import MapRelease, ReleasedObject
from vigie.mapping.queries.release_review import Choice, Line, Review, review
from vigie.mapping.queries.releases import last_release, present_release
from vigie.operations.access import Desk, NotAllowed

LANGUAGES: Final = ("fr", "en")
TITLE_LIMIT: Final = 120
TEXT_LIMIT: Final = 1_000
SIGNED_LIMIT: Final = 120

Words = Mapping[str, Mapping[str, str]]


class ReleaseRefused(ValueError):
    """`code`: title (missing), empty (nothing would be public), unchanged, too_many."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ChangedMeanwhile(Exception):
    """Something changed since it was read: what would go out is not what the person saw."""


class NothingPublic(Exception):
    """There is no map to take back."""


def read_words(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """{language: {title, text}} in the form they are kept; a language without a title goes, and takes
    the French one when it has a text. Never refuses."""
    words = {}
    for code in LANGUAGES:
        texts = given.get(code) or {}
        title = clean_line(str(texts.get("title", "")), limit=TITLE_LIMIT)
        text = clean(str(texts.get("text", "")), limit=TEXT_LIMIT).strip()
        if title or text:
            words[code] = {"title": title, "text": text}
    if "en" in words and not words["en"]["title"]:
        words["en"]["title"] = words.get("fr", {}).get("title", "")
    return words


def digest_of(words: Words, signed: str, found: Review) -> str:
    """Names what would go out: shown to a person, and asked back from them."""
    told = {"words": words, "signed": signed}
    return rules.digest(told, (line.shown for line in found.going if line.shown is not None))


def release_map(
    *,
    words: Words,
    choices: Mapping[str, Choice],
    seen: str,
    by: Desk,
    now: datetime,
    signed: str = "",
) -> MapRelease:
    """Let the public have the map as `choices` say; it takes the place of the one before.

    `seen` is the digest of what the person read (`digest_of`). Raises ReleaseRefused,
    ChangedMeanwhile.
    """
    by.require(Right.RELEASE_MAP)
    if by.user is None:
        raise NotAllowed(Right.RELEASE_MAP)
    told = read_words(words)
    signed = clean_line(signed, limit=SIGNED_LIMIT)
    if not told.get("fr", {}).get("title"):
        raise ReleaseRefused("title")
    with transaction.atomic():
        hold_operation(by)
        found = review(by, choices, now=now)
        going = found.going
        if not going:
            raise ReleaseRefused("empty")
        if found.too_many:
            raise ReleaseRefused("too_many")
        digest = digest_of(told, signed, found)
        present = present_release(by.operation)
        if present is not None and present.digest == digest:
            raise ReleaseRefused("unchanged")
        if seen != digest:
            raise ChangedMeanwhile
        last = last_release(by.operation)
        number = (last.number if last else 0) + 1
        change = found.differences
        entry = by.record(
            "map.released", now=now,
            data={
                "number": number, "title": told["fr"]["title"], "n": len(going),
                "added": len(change.added), "changed": len(change.changed),
                "taken_back": len(change.taken_back), "warned": found.warned,
            },
            touches=["layers", "release"],
        )  # fmt: skip
        made = MapRelease.objects.create(
            operation=by.operation, number=number, words=told, signed=signed,
            licence=settings.VIGIE_MAP_LICENCE, licence_url=settings.VIGIE_MAP_LICENCE_URL,
            digest=digest, entry=entry.seq, at=now, by=by.user,
            left_out=[line.thing.key for line in found.lines
                      if line.shown is None and line.thing.kind == "object"],
        )  # fmt: skip
        ReleasedObject.objects.bulk_create(
            _row(made, at, line, found) for at, line in enumerate(going, start=1)
        )
    return made


def _row(release: MapRelease, position: int, line: Line, found: Review) -> ReleasedObject:
    shown = line.shown
    assert shown is not None  # it goes out
    told = shown.told()
    for name in ("valid_from", "valid_until"):
        told[name] = None if told[name] is None else parse_rfc3339(told[name])
    return ReleasedObject(
        release=release, position=position,
        public_id=found.public_ids.get(shown.key) or uuid4(),
        layer=line.layer, feature_id=line.feature, incident=line.incident, **told,
    )  # fmt: skip


def withdraw_map(*, by: Desk, now: datetime) -> MapRelease:
    """Take the map back at once: the public page then says that there is none. Raises
    NothingPublic."""
    by.require(Right.RELEASE_MAP)
    if by.user is None:
        raise NotAllowed(Right.RELEASE_MAP)
    with transaction.atomic():
        hold_operation(by)
        present = present_release(by.operation)
        if present is None:
            raise NothingPublic
        by.record(
            "map.withdrawn", now=now, data={"number": present.number},
            touches=["layers", "release"],
        )  # fmt: skip
        present.withdrawn_at, present.withdrawn_by = now, by.user
        present.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return present
