"""Every entry of the journal as a sentence.

A sentence is found by the entry's verb. Those of the domain apps are beside this file, one module
an app; a room that has verbs of its own may keep a `sentences.py` with a `SENTENCES` mapping in its
app folder: it is found at start-up. A verb nobody wrote a sentence for is still readable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from vigie.journal.models import Entry
from vigie.operations.queries import names_of


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One entry, and the names of the people it speaks of."""

    entry: Entry
    people: Mapping[int, str] = field(default_factory=dict)

    @property
    def data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.entry.data
        return data

    @property
    def actor(self) -> str:
        return self.entry.actor

    @property
    def person(self) -> str:
        """The account that is the subject of the entry."""
        number = self.entry.subject_id or 0
        return self.people.get(number) or gettext("account no. %(number)s") % {"number": number}

    @property
    def about_oneself(self) -> bool:
        return self.entry.subject_kind == "user" and self.entry.subject_id == self.entry.by_id

    @property
    def leads(self) -> int:
        """How many posts the entry speaks of."""
        leads = self.data.get("leads", 1)
        return len(leads) if isinstance(leads, list) else int(leads)

    def fill(self, text: str | Promise, **values: object) -> str:
        """Fill the named holes of a translated text (a plural one is chosen by its number);
        `actor` is always known."""
        return str(text % {"actor": self.actor, **values})


Sentence = Callable[[Facts], str]
_registry: dict[str, Sentence] = {}


def register(sentences: Mapping[str, Sentence]) -> None:
    """Add sentences by verb; a later one replaces an earlier one."""
    _registry.update(sentences)


def known_verbs() -> frozenset[str]:
    return frozenset(_registry)


def sentence(facts: Facts) -> str:
    """What happened, in the language that is active."""
    write = _registry.get(facts.entry.verb)
    if write is not None:
        try:
            return write(facts)
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # an entry of another version, with other data: said as an unknown verb is
    return unknown(facts)


def unknown(facts: Facts) -> str:
    """A verb without a sentence: its own words."""
    noun, _, deed = facts.entry.verb.partition(".")
    words = " ".join(part.replace("_", " ") for part in (noun, deed) if part)
    if facts.entry.subject_id is not None and facts.entry.subject_kind != noun:
        words = f"{words} ({facts.entry.subject_kind} {facts.entry.subject_id})"
    elif facts.entry.subject_id is not None:
        words = f"{words} ({facts.entry.subject_id})"
    return gettext("%(actor)s: %(words)s") % {"actor": facts.actor, "words": words}


def facts_of(entries: Iterable[Entry]) -> list[Facts]:
    """Facts of several entries, with one look at the names."""
    rows = list(entries)
    subjects = {
        row.subject_id for row in rows if row.subject_kind == "user" and row.subject_id is not None
    }
    people = names_of(subjects) if subjects else {}
    return [Facts(entry=row, people=people) for row in rows]
