"""HTML as feeds and networks carry it → the plain text a person would read. Linear in the input, whatever it is.

A browser's rules are not needed here: tags go, their line breaks stay, entities become characters.
Text of links is kept, their addresses are not (the payload keeps them); pictures are named apart.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

HTML_LIMIT = 400_000
"""Characters of HTML that are read; a post keeps 50,000 characters of text at most."""

_BREAKING = {
    "address", "article", "aside", "blockquote", "br", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tr", "ul",
}  # fmt: skip
_SPACED = {
    "p", "div", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "article",
    "section", "figure",
}  # fmt: skip
_HIDDEN = {"script", "style", "noscript", "template", "svg", "head", "title", "iframe", "object"}
_TAG = re.compile(r"(/?)([a-zA-Z][^\s/>]*)((?:[^'\">]|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_BLANKS = re.compile(r"[ \t\r\f\v\xa0\n]+")
_SPACES = re.compile(r"[ \t\f\v\xa0]+")
_AROUND_BREAK = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")


class Plain(NamedTuple):
    """The text, and the pictures (address, description) met on the way, at most 20."""

    text: str
    images: tuple[tuple[str, str], ...] = ()


def plain(markup: str) -> Plain:
    """Read a fragment of HTML (or a whole page). Never fails; what is not HTML comes out as it is."""
    markup = markup[:HTML_LIMIT]
    if "<" not in markup:  # plain text, whose line breaks were meant
        text = html.unescape(markup) if "&" in markup else markup
        return Plain(_settle(text.replace("\r\n", "\n")))
    reader = _Reader()
    for number, piece in enumerate(markup.split("<")):
        reader.take(piece, first=number == 0)
    text = "".join(reader.out)
    return Plain(_settle(html.unescape(text) if "&" in text else text), tuple(reader.images))


def _settle(text: str) -> str:
    """At most one blank between words, one empty line between paragraphs, none at the ends."""
    if text.isprintable() and "  " not in text:  # one line whose only blanks are single spaces
        return text.strip()
    text = _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text))
    return _MANY_BREAKS.sub("\n\n", text).strip()


class _Reader:
    """Takes the pieces of a markup split at "<"; keeps what is being skipped between them."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.images: list[tuple[str, str]] = []
        self.skip_to = ""
        """Name of the element whose end is awaited, "-->" in a comment, "" when reading."""
        self.preformatted = 0

    def take(self, piece: str, *, first: bool) -> None:
        if self.skip_to == "-->":
            _, found, rest = piece.partition("-->")
            if found:
                self.skip_to = ""
                self.say(rest)
            return
        if self.skip_to:
            if piece[: len(self.skip_to) + 1].lower() != f"/{self.skip_to}":
                return
            self.skip_to = ""
        if first:
            self.say(piece)
        elif piece.startswith("!--"):
            self.skip_to = "-->"
            self.take(piece[3:], first=False)
        elif piece.startswith("![CDATA["):
            self.say(piece[8:].replace("]]>", ""))
        elif piece[:1] in ("!", "?"):
            self.say(piece.partition(">")[2])
        else:
            self.tag(piece)

    def tag(self, piece: str) -> None:
        found = _TAG.match(piece)
        if found is None:
            head, closed, rest = piece.partition(">")
            if closed and re.match(r"/?[a-zA-Z]", head):  # a quote that is never closed
                self.say(rest)
            else:
                self.say("<" + piece)  # "5 < 6", "<3"
            return
        closing, name, attributes = found.groups()
        name = name.lower().rpartition(":")[2]
        if name in _BREAKING:
            self.out.append("\n\n" if name in _SPACED else "\n")
            if name == "pre":
                self.preformatted += -1 if closing else 1
        elif name == "li":
            self.out.append("" if closing else "\n- ")
        elif name in ("td", "th"):
            self.out.append(" ")
        elif name == "img" and not closing:
            self.image(attributes)
        elif name in _HIDDEN and not closing and not attributes.rstrip().endswith("/"):
            self.skip_to = name
            return
        self.say(piece[found.end() :])

    def image(self, attributes: str) -> None:
        given = {
            key.lower(): html.unescape(a or b or c)
            for key, a, b, c in _ATTRIBUTE.findall(attributes)
        }
        small = given.get("width") in ("0", "1") or given.get("height") in ("0", "1")
        address = given.get("src", "").strip()
        if address and not small and len(self.images) < 20:
            self.images.append((address, given.get("alt", "")))

    def say(self, text: str) -> None:
        if text:
            self.out.append(text if self.preformatted > 0 else _BLANKS.sub(" ", text))


def expanded(shown: str, address: str) -> str:
    """A linked text as plain text: the address in place of a shortened form of it, else behind the
    words, in parentheses.
    """
    stem = shown.strip().rstrip("…").rstrip(".").casefold()
    for scheme in ("https://", "http://"):
        stem = stem.removeprefix(scheme)
    plain = address.casefold().partition("://")[2]
    if (
        not stem
        or plain.startswith(stem.removeprefix("www."))
        or plain.removeprefix("www.").startswith(stem.removeprefix("www."))
    ):
        return address
    return f"{shown} ({address})"
