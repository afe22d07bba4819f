"""What services of pictures say of themselves, as XML: read with care, found by local names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from vigie.contracts.ports import Http
from vigie.kernel.text import clean_line
from vigie.mapping.feeds.contract import Asked, FeedTrouble, get, is_page

LAYERS: Final = 2_000
TIMES: Final = 200


async def capabilities(asked: Asked, http: Http, *, address: str, root: tuple[str, ...]) -> Any:
    """The root of the answer, one of those names. Raises FeedTrouble, FetchError."""
    answer = await get(
        asked, http, accept="text/xml, application/xml;q=0.9", address=address, conditional=False
    )
    assert answer is not None
    if is_page(answer.body):
        raise FeedTrouble("page_instead")
    found = parsed(answer.body)
    if local(found) in root:
        return found
    if "Exception" in local(found):
        raise FeedTrouble("service_says", clean_line(" ".join(found.itertext()), limit=200))
    raise FeedTrouble("not_capabilities", local(found)[:60])


def parsed(body: bytes) -> Any:
    """No entity is expanded, nothing is fetched. Raises FeedTrouble."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, recover=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FeedTrouble("not_xml", str(error)[:120]) from error
    inside = root.getroottree().docinfo.internalDTD
    if inside is not None and next(iter(inside.iterentities()), None) is not None:
        raise FeedTrouble("doctype")
    return root


def local(element: Any) -> str:
    """Its name without the namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Any, *names: str) -> Iterator[Any]:
    """Its children of one of those names."""
    return (each for each in element if local(each) in names)


def child(element: Any, *path: str) -> Any:
    """The first element along a path of names, None when there is none."""
    for name in path:
        element = next(children(element, name), None) if element is not None else None
    return element


def text(element: Any, *path: str, limit: int = 300) -> str:
    found = child(element, *path)
    return "" if found is None else clean_line("".join(found.itertext()), limit=limit)


def href(element: Any) -> str:
    """Its xlink:href."""
    if element is None:
        return ""
    for name, value in element.attrib.items():
        if etree.QName(name).localname == "href":
            return str(value).strip()[:2_000]
    return ""


def numbers(*given: str | None) -> list[float] | None:
    """None when one of them is none."""
    try:
        return [float(each or "") for each in given]
    except ValueError:
        return None


def bounds(values: list[float] | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north, when they are that."""
    if values is None or len(values) != 4:
        return None
    west, south, east, north = values
    inside = -180.01 <= west < east <= 180.01 and -90.01 <= south < north <= 90.01
    return (west, south, east, north) if inside else None


def time_values(said: str) -> tuple[str, ...]:
    """Single values of a time dimension, the last ones; of an interval its end."""
    found: list[str] = []
    for each in said.split(","):
        part = each.strip()
        if "/" in part:
            pieces = part.split("/")
            part = pieces[1] if len(pieces) > 1 else ""
        if part and len(part) <= 40:
            found.append(part)
    return tuple(reversed(found[-TIMES:]))
