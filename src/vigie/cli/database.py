"""Commands that a person runs first, on a data folder that nothing has prepared yet."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def ready() -> None:
    """Create or update the tables; does nothing when they are current."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0)
