"""Frozen data between a source plugin, the pipeline and the analyser.

None means "not given": a post with `likes=0` has no likes, one with `likes=None` did not say.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from vigie.contracts.measures import MeasureDraft


class AuthorDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A platform account as a source describes it. `id` is unique within the network."""

    id: str
    handle: str = ""
    name: str = ""
    followers: int | None = None
    created_at: datetime | None = None
    official: bool = False


class MediaDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment. `type` is image, video, audio or file.

    It is at `url`, not yet downloaded, or already lies in the blob store under the name `blob`.
    """

    type: str
    url: str = ""
    blob: str = ""
    description: str = ""


class PostDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One publication, normalised, not yet analysed nor stored.

    `id` is the source's own id, unique within that source. `text` is plain text (no HTML), cleaned
    by `kernel.text.clean`. `created_at` is aware UTC. `lon`/`lat` are degrees, both or neither.
    """

    id: str
    text: str
    created_at: datetime
    network: str = "file"
    url: str = ""
    lang: str | None = None
    author: AuthorDraft | None = None
    media: tuple[MediaDraft, ...] = ()
    reply_to: str | None = None
    repost_of: str | None = None
    lat: float | None = None
    lon: float | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    edited_at: datetime | None = None
    as_of: datetime | None = None
    """When the source had it so, by the source's own clock; where versions may come in any order.

    A version older than the one stored is then known for what it is. None: the one that comes last
    counts.
    """
    graphic: bool = False
    """The source itself marks the media as sensitive or graphic."""


class PostDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """The source says that the publication `id` is gone.

    With `author` (an AuthorDraft's id) the whole account is gone with all that it published; `id`
    is then "".
    """

    id: str
    author: str = ""
    deleted_at: datetime | None = None


class AccountDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The source says that the account `id` (an AuthorDraft's) now goes by `handle`.

    "": by another than before, or by none; which, has to be asked.
    """

    id: str
    network: str
    handle: str = ""


Draft = PostDraft | PostDeletion | AccountDraft | MeasureDraft
