"""Outside engines that look for a picture: one click opens them with the picture's public address.

Nothing is sent before somebody clicks; the address of the network's own copy is what they get.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A search by picture. `address` with `{}` where the picture's address goes."""

    name: str
    address: str

    def search(self, picture: str) -> str:
        """The page to open."""
        return self.address.format(quote(picture, safe=""))


ENGINES = (
    Engine(name="Google Lens", address="https://lens.google.com/uploadbyurl?url={}"),
    Engine(name="Bing", address="https://www.bing.com/images/search?view=detailv2&iss=sbi&q=imgurl:{}"),
    Engine(name="Yandex", address="https://yandex.com/images/search?rpt=imageview&url={}"),
    Engine(name="TinEye", address="https://tineye.com/search?url={}"),
)  # fmt: skip


def searches(picture: str) -> list[tuple[str, str]]:
    """(name, page) of each engine for a picture that lies at a public https address, else none."""
    if not picture.startswith(("https://", "http://")):
        return []
    return [(each.name, each.search(picture)) for each in ENGINES]
