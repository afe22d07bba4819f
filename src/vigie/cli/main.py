"""The `vigie` command."""

from __future__ import annotations

import os
import sys

import click
import django


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vigie")
def vigie() -> None:
    """Vigie: watch, verify, map and help together."""


@vigie.command(context_settings={"ignore_unknown_options": True}, hidden=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django_admin(arguments: tuple[str, ...]) -> None:
    """Django's own management commands, for developers."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["vigie django-admin", *arguments])


def main() -> None:
    """Entry point of the console script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
    django.setup()
    sys.exit(vigie())
