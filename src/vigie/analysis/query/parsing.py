"""Text → Query, with lark (LALR)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from vigie.analysis.placenames import place_key
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term
from vigie.analysis.reading import HASHTAG
from vigie.analysis.tokens import plain_words, stem
from vigie.kernel.text import clean_line, fold

LONGEST: Final = 2_000
"""Characters of a query."""

DEEPEST: Final = 20
"""Parentheses within parentheses."""

SHORTEST_PREFIX: Final = 2
"""Letters before a star."""

FIELDS: Final[Mapping[str, str]] = {
    "lang": "lang", "langue": "lang", "language": "lang",
    "place": "place", "lieu": "place", "commune": "place",
    "source": "source",
    "network": "network", "reseau": "network",
    "has": "has", "avec": "has",
    "from": "from", "de": "from", "auteur": "from", "author": "from",
}  # fmt: skip

HAS: Final[Mapping[str, str]] = {
    "media": "media", "medias": "media", "image": "image", "images": "image", "photo": "image",
    "photos": "image", "video": "video", "videos": "video", "place": "place", "lieu": "place",
}  # fmt: skip

LANGUAGES: Final[Mapping[str, str]] = {
    "francais": "fr", "french": "fr", "anglais": "en", "english": "en", "espagnol": "es",
    "spanish": "es", "allemand": "de", "german": "de", "italien": "it", "italian": "it",
    "neerlandais": "nl", "dutch": "nl", "portugais": "pt", "portuguese": "pt", "arabe": "ar",
    "arabic": "ar",
}  # fmt: skip

PLACE_CODE = re.compile(r"(?:\d{2}|2[ab])\d{3}|\d{2}|2[ab]|97\d", re.IGNORECASE)
_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟", '"'))


class QueryError(ValueError):
    """The query cannot be read. `code` is stable and translated by the caller with `params`.

    `position` counts characters from 0. Codes: `empty`, `too_long` (limit), `too_deep` (limit),
    `unbalanced_quotes`, `unbalanced_parenthesis`, `empty_group`, `missing_operand` (operator),
    `unknown_field` (field), `empty_field` (field), `bad_value` (field, value), `lone_star`,
    `misplaced_star` (word), `short_prefix` (word, limit), `nothing_to_search` (word), `syntax`.
    """

    def __init__(self, code: str, position: int = 0, **params: str | int) -> None:
        super().__init__(f"{code} at {position}")
        self.code = code
        self.position = position
        self.params: Mapping[str, str | int] = params


def parse(text: str) -> Query:
    """Read a query. Raises QueryError, nothing else, on any other text."""
    if len(text) > LONGEST:
        raise QueryError("too_long", LONGEST, limit=LONGEST)
    plain = text.translate(_QUOTES)
    if not plain.strip():
        raise QueryError("empty")
    _check_balance(plain)
    try:
        root = _parser().parse(plain)
    except UnexpectedInput as error:
        raise _explained(error, plain) from None
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    assert isinstance(root, Term | Field | Not | And | Or)
    return Query(text=text.strip(), root=root)


def _check_balance(plain: str) -> None:
    quoted_at: int | None = None
    opened: list[int] = []
    for position, character in enumerate(plain):
        if character == '"':
            quoted_at = position if quoted_at is None else None
        elif quoted_at is not None:
            continue
        elif character == "(":
            opened.append(position)
            if len(opened) > DEEPEST:
                raise QueryError("too_deep", position, limit=DEEPEST)
        elif character == ")":
            if not opened:
                raise QueryError("unbalanced_parenthesis", position)
            opened.pop()
    if quoted_at is not None:
        raise QueryError("unbalanced_quotes", quoted_at)
    if opened:
        raise QueryError("unbalanced_parenthesis", opened[-1])


def _explained(error: UnexpectedInput, plain: str) -> QueryError:
    """What a person did when lark met what it did not expect."""
    position = error.pos_in_stream
    if position is None or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        position = len(plain)
    before = plain[:position].rstrip()
    if isinstance(error, UnexpectedToken):
        token = error.token
        if token.type == "RPAR" and before.endswith("("):
            return QueryError("empty_group", max(0, len(before) - 1))
        if token.type in {"OR", "AND"}:
            return QueryError("missing_operand", position, operator=str(token))
        if token.type in {"$END", "RPAR"}:
            last = re.search(r"[^\s()\"]+$", before)
            if last is not None:
                return QueryError("missing_operand", last.start(), operator=last[0])
    return QueryError("syntax", min(position, len(plain)))


class _Builder(Transformer[Token, Node]):
    """Called as rules are reduced, so no tree is ever walked recursively."""

    def start(self, children: list[Node]) -> Node:
        return children[0]

    def disjunction(self, children: list[Node | Token]) -> Node:
        return Or(_flat(children, Or))

    def conjunction(self, children: list[Node | Token]) -> Node:
        return And(_flat(children, And))

    def negation(self, children: list[Node | Token]) -> Node:
        child = children[-1]
        assert not isinstance(child, Token)
        return child.child if isinstance(child, Not) else Not(child)

    def PHRASE(self, token: Token) -> Node:
        starred = token.endswith("*")
        return _term(token.rstrip("*").strip('"') + "*" * starred, token)

    def WORD(self, token: Token) -> Node:
        return _term(str(token), token)

    def FIELD(self, token: Token) -> Node:
        return _field(token)


def _flat(children: list[Node | Token], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    """The operands, those of the same kind taken up into this one."""
    flat: list[Node] = []
    for child in children:
        if isinstance(child, kind):
            flat.extend(child.children)
        elif not isinstance(child, Token):
            flat.append(child)
    return tuple(flat)


def _position(token: Token) -> int:
    return token.start_pos or 0


def _term(written: str, token: Token) -> Term:
    position = _position(token)
    shown = clean_line(written, limit=LONGEST)
    body = shown.removesuffix("*")
    if not body.strip("* "):
        code = "lone_star" if "*" in shown else "nothing_to_search"
        raise QueryError(code, position, word=str(token))
    if "*" in body:
        raise QueryError("misplaced_star", position + max(0, written.find("*")), word=shown)
    tag = HASHTAG.fullmatch(body)
    if tag is not None:  # a hashtag is looked for whole
        words = [fold(tag[1].replace("_", ""))]
        words = plain_words(words[0])
    else:
        words = plain_words(body)
    if not words:
        raise QueryError("nothing_to_search", position, word=str(token))
    if body == shown:
        return Term(shown, tuple(map(stem, words)))
    if len(words[-1]) < SHORTEST_PREFIX:
        raise QueryError("short_prefix", position, word=body, limit=SHORTEST_PREFIX)
    return Term(body, tuple(map(stem, words[:-1])), words[-1])


def _field(token: Token) -> Field:
    position = _position(token)
    written, _, raw = token.partition(":")
    name = FIELDS.get(fold(written))
    if name is None:
        raise QueryError("unknown_field", position, field=written)
    shown = clean_line(raw.strip('"'), limit=200)
    value = fold(shown)
    if not value or not value.strip("*@ "):
        raise QueryError("empty_field", position, field=written)
    if name == "lang":
        value = LANGUAGES.get(value, value).partition("-")[0]
        if not (len(value) in {2, 3} and value.isascii() and value.isalpha()):
            raise QueryError("bad_value", position, field=written, value=shown)
    elif name == "has":
        found = HAS.get(value)
        if found is None:
            raise QueryError("bad_value", position, field=written, value=shown)
        value = found
    elif name == "from":
        value = value.lstrip("@")
    elif name == "place":
        value = value.upper() if PLACE_CODE.fullmatch(value) else place_key(value)
        if not value:
            raise QueryError("bad_value", position, field=written, value=shown)
    if "*" in value.removesuffix("*") or (
        value.endswith("*") and name not in {"source", "network"}
    ):
        raise QueryError("misplaced_star", position, word=shown)
    return Field(name, value, shown)


@cache
def _parser() -> Lark:
    grammar = files("vigie.analysis.query").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Builder())
