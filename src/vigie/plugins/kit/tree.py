"""HTML of pages that have no other form, as a small tree: what a selector by class needs, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from vigie.plugins.kit.markup import expanded

_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
_BLOCKS = frozenset(["p", "div", "blockquote", "pre", "ul", "ol", "li", "h1", "h2", "h3"])
DEEPEST = 200


class Element:
    """`children` are elements and texts. `classes` the words of the class attribute."""

    __slots__ = ("attributes", "children", "classes", "tag")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.classes = frozenset(attributes.get("class", "").split())
        self.children: list[Element | str] = []

    def all(self, *, tag: str = "", named: str = "", outside: str = "") -> Iterator[Element]:
        """Descendants with the tag and the class, in order; not within elements of class `outside`."""
        for child in self.children:
            if isinstance(child, str) or (outside and outside in child.classes):
                continue
            if (not tag or child.tag == tag) and (not named or named in child.classes):
                yield child
            yield from child.all(tag=tag, named=named, outside=outside)

    def first(self, *, tag: str = "", named: str = "", outside: str = "") -> Element | None:
        return next(self.all(tag=tag, named=named, outside=outside), None)

    def text(self) -> str:
        """The text as one would read it; links whose words are not their address carry it behind."""
        out: list[str] = []
        self._say(out)
        return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip()

    def _say(self, out: list[str]) -> None:
        for child in self.children:
            if isinstance(child, str):
                out.append(child)
            elif child.tag == "br":
                out.append("\n")
            elif child.tag == "a" and child.attributes.get("href", "").startswith("http"):
                shown = child.text()
                address = child.attributes["href"]
                out.append(expanded(shown, address) if shown and shown[0] not in "#@$" else shown)
            else:
                block = child.tag in _BLOCKS
                if block:
                    out.append("\n")
                child._say(out)
                if block:
                    out.append("\n")


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID and len(self.open) < DEEPEST:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, 0, -1):
            if self.open[place].tag == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(markup: str) -> Element:
    """The root over whatever the markup holds. Never fails: what is not closed ends with the page."""
    builder = _Builder()
    try:
        builder.feed(markup)
        builder.close()
    except (AssertionError, ValueError):  # the parser's own limits, on markup that is none
        pass
    return builder.root
