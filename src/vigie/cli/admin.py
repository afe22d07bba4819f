"""Django's own management commands, for developers."""

from __future__ import annotations

import click
from django.core.management import execute_from_command_line


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django_admin(arguments: tuple[str, ...]) -> None:
    """Run a management command of Django (migrate, makemigrations, shell …)."""
    execute_from_command_line(["vigie django-admin", *arguments])
