"""The full-text index of the posts: made by a migration, checked and repaired from here.

SQLite: a contentless FTS5 table keyed by the post's id, kept by three triggers, so that no writer
can forget it. It holds a post's tokens (stemmed and folded already; the index only splits at
spaces) and, as tokens of their own, its *facets*: language, network, source, author, whether it has
media. So a whole query is one MATCH that streams newest first, however rare a facet is.
PostgreSQL: a GIN index on the expression that `search` asks for; facets are ordinary columns.

A facet begins with a private-use character: `unicode61` takes it for a letter, and no token of a
text can hold it.

Trap: Django alters a SQLite table by copying it into a new one, and the triggers go with the old
one. A migration that alters Post ends with `RunPython` calling `create`; `missing` finds the
omission (a test and `vigie doctor` ask).
"""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE: Final = "collection_postindex"
WORDS: Final = "collection_postwords"
GIN_INDEX: Final = "collection_post_fulltext"

EVERY: Final = "\ue000"
"""The facet every post has: what a query made of negations only starts from."""

MEDIA: Final = "\ue000m"


def language_facet(code: str) -> str:
    return f"\ue000l{code}"


def network_facet(name: str) -> str:
    """Also what the facets of all networks beginning with `name` begin with."""
    return f"\ue000n{name.encode().hex()}"


def source_facet(source_id: int) -> str:
    return f"\ue000s{source_id}"


def author_facet(author_id: int) -> str:
    return f"\ue000a{author_id}"


def _document(row: str) -> str:
    """SQL of what is indexed of `row` (new, old or a table's name)."""
    return (
        f"{row}.tokens || ' {EVERY} {EVERY}l' || {row}.language || "
        f"' {EVERY}n' || lower(hex({row}.network)) || ' {EVERY}s' || {row}.source_id || "
        f"iif({row}.author_id IS NULL, '', ' {EVERY}a' || {row}.author_id) || "
        f"iif({row}.has_media, ' {MEDIA}', '')"
    )


_ADD = f"INSERT INTO {TABLE}(rowid, tokens) VALUES (new.id, {_document('new')})"  # noqa: S608
_TAKE = (
    f"INSERT INTO {TABLE}({TABLE}, rowid, tokens) "  # noqa: S608
    f"VALUES ('delete', old.id, {_document('old')})"
)
_TRIGGERS: Final = {
    "collection_post_indexed": f"AFTER INSERT ON collection_post BEGIN {_ADD}; END",
    "collection_post_reindexed": (
        "AFTER UPDATE OF tokens, language, network, source_id, author_id, has_media "
        f"ON collection_post WHEN {_document('old')} <> {_document('new')} "
        f"BEGIN {_TAKE}; {_ADD}; END"
    ),
    "collection_post_unindexed": f"AFTER DELETE ON collection_post BEGIN {_TAKE}; END",
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Make the index afresh and fill it from the posts there are. Inside the caller's transaction."""
    drop(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE VIRTUAL TABLE {TABLE} USING fts5(tokens, content='', columnsize=0, "
                "tokenize='unicode61 remove_diacritics 0')"
            )
            cursor.execute(f"CREATE VIRTUAL TABLE {WORDS} USING fts5vocab({TABLE}, 'instance')")
            cursor.execute(
                f"INSERT INTO {TABLE}(rowid, tokens) "  # noqa: S608
                f"SELECT id, {_document('collection_post')} FROM collection_post ORDER BY id"
            )
            for name, body in _TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER {name} {body}")
        else:
            cursor.execute(
                f"CREATE INDEX {GIN_INDEX} ON collection_post "
                "USING gin (to_tsvector('simple', tokens))"
            )


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the index away; the posts stay."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"DROP TABLE IF EXISTS {WORDS}")
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        else:
            cursor.execute(f"DROP INDEX IF EXISTS {GIN_INDEX}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the tables, triggers or indexes that should be there and are not."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            wanted = [TABLE, WORDS, *_TRIGGERS]
            cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        else:
            wanted = [GIN_INDEX]
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'collection_post'")
        present = {row[0] for row in cursor.fetchall()}
    return [name for name in wanted if name not in present]


def words_beginning(
    connection: BaseDatabaseWrapper, prefix: str, *, limit: int
) -> list[str] | None:
    """The index's words that begin with `prefix`; None when there are more than `limit`.

    SQLite only. One seek per word: FTS5 itself would first merge the posts of all of them, which
    for a frequent stem is most of the index, whatever LIMIT says.
    """
    found: list[str] = []
    after, end = prefix, prefix + "\U0010ffff"
    with connection.cursor() as cursor:
        while len(found) <= limit:
            cursor.execute(
                f"SELECT term FROM {WORDS} WHERE term >= %s AND term < %s LIMIT 1",  # noqa: S608
                [after, end],
            )
            row = cursor.fetchone()
            if row is None:
                return found
            found.append(row[0])
            after = row[0] + "\x01"
    return None


class IndexedWords(models.TextField[str, str]):
    """FTS5's hidden column: only good for MATCH."""


@IndexedWords.register_lookup
class Match(models.Lookup[Any]):
    """`words__match="…"`: FTS5's own query syntax. The join it stands on drives the query."""

    lookup_name = "match"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} MATCH {right}", (*left_params, *right_params)


@models.TextField.register_lookup
class TokensMatch(models.Lookup[Any]):
    """PostgreSQL: `tokens__answer="…"` asks the GIN index with a tsquery of `simple` words."""

    lookup_name = "answer"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return (
            f"to_tsvector('simple', {left}) @@ to_tsquery('simple', {right})",
            (*left_params, *right_params),
        )
