"""Database connections of threads that work for as long as the process does."""

from __future__ import annotations

from django.db import connections


def keep_connection() -> None:
    """Before each piece of work: let go of a broken connection, keep one that works.

    Django would close it after a time that suits web requests (at once, for SQLite), and opening one
    costs more than most of what is asked of it.
    """
    for connection in connections.all(initialized_only=True):
        connection.close_at = None
        connection.close_if_unusable_or_obsolete()
