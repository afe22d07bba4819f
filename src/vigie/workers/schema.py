"""The database's tables as this version wants them: made by one process, waited for by others."""

from __future__ import annotations

import logging
import time
from typing import Final

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

log = logging.getLogger(__name__)

PAUSE_S: Final = 0.5


def is_current() -> bool:
    """Whether no migration is missing. False too when the database does not answer."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError:
        return False
    finally:
        connection.close()


def migrate() -> None:
    """Apply the migrations that are missing, if any."""
    if not is_current():
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()


def wait_until_current() -> None:
    """Return once somebody else has applied every migration."""
    told = False
    while not is_current():
        if not told:
            log.info("waiting for the database: `vigie up` or `vigie serve --migrate` prepares it")
            told = True
        time.sleep(PAUSE_S)
