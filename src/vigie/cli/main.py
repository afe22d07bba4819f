"""The `vigie` command: one line per subcommand, each loaded only when asked for."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "up": (
        "vigie.workers.commands:up",
        "Run everything on this machine (screens, collectors, jobs).",
    ),
    "serve": ("vigie.workers.commands:serve", "Serve screens, API and live updates."),
    "collect": ("vigie.workers.commands:collect", "Keep the sources open."),
    "pipeline": ("vigie.workers.commands:pipeline", "Store what the stream holds (NATS)."),
    "work": ("vigie.workers.commands:work", "Do the background jobs."),
    "demo": ("vigie.cli.demo:demo", "Set up the exercise and its demonstration accounts."),
    "import": ("vigie.workers.importing:import_", "Import posts from a file."),
    "export": ("vigie.cli.transfer:export", "Export an operation's posts, incidents or journal."),
    "analyse": ("vigie.cli.analysis:analyse", "Find things out about posts (JSONL in, JSONL out)."),
    "evaluate": ("vigie.cli.analysis:evaluate", "Score the analyser against known truths."),
    "map": ("vigie.cli.maps:maps", "Import files into the map, export its layers."),
    "basemap": ("vigie.cli.basemaps:basemap", "Pack map tiles for where no network is."),
    "bench": ("vigie.cli.bench:bench", "Measure this installation."),
    "indicators": (
        "vigie.cli.indicators:indicators",
        "List the official measures of an operation.",
    ),
    "user": ("vigie.cli.users:user", "Create, list and change people."),
    "backup": ("vigie.cli.safety:backup", "Write a backup while everything runs."),
    "restore": ("vigie.cli.safety:restore", "Restore a backup into an empty home."),
    "stream": ("vigie.cli.stream:stream", "Look at the stream; replay or drop failed batches."),
    "purge": ("vigie.cli.safety:purge", "Delete what has passed its time."),
    "person": ("vigie.cli.persons:person", "Answer a person's request about their data."),
    "doctor": ("vigie.cli.doctor:doctor", "Check the installation and the journal's chains."),
}
HIDDEN = {"django-admin": "vigie.cli.admin:django_admin"}
WITHOUT_DJANGO = {"analyse", "evaluate", "up", "serve", "collect", "pipeline", "work"}
"""Those that need no Django, or start it themselves when its turn comes."""


class LazyGroup(click.Group):
    """A group whose subcommands are imported when called; Django starts only for those needing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else HIDDEN.get(cmd_name)
        if target is None:
            return None
        if cmd_name not in WITHOUT_DJANGO:
            import django

            django.setup()
        module, name = target.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vigie")
def vigie() -> None:
    """Vigie: watch, verify, map and help together.

    Exit status: 0 done, 1 it failed (the reason on one line), 2 wrong use.
    """
