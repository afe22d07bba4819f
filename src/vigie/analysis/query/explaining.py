"""A query said back in words, so that a person sees what the machine understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term
from vigie.analysis.query.parsing import PLACE_CODE

NBSP = "\u00a0"


@dataclass(frozen=True, kw_only=True)
class _Words:
    subject: str
    open: str
    close: str
    contains: str
    lacks: str
    phrase: str
    prefix: str
    phrase_prefix: str
    and_: str
    or_: str
    nor: str
    not_all: str
    one_of: str
    fields: dict[str, tuple[str, str]]
    languages: dict[str, str]
    language: str


_FRENCH = _Words(
    subject="La publication",
    open=f"«{NBSP}",
    close=f"{NBSP}»",
    contains="contient",
    lacks="ne contient pas",
    phrase="l’expression {q}",
    prefix="un mot commençant par {q}",
    phrase_prefix="l’expression {q} (fin libre)",
    and_="et",
    or_="ou",
    nor="ne contient ni {first}",
    not_all="ne remplit pas tout ceci à la fois",
    one_of="remplit au moins une de ces conditions",
    fields={
        "lang": ("est en {v}", "n’est pas en {v}"),
        "place": ("cite le lieu {q}", "ne cite pas le lieu {q}"),
        "departement": ("cite un lieu du département {v}", "ne cite aucun lieu du département {v}"),
        "source": ("vient de la source {q}", "ne vient pas de la source {q}"),
        "network": ("vient du réseau {q}", "ne vient pas du réseau {q}"),
        "from": ("est écrite par {v}", "n’est pas écrite par {v}"),
        "has media": ("a une pièce jointe", "n’a pas de pièce jointe"),
        "has image": ("a une image", "n’a pas d’image"),
        "has video": ("a une vidéo", "n’a pas de vidéo"),
        "has place": ("cite un lieu reconnu", "ne cite aucun lieu reconnu"),
    },
    languages={"fr": "français", "en": "anglais", "es": "espagnol", "de": "allemand",
               "it": "italien", "nl": "néerlandais", "pt": "portugais", "ar": "arabe"},
    language="langue {q}",
)  # fmt: skip

_ENGLISH = _Words(
    subject="The post",
    open="“",
    close="”",
    contains="contains",
    lacks="does not contain",
    phrase="the phrase {q}",
    prefix="a word beginning with {q}",
    phrase_prefix="the phrase {q} (open end)",
    and_="and",
    or_="or",
    nor="contains neither {first}",
    not_all="does not meet all of this at once",
    one_of="meets at least one of these conditions",
    fields={
        "lang": ("is in {v}", "is not in {v}"),
        "place": ("names the place {q}", "does not name the place {q}"),
        "departement": ("names a place in département {v}", "names no place in département {v}"),
        "source": ("comes from the source {q}", "does not come from the source {q}"),
        "network": ("comes from the network {q}", "does not come from the network {q}"),
        "from": ("is written by {v}", "is not written by {v}"),
        "has media": ("has an attachment", "has no attachment"),
        "has image": ("has a picture", "has no picture"),
        "has video": ("has a video", "has no video"),
        "has place": ("names a known place", "names no known place"),
    },
    languages={"fr": "French", "en": "English", "es": "Spanish", "de": "German", "it": "Italian",
               "nl": "Dutch", "pt": "Portuguese", "ar": "Arabic"},
    language="the language {q}",
)  # fmt: skip


def explain(query: Query, language: str = "fr") -> str:
    """One sentence, in French for "fr" and any of its variants, in English otherwise."""
    words = _FRENCH if language.partition("-")[0] == "fr" else _ENGLISH
    return f"{words.subject} {_clause(query.root, words, top=True)}."


def _clause(node: Node, words: _Words, *, top: bool = False) -> str:
    """A verb and its objects: what follows the subject."""
    match node:
        case Term():
            return f"{words.contains} {_object(node, words)}"
        case Field():
            return _field(node, words, 0)
        case Not():
            return _denied(node.child, words)
        case And():
            parts = [_clause(child, words) for child in _merged(node)]
            return (
                _joined(parts, words.and_, comma=True) if top else f"({_joined(parts, words.and_)})"
            )
        case Or():
            terms = [child for child in node.children if isinstance(child, Term)]
            if len(terms) == len(node.children):
                objects = [_object(term, words) for term in terms]
                return f"{words.contains} {_joined(objects, words.or_)}"
            parts = [_clause(child, words) for child in node.children]
            if top:
                return f"{words.one_of}{_colon(words)} {_joined(parts, words.or_, comma=True)}"
            return f"({_joined(parts, words.or_)})"


def _merged(node: And) -> Sequence[Node]:
    """Plain words first, then the rest, exclusions last: the order people say it in."""
    return sorted(node.children, key=lambda child: isinstance(child, Not))


def _denied(child: Node, words: _Words) -> str:
    match child:
        case Term():
            return f"{words.lacks} {_object(child, words)}"
        case Field():
            return _field(child, words, 1)
        case Or() if all(isinstance(part, Term) for part in child.children):
            objects = [_object(part, words) for part in child.children if isinstance(part, Term)]
            first = words.nor.format(first=objects[0])
            other = "ni" if words is _FRENCH else "nor"
            return f"{first} {other} " + f" {other} ".join(objects[1:])
        case _:
            return f"{words.not_all}{_colon(words)} {_clause(child, words)}"


def _colon(words: _Words) -> str:
    return f"{NBSP}:" if words is _FRENCH else ":"


def _object(term: Term, words: _Words) -> str:
    quoted = f"{words.open}{term.shown}{words.close}"
    if term.prefix is not None:
        return (words.phrase_prefix if term.is_phrase else words.prefix).format(q=quoted)
    return words.phrase.format(q=quoted) if term.is_phrase else quoted


def _field(field: Field, words: _Words, denied: int) -> str:
    key = f"has {field.value}" if field.name == "has" else field.name
    quoted = f"{words.open}{field.shown}{words.close}"
    value = field.shown
    if field.name == "lang":
        value = words.languages.get(field.value) or words.language.format(q=quoted)
    elif field.name == "from":
        value = f"@{field.value}"
    elif field.name == "place" and len(field.value) < 4 and PLACE_CODE.fullmatch(field.value):
        key = "departement"
    return words.fields[key][denied].replace("{v}", value).replace("{q}", quoted)


def _joined(parts: Sequence[str], word: str, *, comma: bool = False) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])}{',' if comma else ''} {word} {parts[-1]}"
