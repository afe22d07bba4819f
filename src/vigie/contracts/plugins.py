"""The plugin contract. A plugin is a folder with one class and its Manifest; see docs/how-to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from vigie.contracts.drafts import AuthorDraft, Draft, PostDraft
from vigie.contracts.findings import Findings, Place, PlaceAsked, PlaceClues
from vigie.contracts.ports import Ports

SOURCE, ENRICHER, EXPORTER, PUBLISHER, NOTIFIER = (
    "source", "enricher", "exporter", "publisher", "notifier",
)  # fmt: skip


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin says of itself.

    `label` and `help` map a language ("fr", "en") to words. `config` is a msgspec.Struct class:
    validation, settings form, documentation and environment names come from it. `needs`/`gives`
    name capabilities in words ("http", "posts"). `mode` of a source is "poll" (run, then wait
    `interval_s`), "stream" (runs until stopped) or "push" (people hand items in; never collected);
    a source that can be either says which in `SourcePlugin.mode`. `terms` are what its use is bound
    to, in one language or by language. A `restricted` source may not be used without an agreement,
    whose reference its configuration asks for. `chosen`: a person chose each of its items, so that
    all are kept, whether a watch asks for them or not.
    """

    kind: str
    name: str
    label: Mapping[str, str]
    version: str
    config: type[msgspec.Struct]
    help: Mapping[str, str] = {}
    terms: str | Mapping[str, str] = ""
    restricted: bool = False
    chosen: bool = False
    needs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    mode: str = "poll"
    interval_s: float = 300.0


class RawItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One untouched payload. `where` is a line number, an entry id …: what a person can find again."""

    payload: bytes
    where: str = ""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An item set aside. `code` is stable and translated for people, `detail` completes it."""

    code: str
    detail: str = ""
    where: str = ""
    payload: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items and the cursor to save with them, in one transaction.

    `cursor` is JSON-able and opaque to the house. `refusals` are items the plugin itself could not
    cut out of the stream. `unchanged` means that the source answered "nothing new" (HTTP 304).
    `retry_after_s` asks to wait at least that long before the next run.
    """

    items: tuple[RawItem, ...] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    unchanged: bool = False
    retry_after_s: float | None = None
    progress: tuple[int, int] | None = None
    """Bytes (or lines) done and in all, for imports."""
    as_of: datetime | None = None
    """Until when the source has now been read, by its own clock; None: until it was asked."""


class SourceError(Exception):
    """The run failed as a whole; nothing after the last batch was taken. `code` is translated."""

    code = "source_failed"

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class SourceRefused(SourceError):
    """The source answered that it will not serve us (401, 403, 404, 410 …)."""

    code = "source_refused"


class SourceUnreadable(SourceError):
    """The source answered something that is not what it should be (HTML for a feed …)."""

    code = "source_unreadable"


class Undecodable(Exception):
    """This item cannot be read; it is set aside with its reason and the rest goes on."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Plugin(ABC):
    manifest: ClassVar[Manifest]


class Glanced(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of every post that a plugin's `glance` reads.

    `network` is its network (None: it varies). `nameless`: it never has its author's handle.
    """

    network: str | None = None
    nameless: bool = False


class Glance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is seen of a new post without decoding it.

    `text`: the words that the draft's text will have, uncleaned: all of them, cut and ordered as in
    the text; more may be, and addresses of the Web, in which no watch finds a word, need not.
    `author` is its author's id ("": not seen). `exact`: the draft's `lang` is this `lang`, and
    its text this one, once cleaned, with at most addresses of the Web behind it.
    """

    text: str
    author: str = ""
    lang: str | None = None
    exact: bool = False


class SourcePlugin(Plugin):
    """A configured way in. Opens no socket of its own, reads no settings, knows no database."""

    glanced: ClassVar[Glanced | None] = None
    """None: it has no `glance`."""

    knows_accounts: ClassVar[str] = ""
    """The network whose accounts `accounts` looks up; "": it looks up none."""

    def __init__(self, config: msgspec.Struct, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @classmethod
    def mode(cls, config: msgspec.Struct) -> str:
        """ "poll", "stream" or "push": how a source of this configuration runs."""
        return cls.manifest.mode

    @abstractmethod
    def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Yield batches from `cursor` ({} at first) on. Raises SourceError or FetchError."""

    async def accounts(self, actors: Sequence[str]) -> Mapping[str, AuthorDraft | None]:
        """Accounts by their ids or handles, as many at once as the network allows. For networks
        whose posts bear no handle.

        Every actor is answered: None when there is no such account, or it cannot be one of this
        network's. Raises SourceError or FetchError, and then nothing is known of any.
        """
        return dict.fromkeys(actors)

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        """How sure it is, 0 to 1, that a file that begins so (64 kB are plenty) is one it imports.

        `file_name` is what the person's machine called it. 0 for sources that read no files.
        """
        return 0.0

    @classmethod
    def glance(cls, payload: bytes) -> Glance | None:
        """What can be seen of an item at a fraction of `decode`'s price.

        For streams of which little is kept: an item in which no watch can find what it asks for is
        not decoded, only counted. None: decode it, since it is no new post (edits and deletions must
        reach what is stored) or only reading it whole can tell.
        """
        return None

    @classmethod
    @abstractmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one raw item. Pure: no I/O, no clock. Raises Undecodable."""


class EnricherPlugin(Plugin):
    """Finds things out about posts, in process, without the network.

    A `territory` in its configuration is filled with the INSEE codes of the open operations.
    """

    def __init__(self, config: msgspec.Struct) -> None:
        self.config = config

    @abstractmethod
    def analyse(self, posts: Iterable[PostDraft]) -> Iterable[Findings]:
        """One Findings per post, in order."""

    def places(self, post: PostDraft) -> Sequence[Place]:
        """The places `analyse` would find: for watches, which ask of posts that few of them keep."""
        (found,) = self.analyse([post])
        return found.places

    def clues(self, asked: PlaceAsked) -> PlaceClues | None:
        """What a text must hold at the least for `places` to find such a place in it; None when
        only looking can tell."""
        return None
