"""Sources, watches, posts and what the sources gave that could not be read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from vigie.collection.freezing.models import Freeze, FrozenFile
from vigie.collection.fulltext import IndexedWords
from vigie.collection.indicators.models import (
    Correction,
    Following,
    Indicator,
    Measure,
    Threshold,
)
from vigie.collection.objecting.models import ObjectedAccount, Objection
from vigie.operations.models import Operation

__all__ = [
    "Author", "Correction", "Following", "Freeze", "FrozenFile", "Import", "Indicator", "Measure",
    "Media", "NamedAccount", "ObjectedAccount", "Objection", "Post", "PostIndex", "RawItem", "RefusedItem", "Source", "StoredSecret", "Threshold", "Watch",
]  # fmt: skip


class Source(models.Model):
    """A configured way in: a plugin, its configuration, its cursor and its health."""

    operation = models.ForeignKey(
        Operation, null=True, blank=True, on_delete=models.CASCADE, related_name="sources"
    )
    """None: serves all open operations that are not exercises. Else its posts meet only this one."""
    plugin = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    config = models.JSONField(default=dict)
    controls = models.JSONField(default=dict)
    """What people last asked of it while it runs (exercise player: speed, pause, jump, injects)."""
    enabled = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # lease: one collector at a time
    holder = models.CharField(max_length=80, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    epoch = models.BigIntegerField(default=0)
    """How many times a collector took it: batches of an older epoch come from one that lost it."""
    # the last batch stored of those that came over the stream; see collection.turns
    stored_epoch = models.BigIntegerField(default=0)
    stored_number = models.BigIntegerField(default=0)
    fences = models.JSONField(default=list)
    """[epoch, number]: what collectors that had lost the source may not add to any more."""
    # health
    state = models.CharField(max_length=20, default="never")
    """What the last run said: never, running, ok, empty, unchanged, failing, refused, done …

    Nobody who was killed corrects it: `collection.sources.health` reads it with the lease.
    """
    last_try_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_item_at = models.DateTimeField(null=True, blank=True)
    seen_until = models.DateTimeField(null=True, blank=True)
    """All that the source published until then has been read: what its lag is counted from."""
    delay_s = models.FloatField(null=True, blank=True)
    """Seconds from the publication of the newest item of the last batch to its being stored."""
    next_try_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    items_seen = models.BigIntegerField(default=0)
    items_kept = models.BigIntegerField(default=0)
    items_unmatched = models.BigIntegerField(default=0)
    items_refused = models.BigIntegerField(default=0)
    progress_done = models.BigIntegerField(null=True, blank=True)
    progress_total = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["enabled", "next_try_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(holder="") | Q(held_until__isnull=False), name="source_lease_has_an_end"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Watch(models.Model):
    """What an operation looks for: a boolean query over text, place, language, source."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="watches")
    name = models.CharField(max_length=80)
    query = models.TextField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    unmatched_seen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "name"], name="watch_name_once")
        ]
        indexes = [models.Index(fields=["active"])]

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """A platform account. Its handle is hidden on screens until asked for."""

    network = models.CharField(max_length=30)
    remote_id = models.CharField(max_length=255)
    handle = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    followers = models.BigIntegerField(null=True)
    account_created_at = models.DateTimeField(null=True)
    official = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)
    """When its handle was last asked for, of a network whose posts bear none; see `naming`."""
    objected_at = models.DateTimeField(null=True)
    """When its handle was learnt and found on the objection list: what was kept of it since it was
    put there is still to be taken away (`triage.objections.look`)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "remote_id"], name="author_once_per_network")
        ]
        indexes = [
            models.Index(Lower("handle"), name="author_by_handle"),
            models.Index(
                fields=["network", "asked_at"], condition=Q(handle=""), name="author_unnamed"
            ),
            models.Index(
                fields=["objected_at"],
                condition=Q(objected_at__isnull=False),
                name="author_objected",
            ),
        ]


class NamedAccount(models.Model):
    """Whose handle a watch names, on a network whose posts bear none; see `naming`."""

    network = models.CharField(max_length=30)
    handle = models.CharField(max_length=255)
    """Folded, as the query has it."""
    remote_id = models.CharField(max_length=255, blank=True)
    """"": nobody goes by it, or it was not asked yet."""
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "handle"], name="named_account_once")
        ]


class Post(models.Model):
    """A publication, normalised. Unique by (source, remote id): at least once becomes exactly once.

    Rows are written in bulk by `pipeline`; `tokens` (stemmed, folded, space-separated) feed the
    full-text index of the database in use.
    """

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="posts", db_index=False
    )
    remote_id = models.CharField(max_length=500)
    network = models.CharField(max_length=30)
    url = models.TextField(blank=True)
    author = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL, related_name="posts")
    published_at = models.DateTimeField()
    received_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    """The source took it back: text, media and author are emptied, the place in incidents stays."""
    language = models.CharField(max_length=8, blank=True)
    text = models.TextField(blank=True)
    tokens = models.TextField(blank=True)
    reply_to = models.CharField(max_length=500, blank=True)
    repost_of = models.CharField(max_length=500, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    likes = models.IntegerField(null=True)
    reposts = models.IntegerField(null=True)
    replies = models.IntegerField(null=True)
    has_media = models.BooleanField(default=False)
    graphic = models.BooleanField(default=False)
    exact = models.BigIntegerField(default=0)
    """64-bit digest (signed) of the normalised text; reposts and link copies share it."""
    signature = models.BinaryField(null=True)
    digest = models.CharField(max_length=32)
    """Of the payload's content: tells an edit from a repetition."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "remote_id"], name="post_once_per_source"),
            models.CheckConstraint(
                condition=(
                    Q(lon__isnull=True, lat__isnull=True)
                    | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90)
                ),
                name="post_position_on_the_globe",
            ),
        ]
        indexes = [
            models.Index(fields=["exact"]),
            models.Index(fields=["received_at"]),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"


class PostIndex(models.Model):
    """SQLite's full-text table over `Post.tokens` (FTS5), kept by triggers; see `search`.

    It does not exist on PostgreSQL, whose index is a GIN one over the posts themselves.
    """

    post = models.OneToOneField(
        Post,
        primary_key=True,
        db_column="rowid",
        on_delete=models.DO_NOTHING,
        related_name="index",
    )
    words = IndexedWords(db_column="collection_postindex")
    """The table's hidden column of its own name: what MATCH is asked of."""

    class Meta:
        managed = False
        db_table = "collection_postindex"


class RawItem(models.Model):
    """The untouched payload a post was read from (zlib), kept as long as the post."""

    post = models.OneToOneField(Post, primary_key=True, on_delete=models.CASCADE)
    payload = models.BinaryField()


class Media(models.Model):
    """An attachment of a post; the file itself lies re-encoded in the blob store once fetched."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="media", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(max_length=20)
    url = models.TextField(blank=True)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=20, default="remote")
    """remote (not fetched), wanted (a job will), fetched, refused or stuck (with `reason`)."""
    reason = models.CharField(max_length=60, blank=True)
    blob = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="media_position_once")
        ]


class RefusedItem(models.Model):
    """An item set aside with its reason: seen, exported, retried; never lost in silence."""

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="refused", db_index=False
    )
    at = models.DateTimeField()
    where = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60)
    detail = models.TextField(blank=True)
    payload = models.BinaryField()
    retried_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """Read at last, or put away by a person."""

    class Meta:
        indexes = [models.Index(fields=["source", "settled_at", "id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(settled_at__gte=F("at")),
                name="refused_settled_after_it_came",
            )
        ]


class Import(models.Model):
    """A file a person handed in: where it lies, how its columns map, how far it is."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="import_of")
    file_name = models.CharField(max_length=255)
    blob = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class FailedBatch(models.Model):
    """A batch of the stream that could not be stored, with what it holds and how often it was tried.

    State: `trying` (again and again), `waiting` (set aside: a person decides), `replaying` (handed
    back to the stream), `stored`, `discarded`. The payload is kept while it waits and no longer.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="failed_batches")
    epoch = models.BigIntegerField(default=0)
    number = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12)
    items = models.PositiveIntegerField(default=0)
    payload = models.BinaryField(default=bytes)
    """The message as it travelled (`pipeline.messages.Message.to_bytes`)."""
    tries = models.PositiveIntegerField(default=1)
    replays = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    first_at = models.DateTimeField()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    """Why a person threw it away."""

    class Meta:
        indexes = [models.Index(fields=["state", "source"])]
        constraints = [
            models.UniqueConstraint(fields=["source", "epoch", "number"], name="failed_batch_once"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, state__in=("trying", "waiting", "replaying"))
                | Q(settled_at__isnull=False, state__in=("stored", "discarded")),
                name="failed_batch_settled_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(state="discarded") | ~Q(reason=""),
                name="failed_batch_discarded_with_reason",
            ),
        ]


class TakenBack(models.Model):
    """What a source took back while a failed batch of it waited: not stored when that is replayed."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    mark = models.BigIntegerField()
    """Stands for the id of a post or an account (`collection.failing`)."""
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "mark"], name="taken_back_once")]


class StoredSecret(models.Model):
    """A token that somebody entered for a source: sealed, named by the source's configuration."""

    name = models.CharField(max_length=60, unique=True)
    sealed = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return self.name
