"""Bluesky: the whole network's posts by Jetstream, or a search visited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from vigie.contracts.drafts import AccountDraft, AuthorDraft, Draft, PostDeletion
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Glanced,
    Manifest,
    RawItem,
    SourcePlugin,
    Undecodable,
)
from vigie.kernel.text import clean_line
from vigie.plugins.kit.manners import NeedsToken
from vigie.plugins.kit.reading import dig, moment, objects, texts, words_of
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.bluesky import frames, glances, posts
from vigie.plugins.sources.bluesky.accounts import INVALID, Directory
from vigie.plugins.sources.bluesky.jetstream import Follower, Wish
from vigie.plugins.sources.bluesky.searching import Search, Searcher

DEFAULT_NEW = "wss://jetstream.us-east.bsky.network"
DEFAULT_OLD = "wss://jetstream2.us-east.bsky.network"
DEFAULT_SEARCH = "https://public.api.bsky.app"


class BlueskyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to follow Bluesky."""

    way: Annotated[
        Literal["jetstream", "jetstream-legacy", "search"],
        setting(
            "Par où", "By which way",
            choices={
                "jetstream": ("Tout le réseau en continu (Jetstream)", "The whole network, live (Jetstream)"),
                "jetstream-legacy": ("Tout le réseau en continu (ancien Jetstream)", "The whole network, live (old Jetstream)"),
                "search": ("Recherche visitée", "A search, visited"),
            },
            help=(
                "En continu, Vigie lit toutes les publications publiques et ne garde que ce qu’une veille demande.",
                "Live, Vigie reads all public posts and keeps only what a watch asks for.",
            ),
        ),
    ] = "jetstream"  # fmt: skip
    server: Annotated[
        str,
        setting(
            "Serveur (facultatif)", "Server (optional)",
            help=(
                "Vide : le serveur public de Bluesky. Sinon wss://… (en continu) ou https://… (recherche).",
                "Empty: Bluesky’s public server. Otherwise wss://… (live) or https://… (search).",
            ),
            pattern=r"^((wss?|https?)://\S+)?$", max_length=500,
        ),
    ] = ""  # fmt: skip
    langs: Annotated[
        str,
        setting(
            "Langues (facultatif)", "Languages (optional)",
            help=(
                "Codes à deux lettres, séparés par des blancs (fr en). Une publication qui ne dit pas sa langue est lue.",
                "Two-letter codes parted by blanks (fr en). A post that names no language is read.",
            ),
            pattern=r"^([a-zA-Z]{2,3}([ ,;]+[a-zA-Z]{2,3})*)?\s*$", max_length=100,
        ),
    ] = ""  # fmt: skip
    accounts: Annotated[
        str,
        setting(
            "Seulement ces comptes (facultatif)", "Only these accounts (optional)",
            help=(
                "Identifiants did:plc:…, un par ligne : pour suivre des comptes officiels.",
                "Identifiers did:plc:…, one a line: to follow official accounts.",
            ),
            input="textarea", max_length=20_000,
        ),
    ] = ""  # fmt: skip
    words: Annotated[
        str,
        setting(
            "Mots cherchés (recherche)", "Words looked for (search)",
            help=("Comme dans la recherche de Bluesky.", "As in Bluesky’s own search."),
            max_length=500,
        ),
    ] = ""  # fmt: skip
    search_version: Annotated[
        Literal["1", "2"], setting("Version de la recherche", "Version of the search")
    ] = "1"
    secret: Annotated[
        str,
        setting(
            "Compte (recherche, facultatif)", "Account (search, optional)",
            help=(
                "« identifiant:mot de passe d’application ». Le serveur peut exiger un compte.",
                "“identifier:app password”. The server may ask for an account.",
            ),
            input="secret", max_length=100,
        ),
    ] = ""  # fmt: skip
    directory: Annotated[
        str,
        setting(
            "Annuaire des comptes (facultatif)", "Directory of accounts (optional)",
            help=(
                "Jetstream ne donne pas le nom des comptes : Vigie le demande à ce serveur, pour les seules publications gardées. Vide : l’interface publique de Bluesky.",
                "Jetstream does not tell accounts’ handles: Vigie asks this server for them, of kept posts only. Empty: Bluesky’s public interface.",
            ),
            pattern=r"^(https?://\S+)?$", max_length=500,
        ),
    ] = ""  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux recherches (secondes)", "Time between two searches (seconds)",
            ge=15, le=86_400,
        ),
    ] = 60  # fmt: skip

    def __post_init__(self) -> None:
        if self.way == "search" and not self.words.strip():
            raise ValueError("words: a search needs words")
        scheme = self.server.partition("://")[0]
        if scheme and (scheme in ("ws", "wss")) == (self.way == "search"):
            raise ValueError("server: wss:// for the live ways, https:// for a search")
        for did in words_of(self.accounts):
            if not did.startswith("did:"):
                raise ValueError(f"accounts: {did[:60]!r} is no did:…")


class BlueskySource(SourcePlugin):
    """Follows Jetstream (mode "stream") or visits a search (mode "poll").

    Cursor of the stream: `host`, `time_us`, `seq`. Of the search: `newest`, `seen`.
    """

    manifest = Manifest(
        kind=SOURCE,
        name="bluesky",
        label={"fr": "Bluesky", "en": "Bluesky"},
        help={
            "fr": "Suit en continu les publications publiques de Bluesky, leurs modifications et leurs suppressions.",
            "en": "Follows Bluesky’s public posts live, with their edits and deletions.",
        },
        version="1",
        config=BlueskyConfig,
        terms={
            "fr": "Données publiques, sans compte pour Jetstream. Les suppressions et les comptes fermés doivent être respectés : Vigie les applique.",
            "en": "Public data, no account needed for Jetstream. Deletions and closed accounts must be honoured: Vigie applies them.",
        },
        needs=("http",),
        gives=("posts", "deletions"),
        mode="stream",
        interval_s=60.0,
    )
    config: BlueskyConfig
    knows_accounts: ClassVar[str] = posts.NETWORK
    glanced: ClassVar[Glanced | None] = Glanced(network=posts.NETWORK, nameless=True)

    @classmethod
    def mode(cls, config: msgspec.Struct) -> str:
        assert isinstance(config, BlueskyConfig)
        return "poll" if config.way == "search" else "stream"

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """The stream for ever, or one visit of the search. Raises SourceError, FetchError."""
        config = self.config
        langs = [lang.lower() for lang in words_of(config.langs)]
        if config.way == "search":
            account = self.ports.secrets.get(config.secret) if config.secret else ""
            if account is None:
                raise NeedsToken(f"secret {config.secret}")
            search = Search(
                server=config.server or DEFAULT_SEARCH,
                words=config.words.strip(),
                lang=langs[0] if langs else "",
                second_version=config.search_version == "2",
                account=account,
            )
            async for batch in Searcher(search, self.ports).batches(cursor):
                wait_s = max(batch.retry_after_s or 0.0, float(config.interval_s))
                yield replace(batch, retry_after_s=wait_s)
            return
        new_wire = config.way == "jetstream"
        wish = Wish(
            endpoint=config.server or (DEFAULT_NEW if new_wire else DEFAULT_OLD),
            new_wire=new_wire,
            dids=words_of(config.accounts),
            langs=frozenset(langs),
        )
        async for batch in Follower(wish, self.ports, cursor).batches():
            yield batch

    glance = staticmethod(glances.glance)

    async def accounts(self, actors: Sequence[str]) -> Mapping[str, AuthorDraft | None]:
        server = self.config.directory
        if not server and self.config.way == "search":
            server = self.config.server
        return await Directory(server or DEFAULT_SEARCH, self.ports).of(actors)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a frame of either wire, or a search's post.

        Raises Undecodable: `bad_json`, `bad_frame`, `bad_id`, `not_a_post` and those of
        `posts.post_of`.
        """
        if b'"indexedAt"' in item.payload and b'"uri"' in item.payload:
            found = _found(item.payload)
            if found is not None:
                return found
        frame = frames.read(item.payload)
        witnessed = posts.instant(frame.time_us)
        commit = frame.commit
        if commit is None:
            if frame.kind == "account" and frames.gone(frame.account):
                posts.uri_of(frame.did, "self")
                return PostDeletion(id="", author=frame.did, deleted_at=witnessed)
            if frame.kind == "identity":
                posts.uri_of(frame.did, "self")
                handle = clean_line(frame.identity.handle, limit=250) if frame.identity else ""
                return AccountDraft(
                    id=frame.did, network=posts.NETWORK, handle="" if handle == INVALID else handle
                )
            raise Undecodable("not_a_post", frame.kind[:40])
        if commit.collection != frames.POSTS:
            raise Undecodable("not_a_post", commit.collection[:100])
        uri = posts.uri_of(frame.did, commit.rkey)
        if commit.operation == "delete":
            return PostDeletion(id=uri, deleted_at=witnessed)
        return posts.post_of(
            commit.record,
            did=frame.did,
            uri=uri,
            witnessed=witnessed,
            edited=commit.operation == "update",
            as_of=witnessed,
        )


def _found(payload: bytes) -> Draft | None:
    """The post of a search's view; None when the payload is something else."""
    try:
        view = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Undecodable("bad_json", str(error)[:200]) from error
    uri, did = texts(view, "uri"), texts(view, "author", "did")
    if not uri or not did:
        return None
    rkey = uri.rpartition("/")[2]
    labels = objects(view, "labels", limit=50)
    handle = clean_line(texts(view, "author", "handle"), limit=200)
    author = AuthorDraft(
        id=did[:250],
        handle="" if handle == "handle.invalid" else handle,
        name=clean_line(texts(view, "author", "displayName"), limit=200),
        created_at=moment(dig(view, "author", "createdAt")),
    )
    return posts.post_of(
        dig(view, "record"),
        did=did,
        uri=posts.uri_of(did, rkey),
        witnessed=moment(dig(view, "indexedAt")),
        author=author,
        likes=_count(view, "likeCount"),
        reposts=_count(view, "repostCount"),
        replies=_count(view, "replyCount"),
        labelled=posts.graphic(labels),
    )


def _count(view: Any, name: str) -> int | None:
    number = dig(view, name)
    return number if type(number) is int and 0 <= number < 2**53 else None
